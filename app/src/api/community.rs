//! The parish, its channels and its people.

use crate::error::ApiError;
use domain::{ChannelId, Community, MemberId};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::ssr::{actor, backend};

/// The parish as this member sees it.
///
/// # Errors
/// Signed out.
#[server(name = LoadCommunity, prefix = "/api", endpoint = "community", input = Json)]
pub async fn community() -> Result<Community, ApiError> {
    Ok(backend()?.community(&actor().await?).await?)
}

/// From now on this member's calls do not ring for the asker, and they are not told; or, with `block` false, again.
///
/// # Errors
/// No such member in this parish.
#[server(prefix = "/api", endpoint = "block_member", input = Json)]
pub async fn block_member(member: MemberId, block: bool) -> Result<(), ApiError> {
    Ok(backend()?.block(&actor().await?, member, block).await?)
}

/// The direct channel with another member, made now if there was none.
///
/// # Errors
/// No such member in this parish.
#[server(prefix = "/api", endpoint = "open_direct", input = Json)]
pub async fn open_direct(member: MemberId) -> Result<ChannelId, ApiError> {
    Ok(backend()?.open_direct(&actor().await?, member).await?)
}
