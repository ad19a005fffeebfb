//! Another password for the one who is signed in.

use super::deed::Deed;
use super::password_form::{PasswordForm, typed};
use crate::api::change_password;
use crate::i18n::{t, use_i18n};
use crate::ui::{Autofill, Glyph, TextField};
use domain::text::{PASSWORD_MAX, PASSWORD_MIN};
use leptos::prelude::*;
use leptos::web_sys::FormData;

/// The password that they have, and the one that they will have.
#[component]
pub(super) fn ChangePassword(
    deed: Deed,
    #[prop(into)] on_done: Callback<()>,
    #[prop(into)] on_no: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let change = move |form: FormData| {
        let change = change_password(typed(&form, "current"), typed(&form, "new-password"));
        deed.ask(change, move |()| on_done.run(()));
    };
    view! {
        <PasswordForm
            deed
            glyph=Glyph::CircleCheck
            words=t!(i18n, password.save)
            on_send=change
            on_no
        >
            <p>{t!(i18n, password.lead)}</p>
            <TextField
                name="current"
                label=t!(i18n, password.current)
                autofill=Autofill::CurrentPassword
                most=PASSWORD_MAX
            />
            <TextField
                name="new-password"
                label=t!(i18n, password.chosen)
                hint=t!(i18n, join.password_hint)
                autofill=Autofill::NewPassword
                least=PASSWORD_MIN
                most=PASSWORD_MAX
            />
        </PasswordForm>
    }
    .into_any()
}
