//! Looking after the parish: invitations, roles, new passwords, groups.

use crate::error::ApiError;
use domain::{ChannelId, Group, GroupChange, HandedOut, InviteId, MemberId, OpenInvite, Role};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::ssr::{actor, backend};

/// The invitations that can still be used and that this member could have made.
///
/// # Errors
/// Invites nobody.
#[server(name = LoadInvites, prefix = "/api", endpoint = "parish/invites", input = Json)]
pub async fn invites() -> Result<Vec<OpenInvite>, ApiError> {
    Ok(backend()?.invites(&actor().await?).await?)
}

/// Invites so many people for so many days, and hands out the link, once.
///
/// # Errors
/// Does not invite with this role; too many people or days.
#[server(prefix = "/api", endpoint = "parish/create_invite", input = Json)]
pub async fn create_invite(role: Role, uses: u32, days: u32) -> Result<HandedOut, ApiError> {
    Ok(backend()?.create_invite(&actor().await?, role, uses, days).await?)
}

/// Withdraws an invitation.
///
/// # Errors
/// Could not have made it.
#[server(prefix = "/api", endpoint = "parish/revoke_invite", input = Json)]
pub async fn revoke_invite(invite: InviteId) -> Result<(), ApiError> {
    Ok(backend()?.revoke_invite(&actor().await?, invite).await?)
}

/// Decides what a member may do from now on.
///
/// # Errors
/// Is no admin; no such member; the last admin.
#[server(prefix = "/api", endpoint = "parish/change_role", input = Json)]
pub async fn change_role(member: MemberId, role: Role) -> Result<(), ApiError> {
    Ok(backend()?.change_role(&actor().await?, member, role).await?)
}

/// Takes a member out of the parish: signed out everywhere, and out of the call they are in.
///
/// # Errors
/// Is no admin; no such member; the last admin.
#[server(prefix = "/api", endpoint = "parish/remove_member", input = Json)]
pub async fn remove_member(member: MemberId) -> Result<(), ApiError> {
    Ok(backend()?.remove_member(&actor().await?, member).await?)
}

/// A link by which a member chooses a new password, once.
///
/// # Errors
/// May not do that for them; no such member.
#[server(prefix = "/api", endpoint = "parish/reset_link", input = Json)]
pub async fn reset_link(member: MemberId) -> Result<HandedOut, ApiError> {
    Ok(backend()?.reset_link(&actor().await?, member).await?)
}

/// Every group of the parish.
///
/// # Errors
/// Does not keep groups.
#[server(name = LoadGroups, prefix = "/api", endpoint = "parish/groups", input = Json)]
pub async fn groups() -> Result<Vec<Group>, ApiError> {
    Ok(backend()?.groups(&actor().await?).await?)
}

/// Makes a group of these members and whoever makes it.
///
/// # Errors
/// Does not keep groups; the name cannot be taken; somebody is not of this parish.
#[server(prefix = "/api", endpoint = "parish/create_group", input = Json)]
pub async fn create_group(name: String, members: Vec<MemberId>) -> Result<ChannelId, ApiError> {
    Ok(backend()?.create_group(&actor().await?, &name, &members).await?)
}

/// Changes a group of the parish.
///
/// # Errors
/// As [`create_group`]; no such group.
#[server(prefix = "/api", endpoint = "parish/change_group", input = Json)]
pub async fn change_group(group: ChannelId, change: GroupChange) -> Result<(), ApiError> {
    Ok(backend()?.change_group(&actor().await?, group, change).await?)
}
