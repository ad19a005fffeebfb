//! What goes out when a phone is to ring, and when it is to stop: jobs of the outbox, written with the change itself.

use super::cards::{Card, Cards, Outcome, shortened};
use super::words::Words;
use crate::auth::device_of;
use crate::worker::Task;
use crate::{Backend, Error, Noted, RingPath, secret};
use domain::{Call, CallId, ChannelKind, DeviceId, MemberId, Participation, Timestamp};
use futures::future::join_all;
use push::Answer;
use std::time::Duration;
use store::{PushSubscription, RingCard};

/// How long we wait before we ask a push service again that does not say when.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

impl Backend {
    /// Rings all devices of a member that can be reached by push, if their ring goes on. A device that keeps us waiting
    /// does not keep the others waiting.
    pub(crate) async fn push_ring(&self, call: CallId, member: MemberId) -> Result<(), Error> {
        let Some((call, _)) = self.audible(call, member).await? else { return Ok(()) };
        let devices = self.inner.store.subscriptions_of(member, self.now()).await?;
        if devices.is_empty() {
            return Ok(());
        }
        let words = self.inner.store.ring_words(&call, member).await?;
        let cards = self.cards(&call, &words);
        let badge = self.inner.store.unseen(member).await?;
        let badge = badge.missed + badge.unread;
        let rung = devices.iter().map(|device| self.ring_device(&cards, member, device, badge));
        join_all(rung).await.into_iter().collect()
    }

    async fn ring_device(
        &self,
        cards: &Cards<'_>,
        member: MemberId,
        device: &PushSubscription,
        badge: u32,
    ) -> Result<(), Error> {
        let (store, session) = (&self.inner.store, &device.session);
        let _turn = self.inner.queues.devices.enter(session).await;
        let token = secret::fresh();
        let hash = secret::hash(&token);
        // Whoever ends the ring from the moment in which it is put finds the card. Who ended it before did not, and then it is
        // not shown; who ended it meanwhile, and rang again, ended another one.
        let mut version = cards.version;
        let until = loop {
            if !self.put_card(cards.call, session, &hash, version).await? {
                return Ok(());
            }
            match self.audible(cards.call, member).await? {
                Some((call, until)) if call.version == version => break until,
                Some((call, _)) => version = call.version,
                None => return Ok(store.delete_ring_card(cards.call, session, Some(&hash)).await?),
            }
        };
        let ring = |until| cards.ring(until, self.now(), &token, badge);
        if let Answer::Busy { retry_after } = self.send_ring(device, &ring(until)).await {
            let pause = retry_after.unwrap_or(AGAIN_AFTER);
            if self.now() + pause < until {
                self.wait(pause).await;
                if let Some((_, until)) = self.audible(cards.call, member).await? {
                    self.send_ring(device, &ring(until)).await;
                }
            }
        }
        // The ring may have ended while ours was on its way: in another process, whose end of it may have come first; or on this
        // very device, which has closed its card before ours came.
        let taken = self.now();
        let known = store.ring_card(cards.call, session).await?.is_some();
        let Some(call) = store.call(cards.call).await? else { return Ok(()) };
        if known && ended(&call, member).is_none_or(|at| at >= taken) {
            return Ok(());
        }
        let version = call.version;
        if !self.put_card(cards.call, session, &hash, version).await? {
            return Ok(());
        }
        let over = Task::RingOver { call: cards.call, member, but: None, version };
        store.add_job(over.job(self.now())).await?;
        self.inner.work.notify_one();
        Ok(())
    }

    /// Notes that a device is about to show a card; not if it was signed out meanwhile.
    async fn put_card(&self, call: CallId, session: &str, decline_hash: &str, version: u32) -> Result<bool, Error> {
        match self.inner.store.put_ring_card(call, session, decline_hash, version).await {
            Err(store::StoreError::Refused(_)) => Ok(false),
            put => Ok(put.map(|()| true)?),
        }
    }

    async fn send_ring(&self, device: &PushSubscription, card: &Card) -> Answer {
        let answer = self.send(device, card).await;
        if matches!(answer, Answer::Accepted) {
            self.note(Noted::Ring(RingPath::Push));
        }
        answer
    }

    /// Replaces the cards of a ring that is over, on all devices that were sent one, but on the one where it was ended, which
    /// has closed its own. A card is forgotten once it is replaced, or nobody can be reached there any more.
    pub(crate) async fn push_ring_over(
        &self,
        call: CallId,
        member: MemberId,
        but: Option<DeviceId>,
        version: u32,
    ) -> Result<(), Error> {
        let cards = self.inner.store.ring_cards(call, member).await?;
        let is_own = |card: &RingCard| Some(device_of(&card.session)) == but && card.version <= version;
        let replaced = cards.iter().map(|card| self.replace_card(call, member, &card.session, is_own));
        join_all(replaced).await.into_iter().collect()
    }

    async fn replace_card(
        &self,
        call: CallId,
        member: MemberId,
        session: &str,
        is_own: impl Fn(&RingCard) -> bool,
    ) -> Result<(), Error> {
        let _turn = self.inner.queues.devices.enter(session).await;
        // Whoever had the device's turn before may have sent another one.
        let Some(card) = self.inner.store.ring_card(call, session).await? else { return Ok(()) };
        match is_own(&card) || self.say_over(call, member, session).await? {
            true => Ok(self.inner.store.delete_ring_card(call, session, card.decline_hash.as_deref()).await?),
            false => Ok(()),
        }
    }

    /// Tells one device that its ring is over, unless it goes on again: then it answers false. Whoever calls has the
    /// device's turn.
    ///
    /// # Errors
    /// The database or the push service did not answer.
    async fn say_over(&self, call: CallId, member: MemberId, session: &str) -> Result<bool, Error> {
        let Some(call) = self.inner.store.call(call).await? else { return Ok(true) };
        let Some(outcome) = outcome(&call, member) else { return Ok(false) };
        let Some(device) = self.inner.store.subscription(session).await? else { return Ok(true) };
        let words = self.inner.store.ring_words(&call, member).await?;
        let badge = self.inner.store.unseen(member).await?;
        let card = self.cards(&call, &words).over(outcome, badge.missed + badge.unread);
        match self.send(&device, &card).await {
            Answer::Busy { .. } | Answer::Failed(_) => {
                Err(Error::Internal(anyhow::anyhow!("a device was not told that its ring is over")))
            }
            _ => Ok(true),
        }
    }

    /// The call and when this member's phones stop, if they ring now.
    async fn audible(&self, call: CallId, member: MemberId) -> Result<Option<(Call, Timestamp)>, Error> {
        let Some(call) = self.inner.store.call(call).await? else { return Ok(None) };
        let until = call.participant(member).and_then(|participant| participant.audible_until());
        Ok(until.filter(|until| self.now() < *until && !call.is_over()).map(|until| (call, until)))
    }

    fn cards<'a>(&'a self, call: &Call, words: &'a store::RingWords) -> Cards<'a> {
        // Who was invited from outside of the channel is told nothing of it.
        let place = words.channel.as_deref().filter(|_| call.kind != ChannelKind::Direct);
        Cards {
            call: call.id,
            version: call.version,
            channel: call.channel,
            kind: call.kind,
            caller: shortened(&words.caller),
            place: place.map(shortened),
            language: Words::of(&words.locale),
            public_url: &self.inner.settings.public_url,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a push service has asked us to come back later")]
    async fn wait(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

/// When a member's ring came to its end.
fn ended(call: &Call, member: MemberId) -> Option<Timestamp> {
    match call.participant(member)?.participation {
        Participation::Invited { .. } | Participation::Ringing { .. } => None,
        Participation::Missed { at, .. } | Participation::Declined { at } => Some(at),
        Participation::Connected { since, .. } | Participation::Disconnected { since, .. } => Some(since),
    }
}

/// How a member's ring came to its end; none if it goes on, or never was.
fn outcome(call: &Call, member: MemberId) -> Option<Outcome> {
    match call.participant(member)?.participation {
        Participation::Invited { .. } | Participation::Ringing { .. } => None,
        Participation::Missed { .. } => Some(Outcome::Missed),
        Participation::Declined { .. } => Some(Outcome::Declined),
        Participation::Connected { .. } | Participation::Disconnected { .. } => Some(Outcome::AnsweredElsewhere),
    }
}
