//! A call as the list of calls shows it: what is remembered of it for one member.

use crate::{
    Audience, Call, CallId, CallStatus, ChannelId, ChannelKind, EndReason, MemberId, Participation, Timestamp,
};
use serde::{Deserialize, Serialize};

/// So many calls of the list are given at once: fewer mean that there is nothing earlier.
pub const RECORDS_AT_ONCE: usize = 30;

/// So many people of a call are named. The others are counted.
const NAMED: usize = 6;

/// What a member had to do with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// They started it.
    Outgoing,
    /// It rings for them, or they came in.
    Incoming,
    /// Their phone rang, and they did not answer.
    Missed,
    /// They said no.
    Declined,
    /// Nothing: their phone did not ring, and they did not come in.
    Apart,
}

/// A call as one member remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRecord {
    /// Which call; later calls have greater ids.
    pub id: CallId,
    /// Where it was started.
    pub channel: ChannelId,
    /// What kind of channel that is.
    pub kind: ChannelKind,
    /// Who was meant to join it.
    pub audience: Audience,
    /// Who rang the member, or else who started it.
    pub caller: MemberId,
    /// When it was started.
    pub began_at: Timestamp,
    /// Where it stands.
    pub status: CallStatus,
    /// Why it is over.
    pub end_reason: Option<EndReason>,
    /// Seconds that people talked; none if nobody answered, or as long as they do.
    pub duration: Option<u32>,
    /// What the member had to do with it.
    pub part: Part,
    /// How many were ever in it.
    pub people: u32,
    /// The first of those who were in it, but for the member; of those who were rung, if nobody else came.
    pub others: Vec<MemberId>,
    /// How many more there were of these.
    pub more: u32,
}

impl Call {
    /// What a member remembers of the call.
    #[must_use]
    pub fn record_for(&self, viewer: MemberId) -> CallRecord {
        let snapshot = self.snapshot_for(viewer, self.created);
        let part = self.part_of(viewer);
        let others = || self.participants.iter().filter(|other| other.member != viewer);
        let came: Vec<MemberId> = others().filter(|other| other.was_in()).map(|other| other.member).collect();
        let others = if came.is_empty() { others().map(|other| other.member).collect() } else { came };
        CallRecord {
            id: self.id,
            channel: self.channel,
            kind: self.kind,
            audience: self.audience,
            caller: if part == Part::Outgoing { viewer } else { snapshot.rung_by(viewer) },
            began_at: self.created,
            status: snapshot.status,
            end_reason: snapshot.end_reason,
            duration: snapshot.talked_ms.filter(|_| self.is_over()).map(|ms| count(ms / 1_000)),
            part,
            people: count(self.participants.iter().filter(|participant| participant.was_in()).count()),
            more: count(others.len().saturating_sub(NAMED)),
            others: others.into_iter().take(NAMED).collect(),
        }
    }

    /// Whether this member has a missed call. Whoever has blocked the one who rang has not.
    #[must_use]
    pub fn is_missed_by(&self, member: MemberId) -> bool {
        self.participant(member)
            .is_some_and(|callee| matches!(callee.participation, Participation::Missed { .. }) && !callee.hushed)
    }

    /// Who has missed the call and had not before, or has no more, since their phone rings again.
    #[must_use]
    pub fn misses_changed(&self, before: &Call) -> Vec<MemberId> {
        let members = self.participants.iter().map(|participant| participant.member);
        members.filter(|member| self.is_missed_by(*member) != before.is_missed_by(*member)).collect()
    }

    fn part_of(&self, member: MemberId) -> Part {
        let Some(participant) = self.participant(member) else { return Part::Apart };
        match participant.participation {
            _ if self.is_missed_by(member) => Part::Missed,
            _ if member == self.initiator => Part::Outgoing,
            _ if participant.was_in() || participant.audible_until().is_some() => Part::Incoming,
            Participation::Declined { .. } => Part::Declined,
            _ => Part::Apart,
        }
    }
}

impl CallRecord {
    /// Whether the call has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self.status, CallStatus::Ringing | CallStatus::Active)
    }
}

fn count(number: impl TryInto<u32>) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}
