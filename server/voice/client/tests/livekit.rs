//! The participant in rooms of the real LiveKit: what it can do there, it can do in ours.

use livekit_api::access_token::{AccessToken, VideoGrants};
use livekit_api::services::room::{CreateRoomOptions, RoomClient};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::time::timeout;
use voice_client::proto::{DisconnectReason, leave_request::Action, signal_response::Message};
use voice_client::{Event, Options, Session, SessionError, Transport, connect};

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A room in the real LiveKit, as `script/livekit` started it.
struct Room {
    url: String,
    key: String,
    secret: String,
    name: String,
    client: RoomClient,
}

impl Room {
    /// Without LiveKit, the test fails, unless `PAXORA_WITHOUT_LIVEKIT` says that there is none.
    async fn open(name: &str) -> Option<Room> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (Some(url), Some(key), Some(secret)) =
            (variable("LIVEKIT_URL"), variable("LIVEKIT_API_KEY"), variable("LIVEKIT_API_SECRET"))
        else {
            assert!(
                variable("PAXORA_WITHOUT_LIVEKIT").is_some(),
                "LIVEKIT_URL is not set: run this through script/test, or set PAXORA_WITHOUT_LIVEKIT=1"
            );
            eprintln!("skipped: PAXORA_WITHOUT_LIVEKIT says that there is no LiveKit");
            return None;
        };
        let name = format!("voice-client-{name}-{}", std::process::id());
        let client = RoomClient::with_api_key(&url.replace("ws://", "http://"), &key, &secret);
        client.create_room(&name, CreateRoomOptions::default()).await.expect("a room");
        Some(Room { url, key, secret, name, client })
    }

    fn token(&self, identity: &str) -> String {
        let grants = VideoGrants { room_join: true, room: self.name.clone(), ..VideoGrants::default() };
        let token = AccessToken::with_api_key(&self.key, &self.secret).with_identity(identity).with_grants(grants);
        token.to_jwt().expect("a token")
    }

    async fn join_as(&self, identity: &str, options: impl FnOnce(Options) -> Options) -> Session {
        let token = self.token(identity);
        let joining =
            connect(&self.url, &token, Transport::Udp, |local| options(Options::browser(local, Transport::Udp)));
        timeout(PATIENCE, joining).await.expect("in time").expect("connected")
    }

    async fn join(&self, identity: &str) -> Session {
        self.join_as(identity, |options| options).await
    }
}

/// The microphones that a listener hears while these speakers talk, each its own words, until it hears that many.
async fn heard(listener: &mut Session, speakers: &[(&Session, &[u8])], enough: usize) -> HashMap<String, Vec<u8>> {
    let mut heard = HashMap::new();
    let listening = async {
        while heard.len() < enough {
            for (speaker, words) in speakers {
                speaker.say(words, -20);
            }
            // What is said before the listener is subscribed is lost: say it again every 20 ms.
            while let Ok(packet) = timeout(Duration::from_millis(20), listener.next_heard()).await {
                let packet = packet.expect("a packet");
                let track = packet.track.as_ref().expect("the answer named the track");
                heard.insert(track.participant.clone(), packet.opus().to_vec());
            }
        }
    };
    timeout(PATIENCE, listening).await.expect("everybody heard in time");
    heard
}

#[tokio::test]
async fn two_hear_each_other() {
    let Some(room) = Room::open("two").await else { return };
    let (mut anna, mut ben) = (room.join("anna").await, room.join("ben").await);
    let track = anna.publish().await.unwrap();
    assert!(track.starts_with("TR_"), "{track}");
    ben.publish().await.unwrap();

    let by_ben = heard(&mut ben, &[(&anna, b"good morning")], 1).await;
    assert_eq!(by_ben[anna.sid()], b"good morning");
    let by_anna = heard(&mut anna, &[(&ben, b"and to you")], 1).await;
    assert_eq!(by_anna[ben.sid()], b"and to you");
}

#[tokio::test]
async fn redundancy_comes_through_to_those_who_offer_it() {
    let Some(room) = Room::open("red").await else { return };
    let mut speaker = room.join("speaker").await;
    let mut with = room.join("with").await;
    let mut without = room.join_as("without", |options| Options { red: false, ..options }).await;
    speaker.publish().await.unwrap();
    for (listener, red) in [(&mut with, true), (&mut without, false)] {
        assert_eq!(heard(listener, &[(&speaker, b"twice")], 1).await[speaker.sid()], b"twice");
        speaker.say(b"twice", -20);
        let packet = timeout(PATIENCE, listener.next_heard()).await.expect("in time").unwrap();
        assert_eq!((packet.is_red(), packet.opus()), (red, &b"twice"[..]));
    }
}

#[tokio::test]
async fn who_comes_late_hears_those_who_are_there() {
    let Some(room) = Room::open("late").await else { return };
    let mut early = room.join("early").await;
    early.publish().await.unwrap();
    let mut late = room.join_as("late", |options| Options { offer_with_join: false, ..options }).await;
    assert_eq!(heard(&mut late, &[(&early, b"welcome")], 1).await[early.sid()], b"welcome");
}

#[tokio::test]
async fn five_speakers_are_all_heard_though_three_sections_were_offered() {
    let Some(room) = Room::open("five").await else { return };
    let mut listener = room.join("listener").await;
    let mut speakers = Vec::new();
    for number in 0..5_u8 {
        let mut speaker = room.join(&format!("speaker-{number}")).await;
        speaker.publish().await.unwrap();
        speakers.push((speaker, [number; 60]));
    }
    let talking: Vec<(&Session, &[u8])> = speakers.iter().map(|(speaker, words)| (speaker, &words[..])).collect();
    let by_listener = heard(&mut listener, &talking, 5).await;
    for (speaker, words) in &speakers {
        assert_eq!(by_listener[speaker.sid()], words);
    }
    // And a speaker hears the other four.
    let (mut first, _) = speakers.remove(0);
    let talking: Vec<(&Session, &[u8])> = speakers.iter().map(|(speaker, words)| (speaker, &words[..])).collect();
    let by_first = heard(&mut first, &talking, 4).await;
    let expected: HashSet<&str> = speakers.iter().map(|(speaker, _)| speaker.sid()).collect();
    assert_eq!(by_first.keys().map(String::as_str).collect::<HashSet<_>>(), expected);
}

#[tokio::test]
async fn a_section_is_used_again_after_its_speaker_closed_the_microphone() {
    let Some(room) = Room::open("again").await else { return };
    let mut listener = room.join("listener").await;
    let mut speaker = room.join("speaker").await;
    for words in [&b"once"[..], b"twice", b"three times", b"four times", b"five times"] {
        let track = speaker.publish().await.unwrap();
        let by_listener = heard(&mut listener, &[(&speaker, words)], 1).await;
        assert_eq!(by_listener[speaker.sid()], words);
        speaker.unpublish();
        let gone = listener.until(|event| match event {
            Event::Unsubscribed(gone) if gone.sid == track => Ok(()),
            other => Err(other),
        });
        timeout(PATIENCE, gone).await.expect("in time").unwrap();
        listener.forget_heard();
    }
}

#[tokio::test]
async fn audio_goes_on_over_a_resumed_session() {
    let Some(room) = Room::open("resume").await else { return };
    let (mut anna, mut ben) = (room.join("anna").await, room.join("ben").await);
    anna.publish().await.unwrap();
    heard(&mut ben, &[(&anna, b"before")], 1).await;

    anna.drop_signalling();
    ben.drop_signalling();
    timeout(PATIENCE, anna.resume(&room.token("anna"))).await.expect("in time").expect("resumed");
    timeout(PATIENCE, ben.resume(&room.token("ben"))).await.expect("in time").expect("resumed");
    ben.forget_heard();
    assert_eq!(heard(&mut ben, &[(&anna, b"after")], 1).await[anna.sid()], b"after");
    // The new WebSocket carries what is negotiated from now on.
    ben.publish().await.unwrap();
    assert_eq!(heard(&mut anna, &[(&ben, b"me too")], 1).await[ben.sid()], b"me too");
}

#[tokio::test]
async fn others_learn_that_somebody_is_mute() {
    let Some(room) = Room::open("mute").await else { return };
    let (mut anna, mut ben) = (room.join("anna").await, room.join("ben").await);
    let track = anna.publish().await.unwrap();
    anna.mute(true);
    let learned = async {
        loop {
            let Some(Message::Update(update)) = ben.next_signal().await.unwrap().message else { continue };
            let mut tracks = update.participants.iter().flat_map(|participant| &participant.tracks);
            if tracks.any(|other| other.sid == track && other.muted) {
                return;
            }
        }
    };
    timeout(PATIENCE, learned).await.expect("in time");
}

#[tokio::test]
async fn others_learn_who_is_loud() {
    let Some(room) = Room::open("loud").await else { return };
    let (mut anna, mut ben) = (room.join("anna").await, room.join("ben").await);
    anna.publish().await.unwrap();
    let learned = async {
        loop {
            anna.say(b"hear me", -10);
            let Ok(signal) = timeout(Duration::from_millis(20), ben.next_signal()).await else { continue };
            let Some(Message::SpeakersChanged(changed)) = signal.unwrap().message else { continue };
            if changed.speakers.iter().any(|speaker| speaker.sid == anna.sid() && speaker.active) {
                return;
            }
        }
    };
    timeout(PATIENCE, learned).await.expect("in time");
}

#[tokio::test]
async fn who_is_removed_is_told_why() {
    let Some(room) = Room::open("removed").await else { return };
    let mut anna = room.join("anna").await;
    room.client.remove_participant(&room.name, "anna").await.unwrap();
    let ended = timeout(PATIENCE, anna.until(Err::<(), _>)).await.expect("in time").unwrap_err();
    let SessionError::Ended(Some(event)) = ended else { panic!("{ended:?}") };
    let Event::Disconnected { reason, action } = *event else { panic!("{event:?}") };
    assert_eq!((reason, action), (DisconnectReason::ParticipantRemoved, Action::Disconnect));
}

#[tokio::test]
async fn who_has_no_right_to_come_is_refused() {
    let Some(room) = Room::open("refused").await else { return };
    let joining = connect(&room.url, "not-a-token", Transport::Udp, |local| Options::browser(local, Transport::Udp));
    let refused = timeout(PATIENCE, joining).await.expect("in time").unwrap_err();
    assert!(matches!(refused, SessionError::Refused { status: 401, .. }), "{refused:?}");
}
