//! The head of a page beside the chat.

use crate::address;
use crate::i18n::{t, t_string, use_i18n};
use crate::ui::{Glyph, Icon, PageTitle};
use leptos::prelude::*;

/// What the page is called, also in the window's title, and the way back to the chat.
#[component]
pub(super) fn PageHead(#[prop(into)] title: Signal<String>) -> impl IntoView {
    let i18n = use_i18n();
    let of_window = Signal::derive(move || format!("{} · {}", title.get(), t_string!(i18n, app.name)));
    view! {
        <PageTitle text=of_window />
        <header class="phone-head">
            <a class="button-round" href=move || address::chat(i18n.locale()) aria-label=t!(i18n, chat.back)>
                <Icon glyph=Glyph::ArrowLeft />
            </a>
            <h1>{move || title.get()}</h1>
        </header>
    }
    .into_any()
}
