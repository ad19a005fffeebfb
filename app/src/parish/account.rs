//! What is stored of the one who is signed in: to be taken along, or to be forgotten.

use super::deed::Deed;
use super::password_form::{PasswordForm, typed};
use crate::api::delete_account;
use crate::i18n::{t, use_i18n};
use crate::ui::{Autofill, Glyph, Icon, TextField};
use crate::{address, browser};
use domain::text::PASSWORD_MAX;
use leptos::prelude::*;
use leptos::web_sys::FormData;

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
    let delete = move |form: FormData| {
        let locale = i18n.locale();
        deed.ask(delete_account(typed(&form, "password"), Some(locale.into())), move |()| {
            browser::go_to(&address::sign_in(locale));
        });
    };
    view! {
        <PasswordForm
            deed
            glyph=Glyph::TriangleAlert
            words=t!(i18n, account.delete_now)
            for_good=true
            on_send=delete
            on_no
        >
            <p>{t!(i18n, account.goes)}</p>
            <p>{t!(i18n, account.stays)}</p>
            <TextField
                name="password"
                label=t!(i18n, account.password)
                autofill=Autofill::CurrentPassword
                most=PASSWORD_MAX
            />
        </PasswordForm>
    }
    .into_any()
}
