//! The whole voice server on real sockets: media threads, UDP, TCP, HTTP.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use futures::{SinkExt, StreamExt};
use jsonwebtoken::{EncodingKey, Header};
use livekit_api::access_token::{AccessToken, Claims, VideoGrants};
use prost::Message;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message as Frame;
use voice::{Event, RoomLimits, Settings, StartError, Voice};
use voice_client::proto::leave_request::Action;
use voice_client::proto::signal_response::Message as Said;
use voice_client::proto::{DisconnectReason, JoinRequest, SignalRequest, SignalResponse, signal_request};
use voice_client::{Options, Session, SessionError, Transport, connect, join_path};

const KEY: &str = "key";
const SECRET: &str = "a secret that is long enough for everybody";
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Nothing here takes so long, whatever else the machine does.
const SOON: Duration = Duration::from_secs(20);

fn settings() -> Settings {
    Settings {
        api_key: KEY.to_owned(),
        api_secret: SECRET.to_owned(),
        bind: LOOPBACK,
        udp_port: 0,
        tcp_port: Some(0),
        public_addresses: vec![],
        ice_servers: vec![],
        people_limit: 300,
        join_request_limit: 64 * 1024,
        datagrams_per_second: 500,
        threads: 2,
    }
}

const LIMITS: RoomLimits =
    RoomLimits { people: 200, empty_for: Duration::from_secs(90), departed_for: Duration::from_secs(20) };

struct Server {
    voice: Voice,
    url: String,
}

async fn start(settings: Settings) -> Server {
    let voice = Voice::start(settings).unwrap();
    let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let url = format!("ws://{}/voice", listener.local_addr().unwrap());
    let app = axum::Router::new().nest("/voice", voice.router());
    tokio::spawn(async move { axum::serve(listener, app).await });
    Server { voice, url }
}

fn token(room: &str, identity: &str) -> String {
    let grants = VideoGrants { room_join: true, room: room.to_owned(), ..Default::default() };
    AccessToken::with_api_key(KEY, SECRET).with_identity(identity).with_grants(grants).to_jwt().unwrap()
}

impl Server {
    async fn joins(&self, room: &str, identity: &str, transport: Transport) -> Result<Session, SessionError> {
        self.enters(&token(room, identity), transport).await
    }

    async fn enters(&self, token: &str, transport: Transport) -> Result<Session, SessionError> {
        let options = move |local| Options::browser(local, transport);
        timeout(SOON, connect(&self.url, token, transport, options)).await.expect("an answer in time")
    }
}

/// Speaks until somebody hears it.
async fn is_heard(speaks: &Session, hears: &mut Session) {
    let words = async {
        let mut every = tokio::time::interval(Duration::from_millis(20));
        loop {
            every.tick().await;
            speaks.say(&[0x78, 7, 7, 7], -20);
        }
    };
    let heard = async {
        loop {
            let heard = hears.next_heard().await.unwrap();
            if heard.track.as_ref().is_some_and(|track| track.participant == speaks.sid()) {
                return;
            }
        }
    };
    tokio::select! {
        () = words => {}
        heard = timeout(SOON, heard) => heard.expect("is heard in time"),
    }
}

async fn hear_each_other(a: &mut Session, b: &mut Session) {
    is_heard(a, b).await;
    is_heard(b, a).await;
}

async fn until(events: &mut broadcast::Receiver<Event>, wanted: impl Fn(&Event) -> bool) {
    let comes = async { while !wanted(&events.recv().await.unwrap()) {} };
    timeout(SOON, comes).await.expect("the event comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_hear_each_other_over_udp_over_tcp_and_across() {
    let server = start(settings()).await;
    // Several rooms live on different threads; what comes to the wrong one's socket finds its way.
    for room in ["one", "two", "three", "four"] {
        server.voice.create_room(room, LIMITS).await.unwrap();
        let mut people = vec![];
        for (name, transport) in [("anna", Transport::Udp), ("ben", Transport::Tcp), ("carla", Transport::Udp)] {
            let mut session = server.joins(room, name, transport).await.unwrap();
            session.publish().await.unwrap();
            people.push(session);
        }
        let [anna, ben, carla] = &mut people[..] else { panic!("three") };
        hear_each_other(anna, ben).await;
        hear_each_other(ben, carla).await;
        hear_each_other(anna, carla).await;
        assert_eq!(server.voice.participants(room).await.unwrap().len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handle_lists_mutes_removes_and_closes() {
    let server = start(settings()).await;
    let voice = &server.voice;
    let mut events = voice.events();
    assert_eq!(voice.participants("room").await.unwrap(), []);
    assert!(!voice.delete_room("room").await.unwrap());
    assert_eq!(voice.rooms().unwrap(), [""; 0]);
    voice.create_room("room", LIMITS).await.unwrap();
    voice.create_room("room", LIMITS).await.unwrap();
    assert_eq!(voice.rooms().unwrap(), ["room"]);
    let mut anna = server.joins("room", "anna", Transport::Udp).await.unwrap();
    until(&mut events, |event| matches!(event, Event::Joined { identity, .. } if identity == "anna")).await;
    anna.publish().await.unwrap();
    assert!(!voice.participants("room").await.unwrap()[0].muted);
    assert!(voice.mute_participant("room", "anna").await.unwrap());
    assert!(voice.participants("room").await.unwrap()[0].muted);
    assert!(!voice.mute_participant("room", "ben").await.unwrap());

    assert!(voice.remove_participant("room", "anna").await.unwrap());
    until(&mut events, |event| *event == left("room", "anna", false)).await;
    assert!(!voice.remove_participant("room", "anna").await.unwrap());
    let refused = server.joins("room", "anna", Transport::Udp).await.err().unwrap();
    assert!(matches!(refused, SessionError::Refused { status: 401, .. }), "{refused}");

    assert!(voice.delete_room("room").await.unwrap());
    assert_eq!(voice.rooms().unwrap(), [""; 0]);
    until(&mut events, |event| *event == Event::RoomFinished { room: "room".to_owned() }).await;
    let refused = server.joins("room", "ben", Transport::Udp).await.err().unwrap();
    assert!(matches!(refused, SessionError::Refused { status: 404, .. }), "{refused}");
    // The name can be used again at once.
    voice.create_room("room", LIMITS).await.unwrap();
    server.joins("room", "ben", Transport::Udp).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_on_speaking_when_the_room_is_closed_still_reads_that_it_is() {
    let server = start(settings()).await;
    server.voice.create_room("room", LIMITS).await.unwrap();
    let url = format!("{}{}", server.url, join_path(&token("room", "anna"), &JoinRequest::default()));
    let (mut anna, _) = connect_async(url).await.unwrap();
    let said = |frame: Frame| SignalResponse::decode(frame.into_data()).unwrap().message.unwrap();
    let joined = timeout(SOON, anna.next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(said(joined), Said::Join(_)));

    assert!(server.voice.delete_room("room").await.unwrap());
    let ping = SignalRequest { message: Some(signal_request::Message::Ping(1)) }.encode_to_vec();
    let mut every = tokio::time::interval(Duration::from_millis(1));
    for _ in 0..200 {
        every.tick().await;
        anna.send(Frame::Binary(ping.clone().into())).await.expect("it listens until she has hung up");
    }
    let left = async {
        while let Some(frame) = anna.next().await {
            if let Said::Leave(leave) = said(frame.unwrap()) {
                return leave.reason();
            }
        }
        panic!("she is not told")
    };
    assert_eq!(timeout(SOON, left).await.unwrap(), DisconnectReason::RoomDeleted);
    assert!(matches!(timeout(SOON, anna.next()).await.unwrap(), Some(Ok(Frame::Close(_)))));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_tokens_are_refused_in_livekits_words() {
    let server = start(settings()).await;
    server.voice.create_room("room", LIMITS).await.unwrap();
    let made = |key: &str, secret: &str, identity: &str, grants: VideoGrants, ttl: u64| {
        let token = AccessToken::with_api_key(key, secret).with_identity(identity).with_grants(grants);
        token.with_ttl(Duration::from_secs(ttl)).to_jwt()
    };
    let join = || VideoGrants { room_join: true, room: "room".to_owned(), ..Default::default() };
    let expired = |seconds: usize| {
        let mut claims = Claims::from_unverified(&token("room", "anna")).unwrap();
        claims.exp = claims.nbf - seconds;
        jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
    };
    server.enters(&expired(20), Transport::Udp).await.expect("clocks may differ by a minute");
    let altered = token("room", "anna") + "x";
    let cases = [
        (String::new(), 401, "no permissions to access the room"),
        ("nonsense".to_owned(), 401, "invalid token"),
        (expired(120), 401, "invalid token"),
        (altered, 401, "invalid token"),
        (made(KEY, "another secret that is long enough too", "anna", join(), 60).unwrap(), 401, "invalid token"),
        (made("other", SECRET, "anna", join(), 60).unwrap(), 401, "invalid token"),
        (made(KEY, SECRET, "anna", VideoGrants { room_join: false, ..join() }, 60).unwrap(), 401, "permissions denied"),
        (token("elsewhere", "anna"), 404, "requested room does not exist"),
    ];
    for (token, expected, sentence) in cases {
        match server.enters(&token, Transport::Udp).await {
            Err(SessionError::Refused { status, .. }) => assert_eq!(status, expected, "{sentence}"),
            other => panic!("{sentence}: {:?}", other.err()),
        }
        let (status, body) = get(&server.url, &format!("/rtc/v1/validate?access_token={token}&join_request=AA")).await;
        // A join request that cannot be read comes after the token, and before the room.
        let expected = if expected == 404 { (400, "") } else { (expected, sentence) };
        assert_eq!(status, expected.0);
        assert!(body.contains(expected.1), "{body}");
    }
}

fn left(room: &str, identity: &str, goodbye: bool) -> Event {
    Event::Left { room: room.to_owned(), identity: identity.to_owned(), goodbye }
}

/// A request as old as the web, so that the test needs no client.
async fn get(url: &str, path: &str) -> (u16, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (host, base) = url.strip_prefix("ws://").unwrap().split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!("GET /{base}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_people_as_the_server_takes_and_no_more() {
    let server = start(Settings { people_limit: 2, ..settings() }).await;
    server.voice.create_room("a", LIMITS).await.unwrap();
    server.voice.create_room("b", LIMITS).await.unwrap();
    let mut events = server.voice.events();
    let anna = server.joins("a", "anna", Transport::Udp).await.unwrap();
    let _ben = server.joins("b", "ben", Transport::Udp).await.unwrap();
    let refused = server.joins("a", "carla", Transport::Udp).await.err().unwrap();
    assert!(matches!(refused, SessionError::Refused { status: 403, .. }), "{refused}");
    anna.leave();
    until(&mut events, |event| *event == left("a", "anna", true)).await;
    server.joins("a", "carla", Transport::Udp).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_tells_everybody_to_come_back() {
    let server = start(settings()).await;
    server.voice.create_room("room", LIMITS).await.unwrap();
    let mut anna = server.joins("room", "anna", Transport::Udp).await.unwrap();
    timeout(SOON, server.voice.stop()).await.unwrap();
    let told = async {
        loop {
            if let voice_client::Event::Disconnected { action, .. } = anna.next_event().await.unwrap() {
                return action;
            }
        }
    };
    assert_eq!(timeout(SOON, told).await.unwrap(), Action::Reconnect);
    assert!(server.voice.create_room("another", LIMITS).await.is_err());
    assert!(server.voice.rooms().is_err(), "rooms that went with their thread are not rooms that were closed");
    timeout(SOON, server.voice.stop()).await.expect("stopping twice is the same as once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_websocket_is_resumed_with_the_renewed_token() {
    let server = start(settings()).await;
    server.voice.create_room("room", LIMITS).await.unwrap();
    let mut anna = server.joins("room", "anna", Transport::Udp).await.unwrap();
    let mut ben = server.joins("room", "ben", Transport::Udp).await.unwrap();
    anna.publish().await.unwrap();
    is_heard(&anna, &mut ben).await;
    anna.drop_signalling();
    timeout(SOON, anna.resume(&token("room", "anna"))).await.unwrap().unwrap();
    is_heard(&anna, &mut ben).await;
    assert_eq!(server.voice.participants("room").await.unwrap().len(), 2);
}

/// A binding request (RFC 8489) with this name and a signature that is none.
fn check_of_the_way(name: &str, signature: &[u8]) -> Vec<u8> {
    let mut signature = signature.to_vec();
    signature.resize(20, 0);
    let mut attributes = vec![];
    for (kind, value) in [(0x0006_u16, name.as_bytes()), (0x0024, &[0, 0, 0, 1]), (0x0025, &[]), (0x0008, &signature)] {
        attributes.extend_from_slice(&kind.to_be_bytes());
        attributes.extend_from_slice(&(value.len() as u16).to_be_bytes());
        attributes.extend_from_slice(value);
        attributes.resize(attributes.len().next_multiple_of(4), 0);
    }
    let length = attributes.len() as u16;
    [&[0, 1], &length.to_be_bytes()[..], &[0x21, 0x12, 0xa4, 0x42], &[7; 12], &attributes].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_nonsense_at_the_ports_disturb_nobody() {
    let server = start(settings()).await;
    server.voice.create_room("room", LIMITS).await.unwrap();
    let mut anna = server.joins("room", "anna", Transport::Udp).await.unwrap();
    let mut ben = server.joins("room", "ben", Transport::Tcp).await.unwrap();
    anna.publish().await.unwrap();
    ben.publish().await.unwrap();
    let (udp, tcp) = server.voice.addresses();
    let stranger = tokio::net::UdpSocket::bind((LOOPBACK, 0)).await.unwrap();
    for n in 0..3000_u32 {
        let first = (n % 256) as u8;
        let datagram: Vec<u8> = (0..n % 1400).map(|at| first ^ (at % 251) as u8).collect();
        stranger.send_to(&datagram, udp[0]).await.unwrap();
        // The same, as far as its first bytes go, as a check of the way that is meant for somebody.
        let name = format!("{}{:x}+abcdef:ghij", ["A", "B", "C"][n as usize % 3], n / 3);
        stranger.send_to(&check_of_the_way(&name, &datagram), udp[0]).await.unwrap();
    }
    let mut hanging = vec![];
    for n in 0..300_u32 {
        use tokio::io::AsyncWriteExt;
        let mut stream = tokio::net::TcpStream::connect(tcp[0]).await.unwrap();
        // Half a frame, a check that nobody signed, nothing at all; the server may have hung up by now.
        let check = check_of_the_way("A1+abcdef:ghij", &[]);
        let framed = [&(check.len() as u16).to_be_bytes()[..], &check].concat();
        let _ = stream.write_all(&framed[..[0, 1, 40, framed.len()][n as usize % 4]]).await;
        hanging.push(stream);
    }
    hear_each_other(&mut anna, &mut ben).await;
    drop(hanging);
    let mut carla = server.joins("room", "carla", Transport::Tcp).await.unwrap();
    is_heard(&anna, &mut carla).await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let somebody_elses = std::net::UdpSocket::bind((LOOPBACK, 0)).unwrap();
    let taken = somebody_elses.local_addr().unwrap();
    let error = Voice::start(Settings { udp_port: taken.port(), ..settings() }).err().unwrap();
    assert!(matches!(&error, StartError::Bind { what: "UDP", address, .. } if *address == taken), "{error}");

    let first = Voice::start(settings()).unwrap();
    let SocketAddr::V4(udp) = first.addresses().0[0] else { panic!("IPv4") };
    let error = Voice::start(Settings { udp_port: udp.port(), ..settings() }).err().unwrap();
    assert!(matches!(error, StartError::Bind { what: "UDP", .. }), "a second server does not share the port");
}

#[tokio::test]
async fn browsers_are_told_the_addresses_that_were_set() {
    let told = vec!["203.0.113.5".parse().unwrap(), "2001:db8::5".parse().unwrap()];
    let voice = Voice::start(Settings { public_addresses: told.clone(), tcp_port: None, ..settings() }).unwrap();
    let (udp, tcp) = voice.addresses();
    assert_eq!(udp.iter().map(SocketAddr::ip).collect::<Vec<_>>(), told);
    assert!(tcp.is_empty());
}
