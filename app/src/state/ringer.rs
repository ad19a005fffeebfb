//! What this person hears and feels of calls, besides people: the ring, and the tones of a caller.
//!
//! All tabs of a browser show what rings, and one of them is heard: the one that has the ring's lock, which only a tab takes
//! that may sound. A tone is what a few signals say it is, so it stops in the very moment in which they change.

use super::live::{Live, use_live};
use super::voice_calls::{Ending, Phase, VoiceCalls, is_unanswered, use_voice_calls};
use crate::browser::attention::Vibration;
use crate::browser::tabs::{self, Lock, Relay};
use crate::browser::{self, Sound, Standing, sound};
use domain::{CallId, CallSnapshot, CallStatus, ChannelId, ChannelKind, MemberId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::RefCell;

/// Browsers that let a page be heard untouched say so within this time, in milliseconds.
const HEARD_WITHIN: u32 = 1_000;
/// So long a tab that may not be heard waits for one that may, in milliseconds.
const OTHERS_FIRST: u32 = 300;

thread_local! {
    /// What the tabs of this browser tell each other of rings: the ids of those that were seen to. Lives as long as the tab.
    static SEEN_TO: RefCell<Option<Relay>> = const { RefCell::new(None) };
}

/// A call that rings out loud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Aloud {
    pub(crate) call: CallId,
    pub(crate) caller: MemberId,
    pub(crate) channel: ChannelId,
    pub(crate) kind: ChannelKind,
}

impl Aloud {
    fn sound(&self) -> Sound {
        match self.kind {
            ChannelKind::Direct => Sound::Ring,
            ChannelKind::Group | ChannelKind::Parish => Sound::GroupRing,
        }
    }
}

/// What rings here, and how loudly. Cheap to copy; all copies are one.
#[derive(Clone, Copy)]
pub(crate) struct Ringer {
    live: Live,
    voice: VoiceCalls,
    ringing: Memo<Vec<CallSnapshot>>,
    busy: Memo<bool>,
    aloud: Memo<Option<Aloud>>,
    /// The browser lets this page be heard; none as long as we do not know.
    sound: RwSignal<Option<bool>>,
    /// Of all tabs that could, it is this one that is heard.
    heard_here: RwSignal<bool>,
}

/// Makes calls ring for everything below. Needs [`provide_voice_calls`](super::provide_voice_calls) first.
pub(crate) fn provide_ringer() -> Ringer {
    let (live, voice) = (use_live(), use_voice_calls());
    let (phase, told) = (voice.phase(), voice.ringing());
    let answered = Memo::new(move |_| phase.with(|phase| phase.call().map(|call| call.id)));
    // What has just been answered rings on until the server has heard of it; not here.
    let ringing = Memo::new(move |_| {
        let mut calls = told.get();
        calls.retain(|call| Some(call.id) != answered.get());
        calls
    });
    let busy = Memo::new(move |_| phase.with(|phase| phase.busy_in().is_some()) || live.is_in_a_call());
    let aloud = Memo::new(move |_| {
        if busy.get() {
            return None;
        }
        let call = ringing.with(|calls| calls.iter().find(|call| !voice.is_silenced(call.id)).cloned())?;
        let caller = call.rung_by(live.me()?);
        Some(Aloud { call: call.id, caller, channel: call.channel_id, kind: call.kind })
    });
    let ringer =
        Ringer { live, voice, ringing, busy, aloud, sound: RwSignal::default(), heard_here: RwSignal::default() };
    provide_context(ringer);
    ringer.agree_with_other_tabs(answered);
    ringer.be_heard(phase);
    ringer
}

/// What rings here.
///
/// # Panics
/// Outside of the app.
pub(crate) fn use_ringer() -> Ringer {
    expect_context()
}

impl Ringer {
    /// The calls that ring for this person, newest first, silenced ones included.
    pub(crate) fn ringing(&self) -> Signal<Vec<CallSnapshot>> {
        self.ringing.into()
    }

    /// The newest call that rings out loud: none while this person is in a call, here or on another device.
    pub(crate) fn aloud(&self) -> Signal<Option<Aloud>> {
        self.aloud.into()
    }

    /// Whether this person is in another call.
    pub(crate) fn busy(&self) -> Signal<bool> {
        self.busy.into()
    }

    /// Whether the browser keeps this page silent until somebody touches it.
    pub(crate) fn is_locked(&self) -> Signal<bool> {
        let sound = self.sound;
        Signal::derive(move || sound.get() == Some(false))
    }

    /// Lets this page be heard. Call it in the tap's own handler.
    pub(crate) fn unlock(&self) {
        sound::unlock();
    }

    /// Refuses a call.
    pub(crate) fn decline(&self, call: CallId) {
        self.voice.decline(call);
        tell_other_tabs(call);
    }

    /// Wants to hear no more of what rings, without an answer.
    pub(crate) fn silence(&self) {
        for call in self.ringing.get_untracked() {
            self.voice.silence(call.id);
            tell_other_tabs(call.id);
        }
    }

    /// Whether no tab of this browser is heard; those that may be come first.
    pub(crate) fn nobody_is_heard(&self) -> impl Future<Output = bool> + 'static {
        let me = self.live.me_untracked();
        async move {
            browser::pause(OTHERS_FIRST).await;
            match me {
                Some(me) => tabs::is_free(&lock(me)).await,
                None => false,
            }
        }
    }

    fn agree_with_other_tabs(self, answered: Memo<Option<CallId>>) {
        let voice = self.voice;
        Effect::new(move || {
            let Some(me) = self.live.me_untracked() else { return };
            let told = move |call: String| {
                if let Ok(call) = call.parse() {
                    voice.silence(call);
                }
            };
            SEEN_TO.set(Relay::open(&lock(me), told));
        });
        Effect::new(move || {
            if let Some(call) = answered.get() {
                tell_other_tabs(call);
            }
        });
    }

    fn be_heard(self, phase: Signal<Phase>) {
        let Ringer { live, aloud, sound, heard_here, .. } = self;
        Effect::new(move || {
            if live.me_untracked().is_some() {
                sound::watch(move |on| sound.set(Some(on)));
                spawn_local(async move {
                    browser::pause(HEARD_WITHIN).await;
                    sound.update(|known| _ = known.get_or_insert(false));
                });
            }
        });
        let may_ring = Memo::new(move |_| aloud.with(Option::is_some) && sound.get() == Some(true));
        Effect::new(move |before: Option<Option<Lock>>| {
            drop(before);
            heard_here.set(false);
            let me = live.me_untracked().filter(|_| may_ring.get())?;
            Lock::request(&lock(me), move |standing| heard_here.set(standing == Standing::Held))
        });
        let tone = Memo::new(move |_| match aloud.get() {
            Some(call) => heard_here.get().then(|| call.sound()),
            None => phase.with(|phase| callers_tone(phase, live.me())),
        });
        Effect::new(move |before: Option<Option<sound::Playing>>| {
            drop(before);
            tone.get().map(sound::play)
        });
        let shakes = Memo::new(move |_| aloud.with(Option::is_some) && heard_here.get());
        Effect::new(move |before: Option<Option<Vibration>>| {
            drop(before);
            shakes.get().then(Vibration::start)
        });
    }
}

/// What a caller hears, and whoever was in a call: nothing while people talk.
fn callers_tone(phase: &Phase, me: Option<MemberId>) -> Option<Sound> {
    match phase {
        Phase::Starting(_) => Some(Sound::Ringback),
        Phase::RingingOut(call) if Some(call.initiator) == me => Some(Sound::Ringback),
        Phase::Ended(Ending { call, .. }) => match call.status {
            CallStatus::Declined => Some(Sound::Busy),
            // Whom they called was on another call.
            _ if is_unanswered(call) && call.participants.iter().any(|p| p.busy) => Some(Sound::Busy),
            _ => call.talked_ms.map(|_| Sound::Ended),
        },
        _ => None,
    }
}

/// The name of the lock that the tab has which is heard, and of what the tabs of a member tell each other about rings.
fn lock(me: MemberId) -> String {
    format!("paxora-ring-{me}")
}

/// The other tabs need not ring any more.
fn tell_other_tabs(call: CallId) {
    SEEN_TO.with_borrow(|relay| {
        if let Some(relay) = relay {
            relay.post(&call.to_string());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Audience, Timestamp};

    const ANNA: &str = "01900000-0000-7000-8000-00000000000a";
    const BEN: &str = "01900000-0000-7000-8000-00000000000b";

    /// A call that Anna has started.
    fn call(status: CallStatus, talked_ms: Option<u64>) -> CallSnapshot {
        CallSnapshot {
            id: BEN.parse().unwrap(),
            version: 1,
            as_of: Timestamp::default(),
            channel_id: BEN.parse().unwrap(),
            kind: ChannelKind::Direct,
            initiator: ANNA.parse().unwrap(),
            audience: Audience::Channel,
            status,
            end_reason: None,
            created_at: Timestamp::default(),
            talked_ms,
            locked: false,
            participants: vec![],
        }
    }

    fn heard_by(who: &str, phase: &Phase) -> Option<Sound> {
        callers_tone(phase, Some(who.parse().unwrap()))
    }

    #[test]
    fn whoever_calls_hears_that_it_rings_and_whoever_has_just_answered_does_not() {
        let ringing = Phase::RingingOut(call(CallStatus::Ringing, None));
        assert_eq!(heard_by(ANNA, &ringing), Some(Sound::Ringback));
        assert_eq!(heard_by(BEN, &ringing), None);
    }

    #[test]
    fn nobody_hears_a_tone_while_people_talk() {
        let call = call(CallStatus::Active, Some(1_000));
        for phase in [Phase::Connecting(call.clone()), Phase::InCall(call.clone()), Phase::Reconnecting(call)] {
            assert_eq!(heard_by(ANNA, &phase), None, "{phase:?}");
        }
    }

    #[test]
    fn the_end_is_heard_by_what_became_of_the_call() {
        let ended = |status, talked| {
            let call = call(status, talked);
            heard_by(ANNA, &Phase::Ended(Ending { call, sound: None, rang_ms: None }))
        };
        assert_eq!(ended(CallStatus::Declined, None), Some(Sound::Busy));
        assert_eq!(ended(CallStatus::Ended, Some(60_000)), Some(Sound::Ended));
        assert_eq!(ended(CallStatus::Active, Some(60_000)), Some(Sound::Ended), "we hang up, the others talk on");
        assert_eq!(ended(CallStatus::Missed, None), None);
    }
}
