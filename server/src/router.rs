//! Which address leads where, and what stands in front.

use crate::parts::Parts;
use crate::requests::Desk;
use crate::visitor::{self, Doorman};
use crate::{calls, compression, events, export, machines, pages, push, ready, requests, security, statuses, writing};
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use backend::voice_server::EMBEDDED_PATH;
use domain::Language;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};
use tower::ServiceBuilder;
use tower_http::csrf::CsrfLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::map_request_body::MapRequestBodyLayer;

/// The addresses of the pages. Found out once: while that happens, no page of this process gets what it waits for, ever
/// (leptos_server 0.8, `IS_SUPPRESSING_RESOURCE_LOAD`), and tests build many routers beside each other.
static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(app::App));

/// The whole app as one service. `signalling`: what browsers connect to, if the voice server is the embedded one.
pub(crate) fn router(parts: Parts, signalling: Option<Router>, trusted_proxies: Vec<IpAddr>) -> Router {
    let trusted_proxies: Arc<[IpAddr]> = trusted_proxies.into();
    let desk = Desk { metrics: Arc::clone(&parts.metrics), trusted_proxies: Arc::clone(&trusted_proxies) };
    let ready = ready::router(parts.readiness.clone());
    let doorman = Doorman { backend: parts.backend.clone(), cookie: parts.cookie, trusted_proxies };
    let provide = {
        let parts = parts.clone();
        move || pages::provide(&parts)
    };

    let pages = Router::new()
        .leptos_routes_with_context(&parts, ROUTES.clone(), provide, app::shell)
        .route("/{locale}/community/chat", post(writing::write))
        .fallback(unknown_address)
        .layer(from_fn_with_state(parts.clone(), pages::prepare));

    let machines = machines::router(&parts);
    let app = Router::new()
        .merge(without_a_page())
        .route("/api/events", get(events::events))
        .route("/api/export", get(export::export))
        .route("/api/voice/token", get(calls::token))
        .route("/api/voice/active", get(calls::active))
        .nest("/api/push", push::router())
        .merge(pages)
        .with_state(parts.clone())
        // As one layer: for each request axum clones a layer with all that is within it, and twice at each boundary between two.
        // The first one sees a request first.
        .layer(
            ServiceBuilder::new()
                .layer(from_fn(compression::compress))
                .layer(CsrfLayer::new())
                .layer(from_fn(security::known_kinds_only))
                .layer(RequestBodyLimitLayer::new(security::BODY_LIMIT))
                .layer(MapRequestBodyLayer::new(Body::new))
                .layer(DefaultBodyLimit::max(security::BODY_LIMIT))
                .layer(from_fn(security::take_in))
                .layer(from_fn(statuses::correct))
                .layer(from_fn_with_state(parts, files_first))
                .layer(from_fn_with_state(doorman, visitor::recognise)),
        );

    // Beside the app and what stands in front of it: whoever connects shows a token, no cookie, and sends no body.
    let signalling = signalling.map(|signalling| Router::new().nest(EMBEDDED_PATH, signalling));
    app.merge(machines).merge(ready).merge(signalling.unwrap_or_default()).layer(
        ServiceBuilder::new().layer(from_fn_with_state(desk, requests::follow)).layer(from_fn(security::add_headers)),
    )
}

/// Addresses that lead to a page's: without a language, as in links for people whose language nobody knows yet, or with
/// nothing else.
fn without_a_page() -> Router<Parts> {
    let mut router = Router::new();
    for address in ["/", "/sign-in", "/sign-in/link", "/sign-in/password", "/join/{invite}"] {
        router = router.route(address, get(pages::add_language));
    }
    for language in Language::ALL {
        router = router.route(&format!("/{}", language.tag()), get(move || pages::chat_in(language)));
    }
    router
}

/// Answers with a file of the site folder, if the address looks like one's and there is one.
///
/// Before the pages: `/icon.svg` would otherwise be a page in a language called *icon.svg*.
async fn files_first(State(parts): State<Parts>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let hashed = path.starts_with("/assets/");
    let worker = path == "/sw.js";
    if !hashed && !path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let ask = Request::from_parts(head.clone(), Body::empty());
    let mut file = parts.site.answer(ask).await;
    if file.status() == StatusCode::NOT_FOUND {
        return if hashed { file } else { next.run(Request::from_parts(head, body)).await };
    }
    // The name of a hashed file changes with what is in it. That it cannot be read just now is nothing to keep.
    let cache =
        if hashed && !file.status().is_server_error() { "public, max-age=31536000, immutable" } else { "no-cache" };
    file.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    if worker {
        let policy = HeaderValue::from_static(security::WORKER_POLICY);
        file.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    file
}

/// The page that says that there is nothing at this address.
async fn unknown_address(State(parts): State<Parts>, request: Request) -> Response {
    let provide = move || pages::provide(&parts);
    leptos_axum::render_app_async_with_context(provide, app::shell)(request).await.into_response()
}

#[cfg(test)]
mod tests;
