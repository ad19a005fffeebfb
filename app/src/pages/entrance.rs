//! What the pages before the door have in common.

use crate::error::ApiError;
use crate::i18n::{I18n, problem, t_string, use_i18n};
use crate::languages::LanguageLinks;
use crate::ui::PageTitle;
use leptos::prelude::*;

/// A page with one card in the middle, for people who are not signed in.
#[component]
pub(crate) fn Entrance(#[prop(into)] title: Signal<String>, children: Children) -> impl IntoView {
    let i18n = use_i18n();
    let page_title = Signal::derive(move || format!("{} · {}", title.get(), t_string!(i18n, app.name)));
    view! {
        <PageTitle text=page_title />
        <main class="entrance">
            <div class="entrance-card">
                <p class="entrance-mark">
                    <span class="mark" aria-hidden="true"></span>
                    {move || t_string!(i18n, app.name)}
                </p>
                <h1>{move || title.get()}</h1>
                {children()}
                <LanguageLinks />
            </div>
        </main>
    }
    .into_any()
}

/// What an action that failed has to say, in the language of the page.
pub(crate) fn refusal<T: Clone + Send + Sync + 'static>(
    i18n: I18n,
    answer: impl Fn() -> Option<Result<T, ApiError>> + Send + Sync + 'static,
) -> Signal<Option<String>> {
    Signal::derive(move || answer()?.err().map(|error| problem(i18n, error.problem)))
}
