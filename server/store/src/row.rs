//! From what a row holds to what the domain means, and back.

use crate::StoreError;
use domain::device::{Browser, Machine};
use domain::{
    Audience, CallStatus, ChannelKind, EndReason, Member, Notices, Outcome, ParticipantStatus, Prompted, Reaction,
    Remover, Role,
};
use std::str::FromStr;

/// A value that is stored as a word.
pub(crate) trait Word: Sized {
    /// The word for this value.
    fn word(self) -> &'static str;
    /// The value for a word, if it is one of them.
    fn from_word(word: &str) -> Option<Self>;
}

macro_rules! words {
    ($($type:ident { $($value:ident = $word:literal),+ $(,)? })+) => {$(
        impl Word for $type {
            fn word(self) -> &'static str {
                match self { $($type::$value => $word),+ }
            }
            fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some($type::$value),)+ _ => None }
            }
        }
    )+

        #[cfg(test)]
        const ALL_WORDS: &[(&str, fn(&str) -> Option<String>)] = &[
            $($(($word, |word| $type::from_word(word).and_then(|value| serde_json::to_string(&value).ok())),)+)+
        ];
    };
}

words! {
    Role { Member = "member", Coordinator = "coordinator", Admin = "admin" }
    ChannelKind { Parish = "parish", Group = "group", Direct = "direct" }
    Audience { Channel = "channel", Invited = "invited" }
    CallStatus {
        Ringing = "ringing", Active = "active", Ended = "ended", Missed = "missed", Declined = "declined",
    }
    EndReason {
        Hangup = "hangup", Cancelled = "cancelled", Declined = "declined", Missed = "missed", Empty = "empty",
        Failed = "failed", MediaLost = "media_lost", Removed = "removed", Expired = "expired",
    }
    ParticipantStatus {
        Invited = "invited", Ringing = "ringing", Connected = "connected", Disconnected = "disconnected",
        Declined = "declined",
    }
    Notices { All = "all", Named = "named", None = "none" }
    Outcome { Nothing = "nothing", Removed = "removed" }
    Browser {
        Chrome = "chrome", Edge = "edge", Firefox = "firefox", Safari = "safari", Samsung = "samsung", Other = "other",
    }
    Machine {
        Android = "android", IPhone = "iphone", IPad = "ipad", Mac = "mac", Windows = "windows", Linux = "linux",
        Other = "other",
    }
    Remover { Author = "author", Leader = "leader" }
    Prompted { Mute = "mute", Unmute = "unmute" }
    Reaction {
        Thumb = "thumb", Heart = "heart", Applause = "applause", Laughter = "laughter", Prayer = "prayer",
    }
}

/// Where a value was read, to be named if it makes no sense.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) table: &'static str,
    pub(crate) row: &'a str,
}

impl At<'_> {
    pub(crate) fn inconsistent(self) -> StoreError {
        StoreError::Inconsistent { table: self.table, row: self.row.to_owned() }
    }

    pub(crate) fn id<T: FromStr>(self, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|_| self.inconsistent())
    }

    pub(crate) fn word<T: Word>(self, text: &str) -> Result<T, StoreError> {
        T::from_word(text).ok_or_else(|| self.inconsistent())
    }

    pub(crate) fn count(self, number: i64) -> Result<u32, StoreError> {
        u32::try_from(number).map_err(|_| self.inconsistent())
    }
}

/// An id that is all there is to a row.
pub(crate) fn ids<T: FromStr>(table: &'static str, rows: Vec<(String,)>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|(id,)| At { table, row: id }.id(id)).collect()
}

/// A member with the name of their person.
#[derive(sqlx::FromRow)]
pub(crate) struct MemberRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) role: String,
}

impl TryFrom<MemberRow> for Member {
    type Error = StoreError;
    fn try_from(row: MemberRow) -> Result<Self, StoreError> {
        let at = At { table: "members", row: &row.id };
        Ok(Member { id: at.id(&row.id)?, role: at.word(&row.role)?, name: row.name })
    }
}

/// Sorts people the same way on both databases, whose own orders of letters differ.
pub(crate) fn by_name<T>(list: &mut [T], name: impl Fn(&T) -> &str) {
    list.sort_by_cached_key(|item| name(item).to_lowercase());
}

/// `($1, $2), ($3, $4), …`: the list behind VALUES for several rows. Only numbers made here, so it is safe SQL.
pub(crate) fn placeholders(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let columns: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", columns.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// `($1, $2, …)`: the list behind IN, its numbers beginning at `first`.
pub(crate) fn placeholders_from(first: usize, count: usize) -> String {
    let numbers: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    format!("({})", numbers.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_and_what_is_sent_are_the_same_words() {
        for (word, as_sent) in ALL_WORDS {
            assert_eq!(as_sent(word), Some(format!("{word:?}")));
        }
    }

    #[test]
    fn rows_of_placeholders_count_on() {
        assert_eq!(placeholders(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
