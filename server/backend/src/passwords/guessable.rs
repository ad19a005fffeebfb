//! Which passwords are guessed first.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Those that most people had who were found out, of at least 8 characters. Where it is from stands beside it.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common.txt").lines().collect());

/// What lies side by side on a keyboard, or in the alphabet.
const ROWS: [&str; 5] = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
/// A piece of a row as long as this is one tap after the other.
const RUN: usize = 4;
/// A piece that is repeated is no longer than this.
const PIECE: usize = 4;
/// So few letters and digits beside words that everybody knows make nothing that nobody knows.
const BESIDE: usize = 4;

/// Whether this password is one of those that are guessed first: common, a pattern, or made of words that whoever guesses
/// knows: the person's name, what they sign in with, their parish.
pub(crate) fn is_guessable(password: &str, known: &[&str]) -> bool {
    let folded = password.trim().to_lowercase();
    let stem = folded.trim_matches(|c: char| !c.is_alphabetic());
    COMMON.contains(&*folded) || COMMON.contains(stem) || is_pattern(&folded) || is_known(&folded, known)
}

/// One piece again and again, or runs along the alphabet or the keyboard and little else.
fn is_pattern(password: &str) -> bool {
    let letters: Vec<char> = password.chars().collect();
    let repeats =
        |piece: usize| letters.iter().skip(piece).eq(letters.iter().take(letters.len().saturating_sub(piece)));
    (1..=PIECE).any(repeats) || letters.len() - in_runs(&letters) <= 2
}

/// How many of the characters are in runs, forwards or backwards.
fn in_runs(letters: &[char]) -> usize {
    let is_run = |piece: &[char]| {
        let forwards: String = piece.iter().collect();
        let backwards: String = piece.iter().rev().collect();
        ROWS.iter().any(|row| row.contains(&forwards) || row.contains(&backwards))
    };
    let (mut from, mut covered) = (0, 0);
    while from < letters.len() {
        let longest = (RUN..=letters.len() - from).take_while(|length| is_run(&letters[from..from + length])).last();
        covered += longest.unwrap_or(0);
        from += longest.unwrap_or(1);
    }
    covered
}

/// Whether there is little left without the words that everybody knows.
fn is_known(password: &str, known: &[&str]) -> bool {
    let mut words: Vec<String> = known.iter().flat_map(|text| words(text)).chain([String::from("paxora")]).collect();
    // The longest first: what is left of one must not hide another.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let plain: String = password.chars().filter(|c| c.is_alphanumeric()).collect();
    let rest = words.iter().fold(plain.clone(), |rest, word| rest.replace(&**word, ""));
    rest.len() < plain.len() && rest.chars().count() <= BESIDE
}

/// The words of a name, and all of them together; none that is too short to be one.
fn words(text: &str) -> Vec<String> {
    let folded = text.to_lowercase();
    let parts = folded.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
    let together: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    parts.chain([together]).filter(|word| word.chars().count() >= 3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["Anna Nowak", "anna.n@example.org", "St. Zita"];

    #[test]
    fn what_is_guessed_first_is_refused() {
        for password in [
            "password",
            "PASSWORD",
            "Password1",
            "sunshine12!",
            "iloveyou",
            "12345678",
            "87654321",
            "aaaaaaaa",
            "abcabcabc",
            "xyxyxyxy",
            "abcdefgh",
            "qwertyuiop",
            "qwertz12345",
            "asdfghjk1",
            "poiuytrewq",
            "00000000",
            "annanowak",
            "Anna1985",
            "Nowak-2024",
            "anna.n@example.org",
            "StZita2026",
            "stzitas!",
            "paxora2026",
            "Paxora-Anna",
            "  password  ",
        ] {
            assert!(is_guessable(password, &KNOWN), "{password}");
        }
    }

    #[test]
    fn what_nobody_else_would_think_of_is_taken() {
        for password in [
            "correct horse",
            "five plain words",
            "Anna loves her bees",
            "long enough",
            "a new one",
            "una frase corta",
            "zażółć gęślą",
            "grzybobranie w lesie",
            "x9fKq2mPz",
            "1985 was a warm year",
            "ねこがすきです、とても",
        ] {
            assert!(!is_guessable(password, &KNOWN), "{password}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_typed_is_looked_at(password in ".*", name in ".*") {
            is_guessable(&password, &[&name, ""]);
        }
    }

    #[test]
    fn the_list_is_in_the_form_that_it_is_looked_up_in() {
        assert_eq!(COMMON.len(), 5_000);
        assert!(COMMON.iter().all(|word| *word == word.trim().to_lowercase() && word.chars().count() >= 8));
    }
}
