//! What leads somewhere in what people write: addresses of pages, and members who are named.

use domain::message::page_address;
use domain::{Leads, Mark, Member, MemberId};
use linkify::{LinkFinder, LinkKind};

/// More than these lead nowhere: nobody names that many, and every one of them costs every reader.
const MARKS_AT_MOST: usize = 100;

/// The marks of a text, in order. *@Anna Nowak* names a member; *@Anna* does, if nobody else here has that first name.
pub(crate) fn marks(text: &str, here: &[Member]) -> Vec<Mark> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]).url_must_have_scheme(false);
    let pages = finder.links(text).filter(|link| page_address(link.as_str()).is_some());
    let mut marks: Vec<Mark> =
        pages.filter_map(|link| mark(link.start(), link.end(), Leads::Page)).take(MARKS_AT_MOST).collect();
    let names = names(here);
    for (at, _) in text.match_indices('@') {
        let inside = marks.iter().any(|mark| (mark.from as usize..mark.to as usize).contains(&at));
        let follows_a_word = text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        if inside || follows_a_word || marks.len() >= MARKS_AT_MOST {
            continue;
        }
        let named = names.iter().find_map(|(name, member)| Some((length_at(&text[at + 1..], name)?, *member)));
        marks.extend(named.and_then(|(length, member)| mark(at, at + 1 + length, Leads::Member(member))));
    }
    marks.sort_unstable_by_key(|mark| mark.from);
    marks
}

/// What may stand behind an @, the longest first.
fn names(here: &[Member]) -> Vec<(&str, MemberId)> {
    let first = |member: &Member| member.name.split(' ').next().map(str::to_lowercase);
    let only_one = |member: &Member| here.iter().filter(|other| first(other) == first(member)).count() == 1;
    let full = here.iter().map(|member| (&*member.name, member.id));
    let short = here.iter().filter(|member| only_one(member));
    let short = short.filter_map(|member| Some((member.name.split(' ').next()?, member.id)));
    let mut names: Vec<_> = full.chain(short).collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    names
}

/// How many bytes of the text are this name, whatever its capitals, if it begins with it and the word ends there.
fn length_at(text: &str, name: &str) -> Option<usize> {
    let mut rest = text.chars();
    for wanted in name.chars() {
        let found = rest.next()?;
        if !found.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    let ends = !rest.as_str().starts_with(char::is_alphanumeric);
    ends.then(|| text.len() - rest.as_str().len())
}

fn mark(from: usize, to: usize, leads: Leads) -> Option<Mark> {
    Some(Mark { from: u32::try_from(from).ok()?, to: u32::try_from(to).ok()?, leads })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Role, Words};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn people(names: &[&str]) -> Vec<Member> {
        let member = |(at, name): (usize, &&str)| Member {
            id: MemberId(Uuid::from_u128(at as u128)),
            name: (*name).to_owned(),
            role: Role::Member,
        };
        names.iter().enumerate().map(member).collect()
    }

    /// The pieces of a text that lead somewhere: a page, or the number of a member.
    fn marked(text: &str) -> Vec<(String, Option<u128>)> {
        let here = people(&["Anna Nowak", "Ben Carter", "Ben Łoś", "Żaneta", "Anna-Maria Kot"]);
        let words = Words { marks: marks(text, &here), ..Words::plain(text.to_owned()) };
        let lead = |leads: &Leads| match leads {
            Leads::Page => None,
            Leads::Member(member) => Some(member.0.as_u128()),
        };
        words.pieces().into_iter().filter_map(|(text, leads)| Some((text.to_owned(), lead(leads?)))).collect()
    }

    #[test]
    fn addresses_of_pages_lead_there_without_the_stops_behind_them() {
        let page = |text: &str| vec![(text.to_owned(), None)];
        assert_eq!(marked("Look: https://a.pl/b?c=d#e."), page("https://a.pl/b?c=d#e"));
        assert_eq!(marked("(www.a.pl/x)"), page("www.a.pl/x"));
        assert_eq!(marked("https://żółw.pl/ł, yes"), page("https://żółw.pl/ł"));
    }

    #[test]
    fn what_is_no_page_leads_nowhere() {
        for text in [
            "at 10.30 or 7:15",
            "ben@a.pl",
            "javascript:alert(1)",
            "mailto:a@b.pl",
            "hm...ok",
            "file:///etc/passwd",
            "",
        ] {
            assert_eq!(marked(text), [], "{text}");
        }
    }

    #[test]
    fn members_are_named_by_their_name_or_by_a_first_name_that_nobody_else_has() {
        let named = |text: &str, who| vec![(text.to_owned(), Some(who))];
        assert_eq!(marked("Hello @Anna Nowak!"), named("@Anna Nowak", 0));
        assert_eq!(marked("@anna: are you there"), named("@anna", 0));
        assert_eq!(marked("@ben łoś, @BEN"), named("@ben łoś", 2));
        assert_eq!(marked("(@żaneta)"), named("@żaneta", 3));
        assert_eq!(marked("@Anna-Maria Kot"), named("@Anna-Maria Kot", 4));
    }

    #[test]
    fn nobody_is_named_by_half_a_word_or_within_an_address() {
        for text in ["@Annabel", "me@Anna", "@", "@@", "@Carter", "@ Anna"] {
            assert_eq!(marked(text), [], "{text}");
        }
        assert_eq!(marked("https://a.pl/@Anna"), [("https://a.pl/@Anna".to_owned(), None)]);
    }

    /// What texts are made of, and what goes wrong with it.
    const PIECES: [&str; 24] = [
        "@",
        "Anna",
        " Nowak",
        "ben",
        "Łoś",
        "ŻANETA",
        "-Maria",
        " ",
        "\n",
        "www.",
        "https://",
        "http://",
        "a.pl",
        "/",
        "?",
        "#",
        "İ",
        "ß",
        "\u{301}",
        "\u{202e}",
        "\u{0}",
        "🎉",
        "javascript:",
        "(",
    ];

    proptest! {
        #[test]
        fn whatever_is_written_its_marks_stand_one_after_the_other_and_cut_no_letter(
            pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..40),
        ) {
            let text = pieces.concat();
            let mut end = 0;
            for mark in marks(&text, &people(&["Anna Nowak", "Ben Carter", "Ben Łoś", "Żaneta", "Anna-Maria Kot", "İ"])) {
                let piece = text.get(mark.from as usize..mark.to as usize);
                prop_assert!(mark.from >= end && piece.is_some_and(|piece| !piece.is_empty()), "{text:?} {mark:?}");
                if mark.leads == Leads::Page {
                    let address = page_address(piece.unwrap_or_default()).unwrap_or_default();
                    prop_assert!(address.starts_with("http://") || address.starts_with("https://"), "{address}");
                }
                end = mark.to;
            }
        }
    }

    #[test]
    fn a_text_of_nothing_but_names_and_addresses_has_only_so_many_marks() {
        let text = "@Anna www.a.pl ".repeat(200);
        assert_eq!(marks(&text, &people(&["Anna Nowak"])).len(), MARKS_AT_MOST);
    }
}
