//! What is stored of the one who is signed in: to be taken along, or to be forgotten.

use super::deed::Deed;
use crate::api::delete_account;
use crate::i18n::{t, use_i18n};
use crate::ui::{Autofill, Glyph, Icon, TextField};
use crate::{address, browser};
use domain::text::PASSWORD_MAX;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{FormData, HtmlFormElement};

/// The link that downloads everything, and the row that goes on to the deletion.
#[component]
pub(super) fn AccountChoices(#[prop(into)] on_delete: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        // No page of ours.
        <a class="choice-row" href="/api/export" rel="external" download="paxora.json">
            <Icon glyph=Glyph::Copy />
            <span>
                <strong>{t!(i18n, account.export)}</strong>
                <small>{t!(i18n, account.export_hint)}</small>
            </span>
        </a>
        <button type="button" class="choice-row" on:click=move |_| on_delete.run(())>
            <Icon glyph=Glyph::Trash />
            <span>
                <strong>{t!(i18n, account.delete)}</strong>
                <small>{t!(i18n, account.delete_hint)}</small>
            </span>
        </button>
    }
    .into_any()
}

/// What goes, what stays, and the password that makes it so.
#[component]
pub(super) fn DeleteAccount(deed: Deed, #[prop(into)] on_no: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let delete = move |event: SubmitEvent| {
        event.prevent_default();
        let form = event.target().and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
        let typed =
            form.and_then(|form| FormData::new_with_form(&form).ok()).and_then(|data| data.get("password").as_string());
        let locale = i18n.locale_untracked();
        deed.ask(delete_account(typed.unwrap_or_default(), Some(locale.into())), move |()| {
            browser::go_to(&address::sign_in(locale));
        });
    };
    view! {
        <form class="report" on:submit=delete>
            <p>{t!(i18n, account.goes)}</p>
            <p>{t!(i18n, account.stays)}</p>
            <TextField
                name="password"
                label=t!(i18n, account.password)
                autofill=Autofill::CurrentPassword
                most=PASSWORD_MAX
            />
            <footer class="sheet-foot">
                <button type="submit" class="button is-no" disabled=deed.pending()>
                    <Icon glyph=Glyph::TriangleAlert />
                    {t!(i18n, account.delete_now)}
                </button>
                <button type="button" class="button is-quiet" on:click=move |_| on_no.run(())>
                    {t!(i18n, members.cancel)}
                </button>
            </footer>
        </form>
    }
    .into_any()
}
