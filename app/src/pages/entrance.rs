//! What the pages before the door have in common.

use crate::address;
use crate::api::Page;
use crate::error::{ApiError, Problem};
use crate::help::{HelpLink, about};
use crate::i18n::{problem, t, use_i18n};
use crate::languages::LanguageLinks;
use crate::ui::PageTitle;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A page with one card in the middle, for people who are not signed in.
#[component]
pub(crate) fn Entrance(title: &'static str, children: Children) -> impl IntoView {
    let i18n = use_i18n();
    let page_title = format!("{title} · {}", t!(i18n, app.name));
    view! {
        <PageTitle text=page_title />
        <main class="entrance">
            <div class="entrance-card">
                <p class="entrance-mark">
                    <span class="mark" aria-hidden="true"></span>
                    {t!(i18n, app.name)}
                </p>
                <h1>{title}</h1>
                {children()}
                <LanguageLinks />
                <p class="entrance-privacy">
                    <a href=address::page(i18n.locale(), Page::Privacy)>{t!(i18n, privacy.link)}</a>
                </p>
            </div>
        </main>
    }
    .into_any()
}

/// Such a page that a link leads to: it shows what is `behind` the link, or says why it leads nowhere.
#[component]
pub(crate) fn LinkEntrance<T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static>(
    title: &'static str,
    behind: Resource<Result<T, ApiError>>,
    show: impl Fn(T) -> AnyView + Copy + Send + Sync + 'static,
    /// The way to the sign-in page.
    other_way: &'static str,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Entrance title>
            <Suspense fallback=move || view! { <p>{t!(i18n, app.loading)}</p> }>
                {move || Suspend::new(async move {
                    match behind.await {
                        Ok(found) => show(found),
                        Err(error) => {
                            view! {
                                <p class="entrance-lead">{problem(i18n, error.problem)}</p>
                                {about(error.problem).map(|page| view! { <p><HelpLink page /></p> })}
                            }
                            .into_any()
                        }
                    }
                })}
            </Suspense>
            <p class="entrance-aside">
                <a href=address::sign_in(i18n.locale())>{other_way}</a>
            </p>
        </Entrance>
    }
    .into_any()
}

/// The secret that a link carries in its query.
pub(crate) fn link_token() -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| query.get("token").unwrap_or_default()))
}

/// Why an action failed.
pub(crate) fn refusal<T: Clone + Send + Sync + 'static>(
    answer: impl Fn() -> Option<Result<T, ApiError>> + Send + Sync + 'static,
) -> Signal<Option<Problem>> {
    Signal::derive(move || answer()?.err().map(|error| error.problem))
}
