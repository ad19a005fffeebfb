//! Every request has an id: the lines that the log has because of it carry it, and so does an answer that is a refusal, so
//! that one leads to the other.

use crate::metrics::Metrics;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method};
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};
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
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let trusted = peer.is_some_and(|peer| desk.trusted_proxies.contains(&peer));
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
