//! Where calls go through the embedded voice server.

use super::*;
use backend::testing::settings;
use backend::voice_server::{EMBEDDED_API_KEY, Embedded};
use backend::{Ports, SystemClock};
use voice_client::{Options, Session, SessionError, Transport};

/// What the embedded voice server signs with, here.
const SECRET: &str = "a secret that is long enough for everybody";

impl Site {
    /// The same parish, where calls go through the embedded voice server, on ports that nobody has.
    pub(super) async fn embedded() -> Site {
        Site::with_embedded(20, |ports| Ports { clock: Arc::new(SystemClock), ..ports }).await.0
    }

    /// As well, with so many seats in a call, and time in the hands of the test.
    pub(super) async fn embedded_at_the_worlds_time(seats: usize) -> (Site, Arc<Embedded>) {
        Site::with_embedded(seats, |ports| ports).await
    }

    async fn with_embedded(seats: usize, ports: impl FnOnce(Ports) -> Ports) -> (Site, Arc<Embedded>) {
        let config = crate::config::tests::config(&["--voice-udp-port=0", "--voice-tcp-port=0"]);
        let of_voice = voice::Settings { api_secret: SECRET.to_owned(), ..config.voice.settings(true).unwrap() };
        assert_eq!(of_voice.api_key, EMBEDDED_API_KEY);
        let voice = Voice::start(of_voice).unwrap();
        let world = World::new().await;
        let voice_server = Arc::new(Embedded::new(voice.clone(), SECRET.to_owned(), seats));
        let ports = ports(world.ports(voice_server.clone()));
        let backend = Backend::new(world.store.clone(), ports, settings());
        (Site::with(world, backend, Some(voice), Machines::default()), voice_server)
    }

    /// Listens on a port that nobody has; where that is.
    pub(super) async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("ws://{}", listener.local_addr().unwrap());
        let service = self.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(axum::serve(listener, service).into_future());
        origin
    }
}

/// Connects as a browser does that has its page from `origin`.
async fn connect(origin: &str, path: &Value, token: &str) -> Result<Session, SessionError> {
    let url = format!("{origin}{}", path.as_str().unwrap());
    let options = |local| Options::browser(local, Transport::Udp);
    let connected = voice_client::connect(&url, token, Transport::Udp, options);
    tokio::time::timeout(Duration::from_secs(20), connected).await.expect("an answer in time")
}

#[tokio::test]
async fn two_people_hear_each_other_through_the_embedded_voice_server() {
    let site = Site::embedded().await;
    let origin = site.listen().await;
    let (_, id) = site.ring().await;
    let annas = site.get(Some("Anna"), &format!("/api/voice/token?callId={id}")).await.json();
    assert_eq!(annas["url"], "/voice", "a path, below the address that the browser has its page from");
    let bens =
        site.call("Ben", "voice/answer_call", json!({ "call": id, "tap": tap() })).await.json()["access"].clone();

    let token = annas["token"].as_str().unwrap();
    let (head, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let refused = connect(&origin, &annas["url"], &forged).await.unwrap_err();
    assert!(matches!(refused, SessionError::Refused { status: 401, .. }), "{refused}");

    let mut anna = connect(&origin, &annas["url"], token).await.unwrap();
    let mut ben = connect(&origin, &bens["url"], bens["token"].as_str().unwrap()).await.unwrap();
    for (speaker, listener) in [(0, 1), (1, 0)] {
        let mut people = [&mut anna, &mut ben];
        people[speaker].publish().await.unwrap();
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let heard = async {
            loop {
                tokio::select! {
                    _ = ticks.tick() => people[speaker].say(b"hello", -20),
                    heard = people[listener].next_heard() => break heard.unwrap(),
                }
            }
        };
        let heard = tokio::time::timeout(Duration::from_secs(20), heard).await.expect("heard in time");
        assert_eq!(heard.opus(), b"hello");
    }
    let figures = site.figures().told().await.unwrap();
    let figure = |name: &str| {
        let line = figures.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}"));
        line.trim().parse::<f64>().unwrap()
    };
    assert_eq!((figure("paxora_voice_rooms"), figure("paxora_voice_people")), (1.0, 2.0));
    for way in ["received", "sent"] {
        let datagrams = figure(&format!("paxora_voice_datagrams_total{{way=\"{way}\"}}"));
        assert!(datagrams > 0.0 && figure(&format!("paxora_voice_bytes_total{{way=\"{way}\"}}")) > datagrams, "{way}");
    }
    site.voice.as_ref().unwrap().stop().await;
}

#[tokio::test]
async fn a_session_or_a_made_up_token_does_not_open_the_embedded_voice_server() {
    let site = Site::embedded().await;
    // What anybody may ask: whether it is there.
    assert_eq!(site.ask(None, Method::HEAD, "/voice", JSON, Body::empty()).await.status, 200);
    // A session opens nothing here.
    for who in [None, Some("Anna")] {
        assert_eq!(site.get(who, "/voice/rtc/v1").await.status, 400, "no WebSocket");
        for token in ["", "rubbish", "a.b.c"] {
            let answer = site.get(who, &format!("/voice/rtc/v1/validate?access_token={token}&join_request=x")).await;
            assert_eq!(answer.status, 401, "{token:?}: {}", answer.text);
        }
        assert_eq!(site.ask(who, Method::POST, "/voice/rtc/v1", JSON, "{}").await.status, 405);
    }
    for path in ["/voice/", "/voice/rtc", "/voice/metrics", "/voice/twirp/livekit.RoomService/ListRooms"] {
        assert_eq!(site.get(Some("Anna"), path).await.status, 404, "{path}");
    }
    site.voice.as_ref().unwrap().stop().await;
}

#[tokio::test]
async fn where_calls_go_through_livekit_there_is_no_other_voice_server() {
    let site = Site::new().await;
    for path in ["/voice", "/voice/rtc/v1", "/voice/rtc/v1/validate"] {
        assert_eq!(site.get(Some("Anna"), path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn pages_may_connect_to_the_embedded_voice_server_and_its_answers_carry_the_headers_that_protect() {
    let site = Site::embedded().await;
    let page = site.get(Some("Anna"), "/en/community/chat").await;
    let policy = page.header(CONTENT_SECURITY_POLICY);
    assert!(policy.contains("connect-src 'self' https://parish.example wss://parish.example;"), "{policy}");
    for path in ["/voice", "/voice/rtc/v1", "/voice/rtc/v1/validate"] {
        let answer = site.get(None, path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(answer.header(CONTENT_SECURITY_POLICY).starts_with("default-src 'none'"), "{path}");
    }
    site.voice.as_ref().unwrap().stop().await;
}
