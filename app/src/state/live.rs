//! The parish, live: channels with their unread counts, calls, new messages.
//!
//! The truth comes by the event stream. While the stream is not healthy, meaning that no event came for ten seconds or
//! the connection is lost, the server is asked every three seconds, every second while something rings.

use crate::api;
use crate::browser::{self, EventStream};
use crate::error::Problem;
use domain::event::HEALTHY_FOR;
use domain::{
    CallId, CallSnapshot, CallStatus, Channel, ChannelId, Community, Event, Live as LiveNow, MemberId, Message,
    MessageId,
};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

/// Where somebody goes whose session is over.
const SIGN_IN: &str = "/en/sign-in";
const EVENTS: &str = "/api/events";
const EVENT_NAMES: [&str; 5] = ["snapshot", "call", "message", "community", "beat"];
/// While the stream is not healthy, ask so often, in milliseconds. Times are compared, not ticks counted: browsers slow
/// the clocks of hidden tabs down.
const POLL_EVERY: f64 = 3_000.0;
/// As above, while something rings.
const POLL_RINGING_EVERY: f64 = 1_000.0;
/// A stream that the browser gave up, or that stays silent, is opened anew so often, in milliseconds.
const REOPEN_EVERY: f64 = 5_000.0;
/// How much too early a tick may come, in milliseconds.
const SLACK: f64 = 200.0;

thread_local! {
    /// The tab's one stream. Lives as long as the tab.
    static STREAM: RefCell<Option<EventStream>> = const { RefCell::new(None) };
}

/// What the server knows when it renders a page: the parish, or nothing for who is signed out.
#[derive(Clone)]
pub struct InitialCommunity(pub Option<Community>);

/// A call, and when we heard of it: snapshots carry durations.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Heard {
    pub(super) call: CallSnapshot,
    /// By [`browser::now`].
    pub(super) at: f64,
}

/// The parish, live. Cheap to copy; all copies are one.
#[derive(Clone, Copy)]
pub struct Live {
    community: RwSignal<Option<Community>>,
    calls: RwSignal<Vec<Heard>>,
    /// The newest version seen of each call, also of those that are over: what is older is not believed.
    versions: StoredValue<HashMap<CallId, u32>>,
    last_over: RwSignal<Option<CallSnapshot>>,
    arrived: RwSignal<Vec<Message>>,
    generation: RwSignal<u32>,
    now: RwSignal<f64>,
    last_event: StoredValue<f64>,
    broken: StoredValue<bool>,
    last_opened: StoredValue<f64>,
    last_asked: StoredValue<f64>,
    asking: StoredValue<bool>,
}

/// Makes the parish live for everything below. Opens the event stream in the browser; does nothing more on the server.
pub fn provide_live(initial: Option<Community>) -> Live {
    let live = Live {
        community: RwSignal::new(initial),
        calls: RwSignal::default(),
        versions: StoredValue::default(),
        last_over: RwSignal::default(),
        arrived: RwSignal::default(),
        generation: RwSignal::default(),
        now: RwSignal::default(),
        last_event: StoredValue::default(),
        broken: StoredValue::default(),
        last_opened: StoredValue::default(),
        last_asked: StoredValue::default(),
        asking: StoredValue::default(),
    };
    provide_context(live);
    // Effects run in the browser only, once the page is alive.
    Effect::new(move || {
        if live.community.with_untracked(Option::is_some) {
            live.open_stream();
            if let Ok(clock) = set_interval_with_handle(move || live.tick(), Duration::from_secs(1)) {
                on_cleanup(move || clock.clear());
            }
            // A phone that was in a pocket may have slept through anything.
            browser::on_return(move || live.ask());
        }
    });
    live
}

/// The parish, live.
///
/// # Panics
/// Outside of the app.
#[must_use]
pub fn use_live() -> Live {
    expect_context()
}

impl Live {
    /// The parish as this member sees it; none for who is signed out.
    #[must_use]
    pub fn community(&self) -> Signal<Option<Community>> {
        self.community.into()
    }

    /// Who is signed in.
    #[must_use]
    pub fn me(&self) -> Option<MemberId> {
        self.community.with(|community| community.as_ref().map(|community| community.me.id))
    }

    /// A member's name; empty for somebody we do not know.
    #[must_use]
    pub fn name_of(&self, member: MemberId) -> String {
        self.community.with(|community| {
            let members = community.iter().flat_map(|community| &community.members);
            members.into_iter().find(|known| known.id == member).map(|known| known.name.clone()).unwrap_or_default()
        })
    }

    /// A channel of this member.
    #[must_use]
    pub fn channel(&self, channel: ChannelId) -> Option<Channel> {
        self.community.with(|community| {
            community
                .as_ref()
                .and_then(|community| community.channels.iter().find(|known| known.id == channel).cloned())
        })
    }

    /// The live calls this member may see, newest first.
    #[must_use]
    pub fn calls(&self) -> Signal<Vec<CallSnapshot>> {
        let heard = self.calls;
        Signal::derive(move || heard.with(|calls| calls.iter().map(|heard| heard.call.clone()).collect()))
    }

    /// The call to speak of in a channel: the one for everybody in it, or the one this member is in.
    #[must_use]
    pub fn call_in(&self, channel: ChannelId) -> Option<CallSnapshot> {
        let me = self.me();
        self.calls.with(|calls| {
            let here = || calls.iter().map(|heard| &heard.call).filter(|call| call.channel_id == channel);
            let mine = here().find(|call| me.is_some_and(|me| call.is_connected(me)));
            mine.or_else(|| here().find(|call| call.audience == domain::Audience::Channel)).cloned()
        })
    }

    /// Messages that came since the page was loaded, oldest first.
    #[must_use]
    pub fn arrived(&self, channel: ChannelId) -> Vec<Message> {
        self.arrived.with(|messages| messages.iter().filter(|message| message.channel == channel).cloned().collect())
    }

    /// Rises when something may have been missed: fetch again what was loaded before.
    #[must_use]
    pub fn generation(&self) -> Signal<u32> {
        self.generation.into()
    }

    /// Adds a message that this tab has just written.
    pub fn post(&self, message: Message) {
        self.take_message(message);
    }

    /// Everything in the channel up to this message has been read.
    pub fn has_read(&self, channel: ChannelId, up_to: MessageId) {
        let unread = self.community.with_untracked(|community| {
            let channels = community.iter().flat_map(|community| &community.channels);
            channels.into_iter().any(|known| known.id == channel && known.unread > 0)
        });
        if unread {
            self.change_channel(channel, |channel| channel.unread = 0);
            spawn_local(async move {
                // If this fails, the count comes back with the next snapshot.
                let _ = api::mark_read(channel, up_to).await;
            });
        }
    }

    /// Fetches the channels and members again.
    pub fn reload(&self) {
        let live = *self;
        spawn_local(async move {
            match api::community().await {
                Ok(community) => live.community.set(Some(community)),
                Err(error) => live.note(error.problem),
            }
        });
    }

    /// This moment, by [`browser::now`]; ticks every second.
    pub(super) fn now(&self) -> Signal<f64> {
        self.now.into()
    }

    /// The live calls, with the moment each was heard of.
    pub(super) fn heard(&self) -> RwSignal<Vec<Heard>> {
        self.calls
    }

    /// The call that ended last.
    pub(super) fn last_over(&self) -> RwSignal<Option<CallSnapshot>> {
        self.last_over
    }

    /// Takes a snapshot of a call, unless a newer one is known.
    pub(super) fn take_call(&self, call: CallSnapshot) {
        let known = self.versions.with_value(|versions| versions.get(&call.id).copied());
        if known.is_some_and(|known| call.version < known) {
            return;
        }
        self.versions.update_value(|versions| {
            versions.insert(call.id, call.version);
        });
        let over = call.is_over();
        if over {
            self.last_over.set(Some(call.clone()));
        }
        self.calls.update(|calls| {
            calls.retain(|heard| heard.call.id != call.id);
            if !over {
                calls.push(Heard { call, at: browser::now() });
                calls.sort_by_key(|heard| std::cmp::Reverse(heard.call.id));
            }
        });
    }

    fn open_stream(&self) {
        let live = *self;
        let told = move |data: String| live.hear(&data);
        let broken = move || live.broken.set_value(true);
        let now = browser::now();
        self.last_event.set_value(now);
        self.last_opened.set_value(now);
        let stream = EventStream::open(EVENTS, &EVENT_NAMES, told, broken);
        STREAM.set(Some(stream));
    }

    fn hear(&self, data: &str) {
        // An event that cannot be read is one of a newer server; the snapshots we ask for ourselves do not depend on it.
        let Ok(event) = serde_json::from_str::<Event>(data) else { return };
        self.last_event.set_value(browser::now());
        self.broken.set_value(false);
        match event {
            Event::Snapshot(now) => {
                self.take_snapshot(now);
                self.generation.update(|generation| *generation += 1);
            }
            Event::Call(call) => self.take_call(call),
            Event::Message(message) => self.take_message(message),
            Event::Community => self.reload(),
            Event::Beat => {}
        }
    }

    fn take_snapshot(&self, now: LiveNow) {
        let gone: Vec<CallId> = self.calls.with_untracked(|calls| {
            // What we heard of after this was asked for is newer.
            let known = calls.iter().filter(|heard| heard.call.as_of < now.as_of);
            let gone = known.filter(|heard| now.calls.iter().all(|call| call.id != heard.call.id));
            gone.map(|heard| heard.call.id).collect()
        });
        self.calls.update(|calls| calls.retain(|heard| !gone.contains(&heard.call.id)));
        for call in now.calls {
            self.take_call(call);
        }
        for (channel, unread) in now.unread {
            self.change_channel(channel, |channel| channel.unread = unread);
        }
    }

    fn take_message(&self, message: Message) {
        let known = self.arrived.with_untracked(|messages| messages.iter().any(|known| known.id == message.id));
        if known {
            return;
        }
        if self.me_untracked() != Some(message.author) {
            self.change_channel(message.channel, |channel| channel.unread += 1);
        }
        self.arrived.update(|messages| messages.push(message));
    }

    fn change_channel(&self, id: ChannelId, change: impl FnOnce(&mut Channel)) {
        let mut change = Some(change);
        self.community.update(|community| {
            let channels = community.iter_mut().flat_map(|community| &mut community.channels);
            if let (Some(channel), Some(change)) =
                (channels.into_iter().find(|channel| channel.id == id), change.take())
            {
                change(channel);
            }
        });
    }

    pub(super) fn me_untracked(&self) -> Option<MemberId> {
        self.community.with_untracked(|community| community.as_ref().map(|community| community.me.id))
    }

    fn is_healthy(&self) -> bool {
        let silent_for = browser::now() - self.last_event.get_value();
        !self.broken.get_value() && silent_for < HEALTHY_FOR.as_secs_f64() * 1_000.0
    }

    /// Once a second.
    fn tick(&self) {
        let now = browser::now();
        self.now.set(now);
        if self.is_healthy() {
            return;
        }
        let given_up = STREAM.with_borrow(|stream| stream.as_ref().is_none_or(EventStream::is_closed));
        let silent = !self.broken.get_value();
        if (given_up || silent) && now - self.last_opened.get_value() > REOPEN_EVERY {
            self.open_stream();
            self.broken.set_value(true);
        }
        let rings = self.calls.with_untracked(|calls| calls.iter().any(|h| h.call.status == CallStatus::Ringing));
        let pause = if rings { POLL_RINGING_EVERY } else { POLL_EVERY };
        if now - self.last_asked.get_value() > pause - SLACK {
            self.ask();
        }
    }

    /// Asks what rings, and for everything live if that is not what we know or if we are in a call.
    fn ask(&self) {
        let live = *self;
        let Some(parish) = self.community.with_untracked(|community| community.as_ref().map(|c| c.parish)) else {
            return;
        };
        if self.asking.get_value() {
            return;
        }
        self.asking.set_value(true);
        self.last_asked.set_value(browser::now());
        spawn_local(async move {
            let answer = browser::fetch(&format!("/api/voice/active?parishId={parish}")).await;
            live.asking.set_value(false);
            match answer {
                Some((200, text)) => {
                    let ringing: Vec<CallId> = serde_json::from_str(&text).map(Ringing::ids).unwrap_or_default();
                    if live.differs(&ringing)
                        && let Ok(now) = api::live().await
                    {
                        live.take_snapshot(now);
                    }
                }
                Some((401, _)) => live.note(Problem::SignedOut),
                _ => {}
            }
        });
    }

    fn differs(&self, ringing: &[CallId]) -> bool {
        let Some(me) = self.me_untracked() else { return false };
        self.calls.with_untracked(|calls| {
            let in_a_call = calls.iter().any(|heard| heard.call.is_connected(me));
            let known: Vec<CallId> =
                calls.iter().filter(|heard| heard.call.rings_for(me).is_some()).map(|heard| heard.call.id).collect();
            in_a_call || known != ringing
        })
    }

    /// A session that is over ends in the sign-in page; anything else, the next try may mend.
    fn note(&self, problem: Problem) {
        if problem == Problem::SignedOut {
            browser::go_to(SIGN_IN);
        }
    }
}

/// The answer of `GET /api/voice/active`.
#[derive(Deserialize)]
struct Ringing {
    call: Option<RingingCall>,
    more: Vec<RingingCall>,
}

#[derive(Deserialize)]
struct RingingCall {
    id: CallId,
}

impl Ringing {
    fn ids(self) -> Vec<CallId> {
        self.call.into_iter().chain(self.more).map(|call| call.id).collect()
    }
}
