//! What the phone and the others are told while a call goes on.

use super::machine::State;
use super::phase::Microphone;
use super::{VoiceCalls, until_answered};
use crate::api;
use crate::browser;
use crate::browser::Controls;
use crate::browser::presence::{MediaSession, WakeLock};
use domain::{CallId, Sign};
use leptos::prelude::*;
use leptos::task::spawn_local;

impl VoiceCalls {
    /// The screen stays on during a call: an app that goes to sleep with it loses the microphone.
    pub(super) fn keep_awake(self) {
        let busy = self.is_busy();
        Effect::new(move |before: Option<Option<WakeLock>>| {
            drop(before);
            busy.get().then(WakeLock::hold)
        });
    }

    /// The lock screen and the buttons of a headset can hang up and mute.
    pub(super) fn tell_the_system(self) {
        let call = self.current_call();
        let live = self.live;
        let title = Memo::new(move |_| {
            let channel = call.get().and_then(|call| self.heard_of(call)).map(|heard| heard.call.channel_id)?;
            Some(live.channel(channel).map(|channel| channel.name).unwrap_or_default())
        });
        Effect::new(move |before: Option<Option<MediaSession>>| {
            drop(before);
            title.get().map(|title| {
                let controls = Controls {
                    hang_up: Box::new(move || self.end()),
                    toggle_microphone: Box::new(move || self.toggle_mute()),
                };
                MediaSession::begin(&title, controls)
            })
        });
        let microphone = self.microphone();
        let heard = Memo::new(move |_| {
            let open = matches!(microphone.get(), Microphone::Open | Microphone::Silent);
            call.get().map(|_| open && (!self.muted.get() || self.held_open.get()))
        });
        Effect::new(move || {
            if let Some(heard) = heard.get() {
                MediaSession::set_microphone_active(heard);
            }
        });
    }

    /// The others are told when the phone has taken our microphone away, and when it is back: whenever the server says
    /// something else of us than what is so. A page that was loaded again knows nothing of what the one before has told.
    pub(super) fn tell_when_asleep(self) {
        let (call, microphone, live) = (self.current_call(), self.microphone(), self.live);
        let untold = Memo::new(move |_| {
            let (call, me) = (call.get()?, live.me()?);
            let asleep = microphone.get() == Microphone::Asleep;
            let participants = self.heard_of(call)?.call.participants;
            participants.iter().any(|p| p.member == me && p.asleep != asleep).then_some((call, asleep))
        });
        Effect::new(move || {
            if let Some((call, asleep)) = untold.get() {
                self.tell_asleep(call, asleep);
            }
        });
    }

    /// What is told late is no longer true: only the newest is sent again.
    fn tell_asleep(self, call: CallId, asleep: bool) {
        let microphone = self.microphone();
        let is_wanted = move || microphone.try_get_untracked().is_some_and(|now| (now == Microphone::Asleep) == asleep);
        let nonce = browser::nonce();
        spawn_local(async move {
            // Only a courtesy: the call goes on without it.
            let _ = until_answered(is_wanted, || api::show_sign(call, Sign::Asleep(asleep), nonce)).await;
        });
    }

    /// Whether this tab is in a call, or about to be.
    fn is_busy(self) -> Memo<bool> {
        Memo::new(move |_| {
            self.machine.with(|machine| matches!(machine.state(), State::Asking { .. } | State::In { .. }))
        })
    }

    fn current_call(self) -> Memo<Option<CallId>> {
        Memo::new(move |_| {
            self.machine.with(|machine| match machine.state() {
                State::In { call, .. } => Some(*call),
                State::None | State::Asking { .. } | State::Ended(_) => None,
            })
        })
    }
}
