//! What the browser's tab says.

use leptos::prelude::*;
use leptos_meta::Title;

/// What stands in place of the page's title for the moment.
#[derive(Clone, Copy)]
struct TitleNews(RwSignal<Option<String>>);

/// Makes room for news in the titles of all pages below.
pub(crate) fn provide_title_news() {
    provide_context(TitleNews(RwSignal::default()));
}

/// What stands in place of the page's title, for the one who has news: `None` brings the title back.
pub(crate) fn use_title_news() -> RwSignal<Option<String>> {
    expect_context::<TitleNews>().0
}

/// The title of the page.
///
/// ## Server-Side Rendering
/// The head is written after the page, when the signals of the page may be gone: the server takes the words at once.
#[component]
pub(crate) fn PageTitle(#[prop(into)] text: Signal<String>) -> impl IntoView {
    view! { <Title text=words(text) /> }
}

#[cfg(feature = "ssr")]
fn words(text: Signal<String>) -> TextProp {
    text.get_untracked().into()
}

#[cfg(not(feature = "ssr"))]
fn words(text: Signal<String>) -> TextProp {
    let news = use_title_news();
    (move || news.get().unwrap_or_else(|| text.get())).into()
}
