//! The timeline of a channel.

use crate::{CallId, CallStatus, ChannelId, EndReason, MemberId, MessageId, Timestamp};
use serde::{Deserialize, Serialize};

/// A line of a channel's timeline: words, or the card of a call that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Which one; later messages have greater ids.
    pub id: MessageId,
    /// Where it stands.
    pub channel: ChannelId,
    /// Who wrote it, or who started the call.
    pub author: MemberId,
    /// Plain text, never markup. Empty on a call card.
    pub body: String,
    /// The call this line remembers.
    pub call: Option<CallCard>,
    /// When.
    pub sent_at: Timestamp,
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
