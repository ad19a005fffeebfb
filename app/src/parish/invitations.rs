//! Invitations into the parish: made, passed on, withdrawn.

use super::deed::{Deed, Latest};
use super::handed_out::Link;
use super::{leads, may, role_word};
use crate::api::{create_invite, invites, revoke_invite};
use crate::help::Refused;
use crate::i18n::{people, t, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Moment, Sheet, Show};
use domain::{Care, HandedOut, OpenInvite, Role};
use leptos::prelude::*;

/// For so many people an invitation may be made here.
const USES: [u32; 5] = [1, 5, 20, 50, 200];
/// For so many days.
const DAYS: [u32; 4] = [1, 7, 14, 30];

/// The invitations, for those who look after the parish.
#[component]
pub(crate) fn Invitations() -> impl IntoView {
    let live = use_live();
    let shown = Memo::new(move |_| leads(live));
    view! {
        <Show when=move || shown.get()>
            <List />
        </Show>
    }
    .into_any()
}

#[component]
fn List() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let change = Deed::new();
    let open = Latest::<Vec<OpenInvite>>::new();
    let fetch = move || open.ask(invites());
    Effect::new(move || {
        // Somebody may have come by one of them.
        live.community().track();
        fetch();
    });
    let handed = RwSignal::new(None::<HandedOut>);
    let shown = RwSignal::new(false);
    let made = Callback::new(move |link| {
        handed.set(Some(link));
        shown.set(true);
        fetch();
    });
    view! {
        <section class="members-part">
            <h2>{t!(i18n, invites.title)}</h2>
            <p class="members-lead">{t!(i18n, invites.lead)}</p>
            <Refused why=change.refused() />
            <NewInvite change made />
            <ul class="invites">
                <For each=move || open.get().unwrap_or_default() key=|invite| (invite.id, invite.uses_left) let:invite>
                    <Row invite change on_gone=move |()| fetch() />
                </For>
            </ul>
        </section>
        <Sheet open=shown id="new-invite" title=t!(i18n, invites.made)>
            <p>{t!(i18n, invites.made_lead)}</p>
            {move || handed.get().map(|handed| view! { <Link handed /> })}
        </Sheet>
    }
    .into_any()
}

#[component]
fn NewInvite(change: Deed, made: Callback<HandedOut>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let (role, uses, days) = (RwSignal::new(Role::Member), RwSignal::new(20), RwSignal::new(14));
    let roles = move || Role::ALL.into_iter().filter(|role| may(live, Care::Invite, *role)).collect::<Vec<_>>();
    let make = move |_| {
        let request = create_invite(role.get_untracked(), uses.get_untracked(), days.get_untracked());
        change.ask(request, move |handed| made.run(handed));
    };
    let numbers = move |all: &'static [u32], chosen: RwSignal<u32>| {
        let option = move |number: &u32| {
            let number = *number;
            view! { <option value=number.to_string() selected=chosen.get_untracked() == number>{number}</option> }
        };
        all.iter().map(option).collect_view()
    };
    let number = |event: &leptos::ev::Event, chosen: RwSignal<u32>| {
        if let Ok(number) = event_target_value(event).parse() {
            chosen.set(number);
        }
    };
    let choose_role = move |event: leptos::ev::Event| {
        let word = event_target_value(&event);
        if let Some(chosen) = Role::ALL.into_iter().find(|role| value(*role) == word) {
            role.set(chosen);
        }
    };
    view! {
        <div class="new-invite">
            <label class="field">
                <span>{t!(i18n, invites.role)}</span>
                <select on:change=choose_role>
                    {move || roles()
                        .into_iter()
                        .map(|role| view! { <option value=value(role)>{role_word(i18n, role)}</option> })
                        .collect_view()}
                </select>
            </label>
            <label class="field">
                <span>{t!(i18n, invites.uses)}</span>
                <select on:change=move |event| number(&event, uses)>{numbers(&USES, uses)}</select>
            </label>
            <label class="field">
                <span>{t!(i18n, invites.days)}</span>
                <select on:change=move |event| number(&event, days)>{numbers(&DAYS, days)}</select>
            </label>
            <button type="button" class="button is-accent" disabled=change.pending() on:click=make>
                <Icon glyph=Glyph::UserPlus />
                {t!(i18n, invites.make)}
            </button>
        </div>
    }
    .into_any()
}

fn value(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Coordinator => "coordinator",
        Role::Admin => "admin",
    }
}

#[component]
fn Row(invite: OpenInvite, change: Deed, #[prop(into)] on_gone: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let OpenInvite { id, role, uses_left, expires_at, .. } = invite;
    let left = t!(i18n, invites.left, people = people(i18n, uses_left as usize));
    view! {
        <li class="invite">
            <span class="member-words">
                <strong>{role_word(i18n, role)}</strong>
                <small>{left}</small>
                <small>{t!(i18n, invites.until)}" "<Moment at=expires_at.0 /></small>
            </span>
            <button
                type="button"
                class="button is-quiet"
                disabled=change.pending()
                on:click=move |_| change.ask(revoke_invite(id), move |()| on_gone.run(()))
            >
                <Icon glyph=Glyph::X />
                {t!(i18n, invites.revoke)}
            </button>
        </li>
    }
    .into_any()
}
