//! How a tab hears from the server.
//!
//! The truth comes by the event stream, of which a browser has one for all of its tabs: whichever has the lock holds it and
//! passes on what it says. Its place is taken at once when it closes, and by a visible tab that has heard nothing of it for
//! ten seconds. While the stream is not healthy, meaning that no event came for ten seconds or the connection is lost, a tab
//! asks the server what rings every three seconds, every second while something does, and as long as it is visible fetches the
//! rest every fifteen. The clock of a hidden tab may be too slow for that: the one that holds the stream has the server answer
//! when there is news.

use super::Live;
use crate::api;
use crate::browser::tabs::{Lock, Relay};
use crate::browser::{self, EventStream, Standing};
use crate::error::Problem;
use domain::event::HEALTHY_FOR;
use domain::{CallId, CallStatus, Event, MemberId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Deserialize;
use std::cell::RefCell;
use std::time::Duration;

const EVENTS: &str = "/api/events";
const EVENT_NAMES: [&str; 8] = ["snapshot", "call", "message", "changed", "unread", "missed", "community", "beat"];
/// While the stream is not healthy, ask so often, in milliseconds. Times are compared, not ticks counted: browsers slow
/// the clocks of hidden tabs down.
const POLL_EVERY: f64 = 3_000.0;
/// As above, while something rings.
const POLL_RINGING_EVERY: f64 = 1_000.0;
/// As above, a visible tab fetches again what nobody tells it: messages, and what was not read.
const CATCH_UP_EVERY: f64 = 15_000.0;
/// How long the server may wait for news before it answers a hidden tab, in seconds.
const WAIT: u32 = 25;
/// A stream that the browser gave up, or that stays silent, is opened anew so often, in milliseconds.
const REOPEN_EVERY: f64 = 5_000.0;
/// How much too early a tick may come, in milliseconds.
const SLACK: f64 = 200.0;
/// What the tab that holds the stream passes on when it is broken: nothing.
const BROKEN: &str = "";

thread_local! {
    /// Lives as long as the tab.
    static FEED: RefCell<Feed> = RefCell::default();
}

#[derive(Default)]
struct Feed {
    /// What the tabs tell each other; none in a browser where each is for itself.
    relay: Option<Relay>,
    /// Whoever has it holds the stream.
    lock: Option<Lock>,
    stream: Option<EventStream>,
}

impl Live {
    pub(super) fn stay_in_contact(&self, me: MemberId) {
        let live = *self;
        let now = browser::now();
        self.last_event.set_value(now);
        self.last_news.set_value(now);
        self.last_sign.set_value(now);
        let relay = Relay::open(&feed(me), move |data| live.hear_another_tab(&data)).filter(|_| Lock::exist());
        if relay.is_some() {
            FEED.with_borrow_mut(|feed| feed.relay = relay);
            self.queue(me);
        } else {
            self.open_stream();
        }
        if let Ok(clock) = set_interval_with_handle(move || live.tick(), Duration::from_secs(1)) {
            on_cleanup(move || clock.clear());
        }
        // A phone that was in a pocket may have slept through anything.
        browser::on_return(move || {
            live.ask();
            if !live.is_healthy() {
                live.catch_up();
            }
        });
    }

    /// The tab that holds the stream has passed something on.
    fn hear_another_tab(&self, data: &str) {
        self.last_sign.set_value(browser::now());
        if data == BROKEN {
            self.broken.set_value(true);
        } else {
            self.hear(data);
        }
    }

    fn queue(&self, me: MemberId) {
        let live = *self;
        hold(Lock::request(&feed(me), move |standing| live.stand(me, standing)));
    }

    fn stand(&self, me: MemberId, standing: Standing) {
        match standing {
            Standing::Held => self.open_stream(),
            Standing::Waiting => self.catch_up(),
            Standing::Lost => {
                drop(FEED.with_borrow_mut(|feed| feed.stream.take()));
                self.last_sign.set_value(browser::now());
                self.queue(me);
            }
        }
    }

    /// The tab that holds the stream seems to be asleep, or gone.
    fn take_over(&self, me: MemberId) {
        let live = *self;
        self.last_sign.set_value(browser::now());
        hold(Lock::steal(&feed(me), move |standing| live.stand(me, standing)));
    }

    fn open_stream(&self) {
        let live = *self;
        let told = move |data: String| {
            tell_other_tabs(&data);
            live.hear(&data);
        };
        let broken = move || {
            live.broken.set_value(true);
            tell_other_tabs(BROKEN);
            if live.may_wait() {
                live.ask();
            }
        };
        let now = browser::now();
        self.last_event.set_value(now);
        self.last_opened.set_value(now);
        let stream = EventStream::open(EVENTS, &EVENT_NAMES, told, broken);
        drop(FEED.with_borrow_mut(|feed| feed.stream.replace(stream)));
    }

    /// What a stream begins with: another tab has heard it long ago, or nobody hears it.
    fn catch_up(&self) {
        let live = *self;
        self.last_news.set_value(browser::now());
        spawn_local(async move {
            match api::live().await {
                Ok(now) => live.start_over(now),
                Err(error) => live.note(error.problem),
            }
        });
    }

    fn is_healthy(&self) -> bool {
        let silent_for = browser::now() - self.last_event.get_value();
        !self.broken.get_value() && silent_for < millis(HEALTHY_FOR)
    }

    /// Once a second.
    fn tick(&self) {
        let now = browser::now();
        self.now.set(now);
        if self.is_healthy() {
            return;
        }
        if holds_stream() {
            self.mend_stream(now);
            tell_other_tabs(BROKEN);
        } else if !browser::is_hidden()
            && now - self.last_sign.get_value() > millis(HEALTHY_FOR)
            && let Some(me) = self.me_untracked()
        {
            self.take_over(me);
        }
        if !browser::is_hidden() && now - self.last_news.get_value() > CATCH_UP_EVERY {
            self.catch_up();
        }
        let rings = self.calls.with_untracked(|calls| calls.iter().any(|h| h.call.status == CallStatus::Ringing));
        let pause = if rings { POLL_RINGING_EVERY } else { POLL_EVERY };
        if now - self.last_asked.get_value() > pause - SLACK {
            self.ask();
        }
    }

    fn mend_stream(&self, now: f64) {
        let given_up = FEED.with_borrow(|feed| feed.stream.as_ref().is_none_or(EventStream::is_closed));
        let silent = !self.broken.get_value();
        if (given_up || silent) && now - self.last_opened.get_value() > REOPEN_EVERY {
            self.open_stream();
            self.broken.set_value(true);
        }
    }

    /// Asks what rings, and for everything live if that is not what we know or if we are in a call. Goes on asking while the
    /// clock cannot be trusted to.
    pub(crate) fn ask(&self) {
        let live = *self;
        let Some(parish) = self.community.with_untracked(|community| community.as_ref().map(|c| c.parish)) else {
            return;
        };
        if self.asking.get_value() {
            return;
        }
        self.asking.set_value(true);
        spawn_local(async move {
            let address = format!("/api/voice/active?parishId={parish}");
            let mut known = live.ringing();
            loop {
                live.last_asked.set_value(browser::now());
                let waits = live.may_wait();
                let answer = if waits {
                    let known = known.iter().map(CallId::to_string).collect::<Vec<_>>().join(",");
                    browser::fetch_in_hiding(&format!("{address}&wait={WAIT}&known={known}"), WAIT).await
                } else {
                    browser::fetch(&address).await
                };
                let answered = live.take_answer(answer).await;
                let looked_at = waits && !browser::is_hidden();
                // What the server has said it is asked about no second time.
                match answered {
                    Some(ringing) if live.may_wait() => known = ringing,
                    _ if looked_at => {}
                    _ => break,
                }
            }
            live.asking.set_value(false);
        });
    }

    /// What rings by the server's answer; none if it did not answer.
    async fn take_answer(&self, answer: Option<(u16, String)>) -> Option<Vec<CallId>> {
        match answer {
            Some((200, text)) => {
                let ringing = serde_json::from_str(&text).map(Ringing::ids).unwrap_or_default();
                if self.differs(&ringing)
                    && let Ok(now) = api::in_time(api::live()).await
                {
                    self.pass_on(&Event::Snapshot(now.clone()));
                    self.take_snapshot(now);
                }
                Some(ringing)
            }
            Some((401, _)) => {
                self.note(Problem::SignedOut);
                None
            }
            _ => None,
        }
    }

    /// Hidden tabs do not ask for themselves: browsers allow a server only a few connections.
    fn pass_on(&self, event: &Event) {
        if holds_stream()
            && !self.is_healthy()
            && let Ok(data) = serde_json::to_string(event)
        {
            tell_other_tabs(&data);
            tell_other_tabs(BROKEN);
        }
    }

    /// Whether the server may hold its answer back. In a call there is more news than rings, and the clock goes well.
    fn may_wait(&self) -> bool {
        browser::is_hidden() && holds_stream() && !self.is_healthy() && !untrack(|| self.is_in_a_call())
    }

    /// What rings for us, by what we know.
    fn ringing(&self) -> Vec<CallId> {
        let Some(me) = self.me_untracked() else { return vec![] };
        self.calls.with_untracked(|calls| {
            calls.iter().filter(|heard| heard.call.rings_for(me).is_some()).map(|heard| heard.call.id).collect()
        })
    }

    fn differs(&self, ringing: &[CallId]) -> bool {
        untrack(|| self.is_in_a_call()) || self.ringing() != ringing
    }
}

/// The name of the lock, and of what the tabs of a member tell each other.
fn feed(me: MemberId) -> String {
    format!("paxora-events-{me}")
}

fn hold(lock: Option<Lock>) {
    // Not dropped inside of the borrow: letting go of a lock calls back.
    let before = FEED.with_borrow_mut(|feed| std::mem::replace(&mut feed.lock, lock));
    drop(before);
}

fn holds_stream() -> bool {
    FEED.with_borrow(|feed| feed.stream.is_some())
}

fn tell_other_tabs(data: &str) {
    FEED.with_borrow(|feed| {
        if let Some(relay) = &feed.relay {
            relay.post(data);
        }
    });
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
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
