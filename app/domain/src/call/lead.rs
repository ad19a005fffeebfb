//! What a coordinator may do in a call of many.

use super::participant::{Participant, Participation, Prompt, Prompted};
use super::steps::after;
use super::{Call, CallError, Effect, EndReason};
use crate::{DeviceId, MemberId, Role, Timestamp};
use serde::{Deserialize, Serialize};

/// What only somebody who leads may do. Nobody can open another's microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lead {
    /// Mute somebody.
    Mute(MemberId),
    /// Mute everybody but oneself.
    MuteOthers,
    /// Ask somebody to unmute.
    AskToUnmute(MemberId),
    /// Take somebody's hand down: they have been heard.
    LowerHand(MemberId),
    /// Put somebody out who is or was in it, or stop their ring. They cannot come back unless one who leads rings them.
    PutOut(MemberId),
    /// Let nobody new in, or let everybody in again.
    Lock(bool),
    /// End the call for everybody.
    EndForAll,
}

/// The one table that says who may lead a call. Of calls between two, nobody does.
///
/// | in a call of many | member | initiator | coordinator | admin |
/// |-------------------|--------|-----------|-------------|-------|
/// | end for all       | no     | yes       | yes         | yes   |
/// | everything else   | no     | no        | yes         | yes   |
#[must_use]
pub fn may_lead(role: Role, is_initiator: bool, is_group: bool, act: Lead) -> bool {
    is_group && (role.leads() || (is_initiator && act == Lead::EndForAll))
}

impl Call {
    pub(super) fn lead(
        mut self,
        by: MemberId,
        device: DeviceId,
        act: Lead,
        now: Timestamp,
    ) -> Result<(Call, Vec<Effect>), CallError> {
        self.check_device(by, device)?;
        match act {
            Lead::Mute(member) => {
                let epoch = self.prompt(member, Prompted::Mute, by, now)?;
                Ok((self, vec![Effect::Mute { member, epoch }]))
            }
            Lead::MuteOthers => {
                let others: Vec<_> = self.connected().map(|p| p.member).filter(|member| *member != by).collect();
                let mut effects = vec![];
                for member in others {
                    let epoch = self.prompt(member, Prompted::Mute, by, now)?;
                    effects.push(Effect::Mute { member, epoch });
                }
                Ok((self, effects))
            }
            Lead::AskToUnmute(member) => {
                self.prompt(member, Prompted::Unmute, by, now)?;
                Ok((self, vec![]))
            }
            Lead::LowerHand(member) => {
                if let Participation::Connected { hand, .. } = &mut self.present(member)?.participation {
                    *hand = None;
                }
                Ok((self, vec![]))
            }
            Lead::PutOut(member) => self.put_out(member, by, now),
            Lead::Lock(locked) => {
                self.locked = locked;
                Ok((self, vec![]))
            }
            Lead::EndForAll => Ok(self.end(EndReason::Removed, now)),
        }
    }

    /// Which connection that was.
    fn prompt(&mut self, member: MemberId, what: Prompted, by: MemberId, now: Timestamp) -> Result<u32, CallError> {
        let participant = self.present(member)?;
        let at = after(participant.prompt.map(|prompt| prompt.at), now);
        participant.prompt = Some(Prompt { what, by, at });
        Ok(participant.epoch)
    }

    fn put_out(mut self, member: MemberId, by: MemberId, now: Timestamp) -> Result<(Call, Vec<Effect>), CallError> {
        // To leave is a thing of its own.
        let may = |p: &&mut Participant| member != by && !p.put_out;
        let participant = self.participant_mut(member).filter(may).ok_or(CallError::NotInCall)?;
        participant.put_out = true;
        let gone = matches!(participant.participation, Participation::Disconnected { .. });
        // Who has left already does not come back.
        if gone { Ok((self, vec![])) } else { self.remove(member, now) }
    }

    fn present(&mut self, member: MemberId) -> Result<&mut Participant, CallError> {
        let is_here = self.is_connected(member);
        self.participant_mut(member).filter(|_| is_here).ok_or(CallError::NotInCall)
    }
}
