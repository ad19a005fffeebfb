//! What can be done about one member of the parish: by those who look after them, and by everybody else.

use super::confirm::Confirm;
use super::deed::Deed;
use super::handed_out::Link;
use super::report::{ReportChoice, ReportForm};
use super::{may, role_word};
use crate::api::{change_role, remove_member, reset_link};
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Show};
use domain::{Care, HandedOut, MemberId, Reported, Role};
use leptos::either::EitherOf4;
use leptos::prelude::*;

/// What the card shows.
#[derive(Clone)]
enum Step {
    Choose,
    NewPassword(HandedOut),
    SureToRemove,
    Report,
}

/// The card about somebody: their role, a new password, their leave, a report of them.
#[component]
pub(super) fn CareSheet(member: MemberId, open: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let deed = Deed::new();
    let step = RwSignal::new(Step::Choose);
    let remove = move || {
        deed.ask(remove_member(member), move |()| {
            live.reload();
            open.set(false);
        });
    };
    view! {
        <Refused why=deed.refused() />
        {move || match step.get() {
            Step::Choose => EitherOf4::A(view! { <Choices member deed step /> }),
            Step::NewPassword(handed) => EitherOf4::B(view! {
                <p>{move || t!(i18n, members.password_lead, name = live.name_of(member))}</p>
                <Link handed />
            }),
            Step::SureToRemove => EitherOf4::C(view! {
                <Confirm
                    lead=Signal::derive(move || t!(i18n, members.remove_lead, name = live.name_of(member)))
                    words=t!(i18n, members.remove)
                    pending=deed.pending()
                    on_yes=move |()| remove()
                    on_no=move |()| step.set(Step::Choose)
                />
            }),
            Step::Report => EitherOf4::D(view! { <ReportForm what=Reported::Member(member) about=member /> }),
        }}
    }
    .into_any()
}

#[component]
fn Choices(member: MemberId, deed: Deed, step: RwSignal<Step>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let role = Memo::new(move |_| live.role_of(member));
    let may = move |care| role.get().is_some_and(|role| may(live, care, role));
    let ask_link = move |_| {
        deed.ask(reset_link(member), move |handed| step.set(Step::NewPassword(handed)));
    };
    view! {
        <Show when=move || may(Care::ChangeRole)>
            <div class="roles" role="group" aria-label=t!(i18n, members.role_label)>
                {Role::ALL.map(|of| view! { <RoleChoice of member role deed /> }).collect_view()}
            </div>
        </Show>
        <Show when=move || may(Care::ResetPassword)>
            <button type="button" class="choice-row" disabled=deed.pending() on:click=ask_link>
                <Icon glyph=Glyph::Lock />
                <span>
                    <strong>{t!(i18n, members.password)}</strong>
                    <small>{t!(i18n, members.password_hint)}</small>
                </span>
            </button>
        </Show>
        <Show when=move || may(Care::Remove)>
            <button type="button" class="choice-row" on:click=move |_| step.set(Step::SureToRemove)>
                <Icon glyph=Glyph::UserMinus />
                <span>
                    <strong>{t!(i18n, members.remove)}</strong>
                    <small>{t!(i18n, members.remove_hint)}</small>
                </span>
            </button>
        </Show>
        <ReportChoice on_choose=move |()| step.set(Step::Report) />
    }
    .into_any()
}

#[component]
fn RoleChoice(of: Role, member: MemberId, role: Memo<Option<Role>>, deed: Deed) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let hint = match of {
        Role::Member => t!(i18n, members.role_hint.member),
        Role::Coordinator => t!(i18n, members.role_hint.coordinator),
        Role::Admin => t!(i18n, members.role_hint.admin),
    };
    view! {
        <button
            type="button"
            class="choice-row"
            aria-pressed=move || (role.get() == Some(of)).to_string()
            disabled=deed.pending()
            on:click=move |_| deed.ask(change_role(member, of), move |()| live.reload())
        >
            <span>
                <strong>{role_word(i18n, of)}</strong>
                <small>{hint}</small>
            </span>
        </button>
    }
    .into_any()
}
