//! What follows from what, command by command.

use super::participant::{Callee, DEVICES_MAX, Participant, Participation, Reacted, Sign};
use super::{Audience, Call, CallError, CallState, Effect, EndReason, LONGEST};
use crate::{DeviceId, MemberId, Timestamp};
use std::time::Duration;

impl Call {
    pub(super) fn longest(&self) -> Timestamp {
        self.created + LONGEST
    }

    pub(super) fn next_ring_end(&self) -> Option<Timestamp> {
        self.participants.iter().filter_map(|p| p.participation.ring_until()).min()
    }

    pub(super) fn confirm_ring(mut self, member: MemberId, device: DeviceId) -> Result<Call, CallError> {
        let participant = self.participant_mut(member).ok_or(CallError::NotRinging)?;
        let ring_until = participant.audible_until().ok_or(CallError::NotRinging)?;
        participant.participation = Participation::Ringing { ring_until };
        if participant.rings_on.len() < DEVICES_MAX && !participant.rings_on.contains(&device) {
            participant.rings_on.push(device);
        }
        Ok(self)
    }

    pub(super) fn answer(
        mut self,
        member: MemberId,
        device: DeviceId,
        seats: u32,
        now: Timestamp,
    ) -> Result<Call, CallError> {
        let open_to_all = self.audience == Audience::Channel;
        let (locked, full) = (self.locked, self.is_full(seats));
        match self.participant_mut(member) {
            Some(p) if matches!(p.participation, Participation::Connected { .. }) => {
                let here = p.device == Some(device);
                return Err(if here { CallError::AlreadyAnswered } else { CallError::AnsweredElsewhere });
            }
            Some(p) => {
                let rings = p.participation.ring_until().is_some();
                let known = Known { put_out: p.put_out, rings, was_in: p.was_in() };
                check_way_in(Some(known), open_to_all, locked, full)?;
                p.participation = Participation::connected(now);
                p.epoch += 1;
                p.device = Some(device);
                (p.prompt, p.reaction) = (None, None);
            }
            None => {
                check_way_in(None, open_to_all, locked, full)?;
                self.participants.push(Participant::arrived(member, device, false, now));
            }
        }
        if self.state == CallState::Ringing {
            self.state = CallState::Active { since: now };
        }
        Ok(self)
    }

    pub(super) fn move_to(mut self, member: MemberId, to: DeviceId) -> Result<(Call, Vec<Effect>), CallError> {
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
        participant.prompt = None;
        Ok((self, vec![Effect::Disconnect { member, epoch }]))
    }

    pub(super) fn show(
        mut self,
        member: MemberId,
        device: DeviceId,
        sign: Sign,
        now: Timestamp,
    ) -> Result<Call, CallError> {
        self.check_device(member, device)?;
        let Some(participant) = self.participant_mut(member) else { return Err(CallError::NotInCall) };
        match (sign, &mut participant.participation) {
            (Sign::Asleep(sleeps), Participation::Connected { asleep, .. }) => *asleep = sleeps,
            // Whose hand is up already does not go to the end of the line.
            (Sign::Hand(up), Participation::Connected { hand, .. }) => *hand = up.then(|| hand.unwrap_or(now)),
            (Sign::Reaction(with), _) => {
                let at = after(participant.reaction.map(|reacted| reacted.at), now);
                participant.reaction = Some(Reacted { with, at });
            }
            (Sign::Asleep(_) | Sign::Hand(_), _) => {}
        }
        Ok(self)
    }

    /// Changes nothing for somebody who rings already or is in the call. Who has quiet hours does not ring yet.
    pub(super) fn ring(
        mut self,
        by: MemberId,
        leads: bool,
        callee: Callee,
        guest: bool,
        ring_until: Timestamp,
    ) -> Result<Call, CallError> {
        if self.locked && !leads {
            return Err(CallError::Locked);
        }
        let rung = Participant::rung(by, callee, ring_until, guest);
        match self.participant_mut(callee.member) {
            Some(p) if matches!(p.participation, Participation::Connected { .. }) => {}
            Some(p) if p.participation.ring_until().is_some() && (callee.quiet || !p.quiet) => {}
            Some(p) if p.put_out && !leads => return Err(CallError::PutOut),
            Some(p) => *p = Participant { epoch: p.epoch, device: p.device, guest: p.guest || guest, ..rung },
            None => self.participants.push(rung),
        }
        Ok(self)
    }

    pub(super) fn decline(mut self, member: MemberId, now: Timestamp) -> Result<(Call, Vec<Effect>), CallError> {
        let participant = self.participant_mut(member).ok_or(CallError::NotRinging)?;
        participant.participation.ring_until().ok_or(CallError::NotRinging)?;
        participant.participation = Participation::Declined { at: now };
        Ok(self.settle(now))
    }

    /// Nobody can come back by the way in that this member had.
    pub(super) fn leave(
        mut self,
        member: MemberId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<(Call, Vec<Effect>), CallError> {
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
    pub(super) fn lose(mut self, member: MemberId, now: Timestamp) -> Result<(Call, Vec<Effect>), CallError> {
        self.disconnect(member, now)?;
        Ok(self.end_if_deserted(EndReason::Empty, now))
    }

    pub(super) fn find(mut self, member: MemberId, epoch: u32, seats: u32) -> Result<Call, CallError> {
        let full = self.is_full(seats);
        let may = |p: &&mut Participant| p.epoch == epoch && !p.put_out;
        let participant = self.participant_mut(member).filter(may).ok_or(CallError::NotInCall)?;
        let Participation::Disconnected { since, .. } = participant.participation else {
            return Err(CallError::NotInCall);
        };
        if full {
            return Err(CallError::Full);
        }
        participant.participation = Participation::connected(since);
        Ok(self)
    }

    pub(super) fn remove(mut self, member: MemberId, now: Timestamp) -> Result<(Call, Vec<Effect>), CallError> {
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
        let connected = self.connected().count();
        connected == 0 || (!self.is_group() && connected == 1 && self.next_ring_end().is_none())
    }

    fn is_full(&self, seats: u32) -> bool {
        self.connected().count() >= usize::try_from(seats).unwrap_or(usize::MAX)
    }

    /// Who is in the call.
    pub(super) fn connected(&self) -> impl Iterator<Item = &Participant> {
        self.participants.iter().filter(|p| matches!(p.participation, Participation::Connected { .. }))
    }

    pub(super) fn end(self, reason: EndReason, now: Timestamp) -> (Call, Vec<Effect>) {
        let state = match self.state {
            CallState::Active { since } => CallState::Ended { since, at: now, reason },
            _ => CallState::Missed { at: now, reason },
        };
        self.finish(state, now)
    }

    /// Ends the rings whose time is up, and the call if it has lasted too long.
    pub(super) fn end_what_is_due(mut self, now: Timestamp) -> (Call, Vec<Effect>) {
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

    pub(super) fn participant_mut(&mut self, member: MemberId) -> Option<&mut Participant> {
        self.participants.iter_mut().find(|p| p.member == member)
    }
}

/// Somebody a call knows, who is not in it.
pub(crate) struct Known {
    pub(crate) put_out: bool,
    pub(crate) rings: bool,
    pub(crate) was_in: bool,
}

/// Whether somebody may come in, whom the call knows or not. The server decides by it, and browsers foresee by it.
pub(crate) fn check_way_in(who: Option<Known>, open_to_all: bool, locked: bool, full: bool) -> Result<(), CallError> {
    match who {
        Some(Known { put_out: true, .. }) => Err(CallError::PutOut),
        // Whoever was in it before has only lost their way.
        Some(Known { rings: false, was_in: false, .. }) if locked => Err(CallError::Locked),
        None if !open_to_all => Err(CallError::NotInvited),
        None if locked => Err(CallError::Locked),
        _ if full => Err(CallError::Full),
        Some(_) | None => Ok(()),
    }
}

/// Now, but later than `before`.
pub(super) fn after(before: Option<Timestamp>, now: Timestamp) -> Timestamp {
    before.map_or(now, |before| now.max(before + Duration::from_millis(1)))
}
