//! Who looks after whom in a parish, and what they work with: invitations, links, groups.

use crate::{ChannelId, InviteId, MemberId, Role, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many people one invitation may be for, at most.
pub const INVITE_USES_MAX: u32 = 500;
/// How many days it may last, at most.
pub const INVITE_DAYS_MAX: u32 = 90;

/// What somebody who looks after others does for one of them, or for one who is yet to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Care {
    /// Invites them; withdraws an invitation.
    Invite,
    /// Hands out a link by which they choose a new password.
    ResetPassword,
    /// Decides what they may do.
    ChangeRole,
    /// Takes them out of the parish.
    Remove,
}

/// The one table that says who may do what for a member of which role. Nobody does anything who is blocked.
///
/// |                    | member | coordinator                 | admin   |
/// |--------------------|--------|-----------------------------|---------|
/// | invite as          | nobody | a member or a coordinator   | anybody |
/// | reset password of  | nobody | members and coordinators    | anybody |
/// | change role of     | nobody | nobody                      | anybody |
/// | remove             | nobody | nobody                      | anybody |
///
/// That a parish keeps its last admin is not said here: only the database knows who that is.
#[must_use]
pub fn may_care(role: Role, blocked: bool, care: Care, theirs: Role) -> bool {
    !blocked
        && match care {
            Care::Invite | Care::ResetPassword => role.leads() && theirs <= role,
            Care::ChangeRole | Care::Remove => role == Role::Admin,
        }
}

/// Who may make groups, and change any group of the parish.
#[must_use]
pub fn may_keep_groups(role: Role, blocked: bool) -> bool {
    !blocked && role.leads()
}

/// Who sees the parish in numbers: its members, its groups, its calls.
#[must_use]
pub fn may_oversee(role: Role, blocked: bool) -> bool {
    !blocked && role.leads()
}

/// Who sees besides how the server does, and what is set.
#[must_use]
pub fn may_oversee_server(role: Role, blocked: bool) -> bool {
    !blocked && role == Role::Admin
}

/// A square of black and white that a phone's camera reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QrCode {
    /// How many squares it is wide, and high; without the margin that it needs around it.
    pub side: u32,
    /// The black ones, as the path of an SVG.
    pub path: String,
}

/// A link that is shown once: only its hash is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOut {
    /// What is opened.
    pub address: String,
    /// The same, for a camera.
    pub qr: QrCode,
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceCode(…)")
    }
}

impl fmt::Debug for HandedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandedOut(…)")
    }
}

/// What signs somebody in on one more device, once, within minutes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCode {
    /// To be typed: an app on a home screen opens no links.
    pub code: String,
    /// The same as a link.
    pub link: HandedOut,
}

/// An invitation that can still be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInvite {
    /// Which one.
    pub id: InviteId,
    /// What those who follow it become.
    pub role: Role,
    /// How many more may follow it.
    pub uses_left: u32,
    /// Until when.
    pub expires_at: Timestamp,
    /// Who invites; nobody, if it was made on the command line.
    pub by: Option<MemberId>,
}

/// A group as those see it who keep the groups of a parish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its channel.
    pub id: ChannelId,
    /// Its name.
    pub name: String,
    /// Whether only those who lead post and call there.
    pub announcements_only: bool,
    /// Who belongs to it.
    pub members: Vec<MemberId>,
}

/// What becomes of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupChange {
    /// It gets another name.
    Rename(String),
    /// Only those who lead post and call there; or everybody again.
    AnnouncementsOnly(bool),
    /// These belong to it, too.
    Add(Vec<MemberId>),
    /// This one belongs to it no more.
    Remove(MemberId),
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 3] = [Role::Member, Role::Coordinator, Role::Admin];
    const CARES: [Care; 4] = [Care::Invite, Care::ResetPassword, Care::ChangeRole, Care::Remove];

    /// For members, coordinators, admins.
    fn by(role: Role, care: Care) -> [bool; 3] {
        ROLES.map(|theirs| may_care(role, false, care, theirs))
    }

    #[test]
    fn a_member_looks_after_nobody() {
        for care in CARES {
            assert_eq!(by(Role::Member, care), [false; 3]);
        }
        assert!(!may_keep_groups(Role::Member, false));
    }

    #[test]
    fn a_coordinator_invites_and_gives_new_passwords_up_to_their_own_role_and_no_more() {
        assert_eq!(by(Role::Coordinator, Care::Invite), [true, true, false]);
        assert_eq!(by(Role::Coordinator, Care::ResetPassword), [true, true, false]);
        assert_eq!(by(Role::Coordinator, Care::ChangeRole), [false; 3]);
        assert_eq!(by(Role::Coordinator, Care::Remove), [false; 3]);
        assert!(may_keep_groups(Role::Coordinator, false));
    }

    #[test]
    fn an_admin_does_everything_for_everybody() {
        for care in CARES {
            assert_eq!(by(Role::Admin, care), [true; 3]);
        }
        assert!(may_keep_groups(Role::Admin, false));
    }

    #[test]
    fn coordinators_see_the_parish_in_numbers_and_admins_the_server_besides() {
        assert_eq!(ROLES.map(|role| may_oversee(role, false)), [false, true, true]);
        assert_eq!(ROLES.map(|role| may_oversee_server(role, false)), [false, false, true]);
        assert!(ROLES.iter().all(|role| !may_oversee(*role, true) && !may_oversee_server(*role, true)));
    }

    #[test]
    fn whoever_is_blocked_does_nothing() {
        for role in ROLES {
            for care in CARES {
                assert!(ROLES.iter().all(|theirs| !may_care(role, true, care, *theirs)));
            }
            assert!(!may_keep_groups(role, true));
        }
    }
}
