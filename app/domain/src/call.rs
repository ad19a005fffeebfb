//! The call: one state machine for direct, group and parish calls.
//!
//! A call is a value. [`Call::apply`] consumes it and gives back the next one with the [`Effect`]s to carry out, or says
//! why not. Nothing here waits: [`Call::deadline`] answers when [`Command::Tick`] is due.
//!
//! What must stay true (tested below as properties):
//! - over is over: no command changes a call that has ended;
//! - every ring ends, at the latest at its own `ring_until`;
//! - a call is ringing only while its initiator waits in it and somebody's ring goes on;
//! - nobody is connected to a call that is over;
//! - a member's epoch never falls, and whoever hung up or was taken out has none that still counts.

mod lead;
mod participant;
mod steps;

pub use lead::{Lead, may_lead};
pub use participant::{
    Callee, DEVICES_MAX, Participant, Participation, Prompt, Prompted, Reacted, Reaction, RingChange, Sign,
};
pub(crate) use steps::{Known, check_way_in};

use crate::{CallId, ChannelId, ChannelKind, DeviceId, MemberId, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// No call lasts longer: by then it was forgotten rather than meant.
pub const LONGEST: Duration = Duration::from_secs(60 * 60 * 12);

/// Who may see and join a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Everybody in the channel. Live calls of this kind are unique per channel.
    Channel,
    /// Only its participants: people picked in the parish channel.
    Invited,
}

/// Why a call is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Somebody hung up.
    Hangup,
    /// The initiator gave up before anybody answered.
    Cancelled,
    /// Everybody declined.
    Declined,
    /// Nobody answered in time.
    Missed,
    /// The voice server lost who was left in it.
    Empty,
    /// It never got going.
    Failed,
    /// The voice server could not be reached for too long.
    MediaLost,
    /// Somebody who may ended it for all, or it lost its channel.
    Removed,
    /// It ran into the cap on a call's length.
    Expired,
}

/// Where a call stands. Each state carries exactly the data that is valid in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallState {
    /// The initiator waits and somebody's ring goes on.
    Ringing,
    /// Somebody has answered.
    Active {
        /// The first answer.
        since: Timestamp,
    },
    /// People talked, and it is over.
    Ended {
        /// The first answer.
        since: Timestamp,
        /// The end.
        at: Timestamp,
        /// Why it ended.
        reason: EndReason,
    },
    /// Nobody answered: no one in time, or the initiator gave up.
    Missed {
        /// The end.
        at: Timestamp,
        /// [`EndReason::Missed`], [`EndReason::Cancelled`] or what else kept it from being answered.
        reason: EndReason,
    },
    /// Everybody declined.
    Declined {
        /// The last refusal.
        at: Timestamp,
    },
}

/// A call. Only [`Call::start`] and [`Call::apply`] make one; the store gives back what they made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which one.
    pub id: CallId,
    /// Where it was started.
    pub channel: ChannelId,
    /// What kind of channel that is: a call between two in a direct channel ends when either leaves.
    pub kind: ChannelKind,
    /// Who started it.
    pub initiator: MemberId,
    /// Who may see and join it.
    pub audience: Audience,
    /// When it was started.
    pub created: Timestamp,
    /// Where it stands.
    pub state: CallState,
    /// Nobody new may come in, but whose phone rings: then, or later because one who leads rings them.
    pub locked: bool,
    /// Everybody who is or was part of it, in the order they came to be.
    pub participants: Vec<Participant>,
    /// Rises by one with every saved change; the store refuses a save that is based on an older one.
    pub version: u32,
}

/// What is needed to start a call.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// A fresh id.
    pub id: CallId,
    /// Where.
    pub channel: ChannelId,
    /// What kind of channel that is.
    pub kind: ChannelKind,
    /// Who calls.
    pub initiator: MemberId,
    /// From which of their devices.
    pub device: DeviceId,
    /// Who may see and join it.
    pub audience: Audience,
    /// Who is called.
    pub callees: Callees,
}

/// Who is called when a call starts.
#[derive(Debug, Clone)]
pub enum Callees {
    /// These people's phones ring for so long. The initiator and doubles are passed over.
    Ring(Vec<Callee>, Duration),
    /// Nobody's phone rings: whoever sees the call may join. It goes on from the first moment.
    Gather,
}

/// What can happen to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// A device of this member shows the ring.
    ConfirmRing {
        /// Whose.
        member: MemberId,
        /// Which.
        device: DeviceId,
    },
    /// Answer a ring, or join a call that goes on.
    Answer {
        /// Who.
        member: MemberId,
        /// From which of their devices.
        device: DeviceId,
        /// So many people there is room for.
        seats: u32,
    },
    /// Refuse a ring.
    Decline(MemberId),
    /// Hang up: cancels before an answer, ends a direct call, leaves a group call.
    Leave {
        /// Who.
        member: MemberId,
        /// The device that hangs up: another one cannot do it for it. None hangs up whichever it is.
        device: Option<DeviceId>,
    },
    /// Go on talking from another device.
    Move {
        /// Who.
        member: MemberId,
        /// The device that takes over.
        to: DeviceId,
    },
    /// Show the others something.
    Show {
        /// Who.
        member: MemberId,
        /// With which of their devices: only the one they talk with counts.
        device: DeviceId,
        /// What.
        sign: Sign,
    },
    /// Ring somebody more, or ring somebody again.
    Ring {
        /// Who wants it: must be in the call.
        by: MemberId,
        /// Whether they lead it ([`may_lead`]): a lock does not keep them from it, nor that somebody was put out.
        leads: bool,
        /// Whose phone.
        callee: Callee,
        /// Whether they see the call only because of this.
        guest: bool,
        /// How long.
        ring_for: Duration,
    },
    /// The voice server has lost this connection. News about an earlier connection changes nothing.
    Lost {
        /// Who.
        member: MemberId,
        /// Which of their connections.
        epoch: u32,
    },
    /// A connection that was lost is there again. Their seat may have been taken meanwhile.
    Found {
        /// Who.
        member: MemberId,
        /// Which of their connections.
        epoch: u32,
        /// So many people there is room for.
        seats: u32,
    },
    /// What only somebody who leads may do ([`may_lead`]).
    Lead {
        /// Who: must be in the call.
        by: MemberId,
        /// With which of their devices: only the one they talk with counts.
        device: DeviceId,
        /// What.
        act: Lead,
    },
    /// This member may not be here any more.
    Remove(MemberId),
    /// Nobody hung up, and yet it is over.
    End(EndReason),
    /// Time has passed.
    Tick,
}

/// What a change wants done outside of the call. Recorded in the transaction that saves the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// There is something to join, or to remember: write the call's card into the timeline, unless it is there already.
    PostCard,
    /// The call is over: take its audio off the voice server.
    CloseAudio,
    /// This member left while others stay: take their connection off the voice server.
    Disconnect {
        /// Who.
        member: MemberId,
        /// Which of their connections.
        epoch: u32,
    },
    /// Close the microphone of this connection on the voice server, too.
    Mute {
        /// Whose.
        member: MemberId,
        /// Which of their connections.
        epoch: u32,
    },
}

/// Why a command cannot be carried out. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CallError {
    /// There is nobody to ring.
    #[error("there is nobody to call")]
    NobodyToCall,
    /// The call has ended.
    #[error("the call is over")]
    Over,
    /// This member is in the call already.
    #[error("already answered")]
    AlreadyAnswered,
    /// This member is in the call with another of their devices.
    #[error("answered on another device")]
    AnsweredElsewhere,
    /// This member's phone does not ring for the call.
    #[error("not ringing")]
    NotRinging,
    /// This member is not in the call.
    #[error("not in the call")]
    NotInCall,
    /// This call is only for those who were invited.
    #[error("not invited")]
    NotInvited,
    /// Nobody new may come in.
    #[error("the call is locked")]
    Locked,
    /// There is no room for one more.
    #[error("the call is full")]
    Full,
    /// Somebody who leads has put this member out of the call.
    #[error("put out of the call")]
    PutOut,
}

impl Call {
    /// A new call: the initiator waits in it, everybody else's phone is told to ring, if that is wanted.
    ///
    /// # Errors
    /// [`CallError::NobodyToCall`] if no callee is left besides the initiator.
    pub fn start(new: NewCall, now: Timestamp) -> Result<(Call, Vec<Effect>), CallError> {
        let guest = new.audience == Audience::Invited;
        let mut participants = vec![Participant::arrived(new.initiator, new.device, guest, now)];
        let state = match new.callees {
            Callees::Gather => CallState::Active { since: now },
            Callees::Ring(callees, ring_for) => {
                for callee in callees {
                    if participants.iter().all(|p| p.member != callee.member) {
                        participants.push(Participant::rung(new.initiator, callee, now + ring_for, guest));
                    }
                }
                if participants.len() == 1 {
                    return Err(CallError::NobodyToCall);
                }
                CallState::Ringing
            }
        };
        let call = Call {
            id: new.id,
            channel: new.channel,
            kind: new.kind,
            initiator: new.initiator,
            audience: new.audience,
            created: now,
            state,
            locked: false,
            participants,
            version: 0,
        };
        let effects = if call.is_group() { vec![Effect::PostCard] } else { vec![] };
        Ok((call, effects))
    }

    /// Carries out one command. What is over by `now` ends first, so a late answer cannot win against the clock.
    ///
    /// # Errors
    /// See [`CallError`]; the call is then as it was.
    pub fn apply(self, command: Command, now: Timestamp) -> Result<(Call, Vec<Effect>), CallError> {
        if self.is_over() {
            return Err(CallError::Over);
        }
        let (call, mut effects) = self.end_what_is_due(now);
        if call.is_over() {
            return if command == Command::Tick { Ok((call, effects)) } else { Err(CallError::Over) };
        }
        let was_group = call.is_group();
        let (call, more) = match command {
            Command::Tick => (call, vec![]),
            Command::ConfirmRing { member, device } => (call.confirm_ring(member, device)?, vec![]),
            Command::Answer { member, device, seats } => (call.answer(member, device, seats, now)?, vec![]),
            Command::Decline(member) => call.decline(member, now)?,
            Command::Leave { member, device } => {
                if let Some(device) = device {
                    call.check_device(member, device)?;
                }
                call.leave(member, EndReason::Hangup, now)?
            }
            Command::Move { member, to } => call.move_to(member, to)?,
            Command::Show { member, device, sign } => (call.show(member, device, sign, now)?, vec![]),
            Command::Ring { by, leads, callee, guest, ring_for } => {
                if !call.is_connected(by) {
                    return Err(CallError::NotInCall);
                }
                (call.ring(by, leads, callee, guest, now + ring_for)?, vec![])
            }
            Command::Lead { by, device, act } => call.lead(by, device, act, now)?,
            Command::Lost { member, epoch } => {
                if call.participant(member).is_none_or(|participant| participant.epoch != epoch) {
                    return Err(CallError::NotInCall);
                }
                call.lose(member, now)?
            }
            Command::Found { member, epoch, seats } => (call.find(member, epoch, seats)?, vec![]),
            Command::Remove(member) => call.remove(member, now)?,
            Command::End(reason) => call.end(reason, now),
        };
        effects.extend(more);
        // A call of two has become one of more: now there is something to join.
        if call.is_group() && !was_group && !effects.contains(&Effect::PostCard) {
            effects.push(Effect::PostCard);
        }
        Ok((call, effects))
    }

    /// Whether this is a call of many: not of two in a chat of their own. It becomes one once a third comes in, and stays it.
    #[must_use]
    pub fn is_group(&self) -> bool {
        is_group(self.kind, self.participants.iter().map(Participant::was_in))
    }

    /// What has happened to phones since `before`; without it, since before the call.
    #[must_use]
    pub fn ring_changes(&self, before: Option<&Call>) -> Vec<RingChange> {
        let rang = |member| before.and_then(|call| call.participant(member)).and_then(Participant::audible_until);
        let change = |p: &Participant| match (rang(p.member), p.audible_until()) {
            (None, Some(until)) => Some(RingChange::Begins { member: p.member, until }),
            // The last ring was over, and nobody had looked: they ring anew.
            (Some(old), Some(until)) if old != until => Some(RingChange::Begins { member: p.member, until }),
            (Some(_), None) => Some(RingChange::Over { member: p.member }),
            (None, None) | (Some(_), Some(_)) => None,
        };
        self.participants.iter().filter_map(change).collect()
    }

    /// When the next [`Command::Tick`] is due; none if nothing ends by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        if self.is_over() {
            return None;
        }
        Some(self.next_ring_end().map_or(self.longest(), |ring_end| ring_end.min(self.longest())))
    }

    /// Whether the call has ended, one way or another.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match self.state {
            CallState::Ringing | CallState::Active { .. } => false,
            CallState::Ended { .. } | CallState::Missed { .. } | CallState::Declined { .. } => true,
        }
    }

    /// This member's part in the call, if they have one.
    #[must_use]
    pub fn participant(&self, member: MemberId) -> Option<&Participant> {
        self.participants.iter().find(|p| p.member == member)
    }

    /// Whether this member is in the call right now.
    #[must_use]
    pub fn is_connected(&self, member: MemberId) -> bool {
        self.participant(member).is_some_and(|p| matches!(p.participation, Participation::Connected { .. }))
    }

    /// Whether this member is in the call with this device and no other.
    ///
    /// # Errors
    /// [`CallError::NotInCall`], [`CallError::AnsweredElsewhere`].
    pub fn check_device(&self, member: MemberId, device: DeviceId) -> Result<&Participant, CallError> {
        let participant = self.participant(member).filter(|_| self.is_connected(member)).ok_or(CallError::NotInCall)?;
        // Whoever came in before devices were known is taken at their word.
        let here = participant.device.is_none_or(|known| known == device);
        if here { Ok(participant) } else { Err(CallError::AnsweredElsewhere) }
    }
}

/// See [`Call::is_group`].
pub(crate) fn is_group(kind: ChannelKind, were_in: impl Iterator<Item = bool>) -> bool {
    kind != ChannelKind::Direct || were_in.filter(|was_in| *was_in).count() > 2
}

#[cfg(test)]
mod tests;
