//! What was reported to those who look after the parish.

use super::page_head::PageHead;
use crate::i18n::{t, use_i18n};
use crate::parish::{Reports, leads};
use crate::parts::{NotLoaded, Part, Showing};
use crate::state::use_live;
use leptos::either::Either;
use leptos::prelude::*;
use wasm_split_helpers::wasm_split;

#[wasm_split(reports, fallible, preload(fetch))]
fn reports() -> Result<AnyView, NotLoaded> {
    let i18n = use_i18n();
    let live = use_live();
    let mine = Memo::new(move |_| leads(live));
    let page = move || match mine.get() {
        true => Either::Left(view! { <Reports /> }),
        false => Either::Right(view! { <p>{t!(i18n, problem.not_found)}</p> }),
    };
    Ok(page.into_any())
}

/// The open reports; for everybody else, that there is nothing here for them.
#[component]
pub(crate) fn ReportsPage() -> impl IntoView {
    let i18n = use_i18n();
    let show = |()| -> Showing { Box::pin(reports()) };
    view! {
        <main class="phone members">
            <PageHead title=t!(i18n, reports.title) />
            <Part fetch=|| Box::pin(fetch()) show />
        </main>
    }
    .into_any()
}
