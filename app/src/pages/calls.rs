//! The calls of a member.

use super::community::NotForYou;
use crate::chat::{CallHistory, Sidebar};
use crate::i18n::{t, use_i18n};
use crate::parts::{NotLoaded, Part, Showing};
use crate::state::use_live;
use crate::ui::PageTitle;
use domain::ChannelId;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use wasm_split_helpers::wasm_split;

#[wasm_split(calls, fallible, preload(fetch))]
fn history(channel: Option<ChannelId>, missed: bool) -> Result<AnyView, NotLoaded> {
    Ok(view! { <CallHistory channel missed /> }.into_any())
}

/// The calls of all channels, or of the one in the address.
#[component]
pub(crate) fn CallsPage() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let query = use_query_map();
    let channel = Memo::new(move |_| match query.with(|query| query.get("channel")) {
        None => Ok(None),
        Some(text) => text.parse().ok().and_then(|id| live.channel(id)).map(|channel| Some(channel.id)).ok_or(()),
    });
    let missed = Memo::new(move |_| query.with(|query| query.get("show").as_deref() == Some("missed")));
    let title = Signal::derive(move || {
        let place = channel.get().ok().flatten().and_then(|id| live.channel(id)).map(|channel| channel.name);
        let page = match place {
            Some(name) => t!(i18n, calls.title_of, name),
            None => t!(i18n, calls.title).to_owned(),
        };
        format!("{page} · {}", t!(i18n, app.name))
    });
    view! {
        <PageTitle text=title />
        <div class="community has-open">
            <Sidebar open=Signal::derive(|| None::<ChannelId>) />
            <main class="stage">
                {move || match channel.get() {
                    Ok(channel) => {
                        let missed = missed.get();
                        let show = move |()| -> Showing { Box::pin(history(channel, missed)) };
                        Either::Left(view! { <Part fetch=|| Box::pin(fetch()) show /> })
                    }
                    Err(()) => Either::Right(view! { <NotForYou /> }),
                }}
            </main>
        </div>
    }
    .into_any()
}
