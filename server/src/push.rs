//! What a browser or its service worker asks about push, by plain HTTP.

use crate::parts::Parts;
use crate::visitor::SignedIn;
use app::error::{ApiError, Problem};
use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::routing::{get, post};
use backend::{NewSubscription, TestRing};
use domain::CallId;
use serde::{Deserialize, Serialize};

/// Everything below `/api/push`.
pub(crate) fn router() -> Router<Parts> {
    Router::new()
        .route("/key", get(key))
        .route("/subscription", post(subscribe))
        .route("/device", get(device))
        .route("/receipt", post(receipt))
        .route("/decline", post(decline))
        .route("/badge", get(badge))
        .route("/test", post(test))
}

type Body<T> = Result<Json<T>, JsonRejection>;

fn read<T>(body: Body<T>) -> Result<T, ApiError> {
    body.map(|Json(value)| value).map_err(|refused| match refused.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge.into(),
        _ => Problem::Malformed.into(),
    })
}

#[derive(Serialize)]
struct Key {
    key: String,
}

/// `GET /api/push/key`: what a browser subscribes with.
async fn key(State(parts): State<Parts>, SignedIn(_): SignedIn) -> Result<Json<Key>, ApiError> {
    Ok(Json(Key { key: parts.backend.push_key().await? }))
}

#[derive(Deserialize)]
struct SubscriptionKeys {
    p256dh: String,
    auth: String,
}

/// As browsers write a `PushSubscription`, with the key it was made with, and the endpoint it replaces.
#[derive(Deserialize)]
struct Subscription {
    endpoint: String,
    keys: SubscriptionKeys,
    key: String,
    old: Option<String>,
}

/// `POST /api/push/subscription`: this device is reached here from now on.
async fn subscribe(
    State(parts): State<Parts>,
    SignedIn(actor): SignedIn,
    body: Body<Subscription>,
) -> Result<StatusCode, ApiError> {
    let Subscription { endpoint, keys: SubscriptionKeys { p256dh, auth }, key, old } = read(body)?;
    parts.backend.subscribe_to_push(&actor, NewSubscription { endpoint, p256dh, auth, key, old }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How this device is reached.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    subscribed: bool,
    accepted_ms_ago: Option<u64>,
    refused: Option<String>,
}

/// `GET /api/push/device`
async fn device(State(parts): State<Parts>, SignedIn(actor): SignedIn) -> Result<Json<Device>, ApiError> {
    let health = parts.backend.push_health(&actor).await?;
    Ok(Json(Device {
        subscribed: health.is_some(),
        accepted_ms_ago: health.as_ref().and_then(|health| health.accepted_ms_ago),
        refused: health.and_then(|health| health.refused),
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfCall {
    call_id: CallId,
}

#[derive(Serialize)]
struct Receipt {
    ringing: bool,
}

/// `POST /api/push/receipt`: this device shows the ring. Answers whether it still rings.
async fn receipt(
    State(parts): State<Parts>,
    SignedIn(actor): SignedIn,
    body: Body<OfCall>,
) -> Result<Json<Receipt>, ApiError> {
    let ringing = parts.backend.show_ring(&actor, read(body)?.call_id).await?;
    Ok(Json(Receipt { ringing }))
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

/// `POST /api/push/decline`: what a card was given refuses the ring, whether or not somebody is signed in.
async fn decline(State(parts): State<Parts>, body: Body<Token>) -> Result<StatusCode, ApiError> {
    parts.backend.decline_by_card(&read(body)?.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
struct Badge {
    missed: u32,
    unread: u32,
    badge: u32,
}

/// `GET /api/push/badge`
async fn badge(State(parts): State<Parts>, SignedIn(actor): SignedIn) -> Result<Json<Badge>, ApiError> {
    let unseen = parts.backend.unseen(&actor).await?;
    Ok(Json(Badge { missed: unseen.missed, unread: unseen.unread, badge: unseen.missed + unseen.unread }))
}

/// `POST /api/push/test`: rings this very device.
async fn test(State(parts): State<Parts>, SignedIn(actor): SignedIn) -> Result<StatusCode, ApiError> {
    match parts.backend.test_ring(&actor).await? {
        TestRing::Sent => Ok(StatusCode::NO_CONTENT),
        TestRing::Unreachable => Err(Problem::NotFound.into()),
        TestRing::Refused => Err(Problem::PushRefused.into()),
    }
}
