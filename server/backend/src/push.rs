//! Reaching devices on which no page is open: who can be reached where, and by which key.

mod cards;
mod lanes;
mod notices;
mod rings;
mod tally;
mod words;

use crate::{Actor, Backend, Error, auth, secret};
use ::push::{Answer, Subscription, VapidKeys};
use cards::Card;
use domain::text::Field;
use domain::{CallId, Command};
use lanes::Lanes;
use std::sync::{Mutex, PoisonError};
use store::{PushSubscription, Store, Unseen};

pub use tally::Sends;
pub(crate) use tally::Tally;

/// Under this name the secret of the current VAPID key is kept; older ones under this, a colon, and their public key.
const KEY: &str = "vapid";

/// What a browser says about where it can be reached, in the words of its `PushSubscription`.
pub struct NewSubscription {
    /// Where messages are sent.
    pub endpoint: String,
    /// The browser's public key.
    pub p256dh: String,
    /// The browser's secret.
    pub auth: String,
    /// The public VAPID key that the browser was given.
    pub key: String,
    /// Where it was reached before, if the browser knows.
    pub old: Option<String>,
}

/// What is known of how a device is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// How long ago the push service last took a message, in milliseconds.
    pub accepted_ms_ago: Option<u64>,
    /// Why it last did not.
    pub refused: Option<String>,
}

/// What came of a test ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestRing {
    /// The push service has it.
    Sent,
    /// This device cannot be reached, or not any more.
    Unreachable,
    /// The push service did not take it.
    Refused,
}

/// The keys that this process has read.
#[derive(Default)]
pub(crate) struct Keys(Mutex<Vec<VapidKeys>>);

/// So many messages are under way to one push service at once. Each has a connection of its own meanwhile, and those of
/// a service that lets us wait take nobody else's place.
const AT_ONCE_PER_SERVICE: usize = 128;
/// Of these, so many tell of words at most: rings find a place.
const WORDS_AT_ONCE_PER_SERVICE: usize = 64;

/// How messages queue up.
pub(crate) struct Queues {
    /// One message after the other for each device, so that what ends a ring does not overtake it.
    devices: Lanes,
    services: Lanes,
    /// What tells of words has a queue of its own in front of each device and service, so that no ring stands behind it.
    words_for_devices: Lanes,
    words_for_services: Lanes,
}

impl Default for Queues {
    fn default() -> Self {
        Queues {
            devices: Lanes::of_width(1),
            services: Lanes::of_width(AT_ONCE_PER_SERVICE),
            words_for_devices: Lanes::of_width(1),
            words_for_services: Lanes::of_width(WORDS_AT_ONCE_PER_SERVICE),
        }
    }
}

/// Puts a fresh VAPID key in the place of the current one. Devices go on being reached with the key that they were given,
/// and are given the new one at their next start.
///
/// # Errors
/// The database did not answer.
pub async fn rotate_vapid_keys(store: &Store, now: domain::Timestamp) -> Result<String, Error> {
    let old = current(store, now).await?;
    let fresh = VapidKeys::generate();
    store.replace_secret(KEY, fresh.secret(), &kept_as(old.public()), now).await?;
    Ok(fresh.public().to_owned())
}

/// The public VAPID key that browsers are given now. Made when it is first asked for.
///
/// # Errors
/// The database did not answer.
pub async fn vapid_key(store: &Store, now: domain::Timestamp) -> Result<String, Error> {
    Ok(current(store, now).await?.public().to_owned())
}

async fn current(store: &Store, now: domain::Timestamp) -> Result<VapidKeys, Error> {
    let kept = match store.kept_secret(KEY).await? {
        Some(kept) => kept,
        None => store.secret(KEY, VapidKeys::generate().secret(), now).await?,
    };
    VapidKeys::from_secret(&kept).map_err(|error| Error::Internal(error.into()))
}

fn kept_as(public: &str) -> String {
    format!("{KEY}:{public}")
}

impl Backend {
    /// The public VAPID key for browsers that subscribe.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn push_key(&self) -> Result<String, Error> {
        vapid_key(&self.inner.store, self.now()).await
    }

    /// Reaches this device here from now on. Browsers say so at every start.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what we never send to, or a key that we never gave.
    pub async fn subscribe_to_push(&self, actor: &Actor, new: NewSubscription) -> Result<(), Error> {
        let address = Subscription { endpoint: new.endpoint, p256dh: new.p256dh, auth: new.auth };
        let refuse = |_| Error::Invalid(Field::Subscription);
        self.inner.push.check(&address).map_err(refuse)?;
        self.keys(&new.key).await?.ok_or(Error::Invalid(Field::Subscription))?;
        let row = PushSubscription {
            session: actor.session().to_owned(),
            endpoint: address.endpoint,
            p256dh: address.p256dh,
            auth: address.auth,
            vapid_key: new.key,
        };
        match self.inner.store.put_subscription(&row, new.old.as_deref(), self.now()).await {
            // Signed out in the same moment.
            Err(store::StoreError::Refused(_)) => Err(Error::NotFound),
            done => Ok(done?),
        }
    }

    /// How this device is reached; none if it is not.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn push_health(&self, actor: &Actor) -> Result<Option<Reached>, Error> {
        let Some(health) = self.inner.store.push_health(actor.session()).await? else { return Ok(None) };
        let ago = |at| u64::try_from(self.now().since(at).as_millis()).unwrap_or(u64::MAX);
        Ok(Some(Reached { accepted_ms_ago: health.accepted_at.map(ago), refused: health.refused }))
    }

    /// Rings this device, to see whether it does.
    ///
    /// # Errors
    /// [`Error::Limited`]; the database did not answer.
    pub async fn test_ring(&self, actor: &Actor) -> Result<TestRing, Error> {
        self.inner.limits.take(crate::limits::Limited::TestRing(actor.member()))?;
        let Some(address) = self.inner.store.subscription(actor.session()).await? else {
            return Ok(TestRing::Unreachable);
        };
        let language = self.inner.store.locale_of(actor.member()).await?;
        let card = cards::test_ring(words::Words::of(&language), &self.inner.settings.public_url);
        Ok(match self.send(&address, &card).await {
            Answer::Accepted => TestRing::Sent,
            Answer::Gone => TestRing::Unreachable,
            _ => TestRing::Refused,
        })
    }

    /// This device shows the ring of a call: tells the caller, and answers whether it rings still.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn show_ring(&self, actor: &Actor, call: CallId) -> Result<bool, Error> {
        match self.confirm_ring(actor, call).await {
            Ok(()) => Ok(true),
            Err(Error::Call(_) | Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Refuses a ring by what its card was given. It counts once; afterwards, and for what never was given, nothing happens.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn decline_by_card(&self, token: &str) -> Result<(), Error> {
        let hash = secret::hash(token);
        let Some((call, member, session)) = self.inner.store.ring_to_decline(&hash).await? else { return Ok(()) };
        let step = crate::changes::Step {
            commands: vec![Command::Decline(member)],
            request: None,
            switch: None,
            device: Some(auth::device_of(&session)),
        };
        match self.change_call(call, step).await {
            // Over already: that is what they wanted.
            Ok(_) | Err(Error::Call(_) | Error::NotFound) => {}
            // Not used up: the card may try again.
            Err(error) => return Err(error),
        }
        if let Err(error) = self.inner.store.use_up_decline(&hash).await {
            // It is replaced by the end of the ring, or by the next one.
            tracing::warn!(?error, "what declined a ring was not used up");
        }
        Ok(())
    }

    /// What this member has not taken notice of.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn unseen(&self, actor: &Actor) -> Result<Unseen, Error> {
        Ok(self.inner.store.unseen(actor.member()).await?)
    }

    /// Sends to one device, and remembers what came of it.
    async fn send(&self, to: &PushSubscription, card: &Card) -> Answer {
        let answer = match self.keys(&to.vapid_key).await {
            Ok(Some(keys)) => {
                let address = address(to);
                let _place = self.inner.queues.services.enter(&address.host()).await;
                self.inner.push.send(&keys, &address, &card.message(to)).await
            }
            // Nobody can sign for it any more.
            Ok(None) => Answer::Gone,
            Err(error) => {
                tracing::error!(?error, "a key for push messages cannot be read");
                Answer::Failed(::push::Failure::Unbuilt)
            }
        };
        self.note_sent(&address(to).host(), &answer);
        self.inner.tally.count(address(to).service(), &answer);
        if let Err(error) = self.remember(to, &answer).await {
            tracing::error!(?error, "what came of a push message cannot be remembered");
        }
        answer
    }

    async fn remember(&self, to: &PushSubscription, answer: &Answer) -> Result<(), Error> {
        let service = address(to).host();
        let store = &self.inner.store;
        match answer {
            Answer::Accepted => store.push_was_accepted(&to.endpoint, self.now()).await?,
            Answer::Gone | Answer::Unfit(_) => {
                tracing::debug!(service, "a device is not to be reached any more");
                store.delete_subscription(&to.endpoint).await?;
            }
            Answer::Refused { status, reason } => {
                tracing::warn!(service, status, reason, "a push service does not take our signature");
                store.push_was_refused(&to.endpoint, reason).await?;
            }
            Answer::Rejected { status, reason } => {
                tracing::error!(service, status, reason, "a push service does not understand us");
                store.push_was_refused(&to.endpoint, reason).await?;
            }
            Answer::TooLarge => tracing::error!(service, "a push message was too large"),
            Answer::Busy { .. } => tracing::warn!(service, "a push service is busy"),
            Answer::Failed(why) => tracing::warn!(service, %why, "a push message may not have arrived"),
        }
        Ok(())
    }

    /// The keys with this public one, if they are ours.
    async fn keys(&self, public: &str) -> Result<Option<VapidKeys>, Error> {
        let known = |keys: &[VapidKeys]| keys.iter().find(|keys| keys.public() == public).cloned();
        if let Some(keys) = known(&self.inner.keys.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(Some(keys));
        }
        let mut kept = vec![current(&self.inner.store, self.now()).await?];
        if let Some(old) = self.inner.store.kept_secret(&kept_as(public)).await? {
            kept.push(VapidKeys::from_secret(&old).map_err(|error| Error::Internal(error.into()))?);
        }
        let found = known(&kept);
        self.inner.keys.0.lock().unwrap_or_else(PoisonError::into_inner).extend(found.clone());
        Ok(found)
    }
}

fn address(of: &PushSubscription) -> Subscription {
    Subscription { endpoint: of.endpoint.clone(), p256dh: of.p256dh.clone(), auth: of.auth.clone() }
}
