//! Choose a new password by a one-time link.

use super::entrance::{LinkEntrance, link_token, refusal};
use crate::api::{ResetOwner, ResetPassword, reset_owner};
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::languages::LanguageField;
use crate::ui::{Autofill, TextField};
use domain::text::{PASSWORD_MAX, PASSWORD_MIN};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The page that a link leads to which a coordinator has handed out. Its form works before the page is alive.
#[component]
pub(crate) fn NewPasswordPage() -> impl IntoView {
    let i18n = use_i18n();
    let token = link_token();
    let owner = Resource::new(move || token.get(), reset_owner);
    view! {
        <LinkEntrance
            title=t!(i18n, new_password.title)
            behind=owner
            show=move |owner| view! { <NewPassword owner token=token.get_untracked() /> }.into_any()
            other_way=t!(i18n, sign_in_link.other_way)
        />
    }
}

#[component]
fn NewPassword(owner: ResetOwner, token: String) -> impl IntoView {
    let i18n = use_i18n();
    let action = ServerAction::<ResetPassword>::new();
    let (pending, answer) = (action.pending(), action.value());
    let ResetOwner { name, login } = owner;
    view! {
        <p class="entrance-lead">{t!(i18n, new_password.lead, name)}</p>
        {login.map(|login| view! {
            <p>{t!(i18n, new_password.login, login)}</p>
        })}
        <ActionForm action attr:class="form">
            <Refused why=refusal(move || answer.get()) />
            <input type="hidden" name="token" value=token />
            <LanguageField />
            <TextField
                name="password"
                label=t!(i18n, new_password.password)
                hint=t!(i18n, join.password_hint)
                autofill=Autofill::NewPassword
                least=PASSWORD_MIN
                most=PASSWORD_MAX
            />
            <button type="submit" class="button is-accent" disabled=move || pending.get()>
                {t!(i18n, new_password.submit)}
            </button>
        </ActionForm>
    }
}
