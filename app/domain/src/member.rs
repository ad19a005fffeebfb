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
