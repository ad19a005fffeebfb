//! Sign in with a one-time link: one button, so that a link preview does not use it up.

use super::entrance::{Entrance, refusal};
use crate::address;
use crate::api::{SignInByLink, link_owner};
use crate::i18n::{problem, t, t_string, use_i18n};
use crate::languages::LanguageField;
use crate::ui::Notice;
use leptos::either::Either;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page that a one-time link leads to.
#[component]
pub(crate) fn SignInLinkPage() -> impl IntoView {
    let i18n = use_i18n();
    let query = use_query_map();
    let token = Memo::new(move |_| query.with(|query| query.get("token").unwrap_or_default()));
    let owner = Resource::new(move || token.get(), link_owner);
    view! {
        <Entrance title=t!(i18n, sign_in_link.title)>
            <Suspense fallback=move || view! { <p>{t!(i18n, app.loading)}</p> }>
                {move || Suspend::new(async move {
                    match owner.await {
                        Ok(name) => Either::Left(view! { <SignInAs name token=token.get_untracked() /> }),
                        Err(error) => {
                            Either::Right(view! { <p class="entrance-lead">{problem(i18n, error.problem)}</p> })
                        }
                    }
                })}
            </Suspense>
            <p class="entrance-aside">
                <a href=move || address::sign_in(i18n.locale())>{t!(i18n, sign_in_link.other_way)}</a>
            </p>
        </Entrance>
    }
}

#[component]
fn SignInAs(name: String, token: String) -> impl IntoView {
    let i18n = use_i18n();
    let action = ServerAction::<SignInByLink>::new();
    let (pending, answer) = (action.pending(), action.value());
    view! {
        <ActionForm action attr:class="form">
            <Notice text=refusal(i18n, move || answer.get()) />
            <input type="hidden" name="token" value=token />
            <LanguageField />
            <button type="submit" class="button is-accent" disabled=move || pending.get()>
                {move || t_string!(i18n, sign_in_link.submit, name = name.as_str())}
            </button>
        </ActionForm>
    }
}
