//! This person's calls: which ring, which one they are in, and the audio that belongs to it.
//!
//! Whether there is a call, and who is in it, is what the server says ([`Live`]). What only this tab knows is which call
//! its own audio belongs to, and how well that goes: [`Current`]. The [`Phase`] that screens show is made of the two.

mod joining;
mod phase;

use phase::rang_ms;
pub use phase::{Device, Devices, Ending, InRoom, Microphone, Phase, Quality, Sound, is_unanswered};

use super::live::{Heard, Live, use_live};
use crate::api;
use crate::browser;
use crate::error::{ApiError, Problem};
use domain::{CallId, CallSnapshot, CallStatus, ChannelId, MemberId, ParticipantStatus, Tap};
use leptos::prelude::*;
use leptos::task::spawn_local;
use livekit::Link;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Under this name a tab remembers its call across a reload.
const KEPT_CALL: &str = "paxora-call";
/// How long *Call ended* stands.
const FAREWELL: Duration = Duration::from_secs(3);
/// How long a caller may think about what to do whom nobody answered.
const SECOND_THOUGHTS: Duration = Duration::from_secs(30);
/// A request that was not answered is sent again after these pauses, in milliseconds.
const RESEND_PAUSES: [u32; 2] = [500, 2_000];
/// Under this name a tab remembers across a reload that its microphone is muted.
const KEPT_MUTE: &str = "paxora-muted";

/// The call this tab's audio belongs to.
#[derive(Debug, Clone, PartialEq)]
enum Current {
    None,
    Starting(ChannelId),
    In { call: CallId, link: Link },
    Ended(Ending),
}

/// This person's calls, in this tab. Cheap to copy; all copies are one. Call its methods in the tap's own handler: the
/// microphone and the sound need the gesture.
#[derive(Clone, Copy)]
pub struct VoiceCalls {
    live: Live,
    current: RwSignal<Current>,
    /// Rises with every start, answer and end: what an older attempt brings home too late is put back.
    attempt: StoredValue<u32>,
    /// A room is being joined: whoever joins it hears himself of a failure.
    joining: StoredValue<bool>,
    silenced: RwSignal<HashSet<CallId>>,
    /// What this tab has declined and the server still lets ring.
    declined: RwSignal<HashSet<CallId>>,
    /// How long the call this tab is in rang, once somebody has answered.
    rang_ms: StoredValue<Option<u64>>,
    confirmed: StoredValue<HashSet<CallId>>,
    muted: RwSignal<bool>,
    held_open: RwSignal<bool>,
    microphone: RwSignal<Microphone>,
    people: RwSignal<HashMap<MemberId, InRoom>>,
    devices: RwSignal<Devices>,
    speaking: RwSignal<Vec<MemberId>>,
    sound_blocked: RwSignal<bool>,
    problem: RwSignal<Option<Problem>>,
    /// What the person wanted when they were told that they are in another call.
    wanted: RwSignal<Option<Wanted>>,
}

/// What to do if somebody does not get a seat.
struct Otherwise {
    /// What to try again, should they be in another call.
    wanted: Option<Wanted>,
    /// The call they were in until then, and are in again.
    left: Option<CallId>,
}

/// A call somebody wants to be in.
#[derive(Debug, Clone, PartialEq)]
enum Wanted {
    Start { channel: ChannelId, targets: Vec<MemberId> },
    Answer(CallId),
}

/// Makes calls possible for everything below. Needs [`provide_live`](super::provide_live) first.
pub fn provide_voice_calls() -> VoiceCalls {
    let calls = VoiceCalls {
        live: use_live(),
        current: RwSignal::new(Current::None),
        attempt: StoredValue::default(),
        joining: StoredValue::default(),
        silenced: RwSignal::default(),
        declined: RwSignal::default(),
        rang_ms: StoredValue::default(),
        confirmed: StoredValue::default(),
        muted: RwSignal::default(),
        held_open: RwSignal::default(),
        microphone: RwSignal::new(Microphone::Unasked),
        people: RwSignal::default(),
        devices: RwSignal::default(),
        speaking: RwSignal::default(),
        sound_blocked: RwSignal::default(),
        problem: RwSignal::default(),
        wanted: RwSignal::default(),
    };
    provide_context(calls);
    Effect::new(move || calls.live.heard().with(|heard| calls.follow(heard)));
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
        let (calls, ringing) = (*self, self.ringing());
        Memo::new(move |_| {
            calls.current.with(|current| match current {
                Current::None => match ringing.with(|calls| calls.first().cloned()) {
                    Some(call) => Phase::RingingIn(call),
                    None => Phase::Idle,
                },
                Current::Starting(channel) => Phase::Starting(*channel),
                Current::Ended(ending) => Phase::Ended(ending.clone()),
                Current::In { call, link } => match calls.heard_of(*call).map(|heard| heard.call) {
                    None => Phase::Idle,
                    Some(call) if call.status == CallStatus::Ringing => Phase::RingingOut(call),
                    Some(call) => match link {
                        Link::Connecting => Phase::Connecting(call),
                        Link::Connected | Link::SignalReconnecting => Phase::InCall(call),
                        Link::Reconnecting | Link::Disconnected => Phase::Reconnecting(call),
                    },
                },
            })
        })
        .into()
    }

    /// The calls that ring for this person, newest first, silenced ones included, declined ones not.
    #[must_use]
    pub fn ringing(&self) -> Signal<Vec<CallSnapshot>> {
        let calls = *self;
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
            calls.current.with(|current| match current {
                Current::In { call, .. } => calls.heard_of(*call).map_or(0, |heard| {
                    let talked = heard.call.talked_ms.map_or(0.0, millis);
                    seconds(talked + (now - heard.at).max(0.0))
                }),
                Current::Ended(ending) => ending.call.talked_ms.map_or(0, |talked| talked / 1_000),
                Current::None | Current::Starting(_) => 0,
            })
        })
        .into()
    }

    /// Whether this person's microphone is muted.
    #[must_use]
    pub fn muted(&self) -> Signal<bool> {
        self.muted.into()
    }

    /// What we know of the microphone.
    #[must_use]
    pub fn microphone(&self) -> Signal<Microphone> {
        self.microphone.into()
    }

    /// Everybody who is in this tab's call, as this tab hears them; this person included.
    #[must_use]
    pub fn people(&self) -> Signal<HashMap<MemberId, InRoom>> {
        self.people.into()
    }

    /// What one can speak into and hear from, as far as the browser lets anybody choose. Empty before the first call.
    #[must_use]
    pub fn devices(&self) -> Signal<Devices> {
        self.devices.into()
    }

    /// Whether a muted microphone is held open: [`VoiceCalls::hold_open`].
    #[must_use]
    pub fn held_open(&self) -> Signal<bool> {
        self.held_open.into()
    }

    /// Who speaks right now.
    #[must_use]
    pub fn speaking(&self) -> Signal<Vec<MemberId>> {
        self.speaking.into()
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
        match self.wanted.get_untracked() {
            Some(Wanted::Start { channel, targets }) => self.start_by(channel, targets, true),
            Some(Wanted::Answer(call)) => self.answer_by(call, true, None),
            None => {}
        }
    }

    /// Calls: everybody of the channel, or the picked `targets` of a parish channel.
    pub fn start(&self, channel: ChannelId, targets: Vec<MemberId>) {
        if !self.is_occupied() {
            self.start_by(channel, targets, false);
        }
    }

    fn start_by(&self, channel: ChannelId, targets: Vec<MemberId>, switch: bool) {
        let tap = Tap { nonce: browser::nonce(), switch };
        let wanted = Wanted::Start { channel, targets: targets.clone() };
        self.enter(Current::Starting(channel), Otherwise { wanted: Some(wanted), left: None }, move || {
            api::initiate_call(channel, targets.clone(), tap)
        });
    }

    /// Answers a call that rings, or joins one that goes on. Leaves the one this tab is in.
    pub fn answer(&self, call: CallId) {
        let heard = self.heard_of_untracked(call).map(|heard| heard.call);
        let left = match self.current.get_untracked() {
            Current::In { call: other, .. } if other == call => return,
            Current::In { call: other, .. } => Some(other),
            // We call each other: the start that is under way joins this very call.
            Current::Starting(channel) if heard.as_ref().is_some_and(|heard| heard.channel_id == channel) => return,
            Current::Starting(_) | Current::Ended(_) | Current::None => None,
        };
        self.hang_up_here();
        let me = self.live.me_untracked();
        if heard.is_some_and(|heard| me.is_some_and(|me| heard.is_connected(me))) {
            // The server has us in it already, on another device or from before: this tab takes over.
            let otherwise = Otherwise { wanted: None, left };
            return self.enter(Current::In { call, link: Link::Connecting }, otherwise, move || api::move_call(call));
        }
        self.answer_by(call, left.is_some(), left);
    }

    /// `left` is the call that this tab is in until then.
    fn answer_by(&self, call: CallId, switch: bool, left: Option<CallId>) {
        let tap = Tap { nonce: browser::nonce(), switch };
        let otherwise = Otherwise { wanted: Some(Wanted::Answer(call)), left };
        self.enter(Current::In { call, link: Link::Connecting }, otherwise, move || api::answer_call(call, tap));
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
        let was = self.current.get_untracked();
        self.hang_up_here();
        match was {
            Current::In { call, .. } => {
                let last = self.heard_of_untracked(call).map(|heard| heard.call);
                self.say_farewell(last);
                let calls = *self;
                let nonce = browser::nonce();
                spawn_local(async move {
                    match until_answered(|| true, || api::end_call(call, nonce)).await.map_err(|error| error.problem) {
                        Ok(()) | Err(Problem::Call(_) | Problem::NotFound) => {}
                        Err(problem) => calls.problem.set(Some(problem)),
                    }
                });
            }
            // The attempt that is under way hangs up when it comes home.
            Current::Starting(_) | Current::Ended(_) | Current::None => self.current.set(Current::None),
        }
    }

    /// Mutes or unmutes this person's microphone.
    pub fn toggle_mute(&self) {
        let muted = !self.muted.get_untracked();
        self.muted.set(muted);
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

    fn apply_mute(&self) {
        livekit::set_muted(self.is_mute());
    }

    /// Whether nobody is to hear this person now.
    fn is_mute(&self) -> bool {
        self.muted.get_untracked() && !self.held_open.get_untracked()
    }

    /// Speaks into this one from now on, in this call and the next ones.
    pub fn choose_microphone(&self, id: String) {
        livekit::choose_microphone(&id);
    }

    /// Hears from this one from now on, in this call and the next ones.
    pub fn choose_speaker(&self, id: String) {
        livekit::choose_speaker(&id);
    }

    /// Plays the others, where the browser wanted a tap first.
    pub fn unblock_sound(&self) {
        livekit::start_audio();
    }

    /// Asks for the microphone again, without leaving the call.
    pub fn retry_microphone(&self) {
        let asked = livekit::microphone();
        let (calls, attempt) = (*self, self.attempt.get_value());
        self.microphone.set(Microphone::Unasked);
        spawn_local(async move { calls.be_heard(attempt, asked).await });
    }

    fn is_occupied(&self) -> bool {
        self.current.with_untracked(|current| matches!(current, Current::Starting(_) | Current::In { .. }))
    }

    fn heard_of(&self, call: CallId) -> Option<Heard> {
        self.live.heard().with(|heard| heard.iter().find(|heard| heard.call.id == call).cloned())
    }

    fn heard_of_untracked(&self, call: CallId) -> Option<Heard> {
        untrack(|| self.heard_of(call))
    }

    /// Lets go of room and microphone, whatever the server thinks.
    fn hang_up_here(&self) {
        self.new_attempt();
        self.joining.set_value(false);
        browser::keep(KEPT_CALL, None);
        livekit::leave();
        self.speaking.set(vec![]);
        self.people.set(HashMap::new());
        self.held_open.set(false);
        self.sound_blocked.set(false);
    }

    fn say_farewell(&self, call: Option<CallSnapshot>) {
        let Some(call) = call else { return self.current.set(Current::None) };
        let mine = self.live.me_untracked() == Some(call.initiator);
        let farewell = if mine && is_unanswered(&call) { SECOND_THOUGHTS } else { FAREWELL };
        let rang_ms = rang_ms(&call).or_else(|| self.rang_ms.get_value());
        let ended = Current::Ended(Ending { call, sound: None, rang_ms });
        self.current.set(ended.clone());
        let current = self.current;
        set_timeout(
            move || {
                // Unless something newer has taken its place.
                if current.with_untracked(|now| *now == ended) {
                    current.set(Current::None);
                }
            },
            farewell,
        );
    }

    /// The server has told something new about calls.
    fn follow(&self, heard: &[Heard]) {
        let Some(me) = self.live.me_untracked() else { return };
        // Somebody who is rung again is rung anew.
        let rings = |id: &CallId| heard.iter().any(|heard| heard.call.id == *id && heard.call.rings_for(me).is_some());
        self.confirmed.update_value(|confirmed| confirmed.retain(rings));
        if self.silenced.with_untracked(|silenced| !silenced.iter().all(rings)) {
            self.silenced.update(|silenced| silenced.retain(rings));
        }
        if self.declined.with_untracked(|declined| !declined.iter().all(rings)) {
            self.declined.update(|declined| declined.retain(rings));
        }
        self.confirm_rings(me, heard);
        match self.current.get_untracked() {
            Current::In { call, link } => {
                let mine = heard.iter().find(|heard| heard.call.id == call);
                // An answer that is under way is not in the snapshot yet.
                let in_it = link == Link::Connecting || mine.is_some_and(|heard| heard.call.is_connected(me));
                if mine.is_none() || !in_it {
                    self.hang_up_here();
                    let over = self.live.last_over().get_untracked().filter(|over| over.id == call);
                    self.say_farewell(over);
                }
            }
            Current::None | Current::Ended(_) => self.return_to_kept_call(me, heard),
            Current::Starting(_) => {}
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

    /// After a reload: back into the call this tab was in, if it still goes on with us in it.
    fn return_to_kept_call(&self, me: MemberId, heard: &[Heard]) {
        let Some(kept) = browser::kept(KEPT_CALL).and_then(|kept| kept.parse::<CallId>().ok()) else { return };
        if heard.iter().any(|heard| heard.call.id == kept && heard.call.is_connected(me)) {
            self.muted.set(browser::kept(KEPT_MUTE).is_some());
            self.rejoin(kept);
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

fn millis(whole: u64) -> f64 {
    whole as f64
}

fn seconds(millis: f64) -> u64 {
    (millis / 1_000.0) as u64
}
