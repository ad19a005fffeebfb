//! How a language counts, by the rules of Unicode's CLDR for whole numbers, without its data in the browser.

use super::Locale;

/// The form of a word beside a number. Every count has a key for each; a language without *few* says there what it
/// says for *many*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    One,
    Few,
    Many,
}

/// The form that this number takes in this language.
pub(crate) fn form(locale: Locale, count: u64) -> Form {
    match (locale, count, count % 10, count % 100) {
        (_, 1, ..) => Form::One,
        (Locale::pl, _, _, 12..=14) => Form::Many,
        (Locale::pl, _, 2..=4, _) => Form::Few,
        (Locale::en | Locale::es | Locale::pl, ..) => Form::Many,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_and_spanish_know_one_and_many() {
        for locale in [Locale::en, Locale::es] {
            assert_eq!(form(locale, 1), Form::One);
            for count in [0, 2, 3, 5, 11, 21, 22, 101, 1_001] {
                assert_eq!(form(locale, count), Form::Many, "{locale} {count}");
            }
        }
    }

    /// The samples of CLDR itself.
    #[test]
    fn polish_counts_2_to_4_apart_but_not_12_to_14() {
        assert_eq!(form(Locale::pl, 1), Form::One);
        for count in [2, 3, 4, 22, 23, 24, 32, 34, 54, 62, 102, 1_002] {
            assert_eq!(form(Locale::pl, count), Form::Few, "{count}");
        }
        for count in [0, 5, 9, 10, 11, 12, 13, 14, 19, 20, 21, 25, 31, 100, 101, 112, 1_000, 1_000_000] {
            assert_eq!(form(Locale::pl, count), Form::Many, "{count}");
        }
    }
}
