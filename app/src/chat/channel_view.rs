//! An open channel: its head, its timeline, and the place to write.

use super::around::Around;
use super::channel_emblem::ChannelEmblem;
use super::composer::Composer;
use super::notices::NoticesButton;
use super::profile::Profile;
use super::search::Search;
use super::timeline::Timeline;
use crate::address;
use crate::call::{CallButton, ListenOnlyNote};
use crate::i18n::{t, use_i18n};
use crate::parish::GroupProfile;
use crate::parts::{NotLoaded, Part, Showing};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Show, Size};
use domain::{Channel, ChannelId, ChannelKind, MessageId};
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use wasm_split_helpers::wasm_split;

/// What of a channel is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// What is said now.
    Newest,
    /// A line of long ago.
    Around(MessageId),
    /// Where certain words were said.
    Search(String),
}

impl Place {
    /// As the address has it.
    fn of(query: &ParamsMap) -> Place {
        match (query.get("search"), query.get("message").and_then(|message| message.parse().ok())) {
            (Some(words), _) => Place::Search(words),
            (None, Some(message)) => Place::Around(message),
            (None, None) => Place::Newest,
        }
    }
}

/// What was said long ago: a part of its own, since nobody begins with it.
#[wasm_split(search, fallible, preload(fetch))]
fn past(id: ChannelId, place: Place) -> Result<AnyView, NotLoaded> {
    Ok(match place {
        Place::Newest => ().into_any(),
        Place::Around(message) => view! { <Around id message /> }.into_any(),
        Place::Search(words) => view! { <Search id words /> }.into_any(),
    })
}

/// A channel.
#[component]
pub(crate) fn ChannelView(id: ChannelId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let query = use_query_map();
    let place = Memo::new(move |_| query.with(Place::of));
    let channel = Memo::new(move |_| live.channel(id));
    let name = move || channel.with(|channel| channel.as_ref().map(|c| c.name.clone()).unwrap_or_default());
    let kind = move || match channel.with(|channel| channel.as_ref().map(|c| (c.kind, c.announcements_only))) {
        Some((_, true)) => t!(i18n, chat.kind.announcements),
        Some((ChannelKind::Parish, _)) => t!(i18n, chat.kind.parish),
        Some((ChannelKind::Group, _)) => t!(i18n, chat.kind.group),
        Some((ChannelKind::Direct, _)) | None => "",
    };
    view! {
        <header class="channel-head">
            <a
                class="button-round channel-back"
                href=address::chat(i18n.locale())
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
            <div class="channel-tools">
                <a
                    class="button-round needs-scripts"
                    href=address::search(i18n.locale(), id, "")
                    aria-label=t!(i18n, search.open)
                    title=t!(i18n, search.open)
                >
                    <Icon glyph=Glyph::Search />
                </a>
                <NoticesButton id />
                <a
                    class="button-round channel-calls"
                    href=address::calls(i18n.locale(), Some(id), false)
                    aria-label=t!(i18n, calls.here)
                    title=t!(i18n, calls.here)
                >
                    <Icon glyph=Glyph::History />
                </a>
                <CallButton id />
            </div>
        </header>
        <ListenOnlyNote id />
        {move || match place.get() {
            Place::Newest => Either::Left(view! { <Newest id channel /> }),
            elsewhere => {
                let show = move |()| -> Showing { Box::pin(past(id, elsewhere.clone())) };
                Either::Right(view! { <Part fetch=|| Box::pin(fetch()) show /> })
            }
        }}
    }
    .into_any()
}

/// What is said now, and the place to write.
#[component]
fn Newest(id: ChannelId, channel: Memo<Option<Channel>>) -> impl IntoView {
    let i18n = use_i18n();
    let why_not = move || {
        if channel.with(|channel| channel.as_ref().is_some_and(|channel| channel.announcements_only)) {
            t!(i18n, chat.may_not_post)
        } else {
            t!(i18n, chat.blocked)
        }
    };
    view! {
        <Timeline id />
        <Show
            when=move || channel.with(|channel| channel.as_ref().is_some_and(|c| c.may_post))
            fallback=move || view! { <p class="composer-closed">{why_not}</p> }
        >
            <Composer id />
        </Show>
    }
    .into_any()
}
