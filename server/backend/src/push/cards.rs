//! The cards that devices show, as JSON for our service worker (`public/sw.js`). Every service passes on less than two
//! kilobytes.
//!
//! For Apple's devices the same JSON is *declarative* (`"web_push": 8030`): they show it without the worker if they have
//! to, and go to its address when it is tapped. Nobody else gets it that way: Firefox has its own reading of it, in which
//! our worker is passed over and actions are dropped.

use super::words::Words;
use domain::{CallId, ChannelId, ChannelKind, Timestamp};
use push::{Message, Topic, Urgency};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::time::Duration;
use store::PushSubscription;

/// How long a push service keeps the card of a missed call.
const MISSED_FOR: Duration = Duration::from_secs(60 * 60 * 24);
/// How long it keeps the card of a message.
const MESSAGE_FOR: Duration = Duration::from_secs(60 * 60 * 24);
/// So much of a message is shown, in bytes.
const WORDS_AT_MOST: usize = 240;
/// How long it keeps other cards that only replace one.
const REPLACES_FOR: Duration = Duration::from_secs(60);
/// How long a test ring waits for its device.
const TEST_FOR: Duration = Duration::from_secs(60);

/// So much of a name is shown, in bytes: sixty characters of any alphabet, fewer pictures. Phones show less in a line.
const NAME_AT_MOST: usize = 120;

/// As much of a name as there is room for.
pub(crate) fn shortened(name: &str) -> Cow<'_, str> {
    shortened_to(NAME_AT_MOST, name)
}

fn shortened_to(at_most: usize, text: &str) -> Cow<'_, str> {
    if text.len() <= at_most {
        return Cow::Borrowed(text);
    }
    let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= at_most).last().unwrap_or(0);
    Cow::Owned(format!("{}…", &text[..end]))
}

/// A card on its way to a device.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    notification: Value,
    ttl: Duration,
    urgency: Urgency,
    topic: Topic,
}

impl Card {
    /// As it is sent to this device.
    pub(crate) fn message(&self, to: &PushSubscription) -> Message {
        let mut notification = self.notification.clone();
        let payload = if is_apple(&to.endpoint) {
            // They have no buttons.
            notification.as_object_mut().map(|notification| notification.remove("actions"));
            notification["mutable"] = json!(true);
            json!({ "web_push": 8030, "mutable": true, "notification": notification })
        } else {
            json!({ "notification": notification })
        };
        let payload = payload.to_string().into_bytes();
        Message { payload, ttl: self.ttl, urgency: self.urgency, topic: Some(self.topic.clone()) }
    }
}

fn is_apple(endpoint: &str) -> bool {
    let host = endpoint.strip_prefix("https://").and_then(|rest| rest.split('/').next());
    host.is_some_and(|host| host.ends_with(".push.apple.com"))
}

/// What the cards of one call say to one member.
pub(crate) struct Cards<'a> {
    pub(crate) call: CallId,
    /// The version of the call that they were made from.
    pub(crate) version: u32,
    pub(crate) channel: ChannelId,
    pub(crate) kind: ChannelKind,
    pub(crate) caller: Cow<'a, str>,
    /// The channel's name; none for who may not know it, and for a chat of two.
    pub(crate) place: Option<Cow<'a, str>>,
    pub(crate) language: Words,
    /// What people type to come to us.
    pub(crate) public_url: &'a str,
}

/// How a ring came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Missed,
    AnsweredElsewhere,
    Declined,
}

impl Cards<'_> {
    /// The card of a ring that goes on until `until`.
    pub(crate) fn ring(&self, until: Timestamp, now: Timestamp, decline_token: &str, badge: u32) -> Card {
        let language = self.language;
        let title = match (self.kind, &self.place) {
            (ChannelKind::Group, Some(group)) => language.group_call(group),
            _ => language.incoming_call(&self.caller),
        };
        let body = match self.kind {
            ChannelKind::Group => format!("{} · {}", self.caller, language.voice_call(self.place.as_deref())),
            ChannelKind::Parish | ChannelKind::Direct => language.voice_call(self.place.as_deref()),
        };
        let mut card = self.card(&title, &body);
        card["silent"] = json!(false);
        card["requireInteraction"] = json!(true);
        card["vibrate"] = json!([200, 100, 200, 100, 200]);
        card["actions"] = json!([
            { "action": "answer", "title": language.answer() },
            { "action": "decline", "title": language.decline() },
        ]);
        card["app_badge"] = json!(badge.to_string());
        card["data"]["kind"] = json!("ring");
        card["data"]["expiresAt"] = json!(until);
        card["data"]["declineToken"] = json!(decline_token);
        let [title, body] = self.words_of(Outcome::Missed);
        card["data"]["over"] = json!({ "title": title, "body": body });
        self.finish(card, until.since(now))
    }

    /// The card that takes its place.
    pub(crate) fn over(&self, outcome: Outcome, badge: u32) -> Card {
        let [title, body] = self.words_of(outcome);
        let mut card = self.card(&title, &body);
        card["silent"] = json!(true);
        card["app_badge"] = json!(badge.to_string());
        card["data"]["kind"] = json!("over");
        let ttl = if outcome == Outcome::Missed { MISSED_FOR } else { REPLACES_FOR };
        self.finish(card, ttl)
    }

    fn words_of(&self, outcome: Outcome) -> [String; 2] {
        let body = self.language.voice_call(self.place.as_deref());
        match outcome {
            Outcome::Missed => [self.language.missed_call(&self.caller), body],
            Outcome::AnsweredElsewhere => {
                [self.language.incoming_call(&self.caller), self.language.answered_elsewhere().to_owned()]
            }
            Outcome::Declined => [self.language.incoming_call(&self.caller), self.language.declined().to_owned()],
        }
    }

    fn card(&self, title: &str, body: &str) -> Value {
        let (language, channel, call) = (self.language.tag(), self.channel, self.call);
        let path = format!("/{language}/community/chat?channel={channel}&callId={call}");
        json!({
            "title": title,
            "body": body,
            "lang": language,
            "dir": "ltr",
            "navigate": format!("{}{path}", self.public_url),
            "tag": format!("voice-call-{call}"),
            "data": { "callId": call, "url": path },
        })
    }

    fn finish(&self, notification: Value, ttl: Duration) -> Card {
        Card { notification, ttl, urgency: Urgency::High, topic: Topic::of(&self.call.to_string()) }
    }
}

/// The card of a test ring.
pub(crate) fn test_ring(language: Words, public_url: &str) -> Card {
    let [title, body] = language.test_ring();
    let path = format!("/{}/community/phone", language.tag());
    let notification = json!({
        "title": title,
        "body": body,
        "lang": language.tag(),
        "dir": "ltr",
        "navigate": format!("{public_url}{path}"),
        "tag": "test-ring",
        "silent": false,
        "vibrate": [200, 100, 200, 100, 200],
        "data": { "kind": "test", "url": path },
    });
    Card { notification, ttl: TEST_FOR, urgency: Urgency::High, topic: Topic::of("test-ring") }
}

/// The card of a message. `place`: the channel's name; none in a chat of two. One of the same channel takes its place.
pub(crate) fn message(
    words: &str,
    author: &str,
    place: Option<&str>,
    channel: ChannelId,
    language: Words,
    badge: u32,
    public_url: &str,
) -> Card {
    let author = shortened(author);
    let title = match place {
        Some(place) => format!("{author} · {}", shortened(place)),
        None => author.into_owned(),
    };
    let path = format!("/{}/community/chat?channel={channel}", language.tag());
    let notification = json!({
        "title": title,
        "body": shortened_to(WORDS_AT_MOST, words),
        "lang": language.tag(),
        "dir": "ltr",
        "navigate": format!("{public_url}{path}"),
        "tag": format!("channel-{channel}"),
        "silent": false,
        "app_badge": badge.to_string(),
        "data": { "kind": "message", "url": path },
    });
    Card { notification, ttl: MESSAGE_FOR, urgency: Urgency::Normal, topic: Topic::of(&channel.to_string()) }
}
