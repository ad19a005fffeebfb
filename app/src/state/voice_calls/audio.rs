//! The audio of the call this tab is in: the way into the room, the microphone, and what the room tells.

use super::capture::{OpenAnew, Watch};
use super::machine::{Audio, Event, Machine, State};
use super::phase::{InRoom, Microphone, Quality};
use super::{VoiceCalls, hearing, until_answered};
use crate::browser;
use crate::error::Problem;
use crate::state::live::Heard;
use domain::{Access, MemberId, ParticipantStatus};
use leptos::prelude::*;
use leptos::task::spawn_local;
use livekit::{Devices, Link, NoMicrophone, Participant, RoomState};
use std::cell::RefCell;
use std::collections::HashMap;
use std::pin::Pin;

/// Under these names a browser remembers what somebody wants to speak into and to hear from.
const MICROPHONE: &str = "paxora-microphone";
const SPEAKER: &str = "paxora-speaker";

/// A microphone that was asked for. Dropping it releases what comes.
type Asked = Pin<Box<dyn Future<Output = Result<livekit::Microphone, NoMicrophone>>>>;

thread_local! {
    /// The microphone that waits for a room. Lives as long as the tab.
    static ASKED: RefCell<Option<Asked>> = const { RefCell::new(None) };
}

impl VoiceCalls {
    /// Asks for the microphone, at once.
    pub(super) fn ask_microphone(&self) {
        let asked: Asked = Box::pin(livekit::microphone(browser::remembered_word(MICROPHONE).as_deref()));
        ASKED.set(Some(asked));
        self.watch.update(Watch::ask);
    }

    pub(super) fn leave_room(&self) {
        ASKED.set(None);
        livekit::leave();
        self.room.set(vec![]);
        self.held_open.set(false);
        self.sound_blocked.set(false);
    }

    pub(super) fn connect(&self, attempt: u32, access: Access) {
        // Whoever comes back goes on with the same microphone, so that nobody is asked for it again.
        if let Some(open) = livekit::take_microphone() {
            ASKED.set(Some(Box::pin(std::future::ready(Ok(open)))));
        } else if ASKED.with_borrow(Option::is_none) {
            self.ask_microphone();
        }
        self.hearing.update_value(hearing::Heard::connect);
        let calls = *self;
        let tell = move |state: RoomState| calls.hear_room(attempt, state);
        let is_wanted = move || calls.machine.with_untracked(|machine| machine.is_current(attempt));
        let joining = |machine: &Machine| matches!(machine.state(), State::In { audio: Audio::Joining, .. });
        let joins = self.machine.with_untracked(joining);
        spawn_local(async move {
            let bundle = browser::voice_bundle();
            let load = || async { livekit::load(&bundle).await.map_err(|_| Problem::Offline.into()) };
            let loaded = until_answered(is_wanted, load).await.is_ok();
            if !is_wanted() {
                return;
            }
            // It may be that of a server that is another by now: the page is loaded again, and comes back into the call by
            // itself. If it has done so already, we go on trying.
            if !loaded && joins {
                return browser::reload();
            }
            let worked = livekit::connect(&bundle, &access.url, &access.token, tell).await.is_ok();
            calls.step(Event::Joined { attempt, worked });
        });
    }

    /// Lets the others hear the microphone that was asked for.
    pub(super) fn be_heard(&self, attempt: u32) {
        let Some(asked) = ASKED.take() else { return };
        let calls = *self;
        let is_current = move || calls.machine.with_untracked(|machine| machine.is_current(attempt));
        spawn_local(async move {
            let outcome = match asked.await {
                // Dropped, and so released, if we have hung up meanwhile.
                Ok(microphone) if is_current() => {
                    livekit::publish(microphone, calls.is_mute()).await.map_err(|_| Microphone::Busy)
                }
                Ok(_) => return,
                Err(why) => Err(why.into()),
            };
            if is_current() {
                calls.watch.update(|watch| watch.open(outcome, browser::now()));
                // The person may have changed their mind meanwhile.
                calls.apply_mute();
            }
        });
    }

    /// Asks for the microphone again, without leaving the call; or opens it again, if it fell silent or asleep.
    pub fn retry_microphone(&self) {
        let State::In { .. } = self.machine.with_untracked(|machine| machine.state().clone()) else { return };
        match self.watch.with_untracked(Watch::microphone) {
            Microphone::Open | Microphone::Silent | Microphone::Asleep => {
                let wanted = self.watch.try_update(Watch::tap).flatten();
                self.open_anew(wanted);
            }
            Microphone::Unasked | Microphone::Denied | Microphone::Missing | Microphone::Busy => {
                self.ask_microphone();
                self.be_heard(self.machine.with_untracked(Machine::attempt));
            }
        }
    }

    fn open_anew(&self, wanted: Option<OpenAnew>) {
        let Some(OpenAnew) = wanted else { return };
        // At once: this may be a tap.
        let (calls, opened) = (*self, livekit::open_anew());
        spawn_local(async move {
            let worked = opened.await.is_ok();
            calls.watch.update(|watch| watch.reopen(worked, browser::now()));
        });
    }

    /// Speaks into this one from now on, in this call and the next ones.
    pub fn choose_microphone(&self, id: String) {
        browser::remember_word(MICROPHONE, &id);
        livekit::choose_microphone(&id);
    }

    /// Hears from this one from now on, in this call and the next ones.
    pub fn choose_speaker(&self, id: String) {
        browser::remember_word(SPEAKER, &id);
        livekit::choose_speaker(&id);
    }

    pub(super) fn apply_mute(&self) {
        livekit::set_muted(self.is_mute());
    }

    /// Whether nobody is to hear this person now.
    fn is_mute(&self) -> bool {
        self.muted.get_untracked() && !self.held_open.get_untracked()
    }

    /// The page woke up, somebody looks at it again, or the network is back.
    pub(super) fn wake(&self) {
        if !browser::is_hidden() {
            let wanted = self.watch.try_update(|watch| watch.come_back(browser::now())).flatten();
            self.open_anew(wanted);
        }
        self.step(Event::Woken);
    }

    fn hear_room(&self, attempt: u32, state: RoomState) {
        if !self.machine.with_untracked(|machine| machine.is_current(attempt)) {
            return;
        }
        let RoomState { link, taken_over, flows, sound_blocked, people, capture, devices, hearing } = state;
        set_if_new(self.sound_blocked, sound_blocked);
        // A room that is not there any more, or not yet, is empty; that says nothing about who is in it.
        if matches!(link, Link::Connected | Link::SignalReconnecting) {
            set_if_new(self.room, people);
        }
        self.hearing.update_value(|heard| heard.count(hearing));
        self.follow_devices(devices);
        if let Some(capture) = capture {
            // Somebody who leads has had the voice server mute us: the word of who it was comes another way.
            if capture.muted && !self.is_mute() {
                self.be_muted();
            }
            let before = self.watch.get_untracked();
            let mut watch = before.clone();
            let wanted = watch.look(capture, browser::is_hidden(), browser::now());
            set_if_new(self.watch, watch);
            self.open_anew(wanted);
        }
        // Who sleeps sends nothing, though nobody muted them.
        let flows = flows || self.everybody_sleeps();
        self.step(Event::Room { attempt, link, taken_over, flows });
    }

    /// Whether all of the others who could be heard are asleep.
    fn everybody_sleeps(&self) -> bool {
        let call = self.machine.with_untracked(Machine::call).and_then(|call| self.heard_of_untracked(call));
        let (Some(Heard { call, .. }), me) = (call, self.live.me_untracked()) else { return false };
        let sleeps = |member: MemberId| call.participants.iter().any(|p| p.member == member && p.asleep);
        self.room.with_untracked(|room| {
            let unmuted = room.iter().filter(|one| !one.muted).filter_map(member_of);
            let mut others = unmuted.filter(|member| Some(*member) != me).peekable();
            others.peek().is_some() && others.all(sleeps)
        })
    }

    fn follow_devices(&self, devices: Devices) {
        let wished = browser::remembered_word(SPEAKER).filter(|wished| {
            let is_there = |devices: &Devices| devices.speakers.iter().any(|speaker| speaker.id == *wished);
            // Once for each time it comes: whoever cannot have it is not asked again and again.
            is_there(&devices) && devices.speaker.as_ref() != Some(wished) && !self.devices.with_untracked(is_there)
        });
        set_if_new(self.devices, devices);
        if let Some(speaker) = wished {
            livekit::choose_speaker(&speaker);
        }
    }

    /// Who is in the call, by the server's word and by what the room says.
    pub(super) fn who_is_there(&self) -> HashMap<MemberId, InRoom> {
        let State::In { call, audio } = self.machine.with(|machine| machine.state().clone()) else {
            return HashMap::new();
        };
        let mut people = self.room.with(|room| in_room(room));
        let (Some(heard), false) = (self.heard_of(call), people.is_empty()) else { return people };
        for participant in heard.call.participants {
            if participant.status == ParticipantStatus::Connected {
                // Of a device that is not there, nothing is known.
                let away = InRoom { muted: true, quality: Quality::default(), here: false };
                people.entry(participant.member).or_insert(away);
            }
        }
        if matches!(audio, Audio::Repairing | Audio::Rejoining { .. })
            && let Some(mine) = self.live.me().and_then(|me| people.get_mut(&me))
        {
            mine.quality = Quality::Lost;
        }
        people
    }
}

/// Who of a room's people is which member: whose device comes back is there twice for a moment.
fn in_room(room: &[Participant]) -> HashMap<MemberId, InRoom> {
    let mut people: HashMap<MemberId, (u32, InRoom)> = HashMap::new();
    for participant in room {
        let Some(member) = member_of(participant) else { continue };
        let epoch = participant.identity.split(':').nth(1).and_then(|epoch| epoch.parse().ok()).unwrap_or_default();
        let known = people.get(&member).is_some_and(|(newest, _)| *newest > epoch);
        if !known {
            let Participant { muted, quality, .. } = *participant;
            people.insert(member, (epoch, InRoom { muted, quality, here: true }));
        }
    }
    people.into_iter().map(|(member, (_, found))| (member, found)).collect()
}

/// The voice server knows people as `<member>:<epoch>`.
pub(super) fn member_of(participant: &Participant) -> Option<MemberId> {
    participant.identity.split(':').next()?.parse().ok()
}

fn set_if_new<T: PartialEq + Clone + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|known| *known != value) {
        signal.set(value);
    }
}
