//! What the server tells a browser, unasked.

use crate::{CallSnapshot, ChannelId, Message, Timestamp};
use serde::{Deserialize, Serialize};

/// One event of the stream `GET /api/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
pub enum Event {
    /// Always first, and again whenever events may have been lost: all that is live for this member.
    Snapshot(Live),
    /// A call changed. Whole, never a delta.
    Call(CallSnapshot),
    /// A new line in a timeline this member can read.
    Message(Message),
    /// A line of a timeline is another now: the card of a call that is over.
    Changed(Message),
    /// This member has read a channel, perhaps on another device.
    Unread {
        /// Which.
        channel: ChannelId,
        /// How many lines are left ([`Channel::unread`](crate::Channel::unread)).
        unread: u32,
    },
    /// So many calls has this member missed and taken no notice of: one more, or they have looked, perhaps on another
    /// device.
    Missed(u32),
    /// The list of channels or members changed: fetch it again.
    Community,
    /// The stream is alive. Sent every [`BEAT_EVERY`].
    Beat,
}

/// How often an otherwise silent stream says that it is alive.
pub const BEAT_EVERY: std::time::Duration = std::time::Duration::from_secs(5);

/// How long a stream may be silent before a browser stops trusting it and asks by itself.
pub const HEALTHY_FOR: std::time::Duration = std::time::Duration::from_secs(10);

impl Event {
    /// The `event:` field of the stream. Every event has one, since `EventSource` cannot see comments.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Event::Snapshot(_) => "snapshot",
            Event::Call(_) => "call",
            Event::Message(_) => "message",
            Event::Changed(_) => "changed",
            Event::Unread { .. } => "unread",
            Event::Missed(_) => "missed",
            Event::Community => "community",
            Event::Beat => "beat",
        }
    }
}

/// All that is live for one member.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Live {
    /// When this was asked for: calls that are not mentioned were over then, or not begun.
    pub as_of: Timestamp,
    /// Every live call this member may see, newest first.
    pub calls: Vec<CallSnapshot>,
    /// Unread lines per channel ([`Channel::unread`](crate::Channel::unread)), for every channel of this member.
    pub unread: Vec<(ChannelId, u32)>,
    /// Missed calls that this member has taken no notice of.
    #[serde(default)]
    pub missed: u32,
}
