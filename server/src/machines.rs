//! What other machines ask of us. They have no session: each request carries a proof of its own.

use crate::parts::Parts;
use crate::security;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::{MethodRouter, any, post};
use backend::voice_server::{Refused, Webhooks};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use std::sync::Arc;
use tower_http::limit::RequestBodyLimitLayer;

/// Their addresses. What is not set up is not there.
///
/// Nothing of what protects people stands in front: no cookie is looked at, so that no other site can act in anybody's
/// name here.
pub(crate) fn router(parts: &Parts) -> Router {
    let webhooks = parts.webhooks.clone().map(|webhooks| post(webhook).with_state(webhooks));
    Router::new()
        .route("/api/livekit/webhook", webhooks.unwrap_or_else(nothing))
        .layer(DefaultBodyLimit::max(security::BODY_LIMIT))
        .layer(RequestBodyLimitLayer::new(security::BODY_LIMIT))
}

fn nothing() -> MethodRouter {
    any(|| async { StatusCode::NOT_FOUND })
}

/// `POST /api/livekit/webhook`. LiveKit sends again what is answered with 5xx or 429 only: nothing that is refused here
/// would be taken later.
async fn webhook(
    State(webhooks): State<Arc<Webhooks>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, (StatusCode, String)> {
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    webhooks.receive(authorization, &body).map(|()| StatusCode::OK).map_err(|refused| {
        let status = match refused {
            Refused::Unsigned => StatusCode::UNAUTHORIZED,
            Refused::Unreadable => StatusCode::BAD_REQUEST,
            Refused::Stale => StatusCode::UNPROCESSABLE_ENTITY,
        };
        // Anybody can send what is not signed; what is, somebody should look into.
        if refused == Refused::Unsigned {
            tracing::debug!(%refused, "a webhook was refused");
        } else {
            tracing::warn!(%refused, "a webhook was refused");
        }
        (status, format!("{refused}\n"))
    })
}
