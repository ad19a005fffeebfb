//! Pages rendered on the server.

use crate::parts::Parts;
use crate::security;
use app::api::Visitor;
use app::state::InitialCommunity;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

/// Where a visitor without a session is sent.
const SIGN_IN: &str = "/en/sign-in";

/// Loads what every page needs; sends who is not signed in to the sign-in page.
pub(crate) async fn prepare(State(parts): State<Parts>, mut request: Request, next: Next) -> Response {
    // Server functions are routed here as well; they ask for what they need.
    if request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let actor = request.extensions().get::<Visitor>().and_then(|visitor| visitor.actor.clone());
    let inside = request.uri().path().split('/').nth(2) == Some("community");
    let community = match actor {
        Some(actor) => match parts.backend.community(&actor).await {
            Ok(community) => Some(community),
            Err(error) => return app::error::ApiError::from(error).into_response(),
        },
        None if inside => return Redirect::to(SIGN_IN).into_response(),
        None => None,
    };
    request.extensions_mut().insert(InitialCommunity(community));
    next.run(request).await
}

/// What the app finds in its context, on pages and in server functions.
pub(crate) fn provide(parts: &Parts) {
    provide_context(parts.backend.clone());
    provide_context(parts.site.assets.clone());
    provide_context(parts.cookie);
    let request = use_context::<http::request::Parts>();
    let community = request.and_then(|request| request.extensions.get::<InitialCommunity>().cloned());
    provide_context(community.unwrap_or(InitialCommunity(None)));
    if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
        && let Ok(policy) = HeaderValue::from_str(&security::page_policy(&nonce, &parts.voice_url))
    {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}
