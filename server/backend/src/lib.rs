//! The use cases: the only place where a rule meets a side effect.
//!
//! A use case is always the same few steps: load → apply the rule of `domain` → save by compare-and-set, with the
//! effects in the same transaction → publish. Permission is an [`Actor`] argument, which only [authentication](auth) can
//! make. Whatever lies outside, the database apart, sits behind a port: the [clock](Clock), the
//! [voice server](VoiceServer) and the [push services](PushService).

mod account;
pub mod auth;
mod calls;
mod care;
mod changes;
mod clock;
mod community;
mod devices;
mod error;
mod faces;
mod groups;
mod hub;
mod ids;
mod in_call;
mod keeping;
mod limits;
mod marked;
mod messages;
mod meters;
mod news;
mod overview;
mod passwords;
mod push;
pub mod push_service;
mod qr;
mod quiet;
mod records;
mod reports;
mod roster;
pub mod secret;
mod setup;
#[cfg(feature = "testing")]
pub mod testing;
pub mod voice_server;
mod worker;
mod zones;

use domain::CallId;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use store::Store;
use tokio::sync::{Mutex, Notify};

pub use auth::{Actor, NewSession};
pub use clock::{Clock, SystemClock};
pub use error::Error;
pub use hub::{Next, Subscription};
pub use keeping::Keeping;
pub use limits::{CallLimits, network};
pub use meters::{Gauges, Meters, Noted, RingPath};
pub use overview::{CallsOfWeek, Overview, ServerOverview, ServiceHealth, WEEKS};
pub use push::{NewSubscription, Reached, Sends, TestRing, rotate_vapid_keys, vapid_key};
pub use push_service::PushService;
pub use setup::{DemoLink, DemoParish, Standing};
pub use voice_server::{VoiceServer, VoiceServerError, VoiceServerKind};

/// What can be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a phone rings before the call is missed.
    pub ring_for: Duration,
    /// How long calls are remembered after they ended; none remembers them for ever.
    pub keep_calls_for: Option<Duration>,
    /// How often calls may be started.
    pub call_limits: CallLimits,
    /// What people type to come to us, without a slash at its end.
    pub public_url: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            ring_for: Duration::from_secs(30),
            keep_calls_for: Some(Duration::from_secs(60 * 60 * 24 * 90)),
            call_limits: CallLimits::default(),
            public_url: "http://localhost:3000".to_owned(),
        }
    }
}

/// Everything the use cases work with. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Backend {
    inner: Arc<Inner>,
}

struct Inner {
    /// The database.
    store: Store,
    /// What carries the audio.
    voice: Arc<dyn VoiceServer>,
    /// What reaches devices on which no page is open.
    push: Arc<dyn PushService>,
    /// The keys for it.
    keys: push::Keys,
    /// One push message after the other for each device.
    queues: push::Queues,
    /// What came of them.
    tally: push::Tally,
    /// There is something in the outbox.
    work: Notify,
    /// Who is connected, and what they are told.
    hub: hub::Hub,
    /// The only source of time.
    clock: Arc<dyn Clock>,
    /// How often what may be done.
    limits: limits::Limits,
    /// Hashing passwords, a few at a time.
    passwords: passwords::Passwords,
    /// What we saw when we last looked at the voice server.
    looks: roster::Looks,
    /// Who counts what happens, if somebody does.
    meters: OnceLock<Arc<dyn Meters>>,
    /// When this process began.
    began: domain::Timestamp,
    /// One change of a call at a time.
    turns: Turns,
    settings: Settings,
}

/// What lies outside of the use cases, besides the database.
pub struct Ports {
    /// What carries the audio.
    pub voice: Arc<dyn VoiceServer>,
    /// What reaches devices on which no page is open.
    pub push: Arc<dyn PushService>,
    /// The only source of time.
    pub clock: Arc<dyn Clock>,
}

/// Lets one change of a call happen after the other within this process, so that a hundred phones that confirm a ring at
/// once do not make each other try again. Between processes, the compare-and-set decides.
struct Turns {
    stripes: [Mutex<()>; 64],
    hasher: RandomState,
}

impl Default for Turns {
    fn default() -> Self {
        Turns { stripes: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

impl Turns {
    fn of(&self, call: CallId) -> &Mutex<()> {
        let stripe = self.hasher.hash_one(call) % self.stripes.len() as u64;
        &self.stripes[stripe as usize]
    }
}

impl Backend {
    /// Puts the parts together. Nothing runs until a use case is called; see [`Backend::run`] for what runs by itself.
    #[must_use]
    pub fn new(store: Store, ports: Ports, settings: Settings) -> Self {
        let Ports { voice, push, clock } = ports;
        Backend {
            inner: Arc::new(Inner {
                store,
                voice,
                push,
                keys: push::Keys::default(),
                queues: push::Queues::default(),
                tally: push::Tally::default(),
                work: Notify::new(),
                hub: hub::Hub::default(),
                began: clock.now(),
                clock,
                limits: limits::Limits::new(settings.call_limits),
                passwords: passwords::Passwords::default(),
                looks: roster::Looks::default(),
                meters: OnceLock::new(),
                turns: Turns::default(),
                settings,
            }),
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if it does not.
    pub async fn check(&self) -> Result<(), Error> {
        Ok(self.inner.store.ping().await?)
    }

    fn now(&self) -> domain::Timestamp {
        self.inner.clock.now()
    }
}
