//! What a browser or a service worker asks about calls by plain HTTP.

use crate::parts::Parts;
use crate::visitor::SignedIn;
use app::error::{ApiError, Problem};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::{Access, CallId, CallSnapshot, CallStatus, ChannelId, MemberId, ParishId, Timestamp};
use serde::{Deserialize, Serialize};

/// Which call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfCall {
    call_id: CallId,
}

/// Which parish.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfParish {
    parish_id: ParishId,
}

/// The calls that ring for the asker.
#[derive(Serialize)]
pub(crate) struct Ringing {
    /// The newest.
    call: Option<RingingCall>,
    /// The others, newest first.
    more: Vec<RingingCall>,
}

/// A call that rings for the asker.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RingingCall {
    id: CallId,
    channel_id: ChannelId,
    initiator: MemberId,
    status: CallStatus,
    /// Milliseconds since 1970-01-01 UTC.
    created_at: Timestamp,
}

impl From<CallSnapshot> for RingingCall {
    fn from(call: CallSnapshot) -> Self {
        RingingCall {
            id: call.id,
            channel_id: call.channel_id,
            initiator: call.initiator,
            status: call.status,
            created_at: call.created_at,
        }
    }
}

/// `GET /api/voice/token?callId=`
pub(crate) async fn token(
    State(parts): State<Parts>,
    SignedIn(actor): SignedIn,
    query: Result<Query<OfCall>, QueryRejection>,
) -> Result<Json<Access>, ApiError> {
    let Query(of) = query.map_err(|_| Problem::Malformed)?;
    Ok(Json(parts.backend.call_token(&actor, of.call_id).await?))
}

/// `GET /api/voice/active?parishId=`
pub(crate) async fn active(
    State(parts): State<Parts>,
    SignedIn(actor): SignedIn,
    query: Result<Query<OfParish>, QueryRejection>,
) -> Result<Json<Ringing>, ApiError> {
    let Query(of) = query.map_err(|_| Problem::Malformed)?;
    let mut calls = parts.backend.ringing(&actor, of.parish_id).await?.into_iter().map(RingingCall::from);
    Ok(Json(Ringing { call: calls.next(), more: calls.collect() }))
}
