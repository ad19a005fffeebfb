//! Does what the machine decides, and tells it what came of it.

use super::machine::{Effect, Event, Machine, Standing, State, Wanted};
use super::phase::{Ending, is_unanswered, rang_ms};
use super::{KEPT_MUTE, VoiceCalls, hearing, talked_ms, until_answered};
use crate::api;
use crate::browser;
use crate::error::{ApiError, Problem};
use crate::state::live::Heard;
use domain::{CallId, CallSnapshot, MemberId, ParticipantStatus, Seat, Tap};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// Under this name a tab remembers its call across a reload.
const KEPT_CALL: &str = "paxora-call";
/// How long *Call ended* stands.
const FAREWELL: Duration = Duration::from_secs(3);
/// How long a caller may think about what to do whom nobody answered.
const SECOND_THOUGHTS: Duration = Duration::from_secs(30);

impl VoiceCalls {
    pub(super) fn step(&self, event: Event) {
        let (machine, effects) = self.machine.get_untracked().apply(event, browser::now());
        if self.machine.with_untracked(|before| *before != machine) {
            self.hearing.update_value(|heard| heard.follow(machine.carries_sound(), browser::now()));
            self.machine.set(machine);
        }
        for effect in effects {
            self.carry_out(effect);
        }
    }

    fn carry_out(&self, effect: Effect) {
        let calls = *self;
        match effect {
            Effect::AskSeat { attempt, wanted, switch } => self.ask_seat(attempt, wanted, switch),
            Effect::AskToken { attempt, call } => spawn_local(async move {
                calls.step(match api::call_token(call).await {
                    Ok(access) => Event::Token { attempt, access },
                    Err(error) => Event::NoToken { attempt, problem: error.problem },
                });
            }),
            Effect::Connect { attempt, access, .. } => self.connect(attempt, access),
            Effect::BeHeard { attempt } => self.be_heard(attempt),
            Effect::LeaveRoom => self.leave_room(),
            Effect::GiveUpSeat(call) => {
                let nonce = browser::nonce();
                spawn_local(async move {
                    match until_answered(|| true, || api::end_call(call, nonce)).await.map_err(|error| error.problem) {
                        // Over already: that is what we wanted.
                        Ok(()) | Err(Problem::Call(_) | Problem::NotFound) => {}
                        Err(problem) => calls.problem.set(Some(problem)),
                    }
                });
            }
            Effect::Keep(call) => browser::keep(KEPT_CALL, call.map(|call| call.to_string()).as_deref()),
            Effect::SayFarewell { call, timer } => self.say_farewell(call, timer),
            Effect::Wait { timer, millis } => {
                let over = move || calls.step(Event::TimeUp { timer });
                set_timeout(over, Duration::from_millis(millis.into()));
            }
            Effect::Tell { problem, offer } => {
                self.problem.set(Some(problem));
                self.wanted.set(offer);
            }
        }
    }

    /// We are in the tap: the microphone is asked for at once, and the seat beside it.
    fn ask_seat(&self, attempt: u32, wanted: Wanted, switch: bool) {
        self.ask_microphone();
        livekit::preload(&browser::voice_bundle());
        self.dismiss_problem();
        self.muted.set(false);
        self.dismiss_mute_news();
        browser::keep(KEPT_MUTE, None);
        self.rang_ms.set_value(None);
        self.last.set_value(None);
        self.hearing.set_value(hearing::Heard::default());
        let calls = *self;
        let tap = Tap { nonce: browser::nonce(), switch };
        spawn_local(async move {
            let is_wanted = || calls.machine.with_untracked(|machine| machine.is_current(attempt));
            calls.step(match until_answered(is_wanted, || seat(wanted.clone(), tap)).await {
                Ok(Seat { call, access }) => {
                    let (id, channel) = (call.id, call.channel_id);
                    if is_wanted() {
                        if let Some(me) = calls.live.me_untracked() {
                            calls.take_seat(&call, me, matches!(wanted, Wanted::Move(_)));
                        }
                        calls.live.take_call(call);
                    }
                    Event::Seated { attempt, call: id, channel, access }
                }
                Err(error) => Event::Refused { attempt, problem: error.problem },
            });
        });
    }

    /// Shows for a moment how a call was, as far as we know it.
    fn say_farewell(&self, call: CallId, timer: u32) {
        let calls = *self;
        let Some(ending) = self.ending_of(call) else { return self.step(Event::TimeUp { timer }) };
        let mine = self.live.me_untracked() == Some(ending.call.initiator);
        let farewell = if mine && is_unanswered(&ending.call) { SECOND_THOUGHTS } else { FAREWELL };
        self.ending.set(Some(ending));
        set_timeout(move || calls.step(Event::TimeUp { timer }), farewell);
    }

    fn ending_of(&self, call: CallId) -> Option<Ending> {
        let over = self.live.last_over().get_untracked().filter(|over| over.id == call);
        let known = || {
            let last = || self.last.get_value().filter(|last| last.call.id == call);
            let heard = self.heard_of_untracked(call).or_else(last)?;
            let talked_ms = talked_ms(&heard, browser::now());
            Some(CallSnapshot { talked_ms, ..heard.call })
        };
        let call = over.or_else(known)?;
        let sound = self.hearing.with_value(hearing::Heard::sound).filter(|_| call.talked_ms.is_some());
        Some(Ending { call, sound, rang_ms: self.rang_ms.get_value() })
    }

    /// The server has told something new about calls.
    pub(super) fn follow(&self, heard: &[Heard]) {
        let Some(me) = self.live.me_untracked() else { return };
        // Somebody who is rung again is rung anew.
        let rings = |id: &CallId| heard.iter().any(|heard| heard.call.id == *id && heard.call.rings_for(me).is_some());
        self.confirmed.update_value(|confirmed| confirmed.retain(rings));
        for seen_to in [self.silenced, self.declined] {
            if seen_to.with_untracked(|calls| !calls.iter().all(rings)) {
                seen_to.update(|calls| calls.retain(rings));
            }
        }
        self.confirm_rings(me, heard);
        if let Some(call) = self.machine.with_untracked(Machine::call) {
            let mine = heard.iter().find(|heard| heard.call.id == call);
            if let Some(mine) = mine {
                self.last.set_value(Some(mine.clone()));
                if self.machine.with_untracked(|machine| matches!(machine.state(), State::In { .. })) {
                    self.heed(&mine.call, me);
                }
                if let Some(rang) = rang_ms(&mine.call) {
                    self.rang_ms.set_value(Some(rang));
                }
            }
            self.step(Event::Told(match mine {
                None => Standing::Over,
                Some(heard) if heard.call.is_connected(me) => Standing::In,
                Some(_) => Standing::Out,
            }));
        } else {
            self.complete_farewell();
            self.return_to_kept_call(me, heard);
        }
    }

    /// Whoever hangs up learns a moment later how the call has ended.
    fn complete_farewell(&self) {
        let State::Ended(call) = self.machine.with_untracked(|machine| machine.state().clone()) else { return };
        if let Some(over) = self.live.last_over().get_untracked().filter(|over| over.id == call) {
            self.ending.update(|ending| {
                if let Some(ending) = ending.as_mut().filter(|ending| ending.call.id == call) {
                    ending.complete(over);
                }
            });
        }
    }

    /// Tells the callers that our phone rings.
    fn confirm_rings(&self, me: MemberId, heard: &[Heard]) {
        for call in heard.iter().map(|heard| &heard.call).filter(|call| call.rings_for(me).is_some()) {
            let told = call.participants.iter().any(|p| p.member == me && p.status == ParticipantStatus::Ringing);
            let id = call.id;
            if !told && self.confirmed.try_update_value(|confirmed| confirmed.insert(id)) == Some(true) {
                livekit::preload(&browser::voice_bundle());
                spawn_local(async move {
                    // Only a courtesy: the ring goes on without it.
                    let _ = api::confirm_ring(id).await;
                });
            }
        }
    }

    /// After a reload: back into the call this tab was in, if it still goes on with us in it. If not, it is over for good.
    fn return_to_kept_call(&self, me: MemberId, heard: &[Heard]) {
        let Some(kept) = browser::kept(KEPT_CALL).and_then(|kept| kept.parse::<CallId>().ok()) else { return };
        if let Some(heard) = heard.iter().find(|heard| heard.call.id == kept && heard.call.is_connected(me)) {
            self.prompts.update_value(|prompts| prompts.come_in(&heard.call, me));
            self.muted.set(browser::kept(KEPT_MUTE).is_some());
            self.step(Event::Returned(kept));
        } else if self.live.generation().get_untracked() > 0 {
            browser::keep(KEPT_CALL, None);
        }
    }
}

async fn seat(wanted: Wanted, tap: Tap) -> Result<Seat, ApiError> {
    match wanted {
        Wanted::Start { channel, targets: Some(targets) } => api::initiate_call(channel, targets, tap).await,
        Wanted::Start { channel, targets: None } => api::gather_call(channel, tap).await,
        Wanted::Answer(call) => api::answer_call(call, tap).await,
        Wanted::Move(call) => api::move_call(call, tap.nonce).await,
    }
}
