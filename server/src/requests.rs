//! Every request has an id: the lines that the log has because of it carry it, and so does an answer that is a refusal, so
//! that one leads to the other.

use crate::metrics::Metrics;
use crate::visitor::peer_of;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;
use tracing::Instrument;

/// The header it travels in.
const REQUEST_ID: &str = "x-request-id";

/// What is needed to take note of a request.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) trusted_proxies: Arc<[IpAddr]>,
}

/// Gives a request its id, and takes note of how it went: the pattern of its address, never the address, which has ids and
/// tokens of people in it.
pub(crate) async fn follow(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let trusted = peer_of(&request).is_some_and(|peer| desk.trusted_proxies.contains(&peer));
    let given = if trusted { given_id(request.headers()) } else { None };
    let id = given.unwrap_or_else(fresh_id);
    let method = name_of(request.method());
    let route = route_of(&request);
    let span = tracing::info_span!("request", id, method, route);
    let began = now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = now().saturating_duration_since(began);
    let status = response.status().as_u16();
    desk.metrics.count_request(method, &route, status, took);
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| match status {
        500.. => tracing::warn!(status, ms, "failed"),
        _ => tracing::debug!(status, ms, "answered"),
    });
    if status >= 400
        && let Ok(id) = HeaderValue::try_from(id)
    {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// What a proxy of ours calls the request, if that can be an id.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let fits = (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    fits.then(|| id.to_owned())
}

/// Short enough to be read out on the telephone. That it is never the same twice in a log does; it opens nothing.
fn fresh_id() -> String {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = HASHER.hash_one(COUNT.fetch_add(1, Ordering::Relaxed));
    format!("{:012x}", number >> 16)
}

/// Whoever asks may call a method anything.
fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}

fn route_of(request: &Request) -> String {
    match request.extensions().get::<MatchedPath>() {
        Some(path) => path.as_str().to_owned(),
        None if request.uri().path().starts_with("/assets/") => "/assets/{file}".to_owned(),
        None => "other".to_owned(),
    }
}

#[expect(clippy::disallowed_methods, reason = "how long an answer takes is measured, and decides nothing")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::extract::ConnectInfo;
    use axum::middleware::from_fn_with_state;
    use http::StatusCode;
    use std::net::SocketAddr;
    use tower::ServiceExt;

    /// Which id a refusal carries, if the request came from there and was given this one.
    async fn id(from: &str, given: &str) -> String {
        let desk = Desk { metrics: Arc::default(), trusted_proxies: Arc::new([IpAddr::from([10, 0, 0, 1])]) };
        let refuses = Router::new().fallback(async || StatusCode::NOT_FOUND).layer(from_fn_with_state(desk, follow));
        let request = Request::get("/").header(REQUEST_ID, given);
        let request =
            request.extension(ConnectInfo(SocketAddr::new(from.parse().unwrap(), 1))).body(Body::empty()).unwrap();
        let answer = refuses.oneshot(request).await.unwrap();
        answer.headers()[REQUEST_ID].to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn only_a_trusted_proxy_names_a_request_and_only_in_letters_and_numbers() {
        let proxys = "0af7651916cd43dd-8448";
        for proxy in ["10.0.0.1", "::ffff:10.0.0.1"] {
            assert_eq!(id(proxy, proxys).await, proxys);
        }
        assert_ne!(id("10.0.0.2", proxys).await, proxys);
        for wrong in ["short", "{\"level\":\"ERROR\"}", "four words of prose", &"x".repeat(65)] {
            assert_ne!(id("10.0.0.1", wrong).await, wrong);
        }
    }

    #[test]
    fn no_two_requests_have_the_same_id() {
        let ids: std::collections::BTreeSet<String> = (0..1000).map(|_| fresh_id()).collect();
        assert_eq!(ids.len(), 1000);
    }
}
