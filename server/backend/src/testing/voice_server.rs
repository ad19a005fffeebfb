//! A voice server in memory, which takes no token that the real LiveKit would not take.

use crate::voice_server::{
    Identity, LiveKit, LiveKitSettings, ROOM_LIMIT, VoiceEvent, VoiceEvents, VoiceServerKind, Webhooks, from_now_on,
};
use crate::{Clock, VoiceServer, VoiceServerError};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::{Access, MemberId};
use futures::{StreamExt, stream};
use livekit_api::access_token::{AccessToken, TokenVerifier};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;

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
