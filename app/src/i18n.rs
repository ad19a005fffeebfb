//! Every word a person reads. The words are in `locales/`, one file per language, under keys that name a place and a
//! meaning; a key that is missing or misspelt does not compile (`build.rs`).
//!
//! Of `leptos_i18n` we use the words, not the context: the context runs an effect on the server that may outlive the
//! answer it belongs to and then panics (0.6.2, `init_context_inner`). Ours is the language of the address, nothing else.
//!
//! No ICU data goes into the browser: a count has a key for one, for few and for many (`plural.rs` says which is which),
//! and dates are written by the browser's own `Intl` ([`crate::ui::Moment`]).

mod phrases;
mod plural;
mod words {
    include!(concat!(env!("OUT_DIR"), "/words.rs"));
}

pub(crate) use leptos_i18n::Locale as Words;
pub(crate) use phrases::{
    browser_name, call_length, call_length_in_words, clock, ended, microphone_step, page_title, people, problem,
};
pub(crate) use plural::{Form, form};
pub(crate) use words::i18n::{Locale, td_string};

use domain::Language;
use leptos::prelude::*;

/// The language of the page, as everything in it follows it. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct I18n(Memo<Locale>);

impl I18n {
    /// The language. Follows along.
    pub(crate) fn locale(self) -> Locale {
        self.0.get()
    }

    /// The form that words take beside this number. Follows along.
    pub(crate) fn form(self, count: u64) -> Form {
        form(self.0.get(), count)
    }

    /// The language at this moment.
    pub(crate) fn locale_untracked(self) -> Locale {
        self.0.get_untracked()
    }
}

impl From<Language> for Locale {
    fn from(language: Language) -> Locale {
        match language {
            Language::English => Locale::en,
            Language::Spanish => Locale::es,
            Language::Polish => Locale::pl,
        }
    }
}

impl From<Locale> for Language {
    fn from(locale: Locale) -> Language {
        match locale {
            Locale::en => Language::English,
            Locale::es => Language::Spanish,
            Locale::pl => Language::Polish,
        }
    }
}

/// Speaks this language in everything below.
pub(crate) fn provide_i18n(locale: Memo<Locale>) {
    provide_context(I18n(locale));
}

/// The language of the page.
pub(crate) fn use_i18n() -> I18n {
    expect_context()
}

/// Words as they are in the language of the page at this moment: `t_string!(i18n, place.meaning, name = value)`.
macro_rules! t_string {
    ($i18n:ident, $($words:tt)+) => {{
        let locale = $i18n.locale();
        $crate::i18n::td_string!(locale, $($words)+)
    }};
}
pub(crate) use t_string;

/// Words in a view, an attribute or a property, which follow the language of the page. All are of one type: a closure of its
/// own for each of them would be code of its own for each of them.
macro_rules! t {
    ($i18n:ident, $($words:tt)+) => {
        leptos::prelude::Signal::derive(move || $crate::i18n::t_string!($i18n, $($words)+).to_string())
    };
}
pub(crate) use t;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_languages_with_words_are_those_that_we_speak() {
        let languages: Vec<Language> = Language::ALL.into_iter().collect();
        let locales = <Locale as leptos_i18n::Locale>::get_all();
        assert_eq!(locales.iter().map(|locale| Language::from(*locale)).collect::<Vec<_>>(), languages);
        for locale in locales {
            assert_eq!(locale.to_string(), Language::from(*locale).tag());
        }
    }
}
