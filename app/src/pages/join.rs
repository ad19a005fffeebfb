//! Join a parish by an invitation.

use super::entrance::{LinkEntrance, refusal};
use crate::api::{Invitation, SignUp, invitation};
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::languages::LanguageField;
use crate::ui::{Autofill, TextField, own_time_zone};
use domain::text::{LOGIN_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page that an invite link leads to.
#[component]
pub(crate) fn JoinPage() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params_map();
    let invite = Memo::new(move |_| params.with(|params| params.get("invite").unwrap_or_default()));
    let invitation = Resource::new(move || invite.get(), invitation);
    let form = move |found: Invitation| {
        view! { <SignUpForm parish=found.parish_name invite=invite.get_untracked() /> }.into_any()
    };
    view! {
        <LinkEntrance
            title=t!(i18n, join.title)
            behind=invitation
            show=form
            other_way=t!(i18n, join.have_account)
        />
    }
}

#[component]
fn SignUpForm(parish: String, invite: String) -> impl IntoView {
    let i18n = use_i18n();
    let action = ServerAction::<SignUp>::new();
    let (pending, answer) = (action.pending(), action.value());
    let zone = RwSignal::new(String::new());
    // Only the browser knows where it is.
    Effect::new(move || zone.set(own_time_zone().unwrap_or_default()));
    view! {
        <p class="entrance-lead">{t!(i18n, join.lead, parish)}</p>
        <ActionForm action attr:class="form">
            <Refused why=refusal(move || answer.get()) />
            <input type="hidden" name="invite" value=invite />
            <LanguageField />
            <input type="hidden" name="zone" value=zone />
            <TextField
                name="name"
                label=t!(i18n, join.name)
                hint=t!(i18n, join.name_hint)
                autofill=Autofill::Name
                most=NAME_MAX
            />
            <TextField
                name="login"
                label=t!(i18n, join.login)
                hint=t!(i18n, join.login_hint)
                autofill=Autofill::Username
                least=2
                most=LOGIN_MAX
            />
            <TextField
                name="password"
                label=t!(i18n, join.password)
                hint=t!(i18n, join.password_hint)
                autofill=Autofill::NewPassword
                least=PASSWORD_MIN
                most=PASSWORD_MAX
            />
            <button type="submit" class="button is-accent" disabled=move || pending.get()>
                {t!(i18n, join.submit)}
            </button>
        </ActionForm>
    }
}
