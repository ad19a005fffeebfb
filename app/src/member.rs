//! How a member looks.

use crate::state::use_live;
use crate::ui::{Avatar, Ring, Size};
use domain::{ChannelId, Hue, MemberId};
use leptos::prelude::*;

/// A member's face.
#[component]
pub(crate) fn MemberAvatar(
    member: MemberId,
    #[prop(optional)] size: Size,
    #[prop(into, optional)] ring: Signal<Ring>,
) -> impl IntoView {
    let live = use_live();
    let hue = move || live.hue_of(member).map_or_else(|| hue(member.0.as_bytes()), u8::from);
    view! { <Avatar name=Signal::derive(move || live.name_of(member)) hue=Signal::derive(hue) size ring /> }
}

/// The hue of a group, which stays the same whatever the group is called.
pub(crate) fn channel_hue(channel: ChannelId) -> u8 {
    hue(channel.0.as_bytes())
}

/// One of twelve, for whoever has not chosen. The last byte of a version 7 UUID is random, the first ones are not.
fn hue(id: &[u8; 16]) -> u8 {
    id[15] % Hue::COUNT
}
