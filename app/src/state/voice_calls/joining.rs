//! The way into a call's audio, and back into it when it was lost.

use super::{Current, KEPT_CALL, KEPT_MUTE, Microphone, Otherwise, VoiceCalls, until_answered};
use crate::api;
use crate::browser;
use crate::error::{ApiError, Problem};
use domain::{Access, CallId, Seat};
use leptos::prelude::*;
use leptos::task::spawn_local;
use livekit::{Link, NoMicrophone, RoomState};

/// A lost connection is made anew after each of these pauses, in milliseconds, before we give up.
const REJOIN_PAUSES: [u32; 5] = [0, 1_000, 3_000, 6_000, 10_000];

impl VoiceCalls {
    /// Takes a seat: asks for the microphone at once, since we are in the tap, and for the seat beside it.
    pub(super) fn enter<F>(&self, until_seated: Current, otherwise: Otherwise, ask: impl Fn() -> F + 'static)
    where
        F: Future<Output = Result<Seat, ApiError>> + 'static,
    {
        let asked = livekit::microphone();
        livekit::preload(&browser::voice_bundle());
        let (calls, attempt) = (*self, self.new_attempt());
        self.dismiss_problem();
        self.muted.set(false);
        browser::keep(KEPT_MUTE, None);
        self.microphone.set(Microphone::Unasked);
        self.current.set(until_seated);
        spawn_local(async move {
            match until_answered(|| calls.is_current(attempt), ask).await {
                Ok(seat) if calls.is_current(attempt) => {
                    let call = seat.call.id;
                    calls.live.take_call(seat.call);
                    calls.current.set(Current::In { call, link: Link::Connecting });
                    browser::keep(KEPT_CALL, Some(&call.to_string()));
                    if calls.connect(attempt, call, seat.access).await {
                        calls.be_heard(attempt, asked).await;
                    } else if calls.is_current(attempt) {
                        calls.end();
                        calls.problem.set(Some(Problem::VoiceServerDown));
                    }
                }
                // Hung up before we were seated; unless a newer attempt has brought us into the same call.
                Ok(seat) if !calls.is_in(seat.call.id) => {
                    let (call, nonce) = (seat.call.id, browser::nonce());
                    let _ = until_answered(|| true, || api::end_call(call, nonce)).await;
                }
                Ok(_) => {}
                Err(error) if calls.is_current(attempt) => {
                    // The server has us where we were.
                    match otherwise.left {
                        Some(left) => calls.rejoin(left),
                        None => calls.current.set(Current::None),
                    }
                    calls.problem.set(Some(error.problem));
                    calls.wanted.set(otherwise.wanted.filter(|_| error.problem == Problem::InAnotherCall));
                }
                Err(_) => {}
            }
        });
    }

    pub(super) fn new_attempt(&self) -> u32 {
        let attempt = self.attempt.get_value() + 1;
        self.attempt.set_value(attempt);
        attempt
    }

    fn is_in(&self, call: CallId) -> bool {
        self.current.with_untracked(|current| matches!(current, Current::In { call: in_it, .. } if *in_it == call))
    }

    fn is_current(&self, attempt: u32) -> bool {
        self.attempt.get_value() == attempt
    }

    /// Whether it worked, and nothing newer has come in between.
    async fn connect(&self, attempt: u32, call: CallId, access: Access) -> bool {
        let calls = *self;
        let tell = move |state: RoomState| {
            if calls.is_current(attempt) {
                calls.hear_room(call, state);
            }
        };
        self.joining.set_value(true);
        let connected = livekit::connect(&browser::voice_bundle(), &access.url, &access.token, tell).await;
        if !self.is_current(attempt) {
            return false;
        }
        self.joining.set_value(false);
        connected.is_ok()
    }

    pub(super) async fn be_heard(
        &self,
        attempt: u32,
        asked: impl Future<Output = Result<livekit::Microphone, NoMicrophone>>,
    ) {
        match asked.await {
            // Dropped, and so released, if we have hung up meanwhile.
            Ok(microphone) if self.is_current(attempt) => {
                let published = livekit::publish(microphone, self.is_mute()).await;
                if self.is_current(attempt) {
                    self.microphone.set(if published.is_ok() { Microphone::Open } else { Microphone::Busy });
                    // The person may have changed their mind meanwhile.
                    self.apply_mute();
                }
            }
            Err(why) if self.is_current(attempt) => self.microphone.set(why.into()),
            _ => {}
        }
    }

    fn hear_room(&self, call: CallId, state: RoomState) {
        self.sound_blocked.set(state.sound_blocked);
        let speaking = state.speaking.iter().filter_map(|identity| identity.split(':').next()?.parse().ok()).collect();
        if self.speaking.with_untracked(|known| *known != speaking) {
            self.speaking.set(speaking);
        }
        let Current::In { link: before, .. } = self.current.get_untracked() else { return };
        if state.link == Link::Disconnected {
            if !self.joining.get_value() {
                if state.taken_over { self.give_way() } else { self.rejoin(call) }
            }
        } else if state.link != before && !(before == Link::Reconnecting && state.link == Link::Connecting) {
            self.current.set(Current::In { call, link: state.link });
        }
    }

    /// The same call goes on in another tab or on another device of this person.
    fn give_way(&self) {
        self.hang_up_here();
        self.current.set(Current::None);
    }

    /// Comes back into a call whose audio this tab has lost, or had before a reload, or that another device has.
    pub(super) fn rejoin(&self, call: CallId) {
        let (calls, attempt) = (*self, self.new_attempt());
        self.current.set(Current::In { call, link: Link::Reconnecting });
        browser::keep(KEPT_CALL, Some(&call.to_string()));
        spawn_local(async move {
            for pause in REJOIN_PAUSES {
                browser::pause(pause).await;
                if !calls.is_current(attempt) {
                    return;
                }
                match api::call_token(call).await.map_err(|error| error.problem) {
                    Ok(access) if calls.is_current(attempt) => {
                        let asked = livekit::microphone();
                        if calls.connect(attempt, call, access).await {
                            return calls.be_heard(attempt, asked).await;
                        }
                    }
                    // Over, or not for us any more: the snapshot says how it ended.
                    Err(Problem::Call(_) | Problem::NotFound | Problem::Forbidden) if calls.is_current(attempt) => {
                        return calls.give_way();
                    }
                    // The network may be back in a moment.
                    _ => {}
                }
            }
            if calls.is_current(attempt) {
                calls.end();
                calls.problem.set(Some(Problem::VoiceServerDown));
            }
        });
    }
}
