//! An open channel: its head, its timeline, and the place to write.

use super::channel_emblem::ChannelEmblem;
use super::composer::Composer;
use super::notices::NoticesButton;
use super::profile::Profile;
use super::timeline::Timeline;
use crate::address;
use crate::call::{CallButton, ListenOnlyNote};
use crate::i18n::{t, t_string, use_i18n};
use crate::parish::GroupProfile;
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Show, Size};
use domain::{ChannelId, ChannelKind};
use leptos::either::EitherOf3;
use leptos::prelude::*;

/// A channel.
#[component]
pub(crate) fn ChannelView(id: ChannelId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let channel = Memo::new(move |_| live.channel(id));
    let name = move || channel.with(|channel| channel.as_ref().map(|c| c.name.clone()).unwrap_or_default());
    let kind = move || match channel.with(|channel| channel.as_ref().map(|c| (c.kind, c.announcements_only))) {
        Some((_, true)) => t_string!(i18n, chat.kind.announcements),
        Some((ChannelKind::Parish, _)) => t_string!(i18n, chat.kind.parish),
        Some((ChannelKind::Group, _)) => t_string!(i18n, chat.kind.group),
        Some((ChannelKind::Direct, _)) | None => "",
    };
    view! {
        <header class="channel-head">
            <a
                class="button-round channel-back"
                href=move || address::chat(i18n.locale())
                aria-label=t!(i18n, chat.back)
            >
                <Icon glyph=Glyph::ArrowLeft />
            </a>
            {channel.get_untracked().map(|channel| match channel.other {
                Some(other) => EitherOf3::A(view! { <Profile member=other /> }),
                None if channel.kind == ChannelKind::Group => EitherOf3::B(view! { <GroupProfile channel /> }),
                None => EitherOf3::C(view! { <ChannelEmblem channel size=Size::Medium /> }),
            })}
            <div class="channel-title">
                <h1>{name}</h1>
                <p hidden=move || kind().is_empty()>{kind}</p>
            </div>
            <NoticesButton id />
            <a
                class="button-round channel-calls"
                href=move || address::calls(i18n.locale(), Some(id), false)
                aria-label=t!(i18n, calls.here)
                title=t!(i18n, calls.here)
            >
                <Icon glyph=Glyph::History />
            </a>
            <CallButton id />
        </header>
        <ListenOnlyNote id />
        <Timeline id />
        <Show
            when=move || channel.with(|channel| channel.as_ref().is_some_and(|c| c.may_post))
            fallback=move || view! { <p class="composer-closed">{t!(i18n, chat.may_not_post)}</p> }
        >
            <Composer id />
        </Show>
    }
    .into_any()
}
