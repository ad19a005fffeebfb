//! Everybody in the parish: to be called, written to, and looked after.

use super::care::CareSheet;
use super::deed::Deed;
use super::myself::Myself;
use super::role_word;
use crate::address;
use crate::api::open_direct;
use crate::chat::PersonList;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::member::MemberAvatar;
use crate::state::{use_live, use_voice_calls};
use crate::ui::{Glyph, Icon, Sheet, Size};
use domain::{Member, MemberId};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// Everybody, by name, under a line to search them by it.
#[component]
pub(crate) fn Everybody() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let deed = Deed::new();
    let navigate = use_navigate();
    let write = Callback::new(move |member: MemberId| {
        let navigate = navigate.clone();
        deed.ask(open_direct(member), move |channel| {
            live.reload();
            navigate(&address::channel(i18n.locale(), channel), Default::default());
        });
    });
    // Whom the card is about.
    let about = RwSignal::new(None::<MemberId>);
    let shown = RwSignal::new(false);
    let look_after = Callback::new(move |member| {
        about.set(Some(member));
        shown.set(true);
    });
    let mine = RwSignal::new(false);
    let name = Signal::derive(move || about.get().map(|member| live.name_of(member)).unwrap_or_default());
    view! {
        <section class="members-part">
            <h2>{t!(i18n, members.everybody)}</h2>
            <Refused why=deed.refused() />
            {untrack(|| live.me()).map(|me| view! {
                <div class="member">
                    <MemberAvatar member=me size=Size::Medium />
                    <Words member=me />
                    <button type="button" class="button is-quiet member-me" on:click=move |_| mine.set(true)>
                        {t!(i18n, myself.open)}
                    </button>
                </div>
            })}
            <PersonList row=move |member: Member| view! { <MemberRow member=member.id write look_after /> } />
        </section>
        <Sheet open=mine id="myself" title=t!(i18n, myself.title)>
            <Myself open=mine />
        </Sheet>
        <Sheet open=shown id="care" title=name>
            {move || about.get().map(|member| view! { <CareSheet member open=shown /> })}
        </Sheet>
    }
    .into_any()
}

#[component]
fn Words(member: MemberId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    view! {
        <span class="member-words">
            <strong>{move || live.name_of(member)}</strong>
            <small>{move || live.role_of(member).map(|role| role_word(i18n, role))}</small>
        </span>
    }
    .into_any()
}

#[component]
fn MemberRow(member: MemberId, write: Callback<MemberId>, look_after: Callback<MemberId>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let phase = voice.phase();
    let busy = Memo::new(move |_| phase.with(|phase| phase.busy_in().is_some()));
    view! {
        <div class="member">
            <MemberAvatar member size=Size::Medium />
            <Words member />
            <button
                type="button"
                class="button is-call"
                aria-label=move || t!(i18n, members.call_label, name = live.name_of(member))
                disabled=busy
                on:click=move |_| voice.start_direct(member)
            >
                <Icon glyph=Glyph::Phone />
                <span class="member-verb">{t!(i18n, members.call)}</span>
            </button>
            <button
                type="button"
                class="button is-quiet"
                aria-label=move || t!(i18n, members.write_label, name = live.name_of(member))
                on:click=move |_| write.run(member)
            >
                <Icon glyph=Glyph::SquarePen />
                <span class="member-verb">{t!(i18n, members.write)}</span>
            </button>
            <button
                type="button"
                class="button-round"
                aria-label=move || t!(i18n, members.care_label, name = live.name_of(member))
                on:click=move |_| look_after.run(member)
            >
                <Icon glyph=Glyph::More />
            </button>
        </div>
    }
    .into_any()
}
