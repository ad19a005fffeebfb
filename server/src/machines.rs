//! What other machines ask of us. They have no session: each request carries a proof of its own.

use crate::parts::Parts;
use crate::security;
use app::error::ApiError;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get, post};
use axum::{Json, Router};
use backend::voice_server::{Refused, Webhooks};
use backend::{Backend, secret};
use http::HeaderMap;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use serde_json::json;
use std::fmt;
use std::sync::Arc;
use tower_http::limit::RequestBodyLimitLayer;

/// Which machines may ask something. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Machines {
    /// LiveKit, if calls go through it.
    pub(crate) webhooks: Option<Arc<Webhooks>>,
    /// A cron service, if one is to come.
    pub(crate) cron_secret: Option<CronSecret>,
}

/// What a cron service shows.
#[derive(Clone)]
pub(crate) struct CronSecret(String);

impl CronSecret {
    pub(crate) fn new(secret: String) -> Self {
        CronSecret(secret)
    }

    /// Whether it was shown.
    pub(crate) fn is(&self, shown: &str) -> bool {
        secret::same(&self.0, shown)
    }
}

impl fmt::Debug for CronSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Their addresses. What is not set up is not there.
///
/// Nothing of what protects people stands in front: no cookie is looked at, so that no other site can act in anybody's
/// name here.
pub(crate) fn router(parts: &Parts) -> Router {
    let webhooks = parts.machines.webhooks.clone().map(|webhooks| post(webhook).with_state(webhooks));
    let cron = parts.machines.cron_secret.clone().map(|secret| {
        let sweeper = Sweeper { backend: parts.backend.clone(), secret };
        // By GET as well: many cron services know nothing else.
        get(expire_calls).post(expire_calls).with_state(sweeper)
    });
    Router::new()
        .route("/api/livekit/webhook", webhooks.unwrap_or_else(nothing))
        .route("/api/cron/expire-calls", cron.unwrap_or_else(nothing))
        .layer(from_fn(security::take_in))
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
    webhooks.receive(authorization(&headers), &body).map(|()| StatusCode::OK).map_err(|refused| {
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

#[derive(Clone)]
struct Sweeper {
    backend: Backend,
    secret: CronSecret,
}

/// `GET` or `POST /api/cron/expire-calls`, with `Authorization: Bearer <CRON_SECRET>`: what the worker does again and
/// again is done once before this answers. As often as one likes.
async fn expire_calls(State(sweeper): State<Sweeper>, headers: HeaderMap) -> Response {
    let shown = authorization(&headers).strip_prefix("Bearer ").unwrap_or_default();
    if !sweeper.secret.is(shown) {
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")]).into_response();
    }
    match sweeper.backend.sweep().await {
        Ok(()) => Json(json!({ "done": true })).into_response(),
        Err(error) => ApiError::from(error).into_response(),
    }
}

fn authorization(headers: &HeaderMap) -> &str {
    headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
