//! What screens are told of this person's calls.

use domain::{CallSnapshot, CallStatus, ChannelId, EndReason, Timestamp};
use livekit::NoMicrophone;
use std::time::Duration;

/// What the screens show of the call this tab is in.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// No call.
    Idle,
    /// The tap was a moment ago.
    Starting(ChannelId),
    /// Nobody has answered yet.
    RingingOut(CallSnapshot),
    /// Nothing goes on here, and somebody calls: the newest of all that ring.
    RingingIn(CallSnapshot),
    /// Answered; the audio is on its way.
    Connecting(CallSnapshot),
    /// We talk.
    InCall(CallSnapshot),
    /// The audio is lost and comes back by itself.
    Reconnecting(CallSnapshot),
    /// Over; shown for a moment.
    Ended(Ending),
}

/// How a call was, when it is over for this tab.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// The call, as it was last.
    pub call: CallSnapshot,
    /// How well the others could be heard; none where nothing was heard of them.
    pub sound: Option<Sound>,
    /// How long it rang until somebody answered, in milliseconds; none if nobody did.
    pub rang_ms: Option<u64>,
}

impl Ending {
    /// The server has told how the call ended. How long it was has been said already: it is not said again because a second
    /// is counted differently.
    pub(super) fn complete(&mut self, over: CallSnapshot) {
        let talked_ms = self.call.talked_ms.or(over.talked_ms);
        self.call = CallSnapshot { talked_ms, ..over };
    }
}

/// How well somebody could hear, over a whole call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sound {
    /// Hardly a syllable was missing.
    Good,
    /// There were gaps that one noticed.
    Fair,
    /// Words were lost.
    Poor,
}

/// What we know of the microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Microphone {
    /// Not asked for yet, or the answer is still to come.
    Unasked,
    /// We are heard, unless muted.
    Open,
    /// It is open, and nothing comes from it: not even the noise of a quiet room.
    Silent,
    /// The system took it away, as phones do for another call or in the background; only a tap brings it back.
    Asleep,
    /// The person or the browser said no.
    Denied,
    /// There is none.
    Missing,
    /// Something else has it.
    Busy,
}

impl From<NoMicrophone> for Microphone {
    fn from(why: NoMicrophone) -> Self {
        match why {
            NoMicrophone::Denied => Microphone::Denied,
            NoMicrophone::Missing => Microphone::Missing,
            NoMicrophone::Busy => Microphone::Busy,
        }
    }
}

/// Somebody in a call, as this tab hears them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InRoom {
    /// They cannot be heard: muted, or without a microphone.
    pub muted: bool,
    /// How well their device hangs together with the voice server.
    pub quality: Quality,
    /// Their device is there. If not, the server still keeps their seat: they are coming back, or have closed the page a
    /// moment ago.
    pub here: bool,
}

pub use livekit::{Device, Devices, Quality};

/// Whether nobody came, though the caller waited.
#[must_use]
pub fn is_unanswered(call: &CallSnapshot) -> bool {
    call.status == CallStatus::Declined
        || (call.status == CallStatus::Missed && call.end_reason == Some(EndReason::Missed))
}

/// How long a call rang until somebody answered; none of one that is not, or no longer, talked in: the snapshot of an
/// active call is the only one that tells.
pub(super) fn rang_ms(call: &CallSnapshot) -> Option<u64> {
    if call.status != CallStatus::Active {
        return None;
    }
    let answered: Timestamp = call.as_of - Duration::from_millis(call.talked_ms?);
    u64::try_from(answered.since(call.created_at).as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::sample::call;

    #[test]
    fn how_long_a_call_was_is_said_once_and_how_it_ended_as_soon_as_it_is_known() {
        let told = |talked_ms| CallSnapshot { talked_ms, ..call(2) };
        let over = CallSnapshot { status: CallStatus::Ended, ..told(Some(4_100)) };
        for (said, stays) in [(Some(3_900), Some(3_900)), (None, Some(4_100))] {
            let mut ending = Ending { call: told(said), sound: None, rang_ms: None };
            ending.complete(over.clone());
            assert_eq!((ending.call.status, ending.call.talked_ms), (CallStatus::Ended, stays));
        }
    }
}
