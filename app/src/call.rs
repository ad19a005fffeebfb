//! What people see of calls: the button that starts one, the ring, and the call itself.

mod active_call;
mod add_people;
mod after_call;
mod arrivals;
mod call_button;
mod call_controls;
mod call_picker;
mod call_sheet;
mod control;
mod face;
mod focus;
mod incoming_call;
mod loaded;
mod moving;
mod mute_notes;
mod notes;
mod order;
mod participants;
mod people;
mod person_sheet;
mod phase_shown;
mod pick_people;
mod picture;
mod quiet_note;
mod ring_notice;
mod ring_sound;
#[cfg(test)]
pub(crate) mod sample;
mod seen;
mod shortcuts;
mod signs;
mod sound_choice;
mod standing;
mod trouble;
mod words;

pub(crate) use active_call::ActiveCallScreen;
pub(crate) use arrivals::{Arrivals, ReturnNotice};
pub(crate) use call_button::{CallButton, ListenOnlyNote};
pub(crate) use incoming_call::IncomingCallOverlay;
pub(crate) use pick_people::PickPeople;
pub(crate) use ring_notice::RingNotice;
pub(crate) use ring_sound::RingSound;
pub(crate) use trouble::CallTrouble;

use crate::state::Phase;
use domain::{CallSnapshot, ChannelId};

impl Phase {
    /// The call this tab is in, or was in until a moment ago, once the server has made one.
    pub(crate) fn call(&self) -> Option<&CallSnapshot> {
        match self {
            Phase::Idle | Phase::Starting(_) | Phase::RingingIn(_) => None,
            Phase::RingingOut(call) | Phase::Connecting(call) | Phase::InCall(call) | Phase::Reconnecting(call) => {
                Some(call)
            }
            Phase::Ended(ending) => Some(&ending.call),
        }
    }

    /// Where the call goes on that this browser is in, or about to be in.
    pub(crate) fn busy_in(&self) -> Option<ChannelId> {
        match self {
            Phase::Idle | Phase::RingingIn(_) | Phase::Ended(_) => None,
            Phase::Starting(channel) => Some(*channel),
            Phase::RingingOut(call) | Phase::Connecting(call) | Phase::InCall(call) | Phase::Reconnecting(call) => {
                Some(call.channel_id)
            }
        }
    }
}
