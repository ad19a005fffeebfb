//! The parish in numbers.

use super::page_head::PageHead;
use super::reading::ReadOnly;
use crate::api::overview;
use crate::i18n::{t, use_i18n};
use leptos::prelude::*;

/// What those who look after the parish see of it: the server writes it.
#[component]
pub(crate) fn AdminPage() -> impl IntoView {
    let i18n = use_i18n();
    let written = Resource::new(|| (), move |()| overview(i18n.locale().into()));
    view! {
        <main class="phone reading is-wide">
            <PageHead title=t!(i18n, overview.title) />
            <ReadOnly written />
        </main>
    }
    .into_any()
}
