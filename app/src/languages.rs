//! The languages that one can choose from, and what tells forms which one was chosen.

use crate::address;
use crate::api;
use crate::i18n::{Locale, Words, t, td_string, use_i18n};
use crate::state::use_live;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;

/// Each language in its own words: the same page in it. Whoever is signed in is spoken to in it from now on.
#[component]
pub(crate) fn LanguageLinks() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let here = use_location();
    let link = move |locale: Locale| {
        let there =
            move || here.pathname.with(|path| here.search.with(|query| address::in_language(path, query, locale)));
        let keep = move |_| {
            if untrack(|| live.me()).is_some() {
                spawn_local(async move {
                    // If this fails, the page is in their language all the same, and they will choose again.
                    let _ = api::set_language(locale.into()).await;
                });
            }
        };
        view! {
            <li>
                <a
                    lang=locale.to_string()
                    hreflang=locale.to_string()
                    href=there
                    aria-current=(i18n.locale() == locale).then_some("true")
                    on:click=keep
                >
                    {td_string!(locale, language.name)}
                </a>
            </li>
        }
    };
    view! {
        <nav class="languages" aria-label=t!(i18n, language.label)>
            <ul>{Locale::get_all().iter().map(|locale| link(*locale)).collect_view()}</ul>
        </nav>
    }
    .into_any()
}

/// Says in a form which language its page has.
#[component]
pub(crate) fn LanguageField() -> impl IntoView {
    let i18n = use_i18n();
    view! { <input type="hidden" name="language" value=i18n.locale().to_string() /> }
}
