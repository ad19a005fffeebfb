//! What LiveKit tells by itself: <https://docs.livekit.io/home/server/webhooks/>.
//!
//! A webhook is a POST. Its `Authorization` is a token signed with our key, which names the SHA-256 of the body; its body
//! is a `WebhookEvent` as JSON. `livekit-api` has a receiver, which is not used: to it, a reason newer than itself is an
//! error, and the event would be lost. Why hints are enough: `docs/decisions/0008-webhooks-are-hints.md`.

use super::{LiveKitSettings, VoiceEvent};
use crate::{Clock, secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Timestamp;
use livekit_api::access_token::TokenVerifier;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;

/// An older event tells nothing that a look at the voice server has not told since. LiveKit itself drops what it could
/// not deliver within half a minute.
const OLDEST: Duration = Duration::from_secs(10 * 60);
/// So much LiveKit's clock may be ahead of ours.
const AHEAD: Duration = Duration::from_secs(60);
/// So many events are remembered at most. A busy parish has a few hundred in the time they are.
const REMEMBERED_AT_MOST: usize = 4096;

/// Why an event is not taken. Sent again, it would not be taken either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Anybody may have written it.
    #[error("this is not signed with the API key of LIVEKIT_API_KEY")]
    Unsigned,
    /// LiveKit would not write it.
    #[error("this is no event of LiveKit")]
    Unreadable,
    /// It is too old, or of a time that has not come.
    #[error("this was not made just now; are both clocks right?")]
    Stale,
}

/// Takes in what one LiveKit tells, and passes it on to [`VoiceServer::events`](super::VoiceServer::events).
pub struct Webhooks {
    verifier: TokenVerifier,
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
    events: broadcast::Sender<VoiceEvent>,
}

impl Webhooks {
    pub(super) fn new(
        settings: &LiveKitSettings,
        clock: Arc<dyn Clock>,
        events: broadcast::Sender<VoiceEvent>,
    ) -> Webhooks {
        let verifier = TokenVerifier::with_api_key(&settings.api_key, &settings.api_secret);
        Webhooks { verifier, clock, seen: Mutex::default(), events }
    }

    /// Takes one in. `authorization`: the header of that name, empty if there was none; `body`: as it came.
    ///
    /// It is done at once: whoever sent it waits for nobody. One that came before, or that tells of something else than
    /// who is where, is taken and changes nothing.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn receive(&self, authorization: &str, body: &[u8]) -> Result<(), Refused> {
        self.check_signature(authorization, body)?;
        let told = Told::read(body).ok_or(Refused::Unreadable)?;
        let now = self.clock.now();
        if now.since(told.created) > OLDEST || told.created.since(now) > AHEAD {
            return Err(Refused::Stale);
        }
        let first = self.seen.lock().unwrap_or_else(PoisonError::into_inner).is_first(told.id, now);
        if first && let Some(event) = told.event {
            // Nobody needs to listen.
            let _ = self.events.send(event);
        }
        Ok(())
    }

    /// The token's own time is looked at by the library: by the machine's clock, and with a minute's patience.
    fn check_signature(&self, authorization: &str, body: &[u8]) -> Result<(), Refused> {
        let claims = self.verifier.verify(authorization).map_err(|_| Refused::Unsigned)?;
        let hash = BASE64.encode(Sha256::digest(body));
        if secret::same(&claims.sha256, &hash) { Ok(()) } else { Err(Refused::Unsigned) }
    }
}

/// What one body says.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    id: String,
    created: Timestamp,
    /// None for what we need not know.
    event: Option<VoiceEvent>,
}

/// As LiveKit writes it, as far as it concerns us: `WebhookEvent` in `livekit_webhook.proto`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    id: String,
    event: String,
    created_at: Value,
    room: Option<Room>,
    participant: Option<Participant>,
}

#[derive(Deserialize)]
struct Room {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Participant {
    #[serde(default)]
    identity: String,
    #[serde(default)]
    disconnect_reason: Value,
}

impl Told {
    fn read(body: &[u8]) -> Option<Told> {
        let body: Body = serde_json::from_slice(body).ok()?;
        // JSON of protocol buffers has 64-bit numbers as text.
        let seconds = body.created_at.as_i64().or_else(|| body.created_at.as_str()?.parse().ok())?;
        let event = body.event();
        Some(Told { id: body.id, created: Timestamp(seconds.saturating_mul(1000)), event })
    }
}

impl Body {
    fn event(&self) -> Option<VoiceEvent> {
        let room = self.room.as_ref()?.name.clone();
        let who = || self.participant.as_ref()?.identity.parse().ok();
        Some(match self.event.as_str() {
            "participant_joined" => VoiceEvent::Joined { room, who: who()? },
            // Aborted: they were let in, and left before audio could flow.
            "participant_left" | "participant_connection_aborted" => {
                let goodbye = self.participant.as_ref().is_some_and(Participant::said_goodbye);
                VoiceEvent::Left { room, who: who()?, goodbye }
            }
            "room_finished" => VoiceEvent::RoomFinished { room },
            _ => return None,
        })
    }
}

impl Participant {
    /// `DisconnectReason::CLIENT_INITIATED`. Enums may come as names or as numbers.
    fn said_goodbye(&self) -> bool {
        self.disconnect_reason == "CLIENT_INITIATED" || self.disconnect_reason == 1
    }
}

/// Which events came already. Forgotten at a restart: doing one twice does no harm.
#[derive(Default)]
struct Seen {
    ids: HashSet<String>,
    /// The oldest first.
    order: VecDeque<(Timestamp, String)>,
}

impl Seen {
    /// Takes note of it.
    fn is_first(&mut self, id: String, now: Timestamp) -> bool {
        // What is forgotten here is refused as stale, should it come again.
        while self.order.front().is_some_and(|(at, _)| now.since(*at) > OLDEST + AHEAD) {
            self.forget_the_oldest();
        }
        if self.ids.contains(&id) {
            return false;
        }
        if self.order.len() >= REMEMBERED_AT_MOST {
            self.forget_the_oldest();
        }
        self.ids.insert(id.clone());
        self.order.push_back((now, id));
        true
    }

    fn forget_the_oldest(&mut self) {
        if let Some((_, id)) = self.order.pop_front() {
            self.ids.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice_server::Identity;
    use serde_json::json;

    const WHO: &str = "00000000-0000-0000-0000-000000000001:2";

    fn event(kind: &str, participant: &Value) -> Option<VoiceEvent> {
        let body = json!({
            "event": kind, "id": "EV_1", "createdAt": "1800000000",
            "room": { "name": "call-1" }, "participant": participant,
        });
        Told::read(body.to_string().as_bytes()).unwrap().event
    }

    fn who() -> Identity {
        WHO.parse().unwrap()
    }

    #[test]
    fn what_livekit_tells_is_an_event_like_any_other_voice_servers() {
        let room = || "call-1".to_owned();
        let left = |goodbye| Some(VoiceEvent::Left { room: room(), who: who(), goodbye });
        let anna = json!({ "identity": WHO, "sid": "PA_1", "state": "ACTIVE", "joinedAt": "1800000000" });
        assert_eq!(event("participant_joined", &anna), Some(VoiceEvent::Joined { room: room(), who: who() }));
        assert_eq!(event("room_finished", &Value::Null), Some(VoiceEvent::RoomFinished { room: room() }));
        for kind in ["participant_left", "participant_connection_aborted"] {
            assert_eq!(event(kind, &anna), left(false), "the reason that is not known is left out");
            for reason in [json!("CLIENT_INITIATED"), json!(1)] {
                assert_eq!(event(kind, &json!({ "identity": WHO, "disconnectReason": reason })), left(true));
            }
            let others = ["SIGNAL_CLOSE", "PARTICIPANT_REMOVED", "DUPLICATE_IDENTITY", "OF_NEXT_YEAR"].map(Value::from);
            for reason in others.into_iter().chain([json!(9), json!(9999), json!(null), json!({ "why": 1 })]) {
                assert_eq!(event(kind, &json!({ "identity": WHO, "disconnectReason": reason })), left(false));
            }
        }
    }

    #[test]
    fn what_livekit_tells_of_other_things_is_no_event() {
        let anna = json!({ "identity": WHO });
        for kind in ["room_started", "track_published", "egress_ended", "of_next_year", ""] {
            assert_eq!(event(kind, &anna), None, "{kind}");
        }
        for stranger in [json!({ "identity": "recorder" }), json!({}), json!(null)] {
            assert_eq!(event("participant_joined", &stranger), None, "{stranger}");
        }
        let nowhere = json!({ "event": "room_finished", "id": "EV_1", "createdAt": 1 });
        assert_eq!(Told::read(nowhere.to_string().as_bytes()).unwrap().event, None);
    }

    #[test]
    fn seconds_come_as_text_or_as_a_number() {
        for created in [json!("1800000000"), json!(1_800_000_000)] {
            let body = json!({ "event": "x", "id": "EV_1", "createdAt": created, "newField": [1] });
            assert_eq!(
                Told::read(body.to_string().as_bytes()),
                Some(Told { id: "EV_1".to_owned(), created: Timestamp(1_800_000_000_000), event: None })
            );
        }
        for created in [json!(i64::MAX), json!(i64::MIN.to_string())] {
            let body = json!({ "event": "x", "id": "EV_1", "createdAt": created });
            Told::read(body.to_string().as_bytes()).expect("no overflow");
        }
    }

    #[test]
    fn what_livekit_would_not_write_is_not_read() {
        let whole =
            json!({ "event": "room_finished", "id": "EV_1", "createdAt": "1800000000", "room": { "name": "x" } });
        assert!(Told::read(whole.to_string().as_bytes()).is_some());
        for missing in ["event", "id", "createdAt"] {
            let mut body = whole.clone();
            body.as_object_mut().unwrap().remove(missing);
            assert_eq!(Told::read(body.to_string().as_bytes()), None, "without {missing}");
        }
        for (name, wrong) in
            [("createdAt", json!("now")), ("createdAt", json!(1.5)), ("id", json!(1)), ("room", json!(1))]
        {
            let mut body = whole.clone();
            body[name] = wrong;
            assert_eq!(Told::read(body.to_string().as_bytes()), None, "{body}");
        }
        for garbage in [&b""[..], b"{", b"[]", b"null", b"\xff\xfe", b"event=room_finished"] {
            assert_eq!(Told::read(garbage), None);
        }
    }

    #[test]
    fn an_event_is_remembered_until_it_is_stale_and_never_are_too_many() {
        let mut seen = Seen::default();
        let at = |seconds| Timestamp(1_800_000_000_000) + Duration::from_secs(seconds);
        assert!(seen.is_first("a".to_owned(), at(0)));
        assert!(!seen.is_first("a".to_owned(), at(660)), "made a minute ahead of our clock, it is fresh for eleven");
        assert!(seen.is_first("b".to_owned(), at(661)));
        assert!(!seen.ids.contains("a"), "what is stale is forgotten");
        for number in 0..2 * REMEMBERED_AT_MOST {
            assert!(seen.is_first(number.to_string(), at(661)));
        }
        assert_eq!((seen.ids.len(), seen.order.len()), (REMEMBERED_AT_MOST, REMEMBERED_AT_MOST));
    }
}
