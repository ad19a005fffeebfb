//! The head of a page beside the chat.

use crate::address;
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, PageTitle};
use leptos::prelude::*;

/// What the page is called, also in the window's title, and the way back: to the chat, or to the sign-in page.
#[component]
pub(super) fn PageHead(title: &'static str) -> impl IntoView {
    let i18n = use_i18n();
    let of_window = format!("{title} · {}", t!(i18n, app.name));
    let live = use_live();
    let back = move || match live.me() {
        Some(_) => (address::chat(i18n.locale()), t!(i18n, chat.back)),
        None => (address::sign_in(i18n.locale()), t!(i18n, calls.back)),
    };
    view! {
        <PageTitle text=of_window />
        <header class="phone-head">
            <a class="button-round" href=move || back().0 aria-label=move || back().1>
                <Icon glyph=Glyph::ArrowLeft />
            </a>
            <h1>{title}</h1>
        </header>
    }
    .into_any()
}
