//! What the browser's tab says.

use leptos::prelude::*;
use leptos_meta::Title;

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
    (move || text.get()).into()
}
