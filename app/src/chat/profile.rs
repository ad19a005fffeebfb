//! Somebody of the parish: who they are, and whether their calls ring here.

use crate::api::block_member;
use crate::error::ApiError;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::member::MemberAvatar;
use crate::parish::{ReportChoice, ReportForm};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Sheet, Size};
use domain::{MemberId, Reported, Role};
use leptos::prelude::*;

/// A member's picture, which opens a card about them.
#[component]
pub(crate) fn Profile(member: MemberId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let shown = RwSignal::new(false);
    let name = Signal::derive(move || live.name_of(member));
    view! {
        <button
            type="button"
            class="profile-button"
            aria-label=move || t!(i18n, profile.open, name = name.get())
            on:click=move |_| shown.set(true)
        >
            <MemberAvatar member size=Size::Medium />
        </button>
        <Sheet open=shown id="profile" title=name>
            <About member />
        </Sheet>
    }
    .into_any()
}

#[component]
fn About(member: MemberId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let reports = RwSignal::new(false);
    let blocked = Memo::new(move |_| live.has_blocked(member));
    let change = Action::new(move |block: &bool| {
        let block = *block;
        async move {
            block_member(member, block).await?;
            live.reload();
            Ok::<(), ApiError>(())
        }
    });
    let refused = Signal::derive(move || match change.value().get() {
        Some(Err(error)) => Some(error.problem),
        _ => None,
    });
    let role = move || match live.role_of(member) {
        Some(Role::Admin) => t!(i18n, profile.admin),
        Some(Role::Coordinator) => t!(i18n, profile.coordinator),
        Some(Role::Member) | None => t!(i18n, profile.member),
    };
    view! {
        <div class="profile">
            <MemberAvatar member size=Size::Large />
            <p class="profile-role">{role}</p>
            <Refused why=refused />
            <p>
                {move || {
                    let name = live.name_of(member);
                    if blocked.get() { t!(i18n, profile.blocked, name) } else { t!(i18n, profile.lead, name) }
                }}
            </p>
            <button
                type="button"
                class="button is-quiet"
                disabled=move || change.pending().get()
                on:click=move |_| _ = change.dispatch(!blocked.get_untracked())
            >
                {move || view! { <Icon glyph=if blocked.get() { Glyph::PhoneCall } else { Glyph::BellOff } /> }}
                {move || if blocked.get() { t!(i18n, profile.unblock) } else { t!(i18n, profile.block) }}
            </button>
            <p class="profile-note">{t!(i18n, profile.quietly)}</p>
            {move || match reports.get() {
                false => view! { <ReportChoice on_choose=move |()| reports.set(true) /> }.into_any(),
                true => view! { <ReportForm what=Reported::Member(member) about=member /> }.into_any(),
            }}
        </div>
    }
    .into_any()
}
