//! Finding words again, however they were written: what is asked for and what was said are folded by the same rule, and then
//! compared plainly. The search of a database would know another rule on each database.

use crate::text::{Field, SEARCH_MAX, Unacceptable};
use crate::{MemberId, MessageId, Timestamp};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// So many are given at once: fewer mean that there is nothing earlier.
pub const FOUND_AT_ONCE: usize = 20;
/// So many words can be asked for together.
pub const WORDS_MAX: usize = 8;

/// So many characters of a message are shown, and so many of them before the first word that was asked for.
const EXCERPT: usize = 160;
const BEFORE: usize = 40;

/// A message in which all the words were found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Found {
    /// Which message; later messages have greater ids.
    pub id: MessageId,
    /// Who wrote it.
    pub author: MemberId,
    /// When.
    pub sent_at: Timestamp,
    /// What it says, or a part of it.
    pub pieces: Vec<Piece>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Piece {
    /// What it says.
    pub text: String,
    /// Whether it was asked for.
    pub asked: bool,
}

/// A text without capitals, accents, and whatever else people leave out when they look for it: *Święty* is *swiety*.
///
/// Who changes this rule empties the column of the folded texts by a migration: it is filled anew at the next start.
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars().flat_map(folded).collect()
}

/// The words that somebody asks for, folded; none of them in another.
///
/// # Errors
/// [`Unacceptable`] if nothing is asked for, or more than [`SEARCH_MAX`] characters or [`WORDS_MAX`] words.
pub fn asked_words(typed: &str) -> Result<Vec<String>, Unacceptable> {
    let folded = fold(typed);
    let mut words: Vec<String> = folded.split_whitespace().map(str::to_owned).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut asked: Vec<String> = vec![];
    for word in words {
        if !asked.iter().any(|longer| longer.contains(&word)) {
            asked.push(word);
        }
    }
    let legible =
        typed.chars().count() <= SEARCH_MAX && !folded.contains(|c: char| c.is_control() && !c.is_whitespace());
    if legible && (1..=WORDS_MAX).contains(&asked.len()) { Ok(asked) } else { Err(Unacceptable(Field::Search)) }
}

/// A text in pieces, those apart that were asked for; of a long one the part around the first of them.
#[must_use]
pub fn excerpt(text: &str, asked: &[String]) -> Vec<Piece> {
    let marked = places(text, asked);
    let part = part_around(text, marked.first().map_or(0, |first| first.start));
    let mut pieces = vec![];
    let mut push = |text: &str, asked| {
        if !text.is_empty() {
            pieces.push(Piece { text: text.to_owned(), asked });
        }
    };
    let mut at = part.start;
    if part.start > 0 {
        push("…", false);
    }
    for place in marked {
        let place = place.start.max(at)..place.end.min(part.end);
        if !place.is_empty() {
            push(&text[at..place.start], false);
            push(&text[place.clone()], true);
            at = place.end;
        }
    }
    push(&text[at..part.end], false);
    if part.end < text.len() {
        push("…", false);
    }
    pieces
}

/// One character as it is compared. Marks stand behind the letter they belong to, so each can be looked at alone.
fn folded(c: char) -> impl Iterator<Item = char> {
    let plain = std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c));
    plain.flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c)).flat_map(|c| {
        // What Unicode does not take apart.
        let [first, second] = match c {
            'ł' => ['l', '\0'],
            'đ' | 'ð' => ['d', '\0'],
            'ø' => ['o', '\0'],
            'ı' => ['i', '\0'],
            'ς' => ['σ', '\0'],
            'ß' => ['s', 's'],
            'æ' => ['a', 'e'],
            'œ' => ['o', 'e'],
            'þ' => ['t', 'h'],
            // As people's keyboards have them.
            '’' | '‘' => ['\'', '\0'],
            other => [other, '\0'],
        };
        std::iter::once(first).chain((second != '\0').then_some(second))
    })
}

/// Where in a text the words are, in bytes: one after the other, none in another.
fn places(text: &str, asked: &[String]) -> Vec<Range<usize>> {
    let mut plain = String::with_capacity(text.len());
    // The character of the text that each byte of the folded one comes from.
    let mut from = Vec::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        plain.extend(folded(c));
        from.resize(plain.len(), at);
    }
    let end_of = |at: usize| {
        let rest = text[at..].char_indices().skip(1);
        // Accents that stand behind their letter belong to it.
        rest.skip_while(|(_, c)| is_combining_mark(*c)).map(|(further, _)| at + further).next().unwrap_or(text.len())
    };
    let found = asked.iter().flat_map(|word| plain.match_indices(&**word));
    let mut all: Vec<_> = found.map(|(at, word)| from[at]..end_of(from[at + word.len() - 1])).collect();
    all.sort_by_key(|place| place.start);
    let mut apart: Vec<Range<usize>> = vec![];
    for place in all {
        match apart.last_mut() {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            _ => apart.push(place),
        }
    }
    apart
}

/// The part of a text that is shown, if this byte of it is to be in it. It begins with a whole word, if one begins near.
fn part_around(text: &str, at: usize) -> Range<usize> {
    let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let length = boundaries.len() - 1;
    let wanted = boundaries.partition_point(|boundary| *boundary < at);
    let first = if length <= EXCERPT { 0 } else { wanted.saturating_sub(BEFORE).min(length - EXCERPT) };
    let end = boundaries[(first + EXCERPT).min(length)];
    let begin = boundaries[first];
    let whole = text[begin..at.max(begin)].find(char::is_whitespace).filter(|_| begin > 0);
    begin + whole.map_or(0, |space| space + text[begin + space..].chars().next().map_or(0, char::len_utf8))..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(typed: &str) -> Vec<String> {
        asked_words(typed).unwrap_or_else(|_| unreachable!("{typed} can be asked for"))
    }

    fn shown(text: &str, typed: &str) -> String {
        let piece = |piece: Piece| if piece.asked { format!("[{}]", piece.text) } else { piece.text };
        excerpt(text, &asked(typed)).into_iter().map(piece).collect()
    }

    #[test]
    fn capitals_and_accents_make_no_difference() {
        for (said, plain) in [
            ("Święty ŻÓŁW źdźbło", "swiety zolw zdzblo"),
            ("Señor CORAZÓN", "senor corazon"),
            ("Straße STRASSE STRAẞE", "strasse strasse strasse"),
            ("smørrebrød Ærø œuvre", "smorrebrod aero oeuvre"),
            ("e\u{301} é ﬁn ①", "e e fin 1"),
            ("İstanbul ıslak", "istanbul islak"),
            ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ"),
            ("Тёплый 🐢 l’âme", "теплыи 🐢 l'ame"),
        ] {
            assert_eq!(fold(said), plain);
        }
    }

    #[test]
    fn what_is_asked_for_is_words_and_none_that_is_part_of_another() {
        assert_eq!(asked("  Choir  chór\nchoirs "), ["choirs", "chor"]);
        for nothing in ["", " \n", "\u{301}", "bell\u{7}", &"x".repeat(SEARCH_MAX + 1), "1 2 3 4 5 6 7 8 9"] {
            assert_eq!(asked_words(nothing), Err(Unacceptable(Field::Search)), "{nothing}");
        }
        assert_eq!(asked("1 2 3 4 5 6 7 8").len(), WORDS_MAX);
    }

    #[test]
    fn what_was_asked_for_is_marked_as_it_was_written() {
        assert_eq!(shown("Śpiew chóru i CHÓR", "chor spiew"), "[Śpiew] [chór]u i [CHÓR]");
        assert_eq!(shown("cafe\u{301} au lait", "cafe"), "[cafe\u{301}] au lait");
        assert_eq!(shown("Straße", "ras ss"), "St[raß]e");
        assert_eq!(shown("abab", "ab ba"), "[abab]");
        assert_eq!(shown("nothing", "xyz"), "nothing");
    }

    #[test]
    fn of_a_long_message_the_part_is_shown_in_which_the_words_are() {
        let long = format!("{}needle{}", "one two ".repeat(50), " three four".repeat(50));
        let part = shown(&long, "needle");
        assert!(part.starts_with("…two one two") && part.ends_with('…') && part.contains("[needle] three"), "{part}");
        assert!(part.chars().count() <= EXCERPT + 4, "{part}");
        assert!(shown(&format!("{}end", "ż".repeat(500)), "end").ends_with("[end]"));
    }

    proptest! {
        #[test]
        fn any_text_is_found_by_any_of_its_words_and_shown_whole_or_cut(text in "\\PC{0,300}", word in 0_usize..9) {
            let plain = fold(&text);
            let word = plain.split_whitespace().nth(word).map(str::to_owned);
            if let Some(Ok(asked)) = word.map(|word| asked_words(&word.chars().take(9).collect::<String>())) {
                let pieces = excerpt(&text, &asked);
                prop_assert!(pieces.iter().any(|piece| piece.asked), "{asked:?} in {text}");
                if text.chars().count() <= EXCERPT {
                    prop_assert_eq!(pieces.into_iter().map(|piece| piece.text).collect::<String>(), text);
                }
            }
        }

        #[test]
        fn what_is_folded_stays_as_it_is(text in "\\PC{0,60}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
