//! What stands in front of every route: who may send what, and what browsers may do with the answer (design, section 8).

use app::error::{ApiError, Problem};
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode, Uri};
use std::time::Duration;
use tracing::Instrument;

/// Largest body of a request, in bytes.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// A body arrives within this time.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// When to ask again what could not be done for now, in seconds.
const TRY_AGAIN_AFTER: &str = "5";

/// On every answer.
pub(crate) const HEADERS: [(&str, &str); 7] = [
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
    let status = response.status();
    let headers = response.headers_mut();
    if let Some(location) = headers.get(LOCATION).map(at_home) {
        headers.insert(LOCATION, location);
    }
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOTHING_RUNS));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.entry(RETRY_AFTER).or_insert(HeaderValue::from_static(TRY_AGAIN_AFTER));
    }
    // What is meant for one person must not stay in a cache.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Takes in a whole body before anybody waits for it, so that whoever sends one slowly keeps nothing busy. From then on what was
/// asked for is done to its end, and told to others, though whoever asked may hang up.
///
/// A body that is too large is told so here, whether or not its length was announced.
pub(crate) async fn take_in(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let changes = !head.method.is_safe();
    let answer = match whole(body, BODY_WITHIN).await {
        Ok(body) => next.run(Request::from_parts(head, Body::from(body))),
        Err(refused) => return refused,
    };
    if !changes {
        return answer.await;
    }
    match tokio::spawn(answer.in_current_span()).await {
        Ok(answer) => answer,
        // A panic, which is in the log already.
        Err(_) => ApiError::from(Problem::Internal).into_response(),
    }
}

async fn whole(body: Body, within: Duration) -> Result<Bytes, Response> {
    match tokio::time::timeout(within, to_bytes(body, BODY_LIMIT)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => {
            // Any other error is a connection that has gone, and hears nothing.
            tracing::debug!(%error, "a body was not taken in");
            Err(ApiError::from(Problem::TooLarge).into_response())
        }
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT.into_response()),
    }
}

/// Takes the two kinds of bodies that we read, and no others: a form of another site can send `text/plain` that looks like
/// JSON.
pub(crate) async fn known_kinds_only(request: Request, next: Next) -> Response {
    let kind = request.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
    let kind = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let known = match kind.as_deref() {
        Some("application/json" | "application/x-www-form-urlencoded") => true,
        Some(_) => request.method().is_safe(),
        None => request.method().is_safe() || request.body().is_end_stream(),
    };
    if known {
        return next.run(request).await;
    }
    let mut refused = ApiError::from(Problem::Malformed).into_response();
    *refused.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    refused
}

/// Where a redirect leads without leaving us: leptos leads a form back to where its `Referer` says that it came from, which
/// may be anywhere.
fn at_home(location: &HeaderValue) -> HeaderValue {
    let uri = location.to_str().ok().and_then(|location| location.parse::<Uri>().ok());
    let path = uri.as_ref().and_then(Uri::path_and_query).map_or("/", |path| path.as_str());
    // Two slashes begin another host, and so does one that leans back, in browsers.
    let path = path.trim_start_matches(['/', '\\']);
    HeaderValue::from_str(&format!("/{path}")).unwrap_or(HeaderValue::from_static("/"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::middleware::from_fn;
    use axum::routing::post;
    use futures::{StreamExt, stream};
    use std::sync::Arc;
    use tokio::sync::{Notify, mpsc};
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_body_that_does_not_end_is_given_up() {
        let piece = Ok::<_, std::io::Error>(Bytes::from_static(b"{"));
        let endless = Body::from_stream(stream::iter([piece]).chain(stream::pending()));
        let refused = whole(endless, Duration::from_millis(50)).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test]
    async fn what_somebody_has_asked_for_is_done_to_its_end_though_they_hang_up() {
        let (tell, mut told) = mpsc::unbounded_channel();
        let go_on = Arc::new(Notify::new());
        let wait = Arc::clone(&go_on);
        let slow = || async move {
            tell.send("begun").unwrap();
            wait.notified().await;
            tell.send("done").unwrap();
        };
        let app = Router::new().route("/", post(slow)).layer(from_fn(take_in));
        let mut asked = Box::pin(app.oneshot(Request::post("/").body(Body::empty()).unwrap()));
        tokio::select! {
            answer = &mut asked => panic!("{answer:?}"),
            begun = told.recv() => assert_eq!(begun, Some("begun")),
        }
        drop(asked);
        go_on.notify_one();
        assert_eq!(told.recv().await, Some("done"));
    }

    #[test]
    fn a_redirect_leads_to_a_path_of_ours_wherever_it_was_meant_to_lead() {
        for (meant, leads) in [
            ("/en/community/chat?channel=1", "/en/community/chat?channel=1"),
            ("https://parish.example/en/sign-in?__err=e30=", "/en/sign-in?__err=e30="),
            ("https://evil.example", "/"),
            ("https://evil.example//other.example/x", "/other.example/x"),
            ("//evil.example/x", "/evil.example/x"),
            ("///evil.example", "/evil.example"),
            ("javascript:alert(1)", "/"),
            ("", "/"),
        ] {
            assert_eq!(at_home(&HeaderValue::from_static(meant)), leads, "{meant}");
        }
        let leaning = at_home(&HeaderValue::from_static("/\\evil.example"));
        assert!(["/", "/evil.example"].iter().any(|path| leaning == path), "{leaning:?}");
    }
}
