//! The world that tests live in: a clock moved by hand, a voice server in memory, a real database.
//!
//! [`FakeVoiceServer`] is honest: who joins must show a token that the real LiveKit would take, for a room that exists.

use crate::voice_server::{
    Identity, LiveKit, LiveKitSettings, ROOM_LIMIT, VoiceEvent, VoiceEvents, VoiceServerKind, Webhooks, from_now_on,
};
use crate::{
    Actor, Backend, CallLimits, Clock, NewSubscription, Next, Ports, PushService, Settings, VoiceServer,
    VoiceServerError, ids,
};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::{Access, Call, CallId, ChannelId, ChannelKind, Language, Member, MemberId, Nonce, Tap, Timestamp};
use futures::{FutureExt, StreamExt, stream};
use livekit_api::access_token::{AccessToken, TokenVerifier};
use push::{Answer, Message, Subscription, Topic, Unfit, Urgency, VapidKeys};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::Store;
use tokio::sync::{broadcast, watch};

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

/// Who is in which room, and whether their microphone is closed.
type Rooms = BTreeMap<String, BTreeMap<String, bool>>;

/// A voice server in memory.
pub struct FakeVoiceServer {
    rooms: Mutex<Rooms>,
    /// Every room that was asked to be closed, as often as it was.
    closed: Mutex<Vec<String>>,
    events: broadcast::Sender<VoiceEvent>,
    silent: AtomicBool,
    down: AtomicBool,
    discreet: AtomicBool,
    seats: AtomicU32,
    /// Makes tokens, and takes in webhooks.
    livekit: LiveKit,
}

impl Default for FakeVoiceServer {
    fn default() -> Self {
        let settings = LiveKitSettings {
            url: "ws://127.0.0.1:7880".into(),
            api_key: Self::KEY.into(),
            api_secret: Self::SECRET.into(),
        };
        FakeVoiceServer {
            rooms: Mutex::default(),
            closed: Mutex::default(),
            events: broadcast::channel(1024).0,
            silent: AtomicBool::new(false),
            down: AtomicBool::new(false),
            discreet: AtomicBool::new(false),
            seats: AtomicU32::new(ROOM_LIMIT),
            livekit: LiveKit::new(settings),
        }
    }
}

impl FakeVoiceServer {
    /// The name of the key that it takes and signs with.
    pub const KEY: &str = "test-key";
    /// The key itself.
    pub const SECRET: &str = "a secret that is long enough for everybody";

    /// Stops answering, or answers again.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Answers, but does not say who is there.
    pub fn keep_to_itself(&self) {
        self.discreet.store(true, Ordering::SeqCst);
    }

    /// Has room for so many people in a call from now on.
    pub fn set_seats(&self, seats: u32) {
        self.seats.store(seats, Ordering::SeqCst);
    }

    /// Restarts: every room is forgotten, and nobody told.
    pub fn forget_everything(&self) {
        self.lock().clear();
    }

    /// Tells nothing by itself any more, like a LiveKit whose webhooks do not arrive.
    pub fn fall_silent(&self) {
        self.silent.store(true, Ordering::SeqCst);
    }

    /// Takes in webhooks, as from a LiveKit with the same key. They are heard even if it [fell silent](Self::fall_silent).
    #[must_use]
    pub fn webhooks(&self, clock: Arc<dyn Clock>) -> Webhooks {
        self.livekit.webhooks(clock)
    }

    /// What LiveKit sends as `Authorization` beside this body.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn sign(body: &[u8]) -> String {
        let hash = BASE64.encode(Sha256::digest(body));
        let token = AccessToken::with_api_key(Self::KEY, Self::SECRET).with_sha256(&hash);
        token.with_ttl(Duration::from_secs(300)).to_jwt().expect("a token")
    }

    /// The names of the open rooms.
    #[must_use]
    pub fn open_rooms(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// How often this room was asked to be closed.
    #[must_use]
    pub fn times_closed(&self, room: &str) -> usize {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.iter().filter(|name| *name == room).count()
    }

    /// Joins as a browser would, by what the server handed out.
    ///
    /// # Errors
    /// What the real one would refuse: a bad token, one that does not let in, a room that is not there.
    pub fn join(&self, access: &Access) -> Result<(), VoiceServerError> {
        let (name, who) = self.read(access)?;
        let mut rooms = self.lock();
        let room = rooms.get_mut(&name).ok_or_else(|| VoiceServerError("requested room does not exist".to_owned()))?;
        room.insert(who.to_string(), false);
        self.send(VoiceEvent::Joined { room: name, who });
        Ok(())
    }

    /// Into which room a token lets whom.
    ///
    /// # Errors
    /// A bad token, or one that lets in nobody.
    pub fn read(&self, access: &Access) -> Result<(String, Identity), VoiceServerError> {
        let refuse = |why: &str| VoiceServerError(why.to_owned());
        let claims = TokenVerifier::with_api_key(Self::KEY, Self::SECRET)
            .verify(&access.token)
            .map_err(|error| VoiceServerError(error.to_string()))?;
        if !claims.video.room_join {
            return Err(refuse("the token does not let in"));
        }
        let who = claims.sub.parse().map_err(|()| refuse("the token is for nobody of ours"))?;
        Ok((claims.video.room, who))
    }

    /// Somebody's browser is gone without a word, and the voice server has noticed.
    pub fn lose(&self, member: MemberId) {
        self.leave(member, false);
    }

    /// Somebody's browser leaves, and says so.
    pub fn say_goodbye(&self, member: MemberId) {
        self.leave(member, true);
    }

    fn leave(&self, member: MemberId, goodbye: bool) {
        for (name, room) in self.lock().iter_mut() {
            let theirs = |who: &String| who.parse::<Identity>().is_ok_and(|who| who.member == member);
            for (who, _) in room.extract_if(.., |who, _| theirs(who)) {
                self.tell_left(name, &who, goodbye);
            }
        }
    }

    /// Whose microphone is closed.
    #[must_use]
    pub fn muted(&self, room: &str) -> Vec<Identity> {
        let rooms = self.lock();
        let muted = rooms.get(room).into_iter().flatten().filter(|(_, muted)| **muted);
        muted.filter_map(|(who, _)| who.parse().ok()).collect()
    }

    fn tell_left(&self, room: &str, who: &str, goodbye: bool) {
        self.tell(room, who, |room, who| VoiceEvent::Left { room, who, goodbye });
    }

    fn tell(&self, room: &str, who: &str, event: impl Fn(String, Identity) -> VoiceEvent) {
        if let Ok(who) = who.parse() {
            self.send(event(room.to_owned(), who));
        }
    }

    fn send(&self, event: VoiceEvent) {
        if !self.silent.load(Ordering::SeqCst) {
            // Nobody needs to listen.
            let _ = self.events.send(event);
        }
    }

    fn up(&self) -> Result<(), VoiceServerError> {
        if self.down.load(Ordering::SeqCst) { Err(VoiceServerError("connection refused".into())) } else { Ok(()) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl VoiceServer for FakeVoiceServer {
    async fn create_room(&self, room: &str) -> Result<(), VoiceServerError> {
        self.up()?;
        self.lock().entry(room.to_owned()).or_default();
        Ok(())
    }

    async fn delete_room(&self, room: &str) -> Result<(), VoiceServerError> {
        self.up()?;
        self.closed.lock().unwrap_or_else(PoisonError::into_inner).push(room.to_owned());
        if let Some(people) = self.lock().remove(room) {
            people.keys().for_each(|who| self.tell_left(room, who, false));
            self.send(VoiceEvent::RoomFinished { room: room.to_owned() });
        }
        Ok(())
    }

    async fn rooms(&self) -> Result<Vec<String>, VoiceServerError> {
        self.up()?;
        Ok(self.open_rooms())
    }

    async fn participants(&self, room: &str) -> Result<Vec<Identity>, VoiceServerError> {
        self.up()?;
        if self.discreet.load(Ordering::SeqCst) {
            return Err(VoiceServerError("deadline exceeded".into()));
        }
        Ok(self.lock().get(room).into_iter().flatten().filter_map(|(who, _)| who.parse().ok()).collect())
    }

    async fn remove_participant(&self, room: &str, who: Identity) -> Result<(), VoiceServerError> {
        self.up()?;
        let who = who.to_string();
        if self.lock().get_mut(room).is_some_and(|people| people.remove(&who).is_some()) {
            self.tell_left(room, &who, false);
        }
        Ok(())
    }

    async fn mute_participant(&self, room: &str, who: Identity) -> Result<(), VoiceServerError> {
        self.up()?;
        if let Some(muted) = self.lock().get_mut(room).and_then(|people| people.get_mut(&who.to_string())) {
            *muted = true;
        }
        Ok(())
    }

    fn kind(&self) -> VoiceServerKind {
        VoiceServerKind::Embedded
    }

    fn seats(&self) -> u32 {
        self.seats.load(Ordering::SeqCst)
    }

    fn access(&self, room: &str, who: Identity) -> Result<Access, VoiceServerError> {
        self.livekit.access(room, who)
    }

    fn events(&self) -> Option<VoiceEvents> {
        let webhooks = self.livekit.events()?;
        Some(stream::select(from_now_on(self.events.subscribe()), webhooks).boxed())
    }
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

/// A message that was sent to a device.
#[derive(Debug, Clone, PartialEq)]
pub struct Pushed {
    /// Where to.
    pub endpoint: String,
    /// What it says.
    pub card: Value,
    /// How long it may be on its way.
    pub ttl: Duration,
    /// How much it hurries.
    pub urgency: Urgency,
    /// What it is about: a service that has not delivered another one about the same yet throws that away.
    pub topic: Option<Topic>,
    /// With which public key it was signed.
    pub key: String,
    /// How many bytes it has.
    pub bytes: usize,
    /// What the push service said.
    pub answer: Answer,
}

/// The push services of all browsers, in memory. They take what the real ones take.
pub struct FakePushService {
    sender: push::Sender,
    post: watch::Sender<Post>,
}

/// What push services have, and what they do about it.
#[derive(Default)]
struct Post {
    sent: VecDeque<Pushed>,
    answers: HashMap<String, VecDeque<Answer>>,
    /// These are gone for good.
    gone: HashSet<String>,
    /// What is sent to these endpoints from now on waits.
    held: HashSet<String>,
    /// What waits for these endpoints goes on waiting.
    stuck: HashSet<String>,
    /// How many messages wait for each of them.
    waiting: HashMap<String, usize>,
}

impl Default for FakePushService {
    fn default() -> Self {
        FakePushService {
            sender: push::Sender::new("mailto:somebody@parish.example", vec![]).expect("a sender"),
            post: watch::Sender::default(),
        }
    }
}

impl FakePushService {
    /// What has arrived since this was asked last, in its order.
    pub fn take_sent(&self) -> Vec<Pushed> {
        let mut sent = VecDeque::new();
        self.post.send_modify(|post| sent = std::mem::take(&mut post.sent));
        sent.into()
    }

    /// Waits for what arrives next.
    ///
    /// # Panics
    /// Never.
    pub async fn next(&self) -> Pushed {
        let mut next = None;
        self.until(|post| !post.sent.is_empty()).await;
        self.post.send_modify(|post| next = post.sent.pop_front());
        next.expect("it was there")
    }

    /// The next message to this endpoint that has no answer yet is answered like this.
    pub fn answer(&self, endpoint: &str, answer: Answer) {
        self.post.send_modify(|post| post.answers.entry(endpoint.to_owned()).or_default().push_back(answer));
    }

    /// Answers like everybody else again.
    pub fn answer_as_usual(&self) {
        self.post.send_modify(|post| post.answers.clear());
    }

    /// Lets everybody wait who sends to this endpoint.
    pub fn hold(&self, endpoint: &str) {
        self.post.send_modify(|post| {
            post.held.insert(endpoint.to_owned());
            post.stuck.insert(endpoint.to_owned());
        });
    }

    /// What is sent from now on overtakes what is held.
    pub fn let_others_pass(&self, endpoint: &str) {
        self.post.send_modify(|post| _ = post.held.remove(endpoint));
    }

    /// What was held arrives.
    pub fn let_go(&self, endpoint: &str) {
        self.post.send_modify(|post| {
            post.held.remove(endpoint);
            post.stuck.remove(endpoint);
        });
    }

    /// Waits until so many messages are held at this endpoint.
    pub async fn holds(&self, endpoint: &str, messages: usize) {
        self.until(|post| post.waiting.get(endpoint).copied().unwrap_or(0) == messages).await;
    }

    async fn until(&self, so: impl FnMut(&Post) -> bool) {
        _ = self.post.subscribe().wait_for(so).await;
    }
}

#[async_trait]
impl PushService for FakePushService {
    fn check(&self, subscription: &Subscription) -> Result<(), Unfit> {
        self.sender.check(subscription)
    }

    async fn send(&self, keys: &VapidKeys, subscription: &Subscription, message: &Message) -> Answer {
        if let Err(unfit) = self.check(subscription) {
            return Answer::Unfit(unfit);
        }
        let endpoint = &subscription.endpoint;
        if self.post.borrow().held.contains(endpoint) {
            self.post.send_modify(|post| *post.waiting.entry(endpoint.clone()).or_default() += 1);
            self.until(|post| !post.stuck.contains(endpoint)).await;
            self.post.send_modify(|post| *post.waiting.entry(endpoint.clone()).or_default() -= 1);
        }
        let mut pushed = Pushed {
            endpoint: endpoint.clone(),
            card: serde_json::from_slice(&message.payload).expect("JSON"),
            ttl: message.ttl,
            urgency: message.urgency,
            topic: message.topic.clone(),
            key: keys.public().to_owned(),
            bytes: message.payload.len(),
            answer: Answer::Accepted,
        };
        self.post.send_modify(|post| {
            if let Some(answer) = post.answers.get_mut(endpoint).and_then(VecDeque::pop_front) {
                pushed.answer = answer;
            }
            if pushed.answer == Answer::Gone {
                post.gone.insert(endpoint.clone());
            } else if post.gone.contains(endpoint) {
                pushed.answer = Answer::Gone;
            }
            post.sent.push_back(pushed.clone());
        });
        pushed.answer
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
