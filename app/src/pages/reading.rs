//! Pages that are only read: the server writes them.

use super::not_found::NotFoundPage;
use super::page_head::PageHead;
use crate::api::{Page, page};
use crate::error::ApiError;
use crate::i18n::{page_title, problem, t, use_i18n};
use crate::languages::LanguageLinks;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// What is kept of people. Nobody needs to be signed in.
#[component]
pub(crate) fn PrivacyPage() -> impl IntoView {
    view! { <Leaf page=Page::Privacy /> }
}

/// What can be done about some trouble. It needs no account: somebody else may read it aloud.
#[component]
pub(crate) fn HelpPage() -> impl IntoView {
    let params = use_params_map();
    let about = Memo::new(move |_| {
        let topic = params.with(|params| params.get("topic").unwrap_or_default());
        Page::at(&format!("help/{topic}"))
    });
    move || match about.get() {
        Some(page) => Either::Left(view! { <Leaf page /> }),
        None => Either::Right(NotFoundPage()),
    }
}

#[component]
fn Leaf(page: Page) -> impl IntoView {
    let i18n = use_i18n();
    let written = Resource::new(|| (), move |()| self::page(page, i18n.locale().into()));
    view! {
        <main class="phone reading">
            <PageHead title=page_title(i18n.locale(), page) />
            <ReadOnly written />
            <LanguageLinks />
        </main>
    }
    .into_any()
}

/// What the server has written, or why it has not.
#[component]
pub(super) fn ReadOnly(written: Resource<Result<String, ApiError>>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Suspense fallback=move || view! { <p>{t!(i18n, app.loading)}</p> }>
            {move || Suspend::new(async move {
                match written.await {
                    Ok(html) => Either::Left(view! { <article class="reading-body" inner_html=html></article> }),
                    Err(error) => {
                        Either::Right(view! { <p class="reading-lead">{problem(i18n, error.problem)}</p> })
                    }
                }
            })}
        </Suspense>
    }
    .into_any()
}
