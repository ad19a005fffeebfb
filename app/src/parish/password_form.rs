//! A form in a sheet that wants one's password.

use super::deed::Deed;
use crate::i18n::{t, use_i18n};
use crate::ui::{Glyph, Icon};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{FormData, HtmlFormElement};

/// What is written above its fields and the fields, the button that sends it, and the way back.
#[component]
pub(super) fn PasswordForm(
    deed: Deed,
    glyph: Glyph,
    /// The button that sends it.
    words: &'static str,
    /// What it does cannot be undone.
    #[prop(optional)]
    for_good: bool,
    /// Given what was typed.
    #[prop(into)]
    on_send: Callback<FormData>,
    #[prop(into)] on_no: Callback<()>,
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        let form = event.target().and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
        if let Some(typed) = form.and_then(|form| FormData::new_with_form(&form).ok()) {
            on_send.run(typed);
        }
    };
    let tone = if for_good { "button is-no" } else { "button is-accent" };
    view! {
        <form class="report" on:submit=send>
            {children()}
            <footer class="sheet-foot">
                <button type="submit" class=tone disabled=deed.pending()>
                    <Icon glyph />
                    {words}
                </button>
                <button type="button" class="button is-quiet" on:click=move |_| on_no.run(())>
                    {t!(i18n, members.cancel)}
                </button>
            </footer>
        </form>
    }
    .into_any()
}

/// What was typed into a field.
pub(super) fn typed(form: &FormData, field: &str) -> String {
    form.get(field).as_string().unwrap_or_default()
}
