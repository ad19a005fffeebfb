//! Who is in a call, and where each of them stands.

use crate::{DeviceId, MemberId, Timestamp};
use serde::{Deserialize, Serialize};

/// A member's part in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Participation {
    /// Told to ring; no device has confirmed it.
    Invited {
        /// When this member's ring ends by itself.
        ring_until: Timestamp,
    },
    /// A device has confirmed that it rings.
    Ringing {
        /// When this member's ring ends by itself.
        ring_until: Timestamp,
    },
    /// In the call.
    Connected {
        /// Since when.
        since: Timestamp,
        /// Their phone has gone to sleep, and took the microphone with it.
        asleep: bool,
        /// They have raised their hand, since then.
        hand: Option<Timestamp>,
    },
    /// Was in the call.
    Disconnected {
        /// From.
        since: Timestamp,
        /// Until.
        until: Timestamp,
    },
    /// Said no.
    Declined {
        /// When.
        at: Timestamp,
    },
    /// The ring, or the call, ended without an answer: this member has a missed call.
    Missed {
        /// When.
        at: Timestamp,
        /// Whether a device had confirmed that it rang.
        rang: bool,
    },
}

impl Participation {
    /// When the ring of this member ends, while it goes on.
    #[must_use]
    pub fn ring_until(&self) -> Option<Timestamp> {
        match *self {
            Participation::Invited { ring_until } | Participation::Ringing { ring_until } => Some(ring_until),
            Participation::Connected { .. }
            | Participation::Disconnected { .. }
            | Participation::Declined { .. }
            | Participation::Missed { .. } => None,
        }
    }

    /// In the call, with nothing to show yet.
    #[must_use]
    pub fn connected(since: Timestamp) -> Participation {
        Participation::Connected { since, asleep: false, hand: None }
    }

    pub(super) fn missed(&self, at: Timestamp) -> Option<Participation> {
        self.ring_until().map(|_| Participation::Missed { at, rang: matches!(self, Participation::Ringing { .. }) })
    }
}

/// Somebody whose phone is to ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Callee {
    /// Who.
    pub member: MemberId,
    /// Has blocked whoever rings: their phone stays still, and nobody is told so.
    pub hushed: bool,
    /// Is in another call: the caller may know.
    pub busy: bool,
    /// Has quiet hours: their phone stays still, and whoever rings may know.
    pub quiet: bool,
}

impl From<MemberId> for Callee {
    fn from(member: MemberId) -> Self {
        Callee { member, hushed: false, busy: false, quiet: false }
    }
}

/// What somebody in a call shows the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sign {
    /// Whether their phone has gone to sleep, and nobody hears them.
    Asleep(bool),
    /// Whether they would like to speak.
    Hand(bool),
    /// What they make of it, for a moment.
    Reaction(Reaction),
}

/// What can be said without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reaction {
    /// Yes.
    Thumb,
    /// Love.
    Heart,
    /// Well done.
    Applause,
    /// That is funny.
    Laughter,
    /// I pray with you.
    Prayer,
}

/// A reaction, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reacted {
    /// Which.
    pub with: Reaction,
    /// When: later than the one before.
    pub at: Timestamp,
}

/// What somebody who leads the call wants of a participant's microphone. Their own browser does it, or asks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Prompted {
    /// It is muted. To open it again is up to them.
    Mute,
    /// They are asked to open it.
    Unmute,
}

/// The last thing that somebody who leads wanted of a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// What.
    pub what: Prompted,
    /// Who.
    pub by: MemberId,
    /// When: later than the one before.
    pub at: Timestamp,
}

/// A member in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Who.
    pub member: MemberId,
    /// Where they stand.
    pub participation: Participation,
    /// Which of this member's connections counts: part of the name the voice server knows them by, so that news about an
    /// earlier connection cannot be taken for news about this one. Rises with each way in, and with each way out but a
    /// lost connection's, which may come back.
    pub epoch: u32,
    /// With which of their devices they came in last.
    pub device: Option<DeviceId>,
    /// Was picked for this very call, and may see and join it without its channel.
    pub guest: bool,
    /// Has blocked whoever rings: to everybody else the ring goes on as any other, but no phone of theirs rings.
    pub hushed: bool,
    /// Was in another call when the ring began.
    pub busy: bool,
    /// Had quiet hours when the ring began: no phone of theirs rings, and it is a missed call to them all the same.
    pub quiet: bool,
    /// The devices that have confirmed the ring, at most [`DEVICES_MAX`].
    pub rings_on: Vec<DeviceId>,
    /// Who rang them last; none if nobody did, or before this was known.
    pub rung_by: Option<MemberId>,
    /// Was put out by somebody who leads: cannot come back without a ring.
    pub put_out: bool,
    /// What somebody who leads wanted of them last, while they are in the call.
    pub prompt: Option<Prompt>,
    /// How they reacted last, while they are in the call.
    pub reaction: Option<Reacted>,
}

/// So many devices of one member are counted.
pub const DEVICES_MAX: usize = 8;

impl Participant {
    fn new(member: MemberId, participation: Participation, guest: bool) -> Participant {
        Participant {
            member,
            participation,
            epoch: 0,
            device: None,
            guest,
            hushed: false,
            busy: false,
            quiet: false,
            rings_on: vec![],
            rung_by: None,
            put_out: false,
            prompt: None,
            reaction: None,
        }
    }

    /// Somebody whose ring begins.
    pub(super) fn rung(by: MemberId, callee: Callee, ring_until: Timestamp, guest: bool) -> Participant {
        let Callee { member, hushed, busy, quiet } = callee;
        let rung = Participant::new(member, Participation::Invited { ring_until }, guest);
        Participant { hushed, busy, quiet, rung_by: Some(by), ..rung }
    }

    /// Somebody who comes in.
    pub(super) fn arrived(member: MemberId, device: DeviceId, guest: bool, now: Timestamp) -> Participant {
        let arrived = Participant::new(member, Participation::connected(now), guest);
        Participant { epoch: 1, device: Some(device), ..arrived }
    }

    /// Whether they are in the call, or ever were.
    #[must_use]
    pub fn was_in(&self) -> bool {
        self.epoch > 0
    }

    /// When their phones stop ringing, if they do ring.
    #[must_use]
    pub fn audible_until(&self) -> Option<Timestamp> {
        self.participation.ring_until().filter(|_| !self.hushed && !self.quiet)
    }
}

/// What a change did to somebody's phones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RingChange {
    /// They ring from now on.
    Begins {
        /// Whose.
        member: MemberId,
        /// When they stop by themselves.
        until: Timestamp,
    },
    /// They have stopped.
    Over {
        /// Whose.
        member: MemberId,
    },
}
