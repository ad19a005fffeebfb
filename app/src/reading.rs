//! The words of the pages that are only read, put together on the server.

mod help;
mod overview;
mod privacy;

use crate::api::Page;
use crate::i18n::{Form, Locale, form};
use backend::Keeping;
use leptos::prelude::*;
use std::time::Duration;

/// What is said in this language, as a text of its own.
macro_rules! say {
    ($locale:ident, $($words:tt)+) => {
        $crate::i18n::td_string!($locale, $($words)+).to_string()
    };
}
use say;

pub(crate) use overview::overview;

/// What stands on a page, in one language.
pub(crate) fn page(page: Page, locale: Locale, keeping: &Keeping) -> String {
    let body = match page {
        Page::Privacy => privacy::body(locale, keeping),
        _ => help::body(locale, page),
    };
    body.to_html()
}

/// A part of a page: what it is about, and one thing after the other.
fn part<const N: usize>(title: String, lines: [String; N]) -> AnyView {
    let lines: Vec<_> = lines.into_iter().map(|line| view! { <li>{line}</li> }).collect();
    view! {
        <section>
            <h2>{title}</h2>
            <ul>{lines}</ul>
        </section>
    }
    .into_any()
}

/// So many whole days.
fn days(locale: Locale, duration: Duration) -> String {
    let count = duration.as_secs() / (60 * 60 * 24);
    match form(locale, count) {
        Form::One => say!(locale, reading.days_one),
        Form::Few => say!(locale, reading.days_few, count = count),
        Form::Many => say!(locale, reading.days, count = count),
    }
}
