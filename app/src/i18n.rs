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

/// The language of the page. It stays the same as long as what is shown stands: in another language, all of it is put together anew
/// ([`crate::App`]), so that no word has to be watched.
#[derive(Clone, Copy)]
pub(crate) struct I18n(Locale);

impl I18n {
    /// The language.
    pub(crate) fn locale(self) -> Locale {
        self.0
    }

    /// The form that words take beside this number.
    pub(crate) fn form(self, count: u64) -> Form {
        form(self.0, count)
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
pub(crate) fn provide_i18n(locale: Locale) {
    provide_context(I18n(locale));
}

/// The language of the page.
pub(crate) fn use_i18n() -> I18n {
    expect_context()
}

/// Words in the language of the page: `t!(i18n, place.meaning, name = value)`.
macro_rules! t {
    ($i18n:ident, $($words:tt)+) => {
        $crate::i18n::td_string!($i18n.locale(), $($words)+)
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
