//! The face of a channel.

use crate::member::{MemberAvatar, channel_hue};
use crate::state::use_live;
use crate::ui::{Avatar, Glyph, Ring, Size};
use domain::{Channel, ChannelKind};
use leptos::either::Either;
use leptos::prelude::*;

/// The face of a channel, with the ring around it while a call goes on there: of a direct channel, the other's face.
#[component]
pub(crate) fn ChannelEmblem(
    /// As it was when this was made; its kind and its people do not change.
    channel: Channel,
    #[prop(optional)] size: Size,
) -> impl IntoView {
    let live = use_live();
    let Channel { id, kind, other, announcements_only, name, .. } = channel;
    let announces = Memo::new(move |_| live.channel(id).map_or(announcements_only, |now| now.announcements_only));
    let ring = Signal::derive(move || if live.with_call_in(id, |_| ()).is_some() { Ring::Live } else { Ring::None });
    match (kind, other) {
        (ChannelKind::Direct, Some(other)) => Either::Left(view! { <MemberAvatar member=other size ring /> }),
        _ => {
            let glyph = move || match (announces.get(), kind) {
                (true, _) => Some(Glyph::Megaphone),
                (false, ChannelKind::Parish) => Some(Glyph::Church),
                (false, ChannelKind::Group | ChannelKind::Direct) => None,
            };
            let name = Signal::derive(move || live.channel(id).map_or_else(|| name.clone(), |channel| channel.name));
            Either::Right(move || view! { <Avatar name hue=Signal::stored(channel_hue(id)) glyph=glyph() size ring /> })
        }
    }
}
