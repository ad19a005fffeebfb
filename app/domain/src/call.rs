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

    fn missed(&self, at: Timestamp) -> Option<Participation> {
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
}

impl From<MemberId> for Callee {
    fn from(member: MemberId) -> Self {
        Callee { member, hushed: false, busy: false }
    }
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
    /// The devices that have confirmed the ring, at most [`DEVICES_MAX`].
    pub rings_on: Vec<DeviceId>,
}

/// So many devices of one member are counted.
pub const DEVICES_MAX: usize = 8;

impl Participant {
    /// Somebody whose ring begins.
    fn rung(callee: Callee, ring_until: Timestamp, guest: bool) -> Participant {
        let Callee { member, hushed, busy } = callee;
        let participation = Participation::Invited { ring_until };
        Participant { member, participation, epoch: 0, device: None, guest, hushed, busy, rings_on: vec![] }
    }

    /// Somebody who comes in.
    fn arrived(member: MemberId, device: DeviceId, guest: bool, now: Timestamp) -> Participant {
        Participant {
            member,
            participation: Participation::Connected { since: now, asleep: false },
            epoch: 1,
            device: Some(device),
            guest,
            hushed: false,
            busy: false,
            rings_on: vec![],
        }
    }

    /// When their phones stop ringing, if they do ring.
    #[must_use]
    pub fn audible_until(&self) -> Option<Timestamp> {
        self.participation.ring_until().filter(|_| !self.hushed)
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
    /// Whose phones ring. The initiator and doubles are passed over.
    pub callees: Vec<Callee>,
    /// How long they ring.
    pub ring_for: Duration,
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
    /// A member's phone has gone to sleep in the call, or is awake again.
    Sleep {
        /// Whose.
        member: MemberId,
        /// Which of their devices: only the one they talk with counts.
        device: DeviceId,
        /// Whether it sleeps.
        asleep: bool,
    },
    /// Ring somebody more, or ring somebody again.
    Ring {
        /// Who wants it: must be in the call.
        by: MemberId,
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
    /// A connection that was lost is there again.
    Found {
        /// Who.
        member: MemberId,
        /// Which of their connections.
        epoch: u32,
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
    /// The call is over: write its card into the timeline.
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
}

impl Call {
    /// A new call: the initiator waits in it, everybody else's phone is told to ring.
    ///
    /// # Errors
    /// [`CallError::NobodyToCall`] if no callee is left besides the initiator.
    pub fn start(new: NewCall, now: Timestamp) -> Result<Call, CallError> {
        let guest = new.audience == Audience::Invited;
        let mut participants = vec![Participant::arrived(new.initiator, new.device, guest, now)];
        for callee in new.callees {
            if participants.iter().all(|p| p.member != callee.member) {
                participants.push(Participant::rung(callee, now + new.ring_for, guest));
            }
        }
        if participants.len() == 1 {
            return Err(CallError::NobodyToCall);
        }
        Ok(Call {
            id: new.id,
            channel: new.channel,
            kind: new.kind,
            initiator: new.initiator,
            audience: new.audience,
            created: now,
            state: CallState::Ringing,
            participants,
            version: 0,
        })
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
        let (call, more) = match command {
            Command::Tick => (call, vec![]),
            Command::ConfirmRing { member, device } => (call.confirm_ring(member, device)?, vec![]),
            Command::Answer { member, device } => (call.answer(member, device, now)?, vec![]),
            Command::Decline(member) => call.decline(member, now)?,
            Command::Leave { member, device } => {
                if let Some(device) = device {
                    call.check_device(member, device)?;
                }
                call.leave(member, EndReason::Hangup, now)?
            }
            Command::Move { member, to } => call.move_to(member, to)?,
            Command::Sleep { member, device, asleep } => (call.sleep(member, device, asleep)?, vec![]),
            Command::Ring { by, callee, guest, ring_for } => {
                if !call.is_connected(by) {
                    return Err(CallError::NotInCall);
                }
                (call.ring(callee, guest, now + ring_for), vec![])
            }
            Command::Lost { member, epoch } => {
                if call.participant(member).is_none_or(|participant| participant.epoch != epoch) {
                    return Err(CallError::NotInCall);
                }
                call.lose(member, now)?
            }
            Command::Found { member, epoch } => (call.find(member, epoch)?, vec![]),
            Command::Remove(member) => call.remove(member, now)?,
            Command::End(reason) => call.end(reason, now),
        };
        effects.extend(more);
        Ok((call, effects))
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

    fn longest(&self) -> Timestamp {
        self.created + LONGEST
    }

    fn next_ring_end(&self) -> Option<Timestamp> {
        self.participants.iter().filter_map(|p| p.participation.ring_until()).min()
    }

    fn confirm_ring(mut self, member: MemberId, device: DeviceId) -> Result<Call, CallError> {
        let participant = self.participant_mut(member).ok_or(CallError::NotRinging)?;
        let ring_until = participant.audible_until().ok_or(CallError::NotRinging)?;
        participant.participation = Participation::Ringing { ring_until };
        if participant.rings_on.len() < DEVICES_MAX && !participant.rings_on.contains(&device) {
            participant.rings_on.push(device);
        }
        Ok(self)
    }

    fn answer(mut self, member: MemberId, device: DeviceId, now: Timestamp) -> Result<Call, CallError> {
        let participation = Participation::Connected { since: now, asleep: false };
        let open_to_all = self.audience == Audience::Channel;
        match self.participant_mut(member) {
            Some(p) if matches!(p.participation, Participation::Connected { .. }) => {
                let here = p.device == Some(device);
                return Err(if here { CallError::AlreadyAnswered } else { CallError::AnsweredElsewhere });
            }
            Some(p) => {
                p.participation = participation;
                p.epoch += 1;
                p.device = Some(device);
            }
            None if open_to_all => self.participants.push(Participant::arrived(member, device, false, now)),
            None => return Err(CallError::NotInvited),
        }
        if self.state == CallState::Ringing {
            self.state = CallState::Active { since: now };
        }
        Ok(self)
    }

    fn move_to(mut self, member: MemberId, to: DeviceId) -> Result<(Call, Vec<Effect>), CallError> {
        if !self.is_connected(member) {
            return Err(CallError::NotInCall);
        }
        let Some(participant) = self.participant_mut(member).filter(|p| p.device != Some(to)) else {
            return Ok((self, vec![]));
        };
        let epoch = participant.epoch;
        participant.epoch += 1;
        participant.device = Some(to);
        if let Participation::Connected { asleep, .. } = &mut participant.participation {
            *asleep = false;
        }
        Ok((self, vec![Effect::Disconnect { member, epoch }]))
    }

    fn sleep(mut self, member: MemberId, device: DeviceId, sleeps: bool) -> Result<Call, CallError> {
        self.check_device(member, device)?;
        if let Some(Participant { participation: Participation::Connected { asleep, .. }, .. }) =
            self.participant_mut(member)
        {
            *asleep = sleeps;
        }
        Ok(self)
    }

    /// Changes nothing for somebody who rings already or is in the call.
    fn ring(mut self, callee: Callee, guest: bool, ring_until: Timestamp) -> Call {
        let rung = Participant::rung(callee, ring_until, guest);
        match self.participant_mut(callee.member) {
            Some(p) if matches!(p.participation, Participation::Connected { .. }) => {}
            Some(p) if p.participation.ring_until().is_some() => {}
            Some(p) => *p = Participant { epoch: p.epoch, device: p.device, guest: p.guest || guest, ..rung },
            None => self.participants.push(rung),
        }
        self
    }

    fn decline(mut self, member: MemberId, now: Timestamp) -> Result<(Call, Vec<Effect>), CallError> {
        let participant = self.participant_mut(member).ok_or(CallError::NotRinging)?;
        participant.participation.ring_until().ok_or(CallError::NotRinging)?;
        participant.participation = Participation::Declined { at: now };
        Ok(self.settle(now))
    }

    /// Nobody can come back by the way in that this member had.
    fn leave(mut self, member: MemberId, reason: EndReason, now: Timestamp) -> Result<(Call, Vec<Effect>), CallError> {
        let epoch = self.disconnect(member, now)?;
        if let Some(participant) = self.participant_mut(member) {
            participant.epoch += 1;
        }
        let (call, mut effects) = self.end_if_deserted(reason, now);
        if !call.is_over() {
            effects.push(Effect::Disconnect { member, epoch });
        }
        Ok((call, effects))
    }

    /// Whose connection was lost may come back by the same way.
    fn lose(mut self, member: MemberId, now: Timestamp) -> Result<(Call, Vec<Effect>), CallError> {
        self.disconnect(member, now)?;
        Ok(self.end_if_deserted(EndReason::Empty, now))
    }

    fn find(mut self, member: MemberId, epoch: u32) -> Result<Call, CallError> {
        let participant = self.participant_mut(member).filter(|p| p.epoch == epoch).ok_or(CallError::NotInCall)?;
        let Participation::Disconnected { since, .. } = participant.participation else {
            return Err(CallError::NotInCall);
        };
        participant.participation = Participation::Connected { since, asleep: false };
        Ok(self)
    }

    fn remove(mut self, member: MemberId, now: Timestamp) -> Result<(Call, Vec<Effect>), CallError> {
        let participant = self.participant_mut(member).ok_or(CallError::NotInCall)?;
        if let Some(missed) = participant.participation.missed(now) {
            participant.participation = missed;
            return Ok(self.settle(now));
        }
        self.leave(member, EndReason::Removed, now)
    }

    /// Which connection that was.
    fn disconnect(&mut self, member: MemberId, now: Timestamp) -> Result<u32, CallError> {
        let participant = self.participant_mut(member).ok_or(CallError::NotInCall)?;
        let Participation::Connected { since, .. } = participant.participation else {
            return Err(CallError::NotInCall);
        };
        participant.participation = Participation::Disconnected { since, until: now };
        Ok(participant.epoch)
    }

    /// After somebody left. `reason` is what ends the call, should this end it.
    fn end_if_deserted(self, reason: EndReason, now: Timestamp) -> (Call, Vec<Effect>) {
        match self.state {
            // Only the initiator is in a call that rings.
            CallState::Ringing if reason == EndReason::Hangup => self.end(EndReason::Cancelled, now),
            CallState::Ringing => self.end(reason, now),
            CallState::Active { .. } if self.is_deserted() => self.end(reason, now),
            _ => (self, vec![]),
        }
    }

    /// Nobody is left; or, of people who were two to begin with, one who waits for nobody.
    fn is_deserted(&self) -> bool {
        let connected = self.participants.iter().filter(|p| self.is_connected(p.member)).count();
        connected == 0 || (self.kind == ChannelKind::Direct && connected == 1 && self.next_ring_end().is_none())
    }

    fn end(self, reason: EndReason, now: Timestamp) -> (Call, Vec<Effect>) {
        let state = match self.state {
            CallState::Active { since } => CallState::Ended { since, at: now, reason },
            _ => CallState::Missed { at: now, reason },
        };
        self.finish(state, now)
    }

    /// Ends the rings whose time is up, and the call if it has lasted too long.
    fn end_what_is_due(mut self, now: Timestamp) -> (Call, Vec<Effect>) {
        if self.longest() <= now {
            return self.end(EndReason::Expired, now);
        }
        for participant in &mut self.participants {
            if participant.participation.ring_until().is_some_and(|until| until <= now) {
                participant.participation = participant.participation.missed(now).unwrap_or(participant.participation);
            }
        }
        self.settle(now)
    }

    /// A ringing call in which nobody's phone rings any more is over; so is a talk of which one is left who waits for nobody.
    fn settle(self, now: Timestamp) -> (Call, Vec<Effect>) {
        if matches!(self.state, CallState::Active { .. }) && self.is_deserted() {
            return self.end(EndReason::Hangup, now);
        }
        if self.state != CallState::Ringing || self.next_ring_end().is_some() {
            return (self, vec![]);
        }
        let mut callees = self.participants.iter().filter(|p| p.member != self.initiator);
        let state = if callees.all(|p| matches!(p.participation, Participation::Declined { .. })) {
            CallState::Declined { at: now }
        } else {
            CallState::Missed { at: now, reason: EndReason::Missed }
        };
        self.finish(state, now)
    }

    fn finish(mut self, state: CallState, now: Timestamp) -> (Call, Vec<Effect>) {
        for participant in &mut self.participants {
            participant.participation = match participant.participation {
                Participation::Connected { since, .. } => Participation::Disconnected { since, until: now },
                other => other.missed(now).unwrap_or(other),
            };
        }
        self.state = state;
        (self, vec![Effect::PostCard, Effect::CloseAudio])
    }

    fn participant_mut(&mut self, member: MemberId) -> Option<&mut Participant> {
        self.participants.iter_mut().find(|p| p.member == member)
    }
}

#[cfg(test)]
mod tests;
