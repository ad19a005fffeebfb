//! A push service on this machine, as strict as the real ones: what it would not take, it does not take here either.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ece::LocalKeyPair;
use futures::{StreamExt, stream};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use push::{Subscription, VapidKeys};
use serde_json::Value;
use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

/// One message that it took, as the browser sees it and as the service saw it.
#[derive(Clone, Debug)]
pub struct Delivered {
    pub payload: Vec<u8>,
    pub ttl: u32,
    pub urgency: String,
    pub topic: Option<String>,
    pub claims: Value,
    pub token: String,
}

/// The service, and the one browser it serves.
pub struct Service {
    pub origin: String,
    browser: Box<dyn LocalKeyPair + Send + Sync>,
    auth: [u8; 16],
    /// The key that the browser subscribed with.
    subscribed_with: String,
    delivered: Mutex<Vec<Delivered>>,
    connections: AtomicUsize,
    /// So many bytes of an endless answer were taken off its hands.
    poured: AtomicUsize,
    elsewhere: Mutex<String>,
}

impl Service {
    /// With a browser that subscribed with these keys.
    pub async fn start(keys: &VapidKeys) -> Arc<Service> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (browser, auth) = ece::generate_keypair_and_auth_secret().unwrap();
        let service = Arc::new(Service {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            browser,
            auth,
            subscribed_with: keys.public().to_owned(),
            delivered: Mutex::default(),
            connections: AtomicUsize::new(0),
            poured: AtomicUsize::new(0),
            elsewhere: Mutex::default(),
        });
        let counted = Arc::clone(&service);
        let listener = listener.tap_io(move |_| {
            counted.connections.fetch_add(1, Ordering::Relaxed);
        });
        let routes = Router::new().route("/{answer}", post(Service::push)).with_state(Arc::clone(&service));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        service
    }

    /// The browser's subscription, to be answered in this way.
    pub fn subscription(&self, answer: &str) -> Subscription {
        Subscription {
            endpoint: format!("{}/{answer}", self.origin),
            p256dh: URL_SAFE_NO_PAD.encode(self.browser.pub_as_raw().unwrap()),
            auth: URL_SAFE_NO_PAD.encode(self.auth),
        }
    }

    pub fn redirects_to(&self, elsewhere: String) {
        *self.elsewhere.lock().unwrap() = elsewhere;
    }

    pub fn delivered(&self) -> Vec<Delivered> {
        self.delivered.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    pub fn poured(&self) -> usize {
        self.poured.load(Ordering::Relaxed)
    }

    async fn push(
        State(it): State<Arc<Service>>,
        Path(how): Path<String>,
        headers: HeaderMap,
        body: Bytes,
    ) -> Response {
        match it.verify(&headers, &body) {
            Ok(delivered) => it.delivered.lock().unwrap().push(delivered),
            Err((status, reason)) => return (status, format!(r#"{{"reason":"{reason}"}}"#)).into_response(),
        }
        match how.as_str() {
            "busy-for-7" => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")]).into_response(),
            "hang" => pending().await,
            "hang-in-the-answer" => {
                (StatusCode::GONE, Body::from_stream(stream::pending::<Result<Bytes, Infallible>>())).into_response()
            }
            "redirect" => {
                let elsewhere = it.elsewhere.lock().unwrap().clone();
                (StatusCode::TEMPORARY_REDIRECT, [("location", elsewhere)]).into_response()
            }
            "endless" => {
                let pour = stream::repeat(Bytes::from_static(&[b'!'; 16 * 1024])).map(move |bytes| {
                    it.poured.fetch_add(bytes.len(), Ordering::Relaxed);
                    Ok::<_, Infallible>(bytes)
                });
                (StatusCode::FORBIDDEN, Body::from_stream(pour)).into_response()
            }
            status => {
                let status: u16 = status.parse().unwrap();
                (StatusCode::from_u16(status).unwrap(), "something to read").into_response()
            }
        }
    }

    fn verify(&self, headers: &HeaderMap, body: &Bytes) -> Result<Delivered, (StatusCode, &'static str)> {
        let bad = |reason| (StatusCode::BAD_REQUEST, reason);
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        let ttl = header("ttl").and_then(|ttl| ttl.parse().ok()).filter(|&ttl| ttl > 0).ok_or(bad("BadTtl"))?;
        let urgency = header("urgency").unwrap_or("normal").to_owned();
        if !["very-low", "low", "normal", "high"].contains(&urgency.as_str()) {
            return Err(bad("BadUrgency"));
        }
        let topic = header("topic").map(str::to_owned);
        let fits = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if topic.as_ref().is_some_and(|topic| topic.is_empty() || topic.len() > 32 || !topic.bytes().all(fits)) {
            return Err(bad("BadWebPushTopic"));
        }
        if header("content-encoding") != Some("aes128gcm") {
            return Err(bad("BadContentEncoding"));
        }
        if body.len() > 4096 {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge"));
        }
        let (claims, token) = self.verify_vapid(header("authorization"))?;
        let browser = self.browser.raw_components().unwrap();
        let payload = ece::decrypt(&browser, &self.auth, body).map_err(|_| bad("Undecipherable"))?;
        Ok(Delivered { payload, ttl, urgency, topic, claims, token })
    }

    /// RFC 8292, as Apple understands it.
    fn verify_vapid(&self, authorization: Option<&str>) -> Result<(Value, String), (StatusCode, &'static str)> {
        let bad = (StatusCode::FORBIDDEN, "BadJwtToken");
        let read = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| bad);
        let (token, key) = authorization
            .and_then(|it| it.strip_prefix("vapid t="))
            .and_then(|it| it.split_once(", k="))
            .ok_or((StatusCode::UNAUTHORIZED, "MissingVapid"))?;
        if key != self.subscribed_with {
            return Err((StatusCode::FORBIDDEN, "VapidPkHashMismatch"));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(bad)?;
        let (head, claims) = signed.split_once('.').ok_or(bad)?;
        let head: Value = serde_json::from_slice(&read(head)?).map_err(|_| bad)?;
        let claims: Value = serde_json::from_slice(&read(claims)?).map_err(|_| bad)?;
        let key = VerifyingKey::from_sec1_bytes(&read(key)?).map_err(|_| bad)?;
        let signature = Signature::from_slice(&read(signature)?).map_err(|_| bad)?;
        key.verify(signed.as_bytes(), &signature).map_err(|_| bad)?;
        let ahead = Duration::from_secs(claims["exp"].as_u64().ok_or(bad)?).checked_sub(now()).ok_or(bad)?;
        let signed_right = head["alg"] == "ES256" && claims["aud"] == self.origin.as_str();
        let sub = claims["sub"].as_str().unwrap_or_default();
        let reachable = sub.starts_with("https://") || (sub.starts_with("mailto:") && !sub.contains([' ', '<', '>']));
        if signed_right && reachable && ahead <= Duration::from_secs(24 * 60 * 60) {
            Ok((claims, token.to_owned()))
        } else {
            Err(bad)
        }
    }
}

/// The clock of the service.
#[expect(clippy::disallowed_methods, reason = "another machine has a clock of its own")]
pub fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}
