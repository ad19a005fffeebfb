//! The languages that we speak, and which of them somebody is spoken to.

use serde::{Deserialize, Serialize};

/// A language that we speak. `docs/languages.md` says how one is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    /// Spoken to whoever has not said anything else.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// Polish.
    #[serde(rename = "pl")]
    Polish,
}

impl Language {
    /// All of them, as they are listed for people.
    pub const ALL: [Language; 3] = [Language::English, Language::Spanish, Language::Polish];

    /// As in an address, in `lang` and in the database (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Spanish => "es",
            Language::Polish => "pl",
        }
    }

    /// The language of a tag, in whatever country it is spoken: `es-MX` is Spanish. None for one that we do not speak.
    #[must_use]
    pub fn of(tag: &str) -> Option<Language> {
        let spoken = tag.split(['-', '_']).next()?;
        Language::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(spoken))
    }

    /// What to speak to a browser that sends this `Accept-Language` (RFC 9110, section 12.5.4): of the languages that we
    /// speak, the one it likes most; the first named, of those it likes as much. English if there is none.
    #[must_use]
    pub fn preferred(accept_language: &str) -> Language {
        let wishes: Vec<(&str, u16)> = accept_language.split(',').filter_map(wish).collect();
        // "*" is whatever is not named.
        let unnamed = |language: &Language| wishes.iter().all(|(tag, _)| Language::of(tag) != Some(*language));
        let mut best = (Language::default(), 0);
        for (tag, weight) in &wishes {
            let language = match *tag {
                "*" => Language::ALL.into_iter().find(unnamed),
                tag => Language::of(tag),
            };
            if let Some(language) = language.filter(|_| *weight > best.1) {
                best = (language, *weight);
            }
        }
        best.0
    }
}

/// A language, and how much it is liked, in thousandths. None for what cannot be read.
fn wish(item: &str) -> Option<(&str, u16)> {
    let (tag, weight) = match item.split_once(';') {
        None => (item, 1_000),
        Some((tag, parameter)) => {
            (tag, thousandths(parameter.trim().strip_prefix(['q', 'Q'])?.trim().strip_prefix('=')?)?)
        }
    };
    let tag = tag.trim();
    (!tag.is_empty()).then_some((tag, weight))
}

/// `0.8` is 800. At most three decimals, and no more than one.
fn thousandths(number: &str) -> Option<u16> {
    let (whole, decimals) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
    if decimals.len() > 3 || !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let whole = match whole {
        "0" => 0,
        "1" => 1_000,
        _ => return None,
    };
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    Some(whole + decimals).filter(|weight| *weight <= 1_000)
}

#[cfg(test)]
mod tests {
    use super::Language::{self, English, Polish, Spanish};

    #[test]
    fn a_tag_is_the_language_whatever_the_country_and_the_spelling() {
        for (tag, language) in [("en", English), ("es-MX", Spanish), ("PL", Polish), ("pl_PL", Polish)] {
            assert_eq!(Language::of(tag), Some(language), "{tag}");
        }
        for tag in ["", "de", "english", "-", "e", "*"] {
            assert_eq!(Language::of(tag), None, "{tag}");
        }
        for language in Language::ALL {
            assert_eq!(Language::of(language.tag()), Some(language));
        }
    }

    #[test]
    fn a_browser_is_spoken_to_in_what_it_likes_most_of_what_we_speak() {
        for (accepted, language) in [
            ("es", Spanish),
            ("es-ES,es;q=0.9,en;q=0.8", Spanish),
            ("de-DE,de;q=0.9,pl;q=0.8,en;q=0.7", Polish),
            ("en;q=0.5, pl;q=0.55", Polish),
            ("en;q=0.5, es ; Q = 0.9 ", Spanish),
            ("pl, es", Polish),
            ("es, pl", Spanish),
            ("*, pl;q=0.5", English),
            ("en;q=0, *", Spanish),
            ("en;q=0.1, *;q=0.5", Spanish),
        ] {
            assert_eq!(Language::preferred(accepted), language, "{accepted}");
        }
    }

    #[test]
    fn what_cannot_be_read_or_is_not_wanted_does_not_count() {
        for accepted in ["", ",", ";", "de", "q=1", "es;q=0", "pl;q=0.000", "es;q=2", "es;q=1.001", "es;q=0.1234"] {
            assert_eq!(Language::preferred(accepted), English, "{accepted}");
        }
        for accepted in ["es;q=-1, pl;q=0.1", "es;q=NaN,pl", "es;level=1, pl", "es;q=, pl", "es;q=.9, pl;q=0.1"] {
            assert_eq!(Language::preferred(accepted), Polish, "{accepted}");
        }
    }

    #[test]
    fn a_language_travels_as_its_tag() {
        for language in Language::ALL {
            assert_eq!(serde_json::to_value(language).unwrap(), language.tag());
        }
    }
}
