//! What stands in front of every route: who may send what, and what browsers may do with the answer (design, section 8).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use http::{HeaderName, HeaderValue};

/// Largest body of a request, in bytes.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// On every answer.
const HEADERS: [(&str, &str); 7] = [
    ("strict-transport-security", "max-age=31536000"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "microphone=(self), autoplay=(self), camera=(), display-capture=(), geolocation=(), payment=(), usb=()",
    ),
    ("x-frame-options", "DENY"),
];

/// On every answer that is not a page: it runs nothing.
const NOTHING_RUNS: &str = "default-src 'none'; frame-ancestors 'none'";

/// On the service worker (`public/sw.js`): it asks us, and its cards show the pictures that came with it.
pub(crate) const WORKER_POLICY: &str =
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; frame-ancestors 'none'";

/// Adds the headers that belong on every answer.
pub(crate) async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOTHING_RUNS));
    // What is meant for one person must not stay in a cache.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What a page may load and run: our own files, our own scripts by nonce, the voice server. Its address is named even
/// where it is our own: in older Safari, `'self'` means no WebSockets.
pub(crate) fn page_policy(nonce: &str, voice_url: &str) -> String {
    let (scheme, rest) = voice_url.split_once("://").unwrap_or_default();
    // Without its path, which a policy would take literally.
    let host = rest.split('/').next().unwrap_or_default();
    let secure = if matches!(scheme, "wss" | "https") { "s" } else { "" };
    let (http, ws) = (format!("http{secure}://{host}"), format!("ws{secure}://{host}"));
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data: blob:; connect-src 'self' {http} {ws}; media-src 'self' blob:; worker-src 'self'; \
         manifest-src 'self'; font-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}
