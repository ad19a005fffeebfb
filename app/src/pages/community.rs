//! The chat: the list of channels, and the one that is open.

use super::status;
use crate::chat::{ChannelView, Sidebar};
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::PageTitle;
use crate::{address, chat};
use domain::ChannelId;
use leptos::either::EitherOf3;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// What is open beside the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Nothing,
    Unknown,
    Channel(ChannelId),
}

/// The chat. On a phone the list or the open channel, on a wider screen both.
#[component]
pub(crate) fn CommunityPage() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let query = use_query_map();
    let stage = Memo::new(move |_| match query.with(|query| query.get("channel")) {
        None => Stage::Nothing,
        Some(text) => match text.parse().ok().and_then(|id| live.channel(id)) {
            Some(channel) => Stage::Channel(channel.id),
            None => Stage::Unknown,
        },
    });
    let open = Signal::derive(move || match stage.get() {
        Stage::Channel(id) => Some(id),
        Stage::Nothing | Stage::Unknown => None,
    });
    let title = Signal::derive(move || {
        let place = match open.get().and_then(|id| live.channel(id)) {
            Some(channel) => channel.name,
            None => live.community().with(|c| c.as_ref().map(|c| c.parish_name.clone())).unwrap_or_default(),
        };
        let page = format!("{place} · {}", t!(i18n, app.name));
        match chat::unread(live) {
            0 => page,
            unread => format!("({}) {page}", chat::as_shown(unread)),
        }
    });
    view! {
        <PageTitle text=title />
        <div class="community" class:has-open=move || stage.get() != Stage::Nothing>
            <Sidebar open />
            <main class="stage">
                {move || match stage.get() {
                    Stage::Nothing => EitherOf3::A(view! { <Welcome /> }),
                    Stage::Unknown => EitherOf3::B(view! { <NotForYou /> }),
                    Stage::Channel(id) => EitherOf3::C(view! { <ChannelView id /> }),
                }}
            </main>
        </div>
    }
    .into_any()
}

#[component]
fn Welcome() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="stage-empty">
            <span class="mark is-large" aria-hidden="true"></span>
            <h1>{t!(i18n, chat.welcome.title)}</h1>
            <p>{t!(i18n, chat.welcome.lead)}</p>
        </div>
    }
}

/// Says that there is nothing to see at this address.
#[component]
pub(super) fn NotForYou() -> impl IntoView {
    let i18n = use_i18n();
    status::not_found();
    view! {
        <div class="stage-empty">
            <h1>{t!(i18n, chat.unknown.title)}</h1>
            <p>{t!(i18n, chat.unknown.lead)}</p>
            <a class="button is-accent" href=address::chat(i18n.locale())>
                {t!(i18n, chat.unknown.back)}
            </a>
        </div>
    }
}
