//! Where people talk, and who may do what there.

use crate::{ChannelId, MemberId, MessageId, Role};
use serde::{Deserialize, Serialize};

/// Who belongs to a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// Everybody in the parish.
    Parish,
    /// The members of one group: choir, council.
    Group,
    /// Two members.
    Direct,
}

/// Of which messages in a channel a member is told on devices where they look at nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notices {
    /// Of all.
    All,
    /// Of those in which they are named.
    Named,
    /// Of none.
    None,
}

impl Notices {
    /// What holds for who has chosen nothing: where the whole parish talks, only what names them.
    #[must_use]
    pub fn usual(kind: ChannelKind, announcements_only: bool) -> Notices {
        match (kind, announcements_only) {
            (ChannelKind::Parish, false) => Notices::Named,
            (ChannelKind::Parish, true) | (ChannelKind::Group | ChannelKind::Direct, _) => Notices::All,
        }
    }

    /// Whether a member is told of a message that names them, or does not.
    #[must_use]
    pub fn tell_of(self, named: bool) -> bool {
        match self {
            Notices::All => true,
            Notices::Named => named,
            Notices::None => false,
        }
    }
}

/// A channel as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Which one.
    pub id: ChannelId,
    /// Who belongs to it.
    pub kind: ChannelKind,
    /// What this member calls it: of a direct channel, the other's name.
    pub name: String,
    /// The other member of a direct channel.
    pub other: Option<MemberId>,
    /// Who belongs to a group, this member included. Empty for the parish, and for two.
    pub members: Vec<MemberId>,
    /// Only those who lead may post and call here.
    pub announcements_only: bool,
    /// Lines by others this member has not read, [`UNREAD_AT_MOST`] if there are more.
    pub unread: u32,
    /// The first of them, where it is known.
    #[serde(default)]
    pub first_unread: Option<MessageId>,
    /// What they are told of.
    pub notices: Notices,
    /// Whether this member may start a call here ([`may_call`]).
    pub may_call: bool,
    /// Whether this member may write here ([`may_post`]).
    pub may_post: bool,
}

/// So many unread lines of a channel are counted, and no more: who does not read for years must not make everything they do
/// slower by each line.
pub const UNREAD_AT_MOST: u32 = 100;

impl Channel {
    /// So many lines are unread now. If that is news, others are, and which is the first is not said with it.
    pub fn set_unread(&mut self, unread: u32) {
        if self.unread != unread {
            (self.unread, self.first_unread) = (unread, None);
        }
    }

    /// Somebody else has written another line.
    pub fn add_unread(&mut self, line: MessageId) {
        self.unread = UNREAD_AT_MOST.min(self.unread + 1);
        if self.unread == 1 {
            self.first_unread = Some(line);
        }
    }
}

/// The one table that says who may start a call in a channel they belong to.
///
/// | channel              | member | coordinator | admin |
/// |----------------------|--------|-------------|-------|
/// | any, when blocked    | no     | no          | no    |
/// | announcements only   | no     | yes         | yes   |
/// | parish (picked people), group, direct | yes | yes | yes |
#[must_use]
pub fn may_call(role: Role, blocked: bool, kind: ChannelKind, announcements_only: bool) -> bool {
    match (blocked, announcements_only, kind) {
        (true, _, _) => false,
        (false, true, _) => role.leads(),
        (false, false, ChannelKind::Parish | ChannelKind::Group | ChannelKind::Direct) => true,
    }
}

/// Who may write in a channel they belong to.
#[must_use]
pub fn may_post(role: Role, blocked: bool, announcements_only: bool) -> bool {
    !blocked && (!announcements_only || role.leads())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [ChannelKind; 3] = [ChannelKind::Parish, ChannelKind::Group, ChannelKind::Direct];
    const ROLES: [Role; 3] = [Role::Member, Role::Coordinator, Role::Admin];

    #[test]
    fn where_unread_lines_begin_is_known_until_they_are_read() {
        let line = |number| MessageId(uuid::Uuid::from_u128(number));
        let mut channel = Channel {
            id: ChannelId(uuid::Uuid::nil()),
            kind: ChannelKind::Group,
            name: "Choir".into(),
            other: None,
            members: vec![],
            announcements_only: false,
            unread: 0,
            first_unread: None,
            notices: Notices::All,
            may_call: true,
            may_post: true,
        };
        for number in 1..=u128::from(UNREAD_AT_MOST) + 5 {
            channel.add_unread(line(number));
        }
        assert_eq!((channel.unread, channel.first_unread), (UNREAD_AT_MOST, Some(line(1))));
        channel.set_unread(UNREAD_AT_MOST);
        assert_eq!(channel.first_unread, Some(line(1)));
        // Some were read on another device.
        channel.set_unread(3);
        channel.add_unread(line(199));
        assert_eq!((channel.unread, channel.first_unread), (4, None));
        channel.set_unread(0);
        channel.add_unread(line(200));
        assert_eq!((channel.unread, channel.first_unread), (1, Some(line(200))));
    }

    #[test]
    fn a_blocked_member_calls_nowhere() {
        for kind in KINDS {
            for role in ROLES {
                assert!(!may_call(role, true, kind, false));
            }
        }
    }

    #[test]
    fn everybody_else_calls_where_they_belong() {
        for kind in KINDS {
            for role in ROLES {
                assert!(may_call(role, false, kind, false));
            }
        }
    }

    #[test]
    fn only_those_who_lead_call_and_post_where_only_announcements_are_made() {
        for kind in KINDS {
            assert_eq!(ROLES.map(|role| may_call(role, false, kind, true)), [false, true, true]);
        }
        assert_eq!(ROLES.map(|role| may_post(role, false, true)), [false, true, true]);
    }
}
