//! Which call this tab's audio belongs to, and how well that goes: a state machine without a browser.
//!
//! [`Machine::apply`] takes what happened and gives back the next machine with the [`Effect`]s to carry out. It asks no
//! clock, waits for nothing and sends nothing. What is sent carries the number of the attempt it was sent for, and what
//! comes home with another number than the current one comes too late: a seat is given back, anything else is forgotten.

use crate::error::Problem;
use domain::{Access, CallId, ChannelId, MemberId};
use livekit::Link;

mod steps;
#[cfg(test)]
mod tests;

/// A call somebody wants to be in.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    /// A new one: with everybody of the channel, or the picked `targets` of a parish channel; without targets, one that rings
    /// nobody.
    Start { channel: ChannelId, targets: Option<Vec<MemberId>> },
    /// One that rings, or goes on.
    Answer(CallId),
    /// One that they are in already, on another device or from before.
    Move(CallId),
}

impl Wanted {
    /// The call, if there is one yet.
    pub(super) fn call(&self) -> Option<CallId> {
        match self {
            Wanted::Start { .. } => None,
            Wanted::Answer(call) | Wanted::Move(call) => Some(*call),
        }
    }
}

/// Where this tab stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum State {
    /// In no call.
    #[default]
    None,
    /// The tap was a moment ago, and the server has not given us a seat yet.
    Asking {
        wanted: Wanted,
        /// The call this tab was in until the tap, and is in again if it is refused.
        left: Option<CallId>,
    },
    In {
        call: CallId,
        audio: Audio,
    },
    /// Over, and shown for a moment.
    Ended(CallId),
}

/// How the audio of a call goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Audio {
    /// It is on its way for the first time.
    Joining,
    Flowing,
    /// Lost; the client repairs its connection by itself.
    Repairing,
    /// The connection is there again, and we listen whether it carries sound. A `fresh` one is believed in the end.
    Listening {
        fresh: bool,
    },
    /// Lost, and made anew with a fresh token.
    Rejoining {
        since: f64,
        tries: usize,
        step: Step,
    },
}

/// How far a new connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Pausing,
    AskingForToken,
    Connecting,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// The person wants a call. `channel` is where it goes on, if we know. To be refused because of another call on
    /// another device takes a second tap, which says `switch`.
    Want { wanted: Wanted, channel: Option<ChannelId>, switch: bool },
    /// The person hangs up.
    HangUp,
    /// The server has given us a seat.
    Seated { attempt: u32, call: CallId, channel: ChannelId, access: Access },
    /// The server has not.
    Refused { attempt: u32, problem: Problem },
    /// The server lets us into the room again.
    Token { attempt: u32, access: Access },
    /// It does not, or could not be asked.
    NoToken { attempt: u32, problem: Problem },
    /// We are in the room, or could not get in.
    Joined { attempt: u32, worked: bool },
    /// The room has told how it is.
    Room { attempt: u32, link: Link, taken_over: bool, flows: bool },
    /// The server has told something of the call that we are in, or asked to be in.
    Told(Standing),
    /// The page was loaded again, and the server still has us in this call.
    Returned(CallId),
    /// The page woke up, somebody looks at it again, or the network is back.
    Woken,
    /// A pause is over.
    TimeUp { timer: u32 },
}

/// How somebody stands in a call, as the server tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// There is no such call, or not any more.
    Over,
    /// It goes on without them.
    Out,
    In,
}

/// What an event wants done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Effect {
    /// Ask the server for a seat, and the microphone beside it: at once, since this is the tap.
    AskSeat { attempt: u32, wanted: Wanted, switch: bool },
    /// Ask for a fresh way into the room.
    AskToken { attempt: u32, call: CallId },
    /// Join the room.
    Connect { attempt: u32, call: CallId, access: Access },
    /// Let the others hear the microphone.
    BeHeard { attempt: u32 },
    /// Let go of the room and of the microphone.
    LeaveRoom,
    /// Hang up, as far as the server is concerned.
    GiveUpSeat(CallId),
    /// Remember this call across a reload, or no call.
    Keep(Option<CallId>),
    /// Show for a moment how it was.
    SayFarewell { call: CallId, timer: u32 },
    /// [`Event::TimeUp`] after so many milliseconds.
    Wait { timer: u32, millis: u32 },
    /// Tell what went wrong, and offer to do this all the same by leaving the other call.
    Tell { problem: Problem, offer: Option<Wanted> },
}

/// See the [module](self).
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Machine {
    state: State,
    /// Rises with each new beginning and end.
    attempt: u32,
    /// The pause that counts.
    timer: u32,
}

impl Machine {
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// The call this tab is in, or asked to be in.
    pub(super) fn call(&self) -> Option<CallId> {
        match &self.state {
            State::Asking { wanted, .. } => wanted.call(),
            State::In { call, .. } => Some(*call),
            State::None | State::Ended(_) => None,
        }
    }

    /// Whether this tab is in a call and hears it.
    pub(super) fn carries_sound(&self) -> bool {
        matches!(self.state, State::In { audio: Audio::Flowing, .. })
    }

    /// The attempt that counts.
    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    pub(super) fn is_current(&self, attempt: u32) -> bool {
        self.attempt == attempt
    }

    /// What follows from `event` at `now`.
    pub(super) fn apply(mut self, event: Event, now: f64) -> (Machine, Vec<Effect>) {
        let effects = match event {
            Event::Want { wanted, channel, switch } => self.want(wanted, channel, switch),
            Event::HangUp => self.hang_up(),
            Event::Seated { attempt, call, channel, access } => self.be_seated(attempt, call, channel, access),
            Event::Told(standing) => self.be_told(standing, now),
            Event::Returned(call) => match self.state {
                State::None | State::Ended(_) => self.rejoin(call, now),
                State::Asking { .. } | State::In { .. } => vec![],
            },
            Event::Woken => self.wake(now),
            Event::TimeUp { timer } if timer == self.timer => self.go_on(now),
            Event::Refused { attempt, problem } if attempt == self.attempt => self.be_refused(problem, now),
            Event::Token { attempt, access } if attempt == self.attempt => self.take_token(access),
            Event::NoToken { attempt, problem } if attempt == self.attempt => self.take_no_token(problem, now),
            Event::Joined { attempt, worked } if attempt == self.attempt => self.be_in_room(worked, now),
            Event::Room { attempt, link, taken_over, flows } if attempt == self.attempt => {
                self.hear_room(link, taken_over, flows, now)
            }
            // Too late.
            Event::Refused { .. }
            | Event::Token { .. }
            | Event::NoToken { .. }
            | Event::Joined { .. }
            | Event::Room { .. }
            | Event::TimeUp { .. } => vec![],
        };
        (self, effects)
    }
}
