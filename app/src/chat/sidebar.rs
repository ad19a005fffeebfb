//! The list of channels.

use super::as_shown;
use super::channel_emblem::ChannelEmblem;
use super::new_talk::NewTalk;
use super::ring_offer::RingOffer;
use crate::address;
use crate::api::SignOut;
use crate::i18n::{Form, t, use_i18n};
use crate::languages::{LanguageField, LanguageLinks};
use crate::member::MemberAvatar;
use crate::state::{Live, use_live, use_voice_calls};
use crate::ui::{Glyph, Icon, Show, Size};
use domain::{CallSnapshot, CallStatus, Channel, ChannelId, ChannelKind};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The parish, its channels by kind, and who is signed in.
#[component]
pub(crate) fn Sidebar(
    /// The channel that is open.
    #[prop(into)]
    open: Signal<Option<ChannelId>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let parish = move || live.community().with(|c| c.as_ref().map(|c| c.parish_name.clone())).unwrap_or_default();
    view! {
        <nav class="sidebar" aria-label=t!(i18n, sidebar.label)>
            <header class="sidebar-head">
                <span class="mark" aria-hidden="true"></span>
                <p class="sidebar-parish">{parish}</p>
                <NewTalk />
            </header>
            <RingOffer />
            <div class="sidebar-lists">
                <CallsEntry />
                <a class="channel-row" href=address::members(i18n.locale())>
                    <span class="entry-icon"><Icon glyph=Glyph::Users /></span>
                    <span class="channel-row-name">{t!(i18n, members.title)}</span>
                </a>
                <ReportsEntry />
                <ChannelGroup kind=ChannelKind::Parish title=t!(i18n, sidebar.parish) open />
                <ChannelGroup kind=ChannelKind::Group title=t!(i18n, sidebar.groups) open />
                <ChannelGroup kind=ChannelKind::Direct title=t!(i18n, sidebar.direct) open />
            </div>
            <SignedIn />
            <LanguageLinks />
        </nav>
    }
    .into_any()
}

/// The way to the calls, with the number of missed ones that nobody has looked at.
#[component]
fn CallsEntry() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let path = use_location().pathname;
    let missed = Memo::new(move |_| live.missed());
    let missed_words = move || {
        let count = missed.get();
        match i18n.form(count.into()) {
            Form::One => t!(i18n, calls.unseen_one).to_owned(),
            Form::Few => t!(i18n, calls.unseen_few, count),
            Form::Many => t!(i18n, calls.unseen_many, count),
        }
    };
    view! {
        <a
            class="channel-row calls-entry"
            class:is-unread=move || { missed.get() > 0 }
            href=address::calls(i18n.locale(), None, false)
            aria-current=move || path.with(|path| path.ends_with("/community/calls")).then_some("page")
        >
            <span class="entry-icon"><Icon glyph=Glyph::Phone /></span>
            <span class="channel-row-name">{t!(i18n, calls.title)}</span>
            <Show when=move || { missed.get() > 0 }>
                <span class="badge" aria-hidden="true">{move || missed.get()}</span>
                <span class="for-ears">{missed_words}</span>
            </Show>
        </a>
    }
    .into_any()
}

/// For those who look after the parish: the way to what was reported, while something is.
#[component]
fn ReportsEntry() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let open = Memo::new(move |_| live.community().with(|it| it.as_ref().map_or(0, |it| it.reports)));
    view! {
        <Show when=move || { open.get() > 0 }>
            <a class="channel-row is-unread" href=address::reports(i18n.locale())>
                <span class="entry-icon"><Icon glyph=Glyph::TriangleAlert /></span>
                <span class="channel-row-name">{t!(i18n, reports.title)}</span>
                <span class="badge" aria-hidden="true">{move || open.get()}</span>
                <span class="for-ears">{move || t!(i18n, reports.unseen, count = open.get())}</span>
            </a>
        </Show>
    }
    .into_any()
}

#[component]
fn ChannelGroup(
    kind: ChannelKind,
    title: &'static str,
    #[prop(into)] open: Signal<Option<ChannelId>>,
) -> impl IntoView {
    let live = use_live();
    let channels = Memo::new(move |_| {
        live.community().with(|community| {
            let all = community.iter().flat_map(|community| &community.channels);
            all.filter(|channel| channel.kind == kind).cloned().collect::<Vec<_>>()
        })
    });
    view! {
        <section class="channel-group" hidden=move || channels.with(Vec::is_empty)>
            <h2>{title}</h2>
            <ul>
                <For each=move || channels.get() key=|channel| channel.id let:channel>
                    <ChannelRow channel open />
                </For>
            </ul>
        </section>
    }
    .into_any()
}

#[component]
fn ChannelRow(channel: Channel, #[prop(into)] open: Signal<Option<ChannelId>>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let id = channel.id;
    let first_name = channel.name.clone();
    let now = Memo::new(move |_| live.channel(id));
    let name = move || now.with(|now| now.as_ref().map_or_else(|| first_name.clone(), |channel| channel.name.clone()));
    let unread = Memo::new(move |_| now.with(|now| now.as_ref().map_or(0, |channel| channel.unread)));
    let call = Memo::new(move |_| live.with_call_in(id, |call| (call.id, call.connected(), may_join(live, call))));
    let joinable = move || call.get().filter(|(_, _, may_join)| *may_join);
    let is_open = move || open.get() == Some(id);
    let count = move || as_shown(unread.get());
    let unread_words = move || match i18n.form(u64::from(unread.get())) {
        Form::One => t!(i18n, sidebar.unread_one).to_owned(),
        Form::Few => t!(i18n, sidebar.unread_few, count = count()),
        Form::Many => t!(i18n, sidebar.unread_many, count = count()),
    };
    view! {
        <li>
            <a
                class="channel-row"
                class:is-unread=move || { unread.get() > 0 }
                href=address::channel(i18n.locale(), id)
                aria-current=move || is_open().then_some("page")
            >
                <ChannelEmblem channel size=Size::Medium />
                <span class="channel-row-name">{name}</span>
                <Show when=move || call.with(Option::is_some)>
                    <span class="channel-row-call">
                        <Icon glyph=Glyph::PhoneCall />
                        <span class="for-ears">{t!(i18n, sidebar.call_here)}</span>
                    </span>
                </Show>
                <Show when=move || { unread.get() > 0 }>
                    <span class="badge" aria-hidden="true">{count}</span>
                    <span class="for-ears">{unread_words}</span>
                </Show>
            </a>
            {move || joinable().map(|(call, people, _)| view! {
                <button
                    type="button"
                    class="button is-yes channel-join"
                    aria-label=move || {
                        let name = live.channel(id).map(|channel| channel.name).unwrap_or_default();
                        t!(i18n, sidebar.join_label, name, people)
                    }
                    on:click=move |_| voice.answer(call)
                >
                    {t!(i18n, sidebar.join, people)}
                </button>
            })}
        </li>
    }
    .into_any()
}

/// Whether there is a call to join: it goes on, and is not one that rings here or that this member is in.
fn may_join(live: Live, call: &CallSnapshot) -> bool {
    let outside = live.me().is_some_and(|me| !call.is_connected(me) && call.rings_for(me).is_none());
    outside && call.status == CallStatus::Active && call.is_group() && live.check_way_in(call).is_ok()
}

#[component]
fn SignedIn() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let sign_out = ServerAction::<SignOut>::new();
    view! {
        <footer class="sidebar-foot">
            {untrack(|| live.me()).map(|me| view! {
                <MemberAvatar member=me size=Size::Medium />
                <span class="sidebar-me">{move || live.name_of(me)}</span>
            })}
            <a
                class="button-round"
                href=address::phone(i18n.locale())
                aria-label=t!(i18n, phone.title)
                title=t!(i18n, phone.title)
            >
                <Icon glyph=Glyph::PhoneCall />
            </a>
            <ActionForm action=sign_out>
                <LanguageField />
                <button type="submit" class="button is-quiet">
                    <Icon glyph=Glyph::LogOut />
                    {t!(i18n, sidebar.sign_out)}
                </button>
            </ActionForm>
        </footer>
    }
    .into_any()
}
