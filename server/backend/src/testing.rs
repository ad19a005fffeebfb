//! The world that tests live in: a clock moved by hand, a voice server in memory, a real database.
//!
//! [`FakeVoiceServer`] is honest: who joins must show a token that the real LiveKit would take, for a room that exists.

mod push_service;
mod voice_server;

pub use push_service::{FakePushService, Pushed};
pub use voice_server::FakeVoiceServer;

use crate::voice_server::{VoiceEvent, VoiceEvents, Webhooks};
use crate::{Actor, Backend, CallLimits, Clock, NewSubscription, Next, Ports, Settings, VoiceServer, ids};
use domain::{Call, CallId, ChannelId, ChannelKind, Language, Member, MemberId, Nonce, Tap, Timestamp};
use futures::{FutureExt, StreamExt};
use push::VapidKeys;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::Store;

/// A clock that stands still until it is moved.
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// A clock that shows this.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        FakeClock(AtomicI64::new(now.0))
    }
}

impl FakeClock {
    /// What it shows.
    #[must_use]
    pub fn read(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    /// Moves it forward.
    pub fn pass(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.read()
    }
}

/// One tap, like no other.
#[must_use]
pub fn tap() -> Tap {
    Tap { nonce: nonce(), switch: false }
}

/// Like no other.
#[must_use]
pub fn nonce() -> Nonce {
    Nonce(ids::fresh(Timestamp(0)))
}

/// What the voice server tells reaches the server.
pub async fn hear(backend: &Backend, events: &[VoiceEvent]) {
    backend.hear(events).await;
}

/// The server looks at its voice server, as it does every ten seconds; whether the database answered.
pub async fn look(backend: &Backend) -> bool {
    backend.check_rosters().await.is_ok()
}

/// All calls are looked after once; whether the database answered.
pub async fn look_after_calls(backend: &Backend) -> bool {
    backend.look_after_calls().await.is_ok()
}

/// What is in the outbox is done, as far as it can be.
///
/// # Errors
/// The database did not answer.
pub async fn work(backend: &Backend) -> Result<(), crate::Error> {
    backend.empty_outbox().await
}

/// How many passwords were hashed so far.
#[must_use]
pub fn passwords_hashed(backend: &Backend) -> u64 {
    backend.inner.passwords.hashed()
}

/// What the real ones have, but for those that keep stories short: nobody in a story waits for a limit.
#[must_use]
pub fn settings() -> Settings {
    let call_limits = CallLimits { starts_per_minute: 1_000, rings_per_pair: 1_000 };
    Settings { call_limits, ..Settings::default() }
}

/// What a browser says that was given this key.
#[must_use]
pub fn subscription(endpoint: &str, key: &str) -> NewSubscription {
    NewSubscription {
        endpoint: endpoint.to_owned(),
        p256dh: VapidKeys::generate().public().to_owned(),
        auth: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        key: key.to_owned(),
        old: None,
    }
}

#[derive(Clone)]
struct SignedIn {
    member: Member,
    actor: Actor,
    secret: String,
}

/// The demo parish on a database of its own, with a clock and a voice server in the test's hands.
pub struct World {
    /// The use cases.
    pub backend: Backend,
    /// The voice server.
    pub voice: Arc<FakeVoiceServer>,
    /// The push services of all browsers.
    pub push: Arc<FakePushService>,
    /// The database, to look beneath the use cases.
    pub store: Store,
    clock: Arc<FakeClock>,
    /// What the voice server told and nobody has heard yet.
    events: Mutex<VoiceEvents>,
    people: Vec<SignedIn>,
    /// Where the database is.
    url: String,
    _folder: Option<tempfile::TempDir>,
}

impl World {
    /// Everybody signed in, nobody calling. In a file, or with `STORIES_ON=postgres` in the PostgreSQL at `TEST_POSTGRES_URL`.
    ///
    /// # Panics
    /// If there is no room for a database, or no such PostgreSQL.
    #[expect(clippy::unwrap_used, reason = "a world that cannot be made fails its test")]
    pub async fn new() -> World {
        if std::env::var("STORIES_ON").is_ok_and(|place| place == "postgres") {
            return World::at(store::testing::schema_for_good().await).await;
        }
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("world.db").display());
        World { _folder: Some(folder), ..World::at(url).await }
    }

    #[expect(clippy::unwrap_used, reason = "a world that cannot be made fails its test")]
    async fn at(url: String) -> World {
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        let clock = Arc::new(FakeClock::at(Timestamp(1_800_000_000_000)));
        let voice = Arc::new(FakeVoiceServer::default());
        let push = Arc::new(FakePushService::default());
        let ports = Ports { voice: voice.clone(), push: push.clone(), clock: clock.clone() };
        let backend = Backend::new(store.clone(), ports, settings());
        let events = Mutex::new(voice.events().unwrap());
        let mut people = vec![];
        for link in backend.demo().await.unwrap().people {
            let session =
                backend.sign_in_by_link(&link.secret, Language::English, [127, 0, 0, 1].into()).await.unwrap();
            let actor = backend.authenticate(&session.secret).await.unwrap().unwrap();
            people.push(SignedIn { member: link.member, actor, secret: session.secret });
        }
        World { backend, voice, push, store, clock, events, people, url, _folder: None }
    }

    /// A second server on the same database, with the same clock and the same voice server.
    async fn another(&self) -> World {
        let store = Store::open(&self.url).await.expect("a database that is there");
        let (voice, push, clock) = (self.voice.clone(), self.push.clone(), self.clock.clone());
        let backend = Backend::new(store.clone(), self.ports(voice.clone()), settings());
        let events = Mutex::new(voice.events().expect("a voice server that tells"));
        World {
            backend,
            voice,
            push,
            store,
            clock,
            events,
            people: self.people.clone(),
            url: self.url.clone(),
            _folder: None,
        }
    }

    /// Hears from now on, beside the test, what other servers change.
    async fn begin_to_listen(&self) {
        let mut device = self.backend.subscribe(&self.actor("Anna"));
        let backend = self.backend.clone();
        tokio::spawn(async move { backend.listen_to_other_processes().await });
        assert_eq!(device.next().await, Next::Lost, "what was told before is lost");
    }

    /// The database breaks the connections of all servers that listen to each other.
    pub async fn cut_listeners(&self) {
        let cut = store::testing::cut_listeners(&self.store).await.expect("the database");
        assert_ne!(cut, 0, "nobody listened");
    }

    /// The server is killed and starts again, and the voice server within it.
    pub async fn restart(&mut self) {
        self.voice = Arc::default();
        self.events = Mutex::new(self.voice.events().expect("a voice server that tells"));
        self.backend = Backend::new(self.store.clone(), self.ports(self.voice.clone()), settings());
        self.backend.open_rooms().await.expect("the database");
    }

    /// All that lies outside, with this voice server.
    #[must_use]
    pub fn ports(&self, voice: Arc<dyn VoiceServer>) -> Ports {
        Ports { voice, push: self.push.clone(), clock: self.clock.clone() }
    }

    /// Somebody of the demo parish, by first name.
    ///
    /// # Panics
    /// If nobody is called that.
    #[must_use]
    pub fn actor(&self, name: &str) -> Actor {
        self.signed_in(name).actor.clone()
    }

    /// Somebody of the demo parish, signed in on one more device.
    ///
    /// # Panics
    /// If nobody is called that.
    pub async fn another_device(&self, name: &str) -> Actor {
        let demo = self.backend.demo().await.expect("the demo parish");
        let link = demo.people.into_iter().find(|link| link.member.name.starts_with(name)).expect("a demo person");
        // From a network of its own: how often one network may use links is limited.
        let session = self
            .backend
            .sign_in_by_link(&link.secret, Language::English, [127, 0, 0, 2].into())
            .await
            .expect("a session");
        self.backend.authenticate(&session.secret).await.expect("the database").expect("an actor")
    }

    /// What somebody's session cookie carries.
    ///
    /// # Panics
    /// If nobody is called that.
    #[must_use]
    pub fn session(&self, name: &str) -> &str {
        &self.signed_in(name).secret
    }

    fn signed_in(&self, name: &str) -> &SignedIn {
        self.people.iter().find(|person| person.member.name.starts_with(name)).expect("a demo person")
    }

    /// The direct channel of two people.
    pub async fn direct(&self, one: &str, other: &str) -> ChannelId {
        let other = self.actor(other).member();
        self.backend.open_direct(&self.actor(one), other).await.expect("a direct channel")
    }

    /// A channel by its kind and the start of its name, as Anna sees it.
    pub async fn channel(&self, kind: ChannelKind, name: &str) -> ChannelId {
        let community = self.backend.community(&self.actor("Anna")).await.expect("the community");
        let fits = |c: &&domain::Channel| c.kind == kind && c.name.starts_with(name);
        community.channels.iter().find(fits).expect("such a channel").id
    }

    /// Takes in webhooks, by the clock of this world.
    #[must_use]
    pub fn webhooks(&self) -> Webhooks {
        self.voice.webhooks(self.clock.clone())
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A call as the database has it.
    pub async fn call(&self, id: CallId) -> Call {
        self.store.call(id).await.expect("the database").expect("the call")
    }

    /// Lets time pass, second by second, with all that happens by itself.
    pub async fn advance(&self, by: Duration) {
        for second in 1..=by.as_secs() {
            self.pass(Duration::from_secs(1));
            self.sweep(second).await;
        }
    }

    /// As [`World::advance`], for two servers that do everything at the same moment.
    pub async fn advance_both(&self, other: &World, by: Duration) {
        for second in 1..=by.as_secs() {
            self.pass(Duration::from_secs(1));
            tokio::join!(self.sweep(second), other.sweep(second));
        }
    }

    async fn sweep(&self, second: u64) {
        self.hear().await;
        self.backend.expire_calls().await.expect("rings end");
        self.backend.put_out_trespassers().await.expect("the database");
        self.backend.check_absences().await;
        if second.is_multiple_of(10) {
            self.backend.check_rosters().await.expect("rosters are checked");
        }
        self.backend.empty_outbox().await.expect("the outbox empties");
    }

    /// Lets time pass in which nothing happens by itself.
    pub fn pass(&self, by: Duration) {
        self.clock.pass(by);
    }

    /// A second server on the same database, which cannot reach the voice server.
    #[must_use]
    pub fn another_process_without_voice(&self) -> Backend {
        let voice = Arc::new(FakeVoiceServer::default());
        voice.set_down(true);
        Backend::new(self.store.clone(), self.ports(voice), settings())
    }

    /// Somebody leaves "channel" (all of theirs) or "parish", or is "blocked".
    ///
    /// # Panics
    /// If the database does not answer.
    pub async fn takes_away(&self, what: &str, member: MemberId) {
        let now = self.clock.now();
        match what {
            "parish" => self.store.leave_parish(member, now).await.map(drop),
            "blocked" => self.store.block_member(member, Some(now)).await,
            _ => {
                for channel in self.store.channels_of(member).await.expect("the database") {
                    self.store.leave_channel(member, channel.id).await.expect("the database");
                }
                Ok(())
            }
        }
        .expect("the database");
    }

    /// Gives somebody, or a channel, another name or language: what no use case does yet.
    ///
    /// # Panics
    /// If the database does not answer.
    pub async fn rewrite(&self, sql: &str) {
        store::testing::write(&self.store, sql.to_owned()).await.expect("the database");
    }

    /// Reaches a device at this endpoint from now on.
    ///
    /// # Errors
    /// See [`Backend::subscribe_to_push`].
    ///
    /// # Panics
    /// If the database does not answer.
    pub async fn reach(&self, device: &Actor, endpoint: &str) -> Result<(), crate::Error> {
        let key = self.backend.push_key().await.expect("the database");
        self.backend.subscribe_to_push(device, subscription(endpoint, &key)).await
    }

    /// Does what is due now, without letting time pass.
    pub async fn settle(&self) {
        self.hear().await;
        self.backend.empty_outbox().await.expect("the outbox empties");
    }

    async fn hear(&self) {
        let heard: Vec<VoiceEvent> = {
            let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
            std::iter::from_fn(|| events.next().now_or_never().flatten()).collect()
        };
        self.backend.hear(&heard).await;
    }
}

/// Two servers on one PostgreSQL, which listen to each other, in front of one voice server.
///
/// # Panics
/// If there is no PostgreSQL at `TEST_POSTGRES_URL`, or the story goes wrong.
pub async fn on_two_servers<F>(story: impl FnOnce(World, World) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    store::testing::on_postgres(|url| async move {
        let one = World::at(url).await;
        let other = one.another().await;
        one.begin_to_listen().await;
        other.begin_to_listen().await;
        story(one, other).await;
    })
    .await;
}
