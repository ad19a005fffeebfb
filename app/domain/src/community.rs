//! What a signed-in member is given: their parish, and a seat in a call.

use crate::{CallSnapshot, Channel, Hue, Member, MemberId, Nonce, ParishId, QuietHours};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The parish as one member sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Community {
    /// Which parish.
    pub parish: ParishId,
    /// Its name.
    pub parish_name: String,
    /// Who is asking.
    pub me: Member,
    /// The channels they belong to: parish, then groups, then direct ones, by name.
    pub channels: Vec<Channel>,
    /// Everybody in the parish, by name.
    pub members: Vec<Member>,
    /// Who was in it once, or has been blocked: what they said still bears their name.
    pub former: Vec<Member>,
    /// The colours that members have chosen for their faces.
    #[serde(default)]
    pub hues: Vec<(MemberId, Hue)>,
    /// So many people fit into one call.
    pub seats: u32,
    /// Whose calls do not ring for the asker.
    pub blocked: Vec<MemberId>,
    /// Missed calls that the asker has taken no notice of.
    pub missed: u32,
    /// Open reports that the asker is to look at.
    pub reports: u32,
    /// When no phone of the asker rings, by the clock of the parish.
    pub quiet: Option<QuietHours>,
    /// The time zone in which the clock of the parish stands; empty if nobody has chosen one: UTC.
    pub time_zone: String,
}

/// One tap on *Call*, *Answer* or *Join*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tap {
    /// Made for this tap, and the same however often it is sent.
    pub nonce: Nonce,
    /// Leaves the call that the member is in, in the same moment, rather than being refused because of it.
    pub switch: bool,
}

/// What lets one browser into one call's audio, for a short time.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// A LiveKit access token: one room, one microphone, no data.
    pub token: String,
    /// Where the voice server is.
    pub url: String,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("token", &"…").field("url", &self.url).finish()
    }
}

/// A place in a call: the call as it is now, and the way into its audio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The call.
    pub call: CallSnapshot,
    /// The way in.
    pub access: Access,
}
