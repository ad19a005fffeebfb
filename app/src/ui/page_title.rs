//! What the browser's tab says.

#[cfg(feature = "ssr")]
use crate::ui::escaped;
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

/// What people have chosen as a name goes into it, and nobody else escapes it on the way (leptos_meta 0.8).
#[cfg(feature = "ssr")]
fn words(text: Signal<String>) -> TextProp {
    escaped(&text.get_untracked()).into()
}

#[cfg(not(feature = "ssr"))]
fn words(text: Signal<String>) -> TextProp {
    let news = use_title_news();
    (move || news.get().unwrap_or_else(|| text.get())).into()
}
