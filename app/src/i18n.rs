//! Every word a person reads. The words are in `locales/`, one file per language, under keys that name a place and a
//! meaning; a key that is missing or misspelt does not compile
//! (`build.rs`).
//!
//! No ICU data goes into the browser: a count has a key for one and a key for many, and dates are written by the
//! browser's own `Intl` ([`crate::ui::Moment`]).

mod phrases;
mod words {
    include!(concat!(env!("OUT_DIR"), "/words.rs"));
}

pub(crate) use phrases::{call_length, clock, ended, problem};
pub(crate) use words::i18n::{I18nSubContextProvider, Locale, t, t_string, use_i18n};

/// Words for an attribute or a property, which follow the language of the page.
macro_rules! text {
    ($i18n:ident, $($rest:tt)+) => {
        leptos::prelude::Signal::derive(move || $crate::i18n::t_string!($i18n, $($rest)+).to_string())
    };
}
pub(crate) use text;

/// The language of the page, as a view follows it.
pub(crate) type I18n = leptos_i18n::I18nContext<Locale>;
