//! What a browser or a service worker asks about calls by plain HTTP.

use crate::parts::Parts;
use crate::visitor::SignedIn;
use app::error::{ApiError, Problem};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use backend::Next;
use domain::{Access, CallId, CallSnapshot, CallStatus, ChannelId, Event, MemberId, ParishId, Timestamp};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

/// Which call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfCall {
    call_id: CallId,
}

/// The longest that an answer is held back, in seconds.
const WAIT_AT_MOST: u64 = 25;

/// Which parish, and whether the answer may wait until it is news.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfParish {
    parish_id: ParishId,
    /// For so many seconds, while the calls that ring are those that are `known`.
    #[serde(default)]
    wait: u64,
    /// Ids with commas between them, in any order.
    #[serde(default)]
    known: String,
}

impl OfParish {
    /// The calls that the asker knows to ring.
    fn known(&self) -> Result<BTreeSet<CallId>, Problem> {
        let ids = self.known.split(',').filter(|_| !self.known.is_empty());
        ids.map(str::parse).collect::<Result<_, _>>().map_err(|_| Problem::Malformed)
    }
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

impl From<Vec<CallSnapshot>> for Ringing {
    fn from(calls: Vec<CallSnapshot>) -> Self {
        let mut calls = calls.into_iter().map(RingingCall::from);
        Ringing { call: calls.next(), more: calls.collect() }
    }
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

/// `GET /api/voice/active?parishId=[&wait=&known=]`
///
/// With `wait` this is for a page whose clock the browser has slowed down: it asks again when it was answered, not when
/// its time has come. If the calls that ring are just those that are `known`, the answer waits until that changes, for
/// `wait` seconds at most, or until we stop.
pub(crate) async fn active(
    State(parts): State<Parts>,
    SignedIn(actor): SignedIn,
    query: Result<Query<OfParish>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Json<Ringing>, ApiError> {
    let Query(of) = query.map_err(|_| Problem::Malformed)?;
    let known = of.known()?;
    if of.wait > WAIT_AT_MOST {
        return Err(Problem::Malformed.into());
    }
    if of.wait == 0 {
        return Ok(Json(parts.backend.ringing(&actor, of.parish_id).await?.into()));
    }
    // First listen, then look: so nothing falls between the two.
    let mut subscription = parts.backend.subscribe(&actor);
    let secret = parts.cookie.find(&headers).unwrap_or_default();
    // Somebody who was signed out meanwhile is told nothing more.
    let look = async || -> Result<_, ApiError> {
        let actor = parts.backend.authenticate(&secret).await?.ok_or(Problem::SignedOut)?;
        Ok(parts.backend.ringing(&actor, of.parish_id).await?)
    };
    let mut calls = look().await?;
    let mut closing = parts.closing.clone();
    let mut wait = pin!(tokio::time::timeout(Duration::from_secs(of.wait), closing.changed()));
    while calls.iter().map(|call| call.id).collect::<BTreeSet<_>>() == known {
        tokio::select! {
            // Time is up, or we stop: what we have is the answer.
            _ = &mut wait => break,
            next = subscription.next() => {
                if matches!(next, Next::Event(Event::Message(_) | Event::Beat)) {
                    continue;
                }
                calls = look().await?;
            }
        }
    }
    Ok(Json(calls.into()))
}
