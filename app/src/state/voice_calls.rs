//! This person's calls: which ring, which one they are in, and the audio that belongs to it.
//!
//! Whether there is a call, and who is in it, is what the server says ([`Live`]). What only this tab knows is which call
//! its own audio belongs to, and how well that goes: the [`machine`]. The [`Phase`] that screens show is made of the two.
//! The machine only decides; the [`shell`] does what it decides, and tells it what came of it.

mod audio;
mod capture;
mod direct;
mod hearing;
mod machine;
mod many;
mod phase;
mod presence;
mod shell;

pub use many::MuteNews;
pub use phase::{Device, Devices, Ending, InRoom, Microphone, Phase, Quality, Sound, is_unanswered};

use super::live::{Heard, Live, use_live};
use crate::api;
use crate::browser;
use crate::error::{ApiError, Problem};
use capture::Watch;
use domain::{CallId, CallSnapshot, CallStatus, ChannelId, MemberId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use livekit::Participant;
use machine::{Audio, Event, Machine, State, Wanted};
use std::collections::{HashMap, HashSet};

/// A request that was not answered is sent again after these pauses, in milliseconds.
const RESEND_PAUSES: [u32; 2] = [500, 2_000];
/// Under this name a tab remembers across a reload that its microphone is muted.
const KEPT_MUTE: &str = "paxora-muted";

/// This person's calls, in this tab. Cheap to copy; all copies are one. Call its methods in the tap's own handler: the
/// microphone and the sound need the gesture.
#[derive(Clone, Copy)]
pub struct VoiceCalls {
    live: Live,
    machine: RwSignal<Machine>,
    /// How the call was that is over and still shown.
    ending: RwSignal<Option<Ending>>,
    /// What we knew last of the call this tab is in.
    last: StoredValue<Option<Heard>>,
    /// How long that call rang, once somebody has answered.
    rang_ms: StoredValue<Option<u64>>,
    /// How well the others were heard in it.
    hearing: StoredValue<hearing::Heard>,
    silenced: RwSignal<HashSet<CallId>>,
    /// What this tab has declined and the server still lets ring.
    declined: RwSignal<HashSet<CallId>>,
    confirmed: StoredValue<HashSet<CallId>>,
    muted: RwSignal<bool>,
    held_open: RwSignal<bool>,
    mute_news: RwSignal<Option<MuteNews>>,
    prompts: StoredValue<many::Prompts>,
    /// How loud somebody is heard whom this person has turned down, of 100.
    loudness: StoredValue<HashMap<MemberId, u8>>,
    watch: RwSignal<Watch>,
    /// Whose devices are in the room.
    room: RwSignal<Vec<Participant>>,
    devices: RwSignal<Devices>,
    sound_blocked: RwSignal<bool>,
    problem: RwSignal<Option<Problem>>,
    /// What the person wanted when they were told that they are in another call.
    wanted: RwSignal<Option<Wanted>>,
    told: Told,
}

/// What screens are told, each worked out once for all of them.
#[derive(Clone, Copy)]
struct Told {
    phase: Signal<Phase>,
    ringing: Signal<Vec<CallSnapshot>>,
    microphone: Signal<Microphone>,
    people: Signal<HashMap<MemberId, InRoom>>,
    speaking: Signal<Vec<MemberId>>,
}

impl Told {
    fn nothing() -> Told {
        Told {
            phase: Signal::stored(Phase::Idle),
            ringing: Signal::stored(vec![]),
            microphone: Signal::stored(Microphone::Unasked),
            people: Signal::stored(HashMap::new()),
            speaking: Signal::stored(vec![]),
        }
    }

    fn of(calls: VoiceCalls) -> Told {
        let ringing = calls.work_out_ringing();
        Told {
            phase: calls.work_out_phase(ringing),
            ringing,
            microphone: calls.work_out_microphone(),
            people: Memo::new(move |_| calls.who_is_there()).into(),
            speaking: calls.work_out_speaking(),
        }
    }
}

/// Makes calls possible for everything below. Needs [`provide_live`](super::provide_live) first.
pub fn provide_voice_calls() -> VoiceCalls {
    let calls = VoiceCalls {
        live: use_live(),
        machine: RwSignal::default(),
        ending: RwSignal::default(),
        last: StoredValue::default(),
        rang_ms: StoredValue::default(),
        hearing: StoredValue::default(),
        silenced: RwSignal::default(),
        declined: RwSignal::default(),
        confirmed: StoredValue::default(),
        muted: RwSignal::default(),
        held_open: RwSignal::default(),
        mute_news: RwSignal::default(),
        prompts: StoredValue::default(),
        loudness: StoredValue::default(),
        watch: RwSignal::default(),
        room: RwSignal::default(),
        devices: RwSignal::default(),
        sound_blocked: RwSignal::default(),
        problem: RwSignal::default(),
        wanted: RwSignal::default(),
        told: Told::nothing(),
    };
    let calls = VoiceCalls { told: Told::of(calls), ..calls };
    provide_context(calls);
    Effect::new(move || calls.live.heard().with(|heard| calls.follow(heard)));
    Effect::new(move || browser::on_wake(move || calls.wake()));
    calls.keep_awake();
    calls.tell_the_system();
    calls.tell_when_asleep();
    calls
}

/// This person's calls.
///
/// # Panics
/// Outside of the app.
#[must_use]
pub fn use_voice_calls() -> VoiceCalls {
    expect_context()
}

impl VoiceCalls {
    /// What to show of the call this tab is in.
    #[must_use]
    pub fn phase(&self) -> Signal<Phase> {
        self.told.phase
    }

    fn work_out_phase(self, ringing: Signal<Vec<CallSnapshot>>) -> Signal<Phase> {
        let calls = self;
        let ring = move || match ringing.with(|calls| calls.first().cloned()) {
            Some(call) => Phase::RingingIn(call),
            None => Phase::Idle,
        };
        Memo::new(move |_| {
            let me = calls.live.me();
            calls.machine.with(|machine| match machine.state() {
                State::None => ring(),
                State::Asking { wanted: Wanted::Start { channel, .. }, .. } => Phase::Starting(*channel),
                State::Asking { wanted: Wanted::Answer(call) | Wanted::Move(call), .. } => {
                    calls.show(*call, Audio::Joining, me)
                }
                State::In { call, audio } => calls.show(*call, *audio, me),
                State::Ended(call) => match calls.ending.get().filter(|ending| ending.call.id == *call) {
                    Some(ending) => Phase::Ended(ending),
                    None => ring(),
                },
            })
        })
        .into()
    }

    /// The calls that ring for this person, newest first, silenced ones included, declined ones not.
    #[must_use]
    pub fn ringing(&self) -> Signal<Vec<CallSnapshot>> {
        self.told.ringing
    }

    fn work_out_ringing(self) -> Signal<Vec<CallSnapshot>> {
        let calls = self;
        Memo::new(move |_| {
            let (Some(me), now) = (calls.live.me(), calls.live.now().get()) else { return vec![] };
            calls.live.heard().with(|heard| {
                // A ring ends at its deadline even if nobody tells us.
                let rings = |heard: &&Heard| heard.call.rings_for(me).is_some_and(|left| now < heard.at + millis(left));
                let declined = |heard: &&Heard| calls.declined.with(|declined| declined.contains(&heard.call.id));
                heard.iter().filter(rings).filter(|heard| !declined(heard)).map(|heard| heard.call.clone()).collect()
            })
        })
        .into()
    }

    /// Whether this person wants to hear no more of a call that rings.
    #[must_use]
    pub fn is_silenced(&self, call: CallId) -> bool {
        self.silenced.with(|silenced| silenced.contains(&call))
    }

    /// How long the people of this tab's call have been talking, by the server's clock.
    #[must_use]
    pub fn elapsed_seconds(&self) -> Signal<u64> {
        let calls = *self;
        Memo::new(move |_| {
            let now = calls.live.now().get();
            calls.machine.with(|machine| match machine.state() {
                State::In { call, .. } => {
                    calls.heard_of(*call).map_or(0, |heard| talked_ms(&heard, now).unwrap_or_default() / 1_000)
                }
                State::Ended(_) => {
                    calls.ending.with(|ending| ending.as_ref().and_then(|it| it.call.talked_ms).unwrap_or_default())
                        / 1_000
                }
                State::None | State::Asking { .. } => 0,
            })
        })
        .into()
    }

    /// Whether this person's microphone is muted.
    #[must_use]
    pub fn muted(&self) -> Signal<bool> {
        self.muted.into()
    }

    /// Whether a muted microphone is held open: [`VoiceCalls::hold_open`].
    #[must_use]
    pub fn held_open(&self) -> Signal<bool> {
        self.held_open.into()
    }

    /// What we know of the microphone.
    #[must_use]
    pub fn microphone(&self) -> Signal<Microphone> {
        self.told.microphone
    }

    fn work_out_microphone(self) -> Signal<Microphone> {
        let watch = self.watch;
        Memo::new(move |_| watch.with(Watch::microphone)).into()
    }

    /// Everybody who is in this tab's call, as this tab hears them; this person included. Empty until the room is there.
    #[must_use]
    pub fn people(&self) -> Signal<HashMap<MemberId, InRoom>> {
        self.told.people
    }

    /// What one can speak into and hear from, as far as the browser lets anybody choose. Empty before the first call.
    #[must_use]
    pub fn devices(&self) -> Signal<Devices> {
        self.devices.into()
    }

    /// Who speaks right now.
    #[must_use]
    pub fn speaking(&self) -> Signal<Vec<MemberId>> {
        self.told.speaking
    }

    fn work_out_speaking(self) -> Signal<Vec<MemberId>> {
        let room = self.room;
        Memo::new(move |_| {
            room.with(|people| people.iter().filter(|one| one.speaking).filter_map(audio::member_of).collect())
        })
        .into()
    }

    /// The browser wants a tap before it plays the others: [`VoiceCalls::unblock_sound`].
    #[must_use]
    pub fn sound_blocked(&self) -> Signal<bool> {
        self.sound_blocked.into()
    }

    /// What went wrong last.
    #[must_use]
    pub fn problem(&self) -> Signal<Option<Problem>> {
        self.problem.into()
    }

    /// Whether leaving another call is what it takes: [`VoiceCalls::switch`].
    #[must_use]
    pub fn can_switch(&self) -> Signal<bool> {
        let calls = *self;
        Signal::derive(move || calls.wanted.with(Option::is_some))
    }

    /// The person has read what went wrong.
    pub fn dismiss_problem(&self) {
        self.problem.set(None);
        self.wanted.set(None);
    }

    /// Leaves the other call, and does what was refused because of it.
    pub fn switch(&self) {
        if let Some(wanted) = self.wanted.get_untracked() {
            self.want(wanted, true);
        }
    }

    /// Calls: everybody of the channel, or the picked `targets` of a parish channel. Does nothing while in a call.
    pub fn start(&self, channel: ChannelId, targets: Vec<MemberId>) {
        self.want(Wanted::Start { channel, targets: Some(targets) }, false);
    }

    /// Opens a call that everybody in the channel can join, and rings nobody. Does nothing while in a call.
    pub fn gather(&self, channel: ChannelId) {
        self.want(Wanted::Start { channel, targets: None }, false);
    }

    /// Answers a call that rings, or joins one that goes on. Leaves the one this tab is in.
    pub fn answer(&self, call: CallId) {
        let (heard, me) = (self.heard_of_untracked(call), self.live.me_untracked());
        // The server may have us in it already, on another device or from before: this tab takes over.
        let mine = heard.is_some_and(|heard| me.is_some_and(|me| heard.call.is_connected(me)));
        self.want(if mine { Wanted::Move(call) } else { Wanted::Answer(call) }, false);
    }

    fn want(&self, wanted: Wanted, switch: bool) {
        let heard = wanted.call().and_then(|call| self.heard_of_untracked(call));
        let channel = heard.map(|heard| heard.call.channel_id);
        self.step(Event::Want { wanted, channel, switch });
    }

    /// Refuses a call that rings.
    pub fn decline(&self, call: CallId) {
        let calls = *self;
        self.silence(call);
        self.declined.update(|declined| _ = declined.insert(call));
        let nonce = browser::nonce();
        spawn_local(async move {
            match until_answered(|| true, || api::decline_call(call, nonce)).await.map_err(|error| error.problem) {
                // Over already: that is what we wanted.
                Ok(()) | Err(Problem::Call(_) | Problem::NotFound) => {}
                Err(problem) => calls.problem.set(Some(problem)),
            }
        });
    }

    /// Wants to hear no more of a call, without an answer.
    pub fn silence(&self, call: CallId) {
        self.silenced.update(|silenced| {
            silenced.insert(call);
        });
    }

    /// Hangs up.
    pub fn end(&self) {
        self.step(Event::HangUp);
    }

    /// Mutes or unmutes this person's microphone.
    pub fn toggle_mute(&self) {
        let muted = !self.muted.get_untracked();
        self.muted.set(muted);
        self.dismiss_mute_news();
        browser::keep(KEPT_MUTE, muted.then_some("yes"));
        self.apply_mute();
    }

    /// Lets a muted microphone be heard for as long as somebody holds it open; the choice to be muted stays.
    pub fn hold_open(&self, open: bool) {
        if self.held_open.get_untracked() != open {
            self.held_open.set(open);
            self.apply_mute();
        }
    }

    /// Plays the others, where the browser wanted a tap first.
    pub fn unblock_sound(&self) {
        livekit::start_audio();
    }

    fn heard_of(&self, call: CallId) -> Option<Heard> {
        self.live.heard().with(|heard| heard.iter().find(|heard| heard.call.id == call).cloned())
    }

    fn heard_of_untracked(&self, call: CallId) -> Option<Heard> {
        untrack(|| self.heard_of(call))
    }

    /// How a call looks that this tab is in, or about to be in.
    fn show(&self, call: CallId, audio: Audio, me: Option<MemberId>) -> Phase {
        let Some(Heard { call, .. }) = self.heard_of(call) else { return Phase::Idle };
        match audio {
            _ if call.status == CallStatus::Ringing && me == Some(call.initiator) => Phase::RingingOut(call),
            Audio::Joining => Phase::Connecting(call),
            Audio::Flowing => Phase::InCall(call),
            Audio::Repairing | Audio::Listening { .. } | Audio::Rejoining { .. } => Phase::Reconnecting(call),
        }
    }
}

/// Sends a request again while the server cannot be reached, as long as it is wanted. Its nonce makes all of them one.
async fn until_answered<T, F>(is_wanted: impl Fn() -> bool, send: impl Fn() -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    let mut answer = send().await;
    for pause in RESEND_PAUSES {
        match &answer {
            Err(error) if matches!(error.problem, Problem::Offline | Problem::Unavailable) => {}
            _ => break,
        }
        browser::pause(pause).await;
        if !is_wanted() {
            break;
        }
        answer = send().await;
    }
    answer
}

/// How long people have talked in a call at `now`, in milliseconds; none if nobody has.
fn talked_ms(heard: &Heard, now: f64) -> Option<u64> {
    let goes_on = heard.call.status == CallStatus::Active;
    heard.call.talked_ms.map(|talked| talked + if goes_on { (now - heard.at).max(0.0) as u64 } else { 0 })
}

fn millis(whole: u64) -> f64 {
    whole as f64
}
