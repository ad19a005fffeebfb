//! A call as a browser is told of it: whole, never a delta, with durations instead of times to compare.

use crate::call::{Known, check_way_in, is_group};
use crate::{
    Audience, Call, CallError, CallId, CallState, ChannelId, ChannelKind, EndReason, MemberId, Participation, Prompt,
    Reacted, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Where a call stands, as stored and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallStatus {
    /// Nobody has answered yet.
    Ringing,
    /// Somebody has answered.
    Active,
    /// People talked, and it is over.
    Ended,
    /// Nobody answered.
    Missed,
    /// Everybody declined.
    Declined,
}

/// Where a participant stands, as stored and sent. Who is still `Invited` or `Ringing` when their ring is over has
/// missed the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParticipantStatus {
    /// Told to ring.
    Invited,
    /// A device confirmed that it rings.
    Ringing,
    /// In the call.
    Connected,
    /// Was in the call.
    Disconnected,
    /// Said no.
    Declined,
}

/// A call at one moment. A client drops a snapshot whose `version` is lower than the one it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallSnapshot {
    /// Which call.
    pub id: CallId,
    /// Rises with every change.
    pub version: u32,
    /// When this was so. What was asked for earlier and does not mention the call says nothing about it.
    pub as_of: Timestamp,
    /// Where it was started.
    pub channel_id: ChannelId,
    /// What kind of channel that is.
    pub kind: ChannelKind,
    /// Who started it.
    pub initiator: MemberId,
    /// Who may see and join it.
    pub audience: Audience,
    /// Where it stands.
    pub status: CallStatus,
    /// Why it is over.
    pub end_reason: Option<EndReason>,
    /// When it was started, for display only.
    pub created_at: Timestamp,
    /// How long people have been talking, or talked: milliseconds since the first answer.
    pub talked_ms: Option<u64>,
    /// Nobody new may come in, but whose phone rings: then, or later because one who leads rings them.
    #[serde(default, skip_serializing_if = "is_not")]
    pub locked: bool,
    /// Everybody in it.
    pub participants: Vec<ParticipantSnapshot>,
}

/// A participant at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantSnapshot {
    /// Who.
    pub member: MemberId,
    /// Where they stand.
    pub status: ParticipantStatus,
    /// How long their phone goes on ringing, in milliseconds; none if it does not ring.
    pub ring_left_ms: Option<u64>,
    /// Which of their connections is the current one.
    pub epoch: u32,
    /// On how many of their devices it rings, as far as these have told.
    pub devices: u32,
    /// Was in another call when the ring began.
    pub busy: bool,
    /// Had quiet hours when the ring began: no phone of theirs rings.
    #[serde(default, skip_serializing_if = "is_not")]
    pub quiet: bool,
    /// Is in the call with a phone that has gone to sleep: nobody hears them until they wake it.
    #[serde(default, skip_serializing_if = "is_not")]
    pub asleep: bool,
    /// Since when they have had their hand up. Only to be put in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand: Option<Timestamp>,
    /// Who rang them last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rung_by: Option<MemberId>,
    /// Was put out by somebody who leads: cannot come back without a ring.
    #[serde(default, skip_serializing_if = "is_not")]
    pub put_out: bool,
    /// What somebody who leads wanted of them last. New if it is later than the last one seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,
    /// How they reacted last. New if it is later than the last one seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction: Option<Reacted>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_not(flag: &bool) -> bool {
    !flag
}

impl CallState {
    /// The state's name, as stored and sent.
    #[must_use]
    pub fn status(&self) -> CallStatus {
        match self {
            CallState::Ringing => CallStatus::Ringing,
            CallState::Active { .. } => CallStatus::Active,
            CallState::Ended { .. } => CallStatus::Ended,
            CallState::Missed { .. } => CallStatus::Missed,
            CallState::Declined { .. } => CallStatus::Declined,
        }
    }

    /// Why the call is over, if it is.
    #[must_use]
    pub fn end_reason(&self) -> Option<EndReason> {
        match *self {
            CallState::Ringing | CallState::Active { .. } => None,
            CallState::Ended { reason, .. } | CallState::Missed { reason, .. } => Some(reason),
            CallState::Declined { .. } => Some(EndReason::Declined),
        }
    }
}

impl Participation {
    /// The participation's name, as stored and sent.
    #[must_use]
    pub fn status(&self) -> ParticipantStatus {
        match *self {
            Participation::Invited { .. } | Participation::Missed { rang: false, .. } => ParticipantStatus::Invited,
            Participation::Ringing { .. } | Participation::Missed { rang: true, .. } => ParticipantStatus::Ringing,
            Participation::Connected { .. } => ParticipantStatus::Connected,
            Participation::Disconnected { .. } => ParticipantStatus::Disconnected,
            Participation::Declined { .. } => ParticipantStatus::Declined,
        }
    }
}

impl Call {
    /// What the browsers of `viewer` are told at `now`: as everybody else's, but for who has blocked the caller or has quiet
    /// hours. Their own phone does not ring.
    #[must_use]
    pub fn snapshot_for(&self, viewer: MemberId, now: Timestamp) -> CallSnapshot {
        let mut snapshot = self.snapshot(now);
        if let Some(mine) = snapshot.participants.iter_mut().find(|p| p.member == viewer)
            && self.stays_still(viewer)
        {
            mine.ring_left_ms = None;
        }
        snapshot
    }

    /// Whether no phone of this member rings, though they are rung.
    #[must_use]
    pub fn stays_still(&self, member: MemberId) -> bool {
        self.participant(member).is_some_and(|participant| participant.hushed || participant.quiet)
    }

    /// Whether this member has blocked whoever rings them.
    #[must_use]
    pub fn hushes(&self, member: MemberId) -> bool {
        self.participant(member).is_some_and(|participant| participant.hushed)
    }

    /// What a browser is told at `now`. Of somebody whose phone may have to stay still, ask for
    /// [`snapshot_for`](Call::snapshot_for) them.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> CallSnapshot {
        let talked = match self.state {
            CallState::Active { since } => Some(now.since(since)),
            CallState::Ended { since, at, .. } => Some(at.since(since)),
            CallState::Ringing | CallState::Missed { .. } | CallState::Declined { .. } => None,
        };
        CallSnapshot {
            id: self.id,
            version: self.version,
            as_of: now,
            channel_id: self.channel,
            kind: self.kind,
            initiator: self.initiator,
            audience: self.audience,
            status: self.state.status(),
            end_reason: self.state.end_reason(),
            created_at: self.created,
            talked_ms: talked.map(millis),
            locked: self.locked,
            participants: self
                .participants
                .iter()
                .map(|p| ParticipantSnapshot {
                    member: p.member,
                    status: p.participation.status(),
                    ring_left_ms: p
                        .participation
                        .ring_until()
                        .filter(|until| *until > now)
                        .map(|until| millis(until.since(now))),
                    epoch: p.epoch,
                    devices: u32::try_from(p.rings_on.len()).unwrap_or(u32::MAX),
                    // Whoever blocked the caller does not tell them where they are, or what they do.
                    busy: p.busy && !p.hushed,
                    quiet: p.quiet && !p.hushed,
                    asleep: matches!(p.participation, Participation::Connected { asleep: true, .. }),
                    hand: match p.participation {
                        Participation::Connected { hand, .. } => hand,
                        _ => None,
                    },
                    rung_by: p.rung_by,
                    put_out: p.put_out,
                    prompt: p.prompt,
                    reaction: p.reaction,
                })
                .collect(),
        }
    }
}

impl CallSnapshot {
    /// Whether the call has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self.status, CallStatus::Ringing | CallStatus::Active)
    }

    /// Whether this is a call of many: [`Call::is_group`].
    #[must_use]
    pub fn is_group(&self) -> bool {
        is_group(self.kind, self.participants.iter().map(|p| p.epoch > 0))
    }

    /// Whether this member could come in, if there is room for so many people; or is in it, and could go on with another device.
    ///
    /// # Errors
    /// As the server would answer now.
    pub fn check_way_in(&self, member: MemberId, seats: u32) -> Result<(), CallError> {
        if self.is_connected(member) {
            return Ok(());
        }
        let known = self.participant(member).map(|p| Known {
            put_out: p.put_out,
            rings: p.ring_left_ms.is_some(),
            was_in: p.epoch > 0,
        });
        let full = self.connected() >= usize::try_from(seats).unwrap_or(usize::MAX);
        check_way_in(known, self.audience == Audience::Channel, self.locked, full)
    }

    /// Who rang this member, or would have: who started the call.
    #[must_use]
    pub fn rung_by(&self, member: MemberId) -> MemberId {
        self.participant(member).and_then(|callee| callee.rung_by).unwrap_or(self.initiator)
    }

    /// How long this member's phone goes on ringing; none if it does not ring.
    #[must_use]
    pub fn rings_for(&self, member: MemberId) -> Option<u64> {
        self.participant(member).and_then(|p| p.ring_left_ms)
    }

    /// Whether this member is in the call.
    #[must_use]
    pub fn is_connected(&self, member: MemberId) -> bool {
        self.participant(member).is_some_and(|p| p.status == ParticipantStatus::Connected)
    }

    /// How many people are in the call.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.participants.iter().filter(|p| p.status == ParticipantStatus::Connected).count()
    }

    /// This member's part in the call, if they have one.
    #[must_use]
    pub fn participant(&self, member: MemberId) -> Option<&ParticipantSnapshot> {
        self.participants.iter().find(|p| p.member == member)
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
