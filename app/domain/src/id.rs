//! Names of things. Time-ordered UUIDs (version 7, RFC 9562), made by the server, one type per kind of thing, so that
//! a channel can never be passed where a call is meant.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The text was not an id at all. Says nothing about whether the thing exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.parse().map(Self).map_err(|_| NotAnId)
            }
        }
    )+};
}

ids! {
    /// An account: a name and a way to sign in.
    PersonId
    /// A parish.
    ParishId
    /// A person in one parish.
    MemberId
    /// A channel of a parish.
    ChannelId
    /// A line of a channel's timeline.
    MessageId
    /// A call.
    CallId
    /// An invitation to join a parish.
    InviteId
    /// What somebody has reported.
    ReportId
    /// One browser profile of one member. Not time-ordered: it follows from the session.
    DeviceId
    /// Made by a browser for one tap, however often it is sent: what was done once is not done again. Any UUID.
    Nonce
}

impl Nonce {
    /// A nonce of random bytes (UUID version 4, RFC 9562).
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Nonce {
        Nonce(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }
}
