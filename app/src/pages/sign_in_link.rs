//! Sign in with a one-time link: one button, so that a link preview does not use it up.

use super::entrance::{LinkEntrance, link_token, refusal};
use crate::api::{SignInByLink, link_owner};
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::languages::LanguageField;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The page that a one-time link leads to.
#[component]
pub(crate) fn SignInLinkPage() -> impl IntoView {
    let i18n = use_i18n();
    let token = link_token();
    let owner = Resource::new(move || token.get(), link_owner);
    view! {
        <LinkEntrance
            title=t!(i18n, sign_in_link.title)
            behind=owner
            show=move |name| view! { <SignInAs name token=token.get_untracked() /> }.into_any()
            other_way=t!(i18n, sign_in_link.other_way)
        />
    }
}

#[component]
fn SignInAs(name: String, token: String) -> impl IntoView {
    let i18n = use_i18n();
    let action = ServerAction::<SignInByLink>::new();
    let (pending, answer) = (action.pending(), action.value());
    view! {
        <ActionForm action attr:class="form">
            <Refused why=refusal(move || answer.get()) />
            <input type="hidden" name="token" value=token />
            <LanguageField />
            <button type="submit" class="button is-accent" disabled=move || pending.get()>
                {t!(i18n, sign_in_link.submit, name)}
            </button>
        </ActionForm>
    }
}
