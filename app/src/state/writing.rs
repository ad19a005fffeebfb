//! What this member writes: messages that the server has not taken yet, and what stands in the place to write.
//!
//! A message that cannot be sent waits, in this browser and across reloads, and is sent when it can be; it carries a nonce,
//! so however often that takes, it is written once. They go out one after the other, in the order in which they were written.

use super::Live;
use crate::api;
use crate::browser;
use crate::error::Problem;
use domain::{ChannelId, MemberId, Message, Nonce};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};

/// How long it is waited before a message is sent again, in milliseconds; twice as long each time, up to the second.
const AGAIN_AFTER: (u32, u32) = (1_000, 15_000);

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outgoing {
    pub(crate) nonce: Nonce,
    pub(crate) channel: ChannelId,
    pub(crate) text: String,
    /// Why the server does not take it. It is not sent again by itself.
    #[serde(skip)]
    pub(crate) refused: Option<Problem>,
}

/// The form of a page whose scripts do not run. The server hands it over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlainForm {
    /// What it carries, so that sent twice it is written once.
    pub nonce: Nonce,
    /// What it was sent with and the server did not take, and why.
    pub refused: Option<(Problem, String)>,
}

#[cfg(feature = "ssr")]
impl PlainForm {
    /// One that was not sent yet.
    #[must_use]
    pub fn fresh() -> Self {
        PlainForm { nonce: backend::secret::fresh_nonce(), refused: None }
    }
}

/// What this member writes. Cheap to copy; all copies are one.
#[derive(Clone, Copy)]
pub(crate) struct Writing {
    live: Live,
    outgoing: RwSignal<Vec<Outgoing>>,
    /// Whether the last try did not reach the server.
    waits: RwSignal<bool>,
    busy: StoredValue<bool>,
    editing: RwSignal<Option<Message>>,
}

/// Provides it to everything below, and sends what an earlier page could not.
pub(crate) fn provide_writing(live: Live) {
    let writing = Writing {
        live,
        outgoing: RwSignal::default(),
        waits: RwSignal::default(),
        busy: StoredValue::default(),
        editing: RwSignal::default(),
    };
    provide_context(writing);
    // Only in a browser.
    Effect::new(move || {
        if let Some(me) = live.me_untracked() {
            writing.outgoing.update(|outgoing| outgoing.extend(kept(me)));
            writing.work();
            browser::on_wake(move || writing.work());
        }
    });
}

pub(crate) fn use_writing() -> Writing {
    expect_context()
}

impl Writing {
    /// Sends a message, now or as soon as it can be.
    pub(crate) fn send(self, channel: ChannelId, text: String) {
        let message = Outgoing { nonce: browser::nonce(), channel, text, refused: None };
        self.keep(|kept| kept.push(message.clone()));
        self.outgoing.update(|outgoing| outgoing.push(message));
        self.work();
    }

    /// What is on its way into a channel, in the order in which it was written.
    pub(crate) fn outgoing(self, channel: ChannelId) -> Vec<Outgoing> {
        self.outgoing.with(|all| all.iter().filter(|message| message.channel == channel).cloned().collect())
    }

    /// Whether messages wait for the server to be reached.
    pub(crate) fn waits(self) -> bool {
        self.waits.get()
    }

    /// Sends what was refused once more.
    pub(crate) fn try_again(self, nonce: Nonce) {
        self.outgoing.update(|outgoing| {
            for message in outgoing.iter_mut().filter(|message| message.nonce == nonce) {
                message.refused = None;
            }
        });
        self.work();
    }

    /// Gives up a message that was not sent.
    pub(crate) fn drop(self, nonce: Nonce) {
        self.keep(|kept| kept.retain(|message| message.nonce != nonce));
        self.outgoing.update(|outgoing| outgoing.retain(|message| message.nonce != nonce));
    }

    /// The message that is being changed.
    pub(crate) fn editing(self) -> RwSignal<Option<Message>> {
        self.editing
    }

    /// Keeps what stands in the place to write until this member comes back to the channel.
    pub(crate) fn keep_draft(self, channel: ChannelId, text: &str) {
        if let Some(me) = self.live.me_untracked() {
            let place = draft(me, channel);
            if text.is_empty() { browser::forget(&place) } else { browser::remember_word(&place, text) }
        }
    }

    /// What stood there.
    pub(crate) fn draft(self, channel: ChannelId) -> Option<String> {
        browser::remembered_word(&draft(self.live.me_untracked()?, channel))
    }

    /// Sends what is to be sent, one after the other, until nothing is left.
    fn work(self) {
        if self.busy.get_value() {
            return;
        }
        self.busy.set_value(true);
        spawn_local(async move {
            let mut pause = AGAIN_AFTER.0;
            while let Some(next) =
                self.outgoing.with_untracked(|all| all.iter().find(|it| it.refused.is_none()).cloned())
            {
                let sent = api::post_message(next.channel, next.text.clone(), Some(next.nonce));
                match api::in_time(sent).await {
                    Ok(message) => {
                        pause = AGAIN_AFTER.0;
                        self.waits.set(false);
                        self.live.post(message);
                        self.drop(next.nonce);
                    }
                    Err(error) => {
                        if let Some(wait) = worth_waiting(error.problem, pause) {
                            self.waits.set(true);
                            browser::pause(wait).await;
                            pause = (pause * 2).min(AGAIN_AFTER.1);
                        } else {
                            self.refuse(next.nonce, error.problem);
                        }
                    }
                }
            }
            self.waits.set(false);
            self.busy.set_value(false);
        });
    }

    fn refuse(self, nonce: Nonce, problem: Problem) {
        self.outgoing.update(|outgoing| {
            for message in outgoing.iter_mut().filter(|message| message.nonce == nonce) {
                message.refused = Some(problem);
            }
        });
    }

    /// Changes what waits in this browser. Other tabs may have put something there.
    fn keep(self, change: impl FnOnce(&mut Vec<Outgoing>)) {
        let Some(me) = self.live.me_untracked() else { return };
        let mut all = kept(me);
        change(&mut all);
        match serde_json::to_string(&all) {
            Ok(text) if !all.is_empty() => browser::remember_word(&unsent(me), &text),
            _ => browser::forget(&unsent(me)),
        }
    }
}

/// How long to wait until it is sent again, in milliseconds; none for what will not change by itself.
fn worth_waiting(problem: Problem, pause: u32) -> Option<u32> {
    match problem {
        Problem::Offline | Problem::Unavailable => Some(pause),
        Problem::Limited(seconds) => Some(seconds.saturating_mul(1_000).max(pause)),
        _ => None,
    }
}

fn kept(me: MemberId) -> Vec<Outgoing> {
    browser::remembered_word(&unsent(me)).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn unsent(me: MemberId) -> String {
    format!("paxora-unsent-{me}")
}

fn draft(me: MemberId, channel: ChannelId) -> String {
    format!("paxora-draft-{me}-{channel}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_network_or_a_busy_server_does_is_waited_out_and_a_refusal_is_not() {
        for passing in [Problem::Offline, Problem::Unavailable] {
            assert_eq!(worth_waiting(passing, 4_000), Some(4_000));
        }
        assert_eq!(worth_waiting(Problem::Limited(7), 4_000), Some(7_000));
        for refusal in [Problem::Forbidden, Problem::NotFound, Problem::SignedOut, Problem::TooLarge] {
            assert_eq!(worth_waiting(refusal, 4_000), None);
        }
    }
}
