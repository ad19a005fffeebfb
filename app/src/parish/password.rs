//! Another password for the one who is signed in.

use super::deed::Deed;
use crate::api::change_password;
use crate::i18n::{t, use_i18n};
use crate::ui::{Autofill, Glyph, Icon, TextField};
use domain::text::{PASSWORD_MAX, PASSWORD_MIN};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{FormData, HtmlFormElement};

/// The password that they have, and the one that they will have.
#[component]
pub(super) fn ChangePassword(
    deed: Deed,
    #[prop(into)] on_done: Callback<()>,
    #[prop(into)] on_no: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let change = move |event: SubmitEvent| {
        event.prevent_default();
        let form = event.target().and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
        let Some(typed) = form.and_then(|form| FormData::new_with_form(&form).ok()) else { return };
        let typed = |field| typed.get(field).as_string().unwrap_or_default();
        deed.ask(change_password(typed("current"), typed("new-password")), move |()| on_done.run(()));
    };
    view! {
        <form class="report" on:submit=change>
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
                hint=Some(Signal::derive(move || crate::i18n::t_string!(i18n, join.password_hint).to_owned()))
                autofill=Autofill::NewPassword
                least=PASSWORD_MIN
                most=PASSWORD_MAX
            />
            <footer class="sheet-foot">
                <button type="submit" class="button is-accent" disabled=deed.pending()>
                    <Icon glyph=Glyph::CircleCheck />
                    {t!(i18n, password.save)}
                </button>
                <button type="button" class="button is-quiet" on:click=move |_| on_no.run(())>
                    {t!(i18n, members.cancel)}
                </button>
            </footer>
        </form>
    }
    .into_any()
}
