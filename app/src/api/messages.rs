//! Messages.

use crate::error::ApiError;
use domain::{ChannelId, Message, MessageId};
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

/// Writes into a channel.
///
/// # Errors
/// Not in the channel; may not write there; empty or too long.
#[server(prefix = "/api", endpoint = "post_message", input = Json)]
pub async fn post_message(channel: ChannelId, body: String) -> Result<Message, ApiError> {
    Ok(backend()?.post_message(&actor().await?, channel, &body).await?)
}

/// Remembers that this member has read a channel up to and including a message.
///
/// # Errors
/// Not in the channel.
#[server(prefix = "/api", endpoint = "mark_read", input = Json)]
pub async fn mark_read(channel: ChannelId, up_to: MessageId) -> Result<(), ApiError> {
    Ok(backend()?.mark_read(&actor().await?, channel, up_to).await?)
}
