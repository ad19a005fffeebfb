//! What follows from what, event by event.

use super::{Audio, Effect, Machine, Standing, State, Step, Wanted};
use crate::error::Problem;
use domain::{Access, CallError, CallId, ChannelId};
use livekit::Link;

/// A lost connection is made anew after each of these pauses, in milliseconds; then after the last one again and again.
const REJOIN_PAUSES: [u32; 5] = [0, 1_000, 3_000, 6_000, 10_000];
/// After so long without a connection we give up, in milliseconds. The server has let go of our seat by then.
const GIVE_UP_AFTER: f64 = 90_000.0;
/// A request for a way into the room that is not answered for so long, in milliseconds, is not waited for any more.
const TOKEN_WITHIN: u32 = 8_000;
/// For so long, in milliseconds, we listen whether a connection that came back carries sound again.
const LISTEN_FOR: u32 = 6_000;

impl Machine {
    pub(super) fn want(&mut self, wanted: Wanted, channel: Option<ChannelId>, switch: bool) -> Vec<Effect> {
        let mut left = None;
        match (&self.state, &wanted) {
            (State::In { .. } | State::Asking { .. }, Wanted::Start { .. }) => return vec![],
            (State::In { call: other, .. }, Wanted::Answer(call) | Wanted::Move(call)) => {
                if other == call {
                    return vec![];
                }
                left = Some(*other);
            }
            // We call each other: the start that is under way joins this very call.
            (State::Asking { wanted: Wanted::Start { channel: started, .. }, .. }, _) if Some(*started) == channel => {
                return vec![];
            }
            (State::Asking { wanted: asked, .. }, _) if asked.call() == wanted.call() => return vec![],
            // Whatever this tab was in before that is what it comes back to.
            (State::Asking { left: before, .. }, _) => left = *before,
            (State::None | State::Ended(_), _) => {}
        }
        let attempt = self.begin();
        self.state = State::Asking { wanted: wanted.clone(), left };
        let switch = switch || left.is_some();
        vec![Effect::LeaveRoom, Effect::Keep(None), Effect::AskSeat { attempt, wanted, switch }]
    }

    pub(super) fn hang_up(&mut self) -> Vec<Effect> {
        match self.state {
            State::In { call, .. } => {
                let mut effects = self.end(call);
                effects.push(Effect::GiveUpSeat(call));
                effects
            }
            // A seat that is under way is given back when it comes.
            State::Asking { .. } | State::Ended(_) => self.be_nowhere(),
            State::None => vec![],
        }
    }

    pub(super) fn be_seated(&mut self, attempt: u32, call: CallId, channel: ChannelId, access: Access) -> Vec<Effect> {
        if attempt == self.attempt {
            self.state = State::In { call, audio: Audio::Joining };
            return vec![Effect::Keep(Some(call)), Effect::Connect { attempt, call, access }];
        }
        let wanted_again = match &self.state {
            State::In { call: other, .. } => *other == call,
            // The newer start gets this very call.
            State::Asking { wanted: Wanted::Start { channel: started, .. }, .. } => *started == channel,
            State::Asking { wanted, left } => wanted.call() == Some(call) || *left == Some(call),
            State::None | State::Ended(_) => false,
        };
        if wanted_again { vec![] } else { vec![Effect::GiveUpSeat(call)] }
    }

    pub(super) fn be_refused(&mut self, problem: Problem, now: f64) -> Vec<Effect> {
        let State::Asking { wanted, left } = std::mem::take(&mut self.state) else { return vec![] };
        // The server has us where we were.
        let mut effects = match left {
            Some(left) => self.rejoin(left, now),
            None => self.be_nowhere(),
        };
        let offer = (problem == Problem::InAnotherCall).then_some(wanted);
        effects.push(Effect::Tell { problem, offer });
        effects
    }

    pub(super) fn be_in_room(&mut self, worked: bool, now: f64) -> Vec<Effect> {
        let State::In { call, audio } = &mut self.state else { return vec![] };
        let (call, attempt) = (*call, self.attempt);
        match (*audio, worked) {
            (Audio::Joining, true) => {
                *audio = Audio::Flowing;
                vec![Effect::BeHeard { attempt }]
            }
            (Audio::Rejoining { .. }, true) => {
                *audio = Audio::Listening { fresh: true };
                vec![Effect::BeHeard { attempt }, self.wait(LISTEN_FOR)]
            }
            (Audio::Joining, false) => self.fail(call),
            (Audio::Rejoining { since, tries, .. }, false) => self.try_again(call, since, tries, now),
            (Audio::Flowing | Audio::Repairing | Audio::Listening { .. }, _) => vec![],
        }
    }

    pub(super) fn hear_room(&mut self, link: Link, taken_over: bool, flows: bool, now: f64) -> Vec<Effect> {
        let State::In { call, audio } = &mut self.state else { return vec![] };
        // Whoever joins hears by itself whether that works.
        if matches!(audio, Audio::Joining | Audio::Rejoining { .. }) {
            return vec![];
        }
        let call = *call;
        match (link, *audio) {
            // The same call goes on in another tab, or on another device of this person.
            (Link::Disconnected, _) if taken_over => self.be_nowhere(),
            (Link::Disconnected, _) => self.rejoin(call, now),
            (Link::Reconnecting, _) => {
                *audio = Audio::Repairing;
                vec![]
            }
            (Link::Connected | Link::SignalReconnecting, Audio::Repairing) if !flows => {
                *audio = Audio::Listening { fresh: false };
                vec![self.wait(LISTEN_FOR)]
            }
            (Link::Connected | Link::SignalReconnecting, Audio::Repairing | Audio::Listening { .. }) if flows => {
                *audio = Audio::Flowing;
                vec![]
            }
            (Link::Connecting | Link::Connected | Link::SignalReconnecting, _) => vec![],
        }
    }

    pub(super) fn be_told(&mut self, standing: Standing, now: f64) -> Vec<Effect> {
        match (&self.state, standing) {
            (State::In { call, .. }, Standing::Over) => self.end(*call),
            // What we were let into a moment ago may be newer than what we are told.
            (State::In { audio: Audio::Joining, .. }, Standing::Out) => vec![],
            (State::In { call, .. }, Standing::Out) => self.end(*call),
            (State::Asking { wanted, left }, Standing::Over) => match (wanted.call(), *left) {
                // The caller gave up before our answer got there. Where we were, the server still has us.
                (Some(_), Some(left)) => self.rejoin(left, now),
                (Some(call), None) => self.end(call),
                (None, _) => vec![],
            },
            // An answer that is under way is not in what we are told yet.
            (State::Asking { .. }, Standing::Out | Standing::In)
            | (State::In { .. }, Standing::In)
            | (State::None | State::Ended(_), _) => vec![],
        }
    }

    /// Comes back into a call whose audio this tab has lost, or had before.
    pub(super) fn rejoin(&mut self, call: CallId, now: f64) -> Vec<Effect> {
        self.begin();
        let mut effects = vec![Effect::Keep(Some(call))];
        effects.extend(self.try_again(call, now, 0, now));
        effects
    }

    fn try_again(&mut self, call: CallId, since: f64, tries: usize, now: f64) -> Vec<Effect> {
        if now - since >= GIVE_UP_AFTER {
            return self.fail(call);
        }
        self.state = State::In { call, audio: Audio::Rejoining { since, tries: tries + 1, step: Step::Pausing } };
        match REJOIN_PAUSES[tries.min(REJOIN_PAUSES.len() - 1)] {
            0 => self.ask_token(call, since, tries + 1),
            millis => vec![self.wait(millis)],
        }
    }

    fn ask_token(&mut self, call: CallId, since: f64, tries: usize) -> Vec<Effect> {
        self.state = State::In { call, audio: Audio::Rejoining { since, tries, step: Step::AskingForToken } };
        vec![Effect::AskToken { attempt: self.attempt, call }, self.wait(TOKEN_WITHIN)]
    }

    pub(super) fn take_token(&mut self, access: Access) -> Vec<Effect> {
        let attempt = self.attempt;
        match &mut self.state {
            // Also one that was not waited for any more.
            State::In { call, audio: Audio::Rejoining { step, .. } } if *step != Step::Connecting => {
                *step = Step::Connecting;
                vec![Effect::Connect { attempt, call: *call, access }]
            }
            _ => vec![],
        }
    }

    pub(super) fn take_no_token(&mut self, problem: Problem, now: f64) -> Vec<Effect> {
        let State::In { call, audio: Audio::Rejoining { since, tries, step } } = self.state else { return vec![] };
        match problem {
            // It goes on elsewhere.
            Problem::Call(CallError::AnsweredElsewhere) => self.be_nowhere(),
            // Over, or not for us any more.
            Problem::Call(_) | Problem::NotFound | Problem::Forbidden | Problem::SignedOut => self.end(call),
            _ if step == Step::AskingForToken => self.try_again(call, since, tries, now),
            _ => vec![],
        }
    }

    pub(super) fn wake(&mut self, now: f64) -> Vec<Effect> {
        match self.state {
            State::In { call, audio: Audio::Rejoining { since, tries, step: Step::Pausing } } => {
                // A page that slept has not tried.
                let since = if now - since >= GIVE_UP_AFTER { now } else { since };
                self.ask_token(call, since, tries)
            }
            _ => vec![],
        }
    }

    pub(super) fn go_on(&mut self, now: f64) -> Vec<Effect> {
        match self.state {
            State::In { call, audio: Audio::Rejoining { since, tries, step: Step::Pausing } } => {
                self.ask_token(call, since, tries)
            }
            State::In { call, audio: Audio::Rejoining { since, tries, step: Step::AskingForToken } } => {
                self.try_again(call, since, tries, now)
            }
            // A connection that says it is there and carries nothing.
            State::In { call, audio: Audio::Listening { fresh: false } } => self.rejoin(call, now),
            State::In { call, audio: Audio::Listening { fresh: true } } => {
                self.state = State::In { call, audio: Audio::Flowing };
                vec![]
            }
            State::Ended(_) => {
                self.state = State::None;
                vec![]
            }
            State::None | State::Asking { .. } | State::In { .. } => vec![],
        }
    }

    /// The voice server cannot be reached.
    fn fail(&mut self, call: CallId) -> Vec<Effect> {
        let mut effects = self.end(call);
        effects.extend([Effect::GiveUpSeat(call), Effect::Tell { problem: Problem::VoiceServerDown, offer: None }]);
        effects
    }

    fn end(&mut self, call: CallId) -> Vec<Effect> {
        let mut effects = self.be_nowhere();
        self.state = State::Ended(call);
        self.timer += 1;
        effects.push(Effect::SayFarewell { call, timer: self.timer });
        effects
    }

    fn be_nowhere(&mut self) -> Vec<Effect> {
        self.begin();
        self.state = State::None;
        vec![Effect::LeaveRoom, Effect::Keep(None)]
    }

    /// What was under way until now comes home too late.
    fn begin(&mut self) -> u32 {
        self.attempt += 1;
        self.timer += 1;
        self.attempt
    }

    fn wait(&mut self, millis: u32) -> Effect {
        self.timer += 1;
        Effect::Wait { timer: self.timer, millis }
    }
}
