//! One contract, two voice servers: the fake that the stories run on, and the real LiveKit.

use backend::testing::FakeVoiceServer;
use backend::voice_server::{ANSWER_WITHIN, Identity, LiveKit, LiveKitSettings, TOKEN_TTL, room_of};
use backend::{VoiceServer, VoiceServerError};
use domain::{CallId, MemberId};
use livekit_api::access_token::TokenVerifier;
use uuid::Uuid;

const SECRET: &str = "a secret that is long enough for everybody";

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

fn somebody() -> Identity {
    Identity { member: MemberId(Uuid::from_u128(1)), epoch: 1 }
}

/// What every voice server promises.
async fn keeps_its_promises(voice: &dyn VoiceServer, room: &str) -> Result<(), VoiceServerError> {
    assert_eq!(voice.participants(room).await?, [], "a room that is not there is empty");
    voice.delete_room(room).await?;
    voice.create_room(room).await?;
    voice.create_room(room).await?;
    assert_eq!(voice.participants(room).await?, []);
    voice.remove_participant(room, somebody()).await?;
    voice.delete_room(room).await?;
    voice.delete_room(room).await?;
    Ok(())
}

#[tokio::test]
async fn the_fake_keeps_the_contract() {
    keeps_its_promises(&FakeVoiceServer::default(), "call-1").await.unwrap();
}

#[tokio::test]
async fn livekit_keeps_the_contract() {
    let Some(livekit) = livekit() else { return };
    let room = format!("contract-{}", std::process::id());
    keeps_its_promises(&livekit, &room).await.unwrap();
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
    let access = LiveKit::new(settings).access(&room, somebody()).unwrap();
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
