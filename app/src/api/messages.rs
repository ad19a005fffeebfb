//! Messages.

use crate::error::ApiError;
use domain::{ChannelId, Found, Message, MessageId, Nonce, Notices};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::ssr::{actor, backend};

/// The newest fifty lines of a channel, oldest first; `before` goes further back.
///
/// # Errors
/// Not in the channel.
#[server(prefix = "/api", endpoint = "messages", input = Json)]
pub async fn messages(channel: ChannelId, before: Option<MessageId>) -> Result<Vec<Message>, ApiError> {
    Ok(backend()?.messages(&actor().await?, channel, before).await?)
}

/// The lines of a channel around one of them, oldest first.
///
/// # Errors
/// Not in the channel; no line of it.
#[server(prefix = "/api", endpoint = "messages_around", input = Json)]
pub async fn messages_around(channel: ChannelId, around: MessageId) -> Result<Vec<Message>, ApiError> {
    Ok(backend()?.messages_around(&actor().await?, channel, around).await?)
}

/// The newest twenty messages of a channel that have all these words in them, newest first; `before` goes further back.
///
/// # Errors
/// Not in the channel; nothing to look for, or too much; too often.
#[server(prefix = "/api", endpoint = "search_messages", input = Json)]
pub async fn search_messages(
    channel: ChannelId,
    words: String,
    before: Option<MessageId>,
) -> Result<Vec<Found>, ApiError> {
    Ok(backend()?.search_messages(&actor().await?, channel, &words, before).await?)
}

/// Writes into a channel. Sent twice with the same nonce, it is written once.
///
/// # Errors
/// Not in the channel; may not write there; empty or too long.
#[server(prefix = "/api", endpoint = "post_message", input = Json)]
pub async fn post_message(
    channel: ChannelId,
    body: String,
    #[server(default)] nonce: Option<Nonce>,
) -> Result<Message, ApiError> {
    Ok(backend()?.post_message(&actor().await?, channel, &body, nonce).await?)
}

/// Puts other words in the place of one's own.
///
/// # Errors
/// Not in its channel; not one's own, or gone; empty or too long.
#[server(prefix = "/api", endpoint = "edit_message", input = Json)]
pub async fn edit_message(message: MessageId, body: String) -> Result<Message, ApiError> {
    Ok(backend()?.edit_message(&actor().await?, message, &body).await?)
}

/// Takes a message out of the timeline, for everybody and for good.
///
/// # Errors
/// Not in its channel; neither one's own nor led.
#[server(prefix = "/api", endpoint = "remove_message", input = Json)]
pub async fn remove_message(message: MessageId) -> Result<Message, ApiError> {
    Ok(backend()?.remove_message(&actor().await?, message).await?)
}

/// Of which messages in a channel this member's devices are told from now on.
///
/// # Errors
/// Not in the channel.
#[server(prefix = "/api", endpoint = "set_notices", input = Json)]
pub async fn set_notices(channel: ChannelId, notices: Notices) -> Result<(), ApiError> {
    Ok(backend()?.set_notices(&actor().await?, channel, notices).await?)
}

/// Remembers that this member has read a channel up to and including a message.
///
/// # Errors
/// Not in the channel.
#[server(prefix = "/api", endpoint = "mark_read", input = Json)]
pub async fn mark_read(channel: ChannelId, up_to: MessageId) -> Result<(), ApiError> {
    Ok(backend()?.mark_read(&actor().await?, channel, up_to).await?)
}
