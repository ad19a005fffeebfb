//! People in a parish.

use crate::MemberId;
use serde::{Deserialize, Serialize};

/// What a member may do beyond taking part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads, writes, calls.
    Member,
    /// Also leads: announces, looks after calls and invites.
    Coordinator,
    /// Also runs the parish.
    Admin,
}

impl Role {
    /// Every role, from the least to the most.
    pub const ALL: [Role; 3] = [Role::Member, Role::Coordinator, Role::Admin];

    /// Whether this role looks after others: announces, invites, manages calls.
    #[must_use]
    pub fn leads(self) -> bool {
        matches!(self, Role::Coordinator | Role::Admin)
    }
}

/// One of the twelve colours that a face can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Hue(u8);

/// There is no such colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are {} colours, counted from 0", Hue::COUNT)]
pub struct NoSuchHue;

impl Hue {
    /// So many there are.
    pub const COUNT: u8 = 12;
}

impl TryFrom<u8> for Hue {
    type Error = NoSuchHue;
    fn try_from(number: u8) -> Result<Self, NoSuchHue> {
        if number < Hue::COUNT { Ok(Hue(number)) } else { Err(NoSuchHue) }
    }
}

impl From<Hue> for u8 {
    fn from(hue: Hue) -> u8 {
        hue.0
    }
}

/// A member as others of the same parish see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub id: MemberId,
    /// The name others read.
    pub name: String,
    /// What they may do.
    pub role: Role,
}
