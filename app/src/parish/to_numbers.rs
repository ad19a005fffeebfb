//! The way to the parish in numbers.

use super::leads;
use crate::address;
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::Show;
use leptos::prelude::*;

/// A link for those who look after the parish; for nobody else.
#[component]
pub(crate) fn ToNumbers() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    view! {
        <Show when=move || leads(live)>
            <p>
                <a class="help-link" href=address::admin(i18n.locale())>{t!(i18n, overview.open)}</a>
            </p>
        </Show>
    }
    .into_any()
}
