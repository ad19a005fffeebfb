//! Sign in with a name and a password.

use super::entrance::{Entrance, refusal};
use crate::address;
use crate::api::{Page, SignIn, SignInByLink};
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::languages::LanguageField;
use crate::ui::{Autofill, TextField};
use domain::text::{LOGIN_MAX, PASSWORD_MAX};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// As people may type a code, in pieces.
const CODE_MAX: usize = 20;

/// The sign-in page. Its form works before the page is alive.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let i18n = use_i18n();
    let action = ServerAction::<SignIn>::new();
    let (pending, answer) = (action.pending(), action.value());
    view! {
        <Entrance title=t!(i18n, sign_in.title)>
            <ActionForm action attr:class="form">
                <Refused why=refusal(move || answer.get()) />
                <LanguageField />
                <TextField
                    name="login"
                    label=t!(i18n, sign_in.login)
                    autofill=Autofill::Username
                    most=LOGIN_MAX
                />
                <TextField
                    name="password"
                    label=t!(i18n, sign_in.password)
                    autofill=Autofill::CurrentPassword
                    most=PASSWORD_MAX
                />
                <button type="submit" class="button is-accent" disabled=move || pending.get()>
                    {t!(i18n, sign_in.submit)}
                </button>
            </ActionForm>
            <WithCode />
            <p class="entrance-aside">
                {t!(i18n, sign_in.no_account)} " "
                <a href=address::page(i18n.locale(), Page::SignIn)>{t!(i18n, reading.cannot)}</a>
            </p>
        </Entrance>
    }
}

/// For whoever is signed in on another device.
#[component]
fn WithCode() -> impl IntoView {
    let i18n = use_i18n();
    let action = ServerAction::<SignInByLink>::new();
    let (pending, answer) = (action.pending(), action.value());
    view! {
        <details class="entrance-code">
            <summary>{t!(i18n, sign_in.with_code)}</summary>
            <ActionForm action attr:class="form">
                <Refused why=refusal(move || answer.get()) />
                <LanguageField />
                <TextField
                    name="token"
                    label=t!(i18n, sign_in.code)
                    hint=t!(i18n, sign_in.code_hint)
                    autofill=Autofill::Code
                    most=CODE_MAX
                />
                <button type="submit" class="button is-accent" disabled=move || pending.get()>
                    {t!(i18n, sign_in.submit_code)}
                </button>
            </ActionForm>
        </details>
    }
    .into_any()
}
