//! What was reported to those who look after the parish.

use super::page_head::PageHead;
use crate::i18n::{t, use_i18n};
use crate::parish::{Reports, leads};
use crate::state::use_live;
use crate::ui::Show;
use leptos::prelude::*;

/// The open reports; for everybody else, that there is nothing here for them.
#[component]
pub(crate) fn ReportsPage() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let mine = Memo::new(move |_| leads(live));
    view! {
        <main class="phone members">
            <PageHead title=t!(i18n, reports.title) />
            <Show when=move || mine.get()>
                <Reports />
            </Show>
            <Show when=move || !mine.get()>
                <p>{t!(i18n, problem.not_found)}</p>
            </Show>
        </main>
    }
    .into_any()
}
