//! Calls.

use crate::error::ApiError;
use domain::{
    Access, CallId, CallRecord, CallSnapshot, ChannelId, Lead, Live, MemberId, Nonce, ParishId, Seat, Sign, Tap,
};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::ssr::{actor, backend};

/// Calls the other of a direct channel, everybody of a group, or the picked people of a parish channel. Joins the call
/// that goes on there already, if there is one.
///
/// # Errors
/// Not in the channel; may not call there; in another call; the voice server is down (nobody's phone rings then).
#[server(prefix = "/api", endpoint = "voice/initiate_call", input = Json)]
pub async fn initiate_call(channel: ChannelId, targets: Vec<MemberId>, tap: Tap) -> Result<Seat, ApiError> {
    Ok(backend()?.initiate_call(&actor().await?, channel, targets, tap).await?)
}

/// Opens a call for a whole group, or the whole parish, without ringing anybody. Joins the one that goes on there already,
/// if there is one.
///
/// # Errors
/// As [`initiate_call`]; between two, there is nothing to gather.
#[server(prefix = "/api", endpoint = "voice/gather_call", input = Json)]
pub async fn gather_call(channel: ChannelId, tap: Tap) -> Result<Seat, ApiError> {
    Ok(backend()?.gather_call(&actor().await?, channel, tap).await?)
}

/// Answers a ring, or joins a call that goes on.
///
/// # Errors
/// No such call; it is over; it was answered already, here or on another device; in another call.
#[server(prefix = "/api", endpoint = "voice/answer_call", input = Json)]
pub async fn answer_call(call: CallId, tap: Tap) -> Result<Seat, ApiError> {
    Ok(backend()?.answer_call(&actor().await?, call, tap).await?)
}

/// Goes on talking from this device, in a call one is in with another.
///
/// # Errors
/// No such call; it is over; not in it.
#[server(prefix = "/api", endpoint = "voice/move_call", input = Json)]
pub async fn move_call(call: CallId, nonce: Nonce) -> Result<Seat, ApiError> {
    Ok(backend()?.move_call(&actor().await?, call, nonce).await?)
}

/// Rings more people of the parish, or the same ones again.
///
/// # Errors
/// No such call; it is over; not in it; somebody is not of the parish; too often.
#[server(prefix = "/api", endpoint = "voice/add_participants", input = Json)]
pub async fn add_participants(call: CallId, members: Vec<MemberId>, nonce: Nonce) -> Result<(), ApiError> {
    Ok(backend()?.add_participants(&actor().await?, call, members, nonce).await?)
}

/// Refuses a ring.
///
/// # Errors
/// No such call; it is over; it does not ring for this member.
#[server(prefix = "/api", endpoint = "voice/decline_call", input = Json)]
pub async fn decline_call(call: CallId, nonce: Nonce) -> Result<(), ApiError> {
    Ok(backend()?.decline_call(&actor().await?, call, nonce).await?)
}

/// Hangs up: cancels a call that nobody answered, ends a direct call, leaves a group call.
///
/// # Errors
/// No such call; it is over; not in it.
#[server(prefix = "/api", endpoint = "voice/end_call", input = Json)]
pub async fn end_call(call: CallId, nonce: Nonce) -> Result<(), ApiError> {
    Ok(backend()?.end_call(&actor().await?, call, nonce).await?)
}

/// Tells the caller that a device of this member shows the ring.
///
/// # Errors
/// No such call; it is over; it does not ring for this member.
#[server(prefix = "/api", endpoint = "voice/confirm_ring", input = Json)]
pub async fn confirm_ring(call: CallId) -> Result<(), ApiError> {
    Ok(backend()?.confirm_ring(&actor().await?, call).await?)
}

/// Shows the others in a call something: that this member's phone sleeps, a raised hand, a reaction.
///
/// # Errors
/// No such call; it is over; not in it with this device; too often.
#[server(prefix = "/api", endpoint = "voice/show_sign", input = Json)]
pub async fn show_sign(call: CallId, sign: Sign, nonce: Nonce) -> Result<(), ApiError> {
    Ok(backend()?.show_sign(&actor().await?, call, sign, nonce).await?)
}

/// Does what only somebody who leads a call of many may do: mutes, asks to unmute, puts out, locks, ends it for all.
///
/// # Errors
/// No such call; it is over; may not; not in it with this device; whom it is about is not in it; too often.
#[server(prefix = "/api", endpoint = "voice/lead_call", input = Json)]
pub async fn lead_call(call: CallId, act: Lead, nonce: Nonce) -> Result<(), ApiError> {
    Ok(backend()?.lead_call(&actor().await?, call, act, nonce).await?)
}

/// A fresh way into the audio of a call one is in.
///
/// # Errors
/// No such call; it is over; not in it.
#[server(prefix = "/api", endpoint = "voice/call_token", input = Json)]
pub async fn call_token(call: CallId) -> Result<Access, ApiError> {
    Ok(backend()?.call_token(&actor().await?, call).await?)
}

/// The call that goes on in a channel, if there is one.
///
/// # Errors
/// Not in the channel.
#[server(prefix = "/api", endpoint = "voice/active_call", input = Json)]
pub async fn active_call(channel: ChannelId) -> Result<Option<CallSnapshot>, ApiError> {
    Ok(backend()?.active_call(&actor().await?, channel).await?)
}

/// Calls of all channels, newest first, thirty at a time; with `missed`, only those that this member has missed. `before`
/// continues after the last one seen.
///
/// # Errors
/// Not in the parish.
#[server(prefix = "/api", endpoint = "voice/recent_calls", input = Json)]
pub async fn recent_calls(parish: ParishId, missed: bool, before: Option<CallId>) -> Result<Vec<CallRecord>, ApiError> {
    Ok(backend()?.recent_calls(&actor().await?, parish, missed, before).await?)
}

/// Calls of a channel, as [`recent_calls`].
///
/// # Errors
/// Not in the channel.
#[server(prefix = "/api", endpoint = "voice/call_history", input = Json)]
pub async fn call_history(
    channel: ChannelId,
    missed: bool,
    before: Option<CallId>,
) -> Result<Vec<CallRecord>, ApiError> {
    Ok(backend()?.call_history(&actor().await?, channel, missed, before).await?)
}

/// Remembers that this member has taken notice of the calls they have missed so far, in one channel or in all.
///
/// # Errors
/// Not in the channel.
#[server(prefix = "/api", endpoint = "voice/mark_calls_seen", input = Json)]
pub async fn mark_calls_seen(channel: Option<ChannelId>) -> Result<(), ApiError> {
    Ok(backend()?.mark_calls_seen(&actor().await?, channel).await?)
}

/// All that is live for this member: what the event stream sends first.
///
/// # Errors
/// Signed out.
#[server(name = LoadLive, prefix = "/api", endpoint = "live", input = Json)]
pub async fn live() -> Result<Live, ApiError> {
    Ok(backend()?.live(&actor().await?).await?)
}
