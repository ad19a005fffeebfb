//! What other machines ask of us.

use super::*;
use axum::body::Bytes;
use backend::testing::{FakeVoiceServer, settings};
use backend::voice_server::{Identity, LiveKit, LiveKitSettings, room_of};
use backend::{Clock, Ports, SystemClock, VoiceServer};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::{Access, ChannelKind};
use hmac::{Hmac, KeyInit, Mac};
use http::header::AUTHORIZATION;
use sha2::{Digest, Sha256, Sha512};

const WEBHOOK: &str = "/api/livekit/webhook";
const CRON: &str = "/api/cron/expire-calls";

/// A call that Ben has left. The token he was given is still good, and the voice server tells nothing by itself: only a
/// webhook, or the next look at the roster, can tell that he slips back in.
struct Story {
    site: Site,
    call: CallId,
    ben: Identity,
    bens: Access,
}

impl Story {
    async fn begin() -> Story {
        let site = Site::new().await;
        let world = &site.world;
        let choir = world.channel(ChannelKind::Group, "Choir").await;
        let call = world.backend.initiate_call(&world.actor("Anna"), choir, vec![], tap()).await.unwrap().call.id;
        let bens = world.backend.answer_call(&world.actor("Ben"), call, tap()).await.unwrap().access;
        world.backend.end_call(&world.actor("Ben"), call, nonce()).await.unwrap();
        world.settle().await;
        world.voice.fall_silent();
        let ben = Identity { member: world.actor("Ben").member(), epoch: 1 };
        let story = Story { site, call, ben, bens };
        story.ben_slips_in();
        story
    }

    fn ben_slips_in(&self) {
        self.site.world.voice.join(&self.bens).unwrap();
    }

    /// Whether Ben is in the room, once everything has been done that there was to do.
    async fn ben_listens(&self) -> bool {
        self.site.world.settle().await;
        self.site.world.voice.participants(&room_of(self.call)).await.unwrap().contains(&self.ben)
    }

    /// What LiveKit tells of him, so many seconds ago.
    fn told(&self, kind: &str, id: &str, seconds_ago: i64) -> Value {
        json!({
            "event": kind,
            "id": id,
            "createdAt": (self.site.world.now().0 / 1000 - seconds_ago).to_string(),
            "room": { "sid": "RM_1", "name": room_of(self.call) },
            "participant": { "sid": "PA_1", "identity": self.ben.to_string(), "state": "ACTIVE" },
        })
    }

    /// Sends it as LiveKit does.
    async fn tell(&self, told: &Value) -> u16 {
        let body = told.to_string();
        self.site.hook(&FakeVoiceServer::sign(body.as_bytes()), body).await
    }
}

impl Site {
    /// Sends a webhook with this `Authorization`, or without any.
    async fn hook(&self, authorization: &str, body: impl Into<Body>) -> u16 {
        let mut request = Request::post(WEBHOOK).header(CONTENT_TYPE, "application/webhook+json");
        if !authorization.is_empty() {
            request = request.header(AUTHORIZATION, authorization);
        }
        self.send(request.body(body.into()).unwrap()).await.status
    }

    /// Comes as a cron service does.
    async fn cron(&self, method: &Method, authorization: &str) -> Answer {
        let request = Request::builder().method(method).uri(CRON).header(AUTHORIZATION, authorization);
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

/// A token made by hand: any header, any claims, any secret.
fn token<M: Mac + KeyInit>(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let mut mac = <M as KeyInit>::new_from_slice(secret).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn who_slips_into_a_room_is_put_out_as_soon_as_livekit_tells() {
    let story = Story::begin().await;
    assert!(story.ben_listens().await);
    assert_eq!(story.tell(&story.told("participant_joined", "EV_1", 0)).await, 200);
    assert!(!story.ben_listens().await);
}

#[tokio::test]
async fn who_left_is_missed_from_the_moment_livekit_tells() {
    let site = Site::new().await;
    let (_, id) = site.ring().await;
    let bens =
        site.call("Ben", "voice/answer_call", json!({ "call": id, "tap": tap() })).await.json()["access"].clone();
    let annas = site.call("Anna", "voice/call_token", json!({ "call": id, "tap": tap() })).await.json();
    for access in [annas, bens.clone()] {
        site.world.voice.join(&serde_json::from_value(access).unwrap()).unwrap();
    }
    site.world.advance(Duration::from_secs(61)).await;
    site.world.voice.fall_silent();
    let ben = site.world.actor("Ben").member();
    site.world.voice.lose(ben);
    let body = json!({
        "event": "participant_left", "id": "EV_1", "createdAt": site.world.now().0 / 1000,
        "room": { "name": room_of(id) },
        "participant": { "identity": format!("{ben}:1"), "disconnectReason": "CLIENT_INITIATED" },
    });
    let body = body.to_string();
    assert_eq!(site.hook(&FakeVoiceServer::sign(body.as_bytes()), body).await, 200);
    site.world.settle().await;
    site.world.advance(Duration::from_secs(9)).await;
    assert!(!site.world.call(id).await.is_over());
    site.world.advance(Duration::from_secs(1)).await;
    assert!(site.world.call(id).await.is_over(), "nothing but the webhook told that he was missing");
}

#[tokio::test]
async fn what_livekit_did_not_sign_is_refused_and_changes_nothing() {
    let story = Story::begin().await;
    let body = story.told("participant_joined", "EV_1", 0).to_string();
    let hash = STANDARD.encode(Sha256::digest(&body));
    let (key, secret) = (FakeVoiceServer::KEY, FakeVoiceServer::SECRET.as_bytes());
    let now = SystemClock.now().0 / 1000;
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let claims = json!({ "iss": key, "nbf": now, "exp": now + 300, "sha256": hash });
    let but = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        token::<Hmac<Sha256>>(&header, &claims, secret)
    };
    let good = token::<Hmac<Sha256>>(&header, &claims, secret);
    let (unsigned, signature) = good.rsplit_once('.').unwrap();
    let no_algorithm = token::<Hmac<Sha256>>(&json!({ "alg": "none", "typ": "JWT" }), &claims, secret);
    let forged = [
        ("no token", String::new()),
        ("no token at all", "let me in".to_owned()),
        ("a signature that is missing", format!("{unsigned}.")),
        ("a signature of other claims", format!("{unsigned}.{}", but("exp", json!(now)).rsplit_once('.').unwrap().1)),
        ("claims of another signature", format!("{}.{signature}", but("exp", json!(now)).rsplit_once('.').unwrap().0)),
        ("another's secret", token::<Hmac<Sha256>>(&header, &claims, b"a secret of somebody else, as long as ours")),
        ("an empty secret", token::<Hmac<Sha256>>(&header, &claims, b"")),
        ("another's key", but("iss", json!("another-key"))),
        ("a time that is over", but("exp", json!(now - 120))),
        ("a time that has not come", but("nbf", json!(now + 120))),
        ("no algorithm", format!("{}.", no_algorithm.rsplit_once('.').unwrap().0)),
        ("another algorithm", token::<Hmac<Sha512>>(&json!({ "alg": "HS512", "typ": "JWT" }), &claims, secret)),
        ("another body", but("sha256", json!(STANDARD.encode(Sha256::digest("another body"))))),
        ("half of the hash", but("sha256", json!(hash[..22]))),
        ("no hash", but("sha256", json!(""))),
        ("what a browser was given to join", story.bens.token.clone()),
    ];
    for (what, authorization) in &forged {
        assert_eq!(story.site.hook(authorization, body.clone()).await, 401, "{what}");
    }
    assert_eq!(story.site.hook(&good, body.replace("participant_joined", "participant_left")).await, 401);
    assert!(story.ben_listens().await);

    assert_eq!(story.site.hook(&good, body).await, 200, "the one that all of them were made from");
    assert!(!story.ben_listens().await, "nor were its id or its time used up");
}

#[tokio::test]
async fn an_event_that_comes_twice_counts_once() {
    let story = Story::begin().await;
    let told = story.told("participant_joined", "EV_1", 0);
    assert_eq!(story.tell(&told).await, 200);
    assert!(!story.ben_listens().await);
    story.ben_slips_in();
    assert_eq!(story.tell(&told).await, 200, "or LiveKit would send it again");
    assert!(story.ben_listens().await);
    assert_eq!(story.tell(&story.told("participant_joined", "EV_2", 0)).await, 200);
    assert!(!story.ben_listens().await);
}

#[tokio::test]
async fn an_event_of_long_ago_or_of_the_future_is_refused() {
    let story = Story::begin().await;
    for (id, seconds_ago) in [("EV_1", 601), ("EV_2", -61), ("EV_3", i64::MAX / 10_000), ("EV_4", -(i64::MAX / 10_000))]
    {
        assert_eq!(story.tell(&story.told("participant_joined", id, seconds_ago)).await, 422, "{seconds_ago}");
    }
    assert!(story.ben_listens().await);
    for (id, seconds_ago) in [("EV_1", 600), ("EV_2", -60)] {
        assert_eq!(story.tell(&story.told("participant_joined", id, seconds_ago)).await, 200, "{seconds_ago}");
        assert!(!story.ben_listens().await);
        story.ben_slips_in();
    }
}

#[tokio::test]
async fn what_a_newer_livekit_tells_is_taken_and_does_nothing_that_is_not_known() {
    let story = Story::begin().await;
    let mut other_kind = story.told("participant_sneezed", "EV_1", 0);
    other_kind["sneeze"] = json!({ "loudness": 11 });
    assert_eq!(story.tell(&other_kind).await, 200);
    assert!(story.ben_listens().await);
    assert_eq!(
        story.tell(&json!({ "event": "room_started", "id": "EV_2", "createdAt": other_kind["createdAt"] })).await,
        200
    );
    for elsewhere in ["", "somebody-elses-room", "call-", "call-nonsense"] {
        let mut told = story.told("participant_joined", &format!("EV_{elsewhere}"), 0);
        told["room"]["name"] = json!(elsewhere);
        assert_eq!(story.tell(&told).await, 200, "{elsewhere}");
    }
    assert!(story.ben_listens().await);

    let mut known = story.told("participant_left", "EV_3", 0);
    known["participant"]["disconnectReason"] = json!("ABDUCTED");
    known["participant"]["state"] = json!(77);
    known["newField"] = json!([{}]);
    assert_eq!(story.tell(&known).await, 200);
    assert!(!story.ben_listens().await);
}

#[tokio::test]
async fn a_webhook_that_cannot_be_read_or_is_too_large_is_refused() {
    let story = Story::begin().await;
    let garbage = [&b""[..], b"{", b"[]", b"null", b"{}", b"\xff\xfe", b"event=participant_joined"];
    for body in garbage {
        assert_eq!(story.site.hook(&FakeVoiceServer::sign(body), Bytes::from_static(body)).await, 400);
    }
    let mut told = story.told("participant_joined", "EV_1", 0);
    told["room"]["metadata"] = json!("x".repeat(security::BODY_LIMIT));
    assert_eq!(story.tell(&told).await, 413);
    let body = told.to_string();
    let pieces: Vec<_> = body.as_bytes().chunks(1_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let pieces = Body::from_stream(futures::stream::iter(pieces));
    assert_eq!(story.site.hook(&FakeVoiceServer::sign(body.as_bytes()), pieces).await, 413);
    assert!(story.ben_listens().await);
}

#[tokio::test]
async fn livekit_is_answered_at_once_though_it_does_not_answer_us() {
    // Takes connections, and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", silent.local_addr().unwrap());
    let (api_key, api_secret) = (FakeVoiceServer::KEY.to_owned(), FakeVoiceServer::SECRET.to_owned());
    let livekit = LiveKit::new(LiveKitSettings { url, api_key, api_secret });
    let webhooks = Arc::new(livekit.webhooks(Arc::new(SystemClock)));
    let world = World::new().await;
    let id = world.backend.initiate_call(&world.actor("Anna"), world.direct("Anna", "Ben").await, vec![], tap()).await;
    let room = room_of(id.unwrap().call.id);
    let backend = Backend::new(
        world.store.clone(),
        Ports { clock: Arc::new(SystemClock), ..world.ports(Arc::new(livekit)) },
        settings(),
    );
    let site = Site::with(world, backend.clone(), None, Machines { webhooks: Some(webhooks), cron_secret: None });

    // More than are kept until they are heard. If each waited for one look, this would take an hour.
    let many = async {
        for number in 0..2_000 {
            let body = json!({
                "event": "participant_joined", "id": format!("EV_{number}"), "createdAt": SystemClock.now().0 / 1000,
                "room": { "name": room }, "participant": { "identity": format!("{NOBODYS_ID}:1") },
            });
            let body = body.to_string();
            assert_eq!(site.hook(&FakeVoiceServer::sign(body.as_bytes()), body).await, 200);
        }
    };
    tokio::select! {
        () = backend.run() => unreachable!("it runs until dropped"),
        done = tokio::time::timeout(Duration::from_secs(120), many) => done.expect("answers, whoever hangs"),
    }
}

#[tokio::test]
async fn who_comes_with_the_secret_ends_what_is_over() {
    for method in [Method::GET, Method::POST] {
        let site = Site::new().await;
        let (_, id) = site.ring().await;
        site.world.pass(Duration::from_secs(31));
        assert!(!site.world.call(id).await.is_over(), "nothing happens by itself, as on a host that has stopped us");
        let answer = site.cron(&method, &format!("Bearer {CRON_SECRET}")).await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "done": true })), "{method}");
        assert_eq!(site.world.call(id).await.snapshot(site.world.now()).status, domain::CallStatus::Missed);
        assert_eq!(site.world.voice.open_rooms(), [""; 0], "what follows from it is done as well");
        let again = site.cron(&method, &format!("Bearer {CRON_SECRET}")).await;
        assert_eq!(again.text, answer.text, "as often as one likes");
    }
}

#[tokio::test]
async fn a_sweep_goes_on_though_the_voice_server_does_not_answer() {
    let site = Site::new().await;
    let (_, id) = site.ring().await;
    site.world.pass(Duration::from_secs(31));
    site.world.voice.set_down(true);
    assert_eq!(site.cron(&Method::POST, &format!("Bearer {CRON_SECRET}")).await.status, 200);
    assert!(site.world.call(id).await.is_over());
    site.world.voice.set_down(false);
    site.world.pass(Duration::from_secs(60));
    assert_eq!(site.cron(&Method::POST, &format!("Bearer {CRON_SECRET}")).await.status, 200);
    assert_eq!(site.world.voice.open_rooms(), [""; 0], "what was not done is done by the next one");
}

#[tokio::test]
async fn who_comes_without_the_secret_sweeps_nothing() {
    let site = Site::new().await;
    let (_, id) = site.ring().await;
    site.world.pass(Duration::from_secs(31));
    let half = &CRON_SECRET[..20];
    let wrong = [
        String::new(),
        CRON_SECRET.to_owned(),
        format!("bearer {CRON_SECRET}"),
        format!("Basic {CRON_SECRET}"),
        format!("Bearer {half}"),
        format!("Bearer {CRON_SECRET}{half}"),
        format!("Bearer {}", CRON_SECRET.to_uppercase()),
        "Bearer ".to_owned(),
    ];
    for authorization in wrong {
        for method in [Method::GET, Method::POST] {
            let answer = site.cron(&method, &authorization).await;
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{authorization}");
        }
    }
    assert_eq!(site.get(Some("Anna"), CRON).await.status, 401, "a session is no secret");
    assert!(!site.world.call(id).await.is_over());
}

#[tokio::test]
async fn without_a_secret_there_is_no_address_for_cron_services() {
    let site = Site::embedded().await;
    for method in [Method::GET, Method::POST] {
        assert_eq!(site.cron(&method, "Bearer ").await.status, 404);
        assert_eq!(site.cron(&method, &format!("Bearer {CRON_SECRET}")).await.status, 404);
    }
    site.voice.as_ref().unwrap().stop().await;
}

#[tokio::test]
async fn without_livekit_there_is_no_address_for_its_webhooks() {
    let site = Site::embedded().await;
    let body = json!({ "event": "room_finished", "id": "EV_1", "createdAt": 1, "room": { "name": "x" } }).to_string();
    assert_eq!(site.hook(&FakeVoiceServer::sign(body.as_bytes()), body).await, 404);
    for method in [Method::GET, Method::POST, Method::PUT] {
        assert_eq!(site.ask(Some("Anna"), method, WEBHOOK, JSON, "{}").await.status, 404);
    }
    site.voice.as_ref().unwrap().stop().await;
}

#[tokio::test]
async fn for_other_machines_a_session_is_no_proof_and_another_origin_no_offence() {
    let story = Story::begin().await;
    let body = story.told("participant_joined", "EV_1", 0).to_string();
    let answer = story.site.ask(Some("Anna"), Method::POST, WEBHOOK, JSON, body.clone()).await;
    assert_eq!(answer.status, 401, "{}", answer.text);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");

    let request = Request::post(WEBHOOK).header(HOST, "parish.example").header(ORIGIN, "https://livekit.example");
    let request = request.header("sec-fetch-site", "cross-site");
    let request = request.header(AUTHORIZATION, FakeVoiceServer::sign(body.as_bytes()));
    assert_eq!(story.site.send(request.body(body.into()).unwrap()).await.status, 200);
    assert!(!story.ben_listens().await);
}
