//! Choose a new password by a one-time link.

use super::entrance::{Entrance, refusal};
use crate::address;
use crate::api::{ResetOwner, ResetPassword, reset_owner};
use crate::i18n::{problem, t, t_string, use_i18n};
use crate::languages::LanguageField;
use crate::ui::{Autofill, Notice, TextField};
use domain::text::{PASSWORD_MAX, PASSWORD_MIN};
use leptos::either::Either;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page that a link leads to which a coordinator has handed out. Its form works before the page is alive.
#[component]
pub(crate) fn NewPasswordPage() -> impl IntoView {
    let i18n = use_i18n();
    let query = use_query_map();
    let token = Memo::new(move |_| query.with(|query| query.get("token").unwrap_or_default()));
    let owner = Resource::new(move || token.get(), reset_owner);
    view! {
        <Entrance title=t!(i18n, new_password.title)>
            <Suspense fallback=move || view! { <p>{t!(i18n, app.loading)}</p> }>
                {move || Suspend::new(async move {
                    match owner.await {
                        Ok(owner) => Either::Left(view! { <NewPassword owner token=token.get_untracked() /> }),
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
fn NewPassword(owner: ResetOwner, token: String) -> impl IntoView {
    let i18n = use_i18n();
    let action = ServerAction::<ResetPassword>::new();
    let (pending, answer) = (action.pending(), action.value());
    let ResetOwner { name, login } = owner;
    view! {
        <p class="entrance-lead">{move || t_string!(i18n, new_password.lead, name = name.as_str())}</p>
        {login.map(|login| view! {
            <p>{move || t_string!(i18n, new_password.login, login = login.as_str())}</p>
        })}
        <ActionForm action attr:class="form">
            <Notice text=refusal(i18n, move || answer.get()) />
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
