//! The timeline of a channel.

use crate::{CallId, CallStatus, ChannelId, ChannelKind, EndReason, MemberId, MessageId, Nonce, Role, Timestamp};
use serde::{Deserialize, Serialize};

/// A line of a channel's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Which one; later messages have greater ids.
    pub id: MessageId,
    /// Where it stands.
    pub channel: ChannelId,
    /// Who wrote it, or who started the call.
    pub author: MemberId,
    /// What it says.
    pub content: Content,
    /// When.
    pub sent_at: Timestamp,
}

/// What a line of a timeline says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// What somebody wrote.
    Words(Words),
    /// Somebody wrote something, and it is gone.
    Removed(Remover),
    /// The card of a call.
    Call(CallCard),
}

/// What somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Words {
    /// Plain text, never markup.
    pub text: String,
    /// The parts of the text that lead somewhere: one after the other, never one in another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// Whether its author has changed it since.
    #[serde(default)]
    pub edited: bool,
    /// By what its author's devices know what they have sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Nonce>,
}

/// A part of a text that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// The byte at which it begins.
    pub from: u32,
    /// The byte after it.
    pub to: u32,
    /// Where it leads.
    pub leads: Leads,
}

/// Where a part of a text leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Leads {
    /// To a page: the text is its address, if need be with `https://` before it.
    Page,
    /// To a member, who is named there.
    Member(MemberId),
}

/// Who has taken a message out of the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Remover {
    /// Who wrote it.
    Author,
    /// Somebody who leads.
    Leader,
}

/// How a call went, as the timeline shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallCard {
    /// Which call.
    pub id: CallId,
    /// How it ended.
    pub status: CallStatus,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// Seconds that people talked; none if nobody answered.
    pub duration: Option<u32>,
    /// How many were ever in it, the initiator included.
    pub people: u32,
}

/// Text, and where it leads if it leads somewhere.
pub type Piece<'a> = (&'a str, Option<&'a Leads>);

impl Message {
    /// What somebody wrote, if it is that.
    #[must_use]
    pub fn words(&self) -> Option<&Words> {
        match &self.content {
            Content::Words(words) => Some(words),
            Content::Removed(_) | Content::Call(_) => None,
        }
    }

    /// The call it remembers, if it is the card of one.
    #[must_use]
    pub fn card(&self) -> Option<&CallCard> {
        match &self.content {
            Content::Call(card) => Some(card),
            Content::Words(_) | Content::Removed(_) => None,
        }
    }

    /// Whether this member may change what it says: only their own words.
    #[must_use]
    pub fn may_edit(&self, member: MemberId) -> bool {
        self.author == member && self.words().is_some()
    }

    /// As whom this member may take it out of the timeline: whoever wrote it, and in a channel of many whoever leads.
    #[must_use]
    pub fn may_remove(&self, member: MemberId, role: Role, kind: ChannelKind) -> Option<Remover> {
        self.words()?;
        if self.author == member {
            return Some(Remover::Author);
        }
        (role.leads() && kind != ChannelKind::Direct).then_some(Remover::Leader)
    }
}

impl Words {
    /// Words without marks, as they stand before the server has taken them.
    #[must_use]
    pub fn plain(text: String) -> Words {
        Words { text, ..Words::default() }
    }

    /// The text in pieces, in order. Marks that make no sense are passed over: none is believed more than the text.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = vec![];
        let mut at = 0;
        for mark in &self.marks {
            let (from, to) = (mark.from as usize, mark.to as usize);
            if from < at {
                continue;
            }
            if let (Some(before), Some(marked)) = (self.text.get(at..from), self.text.get(from..to)) {
                pieces.extend([(before, None), (marked, Some(&mark.leads))]);
                at = to;
            }
        }
        pieces.push((self.text.get(at..).unwrap_or_default(), None));
        pieces.retain(|(text, _)| !text.is_empty());
        pieces
    }

    /// The members who are named in it.
    pub fn named(&self) -> impl Iterator<Item = MemberId> {
        self.marks.iter().filter_map(|mark| match mark.leads {
            Leads::Member(member) => Some(member),
            Leads::Page => None,
        })
    }
}

/// Where the page is that a piece of text leads to. Nothing but the web: `javascript:` and its like are only text.
#[must_use]
pub fn page_address(text: &str) -> Option<String> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("http" | "https") => Some(text.to_owned()),
        Some(_) => None,
        None if text.get(..4).is_some_and(|www| www.eq_ignore_ascii_case("www.")) => Some(format!("https://{text}")),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn mark(from: u32, to: u32) -> Mark {
        Mark { from, to, leads: Leads::Page }
    }

    fn words(text: &str, marks: Vec<Mark>) -> Words {
        Words { marks, ..Words::plain(text.to_owned()) }
    }

    fn by(author: u128, content: Content) -> Message {
        let id = Uuid::from_u128(author);
        Message { id: MessageId(id), channel: ChannelId(id), author: MemberId(id), content, sent_at: Timestamp(0) }
    }

    #[test]
    fn a_text_falls_into_the_pieces_that_its_marks_name() {
        let page = Some(&Leads::Page);
        assert_eq!(
            words("see www.a.pl now", vec![mark(4, 12)]).pieces(),
            [("see ", None), ("www.a.pl", page), (" now", None)]
        );
        assert_eq!(words("ab", vec![mark(0, 1), mark(1, 2)]).pieces(), [("a", page), ("b", page)]);
        assert_eq!(words("nothing", vec![]).pieces(), [("nothing", None)]);
    }

    #[test]
    fn marks_that_make_no_sense_take_nothing_of_the_text_away() {
        let wrong = [mark(1, 2), mark(0, 99), mark(3, 2), mark(u32::MAX, 0), mark(0, 2), mark(0, 2)];
        for marks in [wrong.to_vec(), wrong[..1].to_vec(), wrong[1..].to_vec()] {
            let text: String = words("żółw", marks).pieces().into_iter().map(|(text, _)| text).collect();
            assert_eq!(text, "żółw");
        }
    }

    #[test]
    fn only_the_web_is_a_page() {
        assert_eq!(page_address("HTTPS://a.pl/b?c").as_deref(), Some("HTTPS://a.pl/b?c"));
        assert_eq!(page_address("Www.a.pl").as_deref(), Some("https://Www.a.pl"));
        for text in
            ["javascript:alert(1)", "javascript://www.a.pl", "data:text/html,a", "ftp://a.pl", "a.pl", "ww", "żww.a"]
        {
            assert_eq!(page_address(text), None, "{text}");
        }
    }

    #[test]
    fn authors_edit_and_remove_and_who_leads_removes_where_many_read() {
        let message = by(1, Content::Words(Words::plain("hello".to_owned())));
        let [author, other] = [1, 2].map(|id| MemberId(Uuid::from_u128(id)));
        assert!(message.may_edit(author) && !message.may_edit(other));
        for kind in [ChannelKind::Parish, ChannelKind::Group, ChannelKind::Direct] {
            for role in [Role::Member, Role::Coordinator, Role::Admin] {
                assert_eq!(message.may_remove(author, role, kind), Some(Remover::Author));
                let leads = role.leads() && kind != ChannelKind::Direct;
                assert_eq!(message.may_remove(other, role, kind), leads.then_some(Remover::Leader));
            }
        }
    }

    #[test]
    fn what_is_gone_is_neither_edited_nor_removed_again() {
        let gone = by(1, Content::Removed(Remover::Author));
        let author = MemberId(Uuid::from_u128(1));
        assert!(!gone.may_edit(author));
        assert_eq!(gone.may_remove(author, Role::Admin, ChannelKind::Parish), None);
    }
}
