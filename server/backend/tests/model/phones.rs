//! What phones show on which no page is open: a card for each call that they were told of.

use crate::audit::{Ledger, Violation, rule};
use crate::parish::Parish;
use backend::Backend;
use backend::testing::{FakePushService, Pushed, subscription};
use domain::{CallId, MemberId};
use push::{Answer, Failure};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Who, and with which of their devices.
type Device = (u8, u8);

struct Card {
    /// Where it leads.
    url: String,
    rings: bool,
}

pub(crate) struct Phones {
    pub(crate) push: Arc<FakePushService>,
    owners: HashMap<String, (Device, MemberId)>,
    shown: HashMap<(Device, CallId), Card>,
    /// What the last ring on a device was given, and of which call that was.
    tokens: HashMap<Device, (CallId, String)>,
    pub(crate) rings: u64,
    pub(crate) ends: u64,
}

impl Phones {
    /// All devices of the parish. `number` is used once per database.
    pub(crate) async fn of(parish: &Parish, backend: &Backend, push: Arc<FakePushService>, number: i64) -> Phones {
        let key = backend.push_key().await.unwrap();
        let mut owners = HashMap::new();
        for (who, person) in (0..).zip(&parish.people) {
            for (device, session) in (0..).zip(&person.sessions) {
                let endpoint = format!("https://fcm.googleapis.com/fcm/send/{number}-{who}-{device}");
                let actor = backend.authenticate(session).await.unwrap().unwrap();
                backend.subscribe_to_push(&actor, subscription(&endpoint, &key)).await.unwrap();
                owners.insert(endpoint, ((who, device), person.member));
            }
        }
        Phones { push, owners, shown: HashMap::new(), tokens: HashMap::new(), rings: 0, ends: 0 }
    }

    /// The push service of this device answers its next message like this.
    pub(crate) fn answer(&self, device: Device, number: u8) {
        let answer = match number {
            0 => Answer::Busy { retry_after: Some(Duration::ZERO) },
            1 => Answer::Busy { retry_after: Some(Duration::from_secs(3_600)) },
            2 => Answer::Failed(Failure::TimedOut),
            3 => Answer::Failed(Failure::Unreachable),
            _ => Answer::Gone,
        };
        let endpoint = self.owners.iter().find(|(_, (owner, _))| *owner == device).map(|(endpoint, _)| endpoint);
        self.push.answer(endpoint.unwrap(), answer);
    }

    /// What the last ring on this device was given to decline. Whoever uses it closes the card.
    pub(crate) fn decline(&mut self, device: Device) -> Option<String> {
        let (call, token) = self.tokens.get(&device).cloned()?;
        self.shown.remove(&(device, call));
        Some(token)
    }

    /// Somebody answers or refuses on this device what leads here: its cards are its own business.
    pub(crate) fn close(&mut self, device: Device, place: &str) {
        self.shown.retain(|(shown_on, _), card| *shown_on != device || !card.url.contains(place));
    }

    /// What was sent arrives, if the push service took it; where nobody knows, whatever is worse for us happened. While it
    /// was sent, nobody began to ring.
    pub(crate) fn take_in(&mut self, before: &Ledger, after: &Ledger) -> Result<(), Violation> {
        for pushed in self.push.take_sent() {
            let Pushed { endpoint, card, ttl, answer, .. } = &pushed;
            // What an earlier plan left undone, because it broke a rule.
            let Some(&(device, member)) = self.owners.get(endpoint) else { continue };
            let data = &card["notification"]["data"];
            let call: CallId = serde_json::from_value(data["callId"].clone()).unwrap();
            let known = |ledger: &Ledger| ledger.calls.get(&call).and_then(|call| call.participant(member)).cloned();
            let audible = |ledger: &Ledger| known(ledger).and_then(|participant| participant.audible_until());
            let url = data["url"].as_str().unwrap().to_owned();
            let unknown = *answer == Answer::Failed(Failure::TimedOut);
            if data["kind"] == "ring" {
                self.rings += 1;
                // Whoever began it may have been killed, and what they had begun was committed a little later.
                let new = !before.calls.contains_key(&call);
                rule!(new || audible(before).is_some(), "I20: {member} was rung for {call}, and that was over");
                rule!(!ttl.is_zero(), "I20: {member} was rung for {call} after its end");
                self.tokens.insert(device, (call, data["declineToken"].as_str().unwrap().to_owned()));
                if *answer == Answer::Accepted || unknown {
                    self.shown.insert((device, call), Card { url, rings: true });
                }
            } else {
                self.ends += 1;
                rule!(audible(after).is_none(), "I20: {member} was told that {call} does not ring, and it does");
                if *answer == Answer::Accepted {
                    self.shown.insert((device, call), Card { url, rings: false });
                }
            }
            if *answer == Answer::Gone {
                self.shown.retain(|(shown_on, _), _| *shown_on != device);
            }
        }
        Ok(())
    }

    /// Everything has come to rest, and nothing rings.
    pub(crate) fn are_silent(&self) -> Result<(), Violation> {
        for ((device, call), card) in &self.shown {
            rule!(!card.rings, "I20: a card of {device:?} rings for {call}");
        }
        Ok(())
    }
}
