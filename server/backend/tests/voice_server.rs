//! One contract, three voice servers: the fake that the stories run on, the embedded one, and the real LiveKit.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, HeaderMap};
use axum::routing::post;
use backend::testing::{FakeClock, FakeVoiceServer};
use backend::voice_server::{
    ANSWER_WITHIN, EMBEDDED_API_KEY, EMBEDDED_PATH, Embedded, Identity, LiveKit, LiveKitSettings, TOKEN_TTL,
    VoiceEvent, VoiceEvents, call_of, embedded_api_secret, room_of,
};
use backend::{Clock, SystemClock, VoiceServer, VoiceServerError};
use domain::{Access, CallId, MemberId, Timestamp};
use futures::StreamExt;
use livekit_api::access_token::{AccessToken, TokenVerifier, VideoGrants};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use uuid::Uuid;
use voice::Voice;
use voice_client::proto::signal_response::Message;
use voice_client::{Event, Options, Session, Transport, connect};

const SECRET: &str = "a secret that is long enough for everybody";

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(40);

/// The real LiveKit, as `script/livekit` started it.
///
/// Without one, the test fails, unless `PAXORA_WITHOUT_LIVEKIT` says that there is none.
fn livekit() -> Option<LiveKit> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (variable("LIVEKIT_URL"), variable("LIVEKIT_API_KEY"), variable("LIVEKIT_API_SECRET")) {
        (Some(url), Some(api_key), Some(api_secret)) => {
            Some(LiveKit::new(LiveKitSettings { url, api_key, api_secret }))
        }
        _ if variable("PAXORA_WITHOUT_LIVEKIT").is_some() => {
            eprintln!("skipped: PAXORA_WITHOUT_LIVEKIT says that there is no LiveKit");
            None
        }
        _ => panic!("LIVEKIT_URL is not set: run this through script/test, or set PAXORA_WITHOUT_LIVEKIT=1"),
    }
}

/// The embedded one, on ports that nobody has, reached through a web server as browsers do.
struct House {
    embedded: Embedded,
    voice: Voice,
    street: Street,
}

impl House {
    async fn open() -> House {
        let settings = voice::Settings {
            api_key: EMBEDDED_API_KEY.to_owned(),
            api_secret: SECRET.to_owned(),
            bind: [127, 0, 0, 1].into(),
            udp_port: 0,
            tcp_port: Some(0),
            public_addresses: vec![],
            ice_servers: vec![],
            people_limit: 10,
            join_request_limit: 1 << 18,
            datagrams_per_second: 500,
            threads: 1,
        };
        let voice = Voice::start(settings).unwrap();
        let web = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("ws://{}", web.local_addr().unwrap());
        let router = axum::Router::new().nest(EMBEDDED_PATH, voice.router());
        tokio::spawn(async move { axum::serve(web, router).await });
        House { embedded: Embedded::new(voice.clone(), SECRET.to_owned(), 3), voice, street: Street { origin } }
    }
}

fn member(number: u128) -> Identity {
    Identity { member: MemberId(Uuid::from_u128(number)), epoch: 1 }
}

/// Somebody who is connected, as with a browser.
#[async_trait]
trait Visitor: Send {
    /// Opens their microphone.
    async fn publish(&mut self);
    /// Waits until the voice server closes their microphone.
    async fn is_muted(&mut self);
    /// Waits until the voice server puts them out.
    async fn is_put_out(&mut self);
    /// Leaves, and says so.
    async fn say_goodbye(&mut self);
    /// Is gone from one moment to the next: a page that was killed.
    async fn vanish(self: Box<Self>);
}

/// Lets somebody in, by what the voice server handed out.
#[async_trait]
trait Door: Sync {
    async fn enter(&self, access: &Access, room: &str, who: Identity) -> Result<Box<dyn Visitor + '_>, String>;
}

/// What every voice server promises of rooms that nobody is in.
async fn keeps_its_promises(voice: &dyn VoiceServer, room: &str) -> Result<(), VoiceServerError> {
    assert_eq!(voice.participants(room).await?, [], "a room that is not there is empty");
    assert_eq!(open(voice, room).await?, 0);
    voice.delete_room(room).await?;
    voice.create_room(room).await?;
    voice.create_room(room).await?;
    assert_eq!(open(voice, room).await?, 1, "opened twice, it is one room");
    assert_eq!(voice.participants(room).await?, []);
    voice.remove_participant(room, member(1)).await?;
    voice.mute_participant(room, member(1)).await?;
    let mut events = voice.events();
    voice.delete_room(room).await?;
    assert_eq!(open(voice, room).await?, 0);
    happens(&mut events, &VoiceEvent::RoomFinished { room: room.to_owned() }).await;
    voice.delete_room(room).await?;
    voice.remove_participant(room, member(1)).await?;
    voice.mute_participant(room, member(1)).await?;
    Ok(())
}

/// What every voice server promises of who is there.
async fn keeps_its_promises_to_people(
    voice: &dyn VoiceServer,
    door: &dyn Door,
    room: &str,
) -> Result<(), VoiceServerError> {
    let [anna, ben, clara, dora] = [1, 2, 3, 5].map(member);
    let left = |who, goodbye| VoiceEvent::Left { room: room.to_owned(), who, goodbye };
    let joined = |who| VoiceEvent::Joined { room: room.to_owned(), who };
    let mut events = voice.events();

    // Nobody gets into a room that was not opened.
    assert!(door.enter(&voice.access(room, anna)?, room, anna).await.is_err());

    voice.create_room(room).await?;
    let mut annas = door.enter(&voice.access(room, anna)?, room, anna).await.expect("a way in");
    happens(&mut events, &joined(anna)).await;
    let mut bens = door.enter(&voice.access(room, ben)?, room, ben).await.expect("a way in");
    happens(&mut events, &joined(ben)).await;
    assert_eq!(present(voice, room).await?, [anna, ben]);
    voice.create_room(room).await?;
    assert_eq!(present(voice, room).await?, [anna, ben], "opening it again puts nobody out");

    // Whoever has no microphone open, or is not there, cannot be muted, and that is no error.
    voice.mute_participant(room, anna).await?;
    voice.mute_participant(room, clara).await?;
    annas.publish().await;
    voice.mute_participant(room, anna).await?;
    annas.is_muted().await;
    voice.mute_participant(room, anna).await?;

    // Nobody who is to come in later: whoever is put out stays out, there or not.
    voice.remove_participant(room, member(4)).await?;
    voice.remove_participant(room, anna).await?;
    annas.is_put_out().await;
    happens(&mut events, &left(anna, false)).await;
    assert_eq!(present(voice, room).await?, [ben]);

    let mut claras = door.enter(&voice.access(room, clara)?, room, clara).await.expect("a way in");
    happens(&mut events, &joined(clara)).await;
    claras.say_goodbye().await;
    happens(&mut events, &left(clara, true)).await;

    // Whoever listens is missed as soon as whoever speaks.
    let doras = door.enter(&voice.access(room, dora)?, room, dora).await.expect("a way in");
    happens(&mut events, &joined(dora)).await;
    doras.vanish().await;
    let gone = SystemClock.now();
    happens(&mut events, &left(dora, false)).await;
    let noticed = SystemClock.now().since(gone);
    assert!(noticed <= voice.kind().notices_within() + Duration::from_secs(3), "only after {noticed:?}");
    assert_eq!(present(voice, room).await?, [ben], "who only listens is not taken for gone");

    voice.delete_room(room).await?;
    bens.is_put_out().await;
    happens(&mut events, &left(ben, false)).await;
    happens(&mut events, &VoiceEvent::RoomFinished { room: room.to_owned() }).await;
    assert_eq!(present(voice, room).await?, []);
    assert!(door.enter(&voice.access(room, clara)?, room, clara).await.is_err(), "it is closed");
    Ok(())
}

/// How many rooms of this name are open.
async fn open(voice: &dyn VoiceServer, room: &str) -> Result<usize, VoiceServerError> {
    Ok(voice.rooms().await?.iter().filter(|name| *name == room).count())
}

async fn present(voice: &dyn VoiceServer, room: &str) -> Result<Vec<Identity>, VoiceServerError> {
    let mut present = voice.participants(room).await?;
    present.sort_by_key(|who| (who.member, who.epoch));
    Ok(present)
}

/// Waits for an event and passes over others; where there are none, there is nothing to wait for.
async fn happens(events: &mut Option<VoiceEvents>, wanted: &VoiceEvent) {
    let Some(events) = events else { return };
    let came = async { while events.next().await.expect("more events") != *wanted {} };
    tokio::time::timeout(PATIENCE, came).await.unwrap_or_else(|_| panic!("not told in time: {wanted:?}"));
}

struct AtTheFake<'a> {
    voice: &'a FakeVoiceServer,
    who: Identity,
    room: String,
}

#[async_trait]
impl Door for FakeVoiceServer {
    async fn enter(&self, access: &Access, room: &str, who: Identity) -> Result<Box<dyn Visitor + '_>, String> {
        self.join(access).map_err(|error| error.to_string())?;
        Ok(Box::new(AtTheFake { voice: self, who, room: room.to_owned() }))
    }
}

#[async_trait]
impl Visitor for AtTheFake<'_> {
    async fn publish(&mut self) {}
    async fn is_muted(&mut self) {
        assert_eq!(self.voice.muted(&self.room), [self.who]);
    }
    async fn is_put_out(&mut self) {
        assert!(!self.voice.participants(&self.room).await.unwrap().contains(&self.who));
    }
    async fn say_goodbye(&mut self) {
        self.voice.say_goodbye(self.who.member);
    }
    async fn vanish(self: Box<Self>) {
        self.voice.lose(self.who.member);
    }
}

/// Where browsers come from: they have their page from this address.
struct Street {
    origin: String,
}

struct Browser(Session);

#[async_trait]
impl Door for Street {
    async fn enter(&self, access: &Access, _: &str, _: Identity) -> Result<Box<dyn Visitor + '_>, String> {
        let path = access.url.starts_with('/');
        let url = if path { format!("{}{}", self.origin, access.url) } else { access.url.clone() };
        let options = |local| Options::browser(local, Transport::Udp);
        let session = tokio::time::timeout(PATIENCE, connect(&url, &access.token, Transport::Udp, options)).await;
        let session = session.expect("an answer in time").map_err(|error| error.to_string())?;
        Ok(Box::new(Browser(session)))
    }
}

#[async_trait]
impl Visitor for Browser {
    async fn publish(&mut self) {
        tokio::time::timeout(PATIENCE, self.0.publish()).await.expect("a microphone in time").unwrap();
    }
    async fn is_muted(&mut self) {
        let muted = |message: &Option<Message>| matches!(message, Some(Message::Mute(mute)) if mute.muted);
        let told = async { while !muted(&self.0.next_signal().await.unwrap().message) {} };
        tokio::time::timeout(PATIENCE, told).await.expect("muted in time");
    }
    async fn is_put_out(&mut self) {
        let told = self.0.until(|event| if let Event::Disconnected { .. } = event { Ok(()) } else { Err(event) });
        tokio::time::timeout(PATIENCE, told).await.expect("put out in time").unwrap();
    }
    async fn say_goodbye(&mut self) {
        self.0.leave();
    }
    async fn vanish(self: Box<Self>) {}
}

#[tokio::test]
async fn the_fake_keeps_the_contract() {
    let fake = FakeVoiceServer::default();
    keeps_its_promises(&fake, "call-1").await.unwrap();
    keeps_its_promises_to_people(&fake, &fake, "call-2").await.unwrap();
}

#[tokio::test]
async fn the_embedded_one_keeps_the_contract() {
    let house = House::open().await;
    keeps_its_promises(&house.embedded, "call-1").await.unwrap();
    keeps_its_promises_to_people(&house.embedded, &house.street, "call-2").await.unwrap();
    house.voice.stop().await;
}

#[tokio::test]
async fn an_embedded_one_that_was_stopped_is_an_error_and_not_an_empty_room() {
    let house = House::open().await;
    house.embedded.create_room("call-1").await.unwrap();
    house.voice.stop().await;
    house.embedded.participants("call-1").await.unwrap_err();
    house.embedded.rooms().await.unwrap_err();
    house.embedded.create_room("call-1").await.unwrap_err();
}

#[tokio::test]
async fn the_embedded_ones_key_is_made_once_and_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("paxora.db").display())).await.unwrap();
    store.migrate().await.unwrap();
    let clock = FakeClock::at(Timestamp(1_800_000_000_000));
    let key = embedded_api_secret(&store, &clock).await.unwrap();
    assert!(key.len() == 64 && key.chars().all(|digit| digit.is_ascii_hexdigit()), "256 bits");
    assert_eq!(embedded_api_secret(&store, &clock).await.unwrap(), key);
}

#[test]
fn a_room_tells_its_call_and_other_rooms_tell_none() {
    let call = CallId(Uuid::from_u128(5));
    assert_eq!(call_of(&room_of(call)), Some(call));
    for other in ["", "call-", "call-1", "contract-1", &call.to_string()] {
        assert_eq!(call_of(other), None, "{other}");
    }
}

/// Takes in what the real LiveKit tells, where `script/livekit` said it to.
async fn hear(livekit: &LiveKit) {
    let port = std::env::var("LIVEKIT_WEBHOOK_PORT").expect("LIVEKIT_WEBHOOK_PORT: run this through script/livekit");
    let web = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    let webhooks = Arc::new(livekit.webhooks(Arc::new(SystemClock)));
    let receive = move |headers: HeaderMap, body: Bytes| async move {
        webhooks.receive(headers[AUTHORIZATION].to_str().unwrap(), &body).expect("what LiveKit tells is taken");
    };
    let router = axum::Router::new().route("/api/livekit/webhook", post(receive));
    tokio::spawn(async move { axum::serve(web, router).await });
}

#[tokio::test]
async fn livekit_keeps_the_contract() {
    let Some(livekit) = livekit() else { return };
    hear(&livekit).await;
    let room = format!("contract-{}", std::process::id());
    keeps_its_promises(&livekit, &room).await.unwrap();
    let street = Street { origin: String::new() };
    keeps_its_promises_to_people(&livekit, &street, &format!("{room}-people")).await.unwrap();
}

/// By somebody who has the key of LiveKit, too: another program, or whoever looks after it.
#[tokio::test]
async fn whoever_is_in_a_call_by_a_token_that_is_none_of_ours_is_put_out() {
    let Some(livekit) = livekit() else { return };
    let room = format!("contract-{}-stranger", std::process::id());
    livekit.create_room(&room).await.unwrap();
    let [key, secret] = ["LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"].map(|name| std::env::var(name).unwrap());
    let grants = VideoGrants { room_join: true, room: room.clone(), ..VideoGrants::default() };
    let token = AccessToken::with_api_key(&key, &secret).with_identity("recorder").with_grants(grants);
    let ours = livekit.access(&room, member(1)).unwrap();
    let strange = Access { token: token.to_jwt().unwrap(), url: ours.url.clone() };
    let street = Street { origin: String::new() };
    let _ours = street.enter(&ours, &room, member(1)).await.expect("a way in");
    let mut stranger = street.enter(&strange, &room, member(1)).await.expect("a way in");
    assert_eq!(livekit.participants(&room).await.unwrap(), [member(1)]);
    stranger.is_put_out().await;
    livekit.delete_room(&room).await.unwrap();
}

#[tokio::test]
async fn a_wrong_secret_is_refused_by_livekit() {
    let Some(_) = livekit() else { return };
    let settings = LiveKitSettings {
        url: std::env::var("LIVEKIT_URL").unwrap(),
        api_key: std::env::var("LIVEKIT_API_KEY").unwrap(),
        api_secret: SECRET.to_owned(),
    };
    LiveKit::new(settings).create_room("contract-refused").await.unwrap_err();
}

#[tokio::test]
async fn a_livekit_that_is_not_there_is_an_error_in_time() {
    // Listens, and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", silent.local_addr().unwrap());
    let settings = LiveKitSettings { url, api_key: "key".to_owned(), api_secret: SECRET.to_owned() };
    let livekit = LiveKit::new(settings);
    let answer = tokio::time::timeout(ANSWER_WITHIN * 2, livekit.create_room("call-1")).await;
    answer.expect("an answer in time").unwrap_err();
}

#[test]
fn a_token_opens_one_room_for_one_microphone_and_nothing_else() {
    let url = "https://voice.parish.example".to_owned();
    let settings = LiveKitSettings { url, api_key: "key".to_owned(), api_secret: SECRET.to_owned() };
    let room = room_of(CallId(Uuid::from_u128(5)));
    let access = LiveKit::new(settings).access(&room, member(1)).unwrap();
    assert_eq!(access.url, "wss://voice.parish.example");

    let claims = TokenVerifier::with_api_key("key", SECRET).verify(&access.token).unwrap();
    assert_eq!(claims.sub, "00000000-0000-0000-0000-000000000001:1");
    assert_eq!(claims.exp - claims.nbf, usize::try_from(TOKEN_TTL.as_secs()).unwrap());
    assert_eq!((claims.name.as_str(), claims.metadata.as_str()), ("", ""));
    let granted = serde_json::to_value(&claims.video).unwrap();
    assert_eq!(
        granted,
        serde_json::json!({
            "roomJoin": true,
            "room": "call-00000000-0000-0000-0000-000000000005",
            "canPublish": true,
            "canPublishSources": ["microphone"],
            "canPublishData": false,
            "canSubscribe": true,
            "canUpdateOwnMetadata": false,
        })
    );
    assert_eq!(format!("{access:?}").matches(&access.token).count(), 0, "tokens do not show in debug output");
}
