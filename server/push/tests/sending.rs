//! What a push service gets, what becomes of its answers, and what nobody else learns.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use push::{Answer, Failure, Message, Patience, Sender, Subscription, Topic, Unfit, Urgency, VapidKeys};
use service::{Service, now};
use std::io::{self, ErrorKind};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tracing_subscriber::filter::LevelFilter;

mod service;

const CONTACT: &str = "mailto:admin@parish.example";

fn ring() -> Message {
    Message {
        payload: br#"{"web_push":8030}"#.to_vec(),
        ttl: Duration::from_secs(30),
        urgency: Urgency::High,
        topic: Some(Topic::of("call")),
    }
}

fn sender(origin: &str) -> Sender {
    Sender::new(CONTACT, vec![origin.parse().unwrap()]).unwrap()
}

fn waiting_for(total: Duration, origin: &str) -> Sender {
    let patience = Patience { connect: Duration::from_secs(3), total };
    Sender::with_patience(CONTACT, vec![origin.parse().unwrap()], patience).unwrap()
}

/// A service and its subscription; what it answers to the ring.
async fn answer(how: &str) -> Answer {
    let keys = VapidKeys::generate();
    let service = Service::start(&keys).await;
    sender(&service.origin).send(&keys, &service.subscription(how), &ring()).await
}

#[tokio::test]
async fn a_message_reaches_the_browser_as_it_was_with_all_that_the_service_needs() {
    let keys = VapidKeys::generate();
    let service = Service::start(&keys).await;
    let to = service.subscription("201");
    assert_eq!(sender(&service.origin).check(&to), Ok(()));
    assert_eq!(sender(&service.origin).send(&keys, &to, &ring()).await, Answer::Accepted);

    let delivered = service.delivered().remove(0);
    assert_eq!(delivered.payload, ring().payload);
    assert_eq!((delivered.ttl, delivered.urgency.as_str()), (30, "high"));
    assert_eq!(delivered.topic.unwrap().len(), 32);
    assert_eq!(delivered.claims["aud"], service.origin.as_str(), "with its port");
    assert_eq!(delivered.claims["sub"], CONTACT);
    let ahead = delivered.claims["exp"].as_u64().unwrap() - now().as_secs();
    assert!((11 * 60 * 60..=12 * 60 * 60).contains(&ahead), "{ahead}");
}

/// A proxy would look names up by itself. Whether there is one is read from the environment, so another process asks.
#[test]
fn a_proxy_is_not_used() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "a_message_reaches_the_browser_as_it_was_with_all_that_the_service_needs"]);
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        again.env(name, &address);
    }
    let said = again.env_remove("no_proxy").env_remove("NO_PROXY").output().unwrap();
    assert_eq!(proxy.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody came");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn what_is_due_now_is_still_kept_for_a_second_and_a_topic_is_not_needed() {
    let keys = VapidKeys::generate();
    let service = Service::start(&keys).await;
    let message = Message { ttl: Duration::ZERO, urgency: Urgency::Low, topic: None, ..ring() };
    let answer = sender(&service.origin).send(&keys, &service.subscription("201"), &message).await;
    assert_eq!(answer, Answer::Accepted);
    let delivered = service.delivered().remove(0);
    assert_eq!((delivered.ttl, delivered.urgency.as_str(), delivered.topic), (1, "low", None));
}

#[tokio::test]
async fn payloads_of_two_kilobytes_arrive_and_neither_nothing_nor_what_no_service_takes_is_sent() {
    let keys = VapidKeys::generate();
    let service = Service::start(&keys).await;
    let sender = sender(&service.origin);
    let to = service.subscription("201");
    for size in [1, 2048, 3052] {
        let message = Message { payload: vec![b'x'; size], ..ring() };
        assert_eq!(sender.send(&keys, &to, &message).await, Answer::Accepted, "{size}");
        assert_eq!(service.delivered().last().unwrap().payload, message.payload);
    }
    let message = Message { payload: vec![b'x'; 3053], ..ring() };
    assert_eq!(sender.send(&keys, &to, &message).await, Answer::TooLarge);
    let message = Message { payload: vec![], ..ring() };
    assert_eq!(sender.send(&keys, &to, &message).await, Answer::Failed(Failure::Unbuilt));
    assert_eq!(service.delivered().len(), 3);
}

#[tokio::test]
async fn two_messages_share_connection_and_signature_but_not_their_encryption() {
    let keys = VapidKeys::generate();
    let service = Service::start(&keys).await;
    let sender = sender(&service.origin);
    for _ in 0..2 {
        assert_eq!(sender.send(&keys, &service.subscription("201"), &ring()).await, Answer::Accepted);
    }
    let delivered = service.delivered();
    assert_eq!(delivered[0].token, delivered[1].token);
    assert_eq!(service.connections(), 1);
}

#[tokio::test]
async fn keys_that_the_browser_did_not_subscribe_with_are_refused_with_the_reason() {
    let service = Service::start(&VapidKeys::generate()).await;
    let other = VapidKeys::generate();
    let answer = sender(&service.origin).send(&other, &service.subscription("201"), &ring()).await;
    assert_eq!(answer, Answer::Refused { status: 403, reason: r#"{"reason":"VapidPkHashMismatch"}"#.to_owned() });
}

#[tokio::test]
async fn every_answer_has_its_meaning() {
    let reason = || "something to read".to_owned();
    for (how, meaning) in [
        ("200", Answer::Accepted),
        ("201", Answer::Accepted),
        ("202", Answer::Accepted),
        ("400", Answer::Rejected { status: 400, reason: reason() }),
        ("401", Answer::Refused { status: 401, reason: reason() }),
        ("403", Answer::Refused { status: 403, reason: reason() }),
        ("404", Answer::Gone),
        ("405", Answer::Rejected { status: 405, reason: reason() }),
        ("408", Answer::Busy { retry_after: None }),
        ("410", Answer::Gone),
        ("413", Answer::TooLarge),
        ("429", Answer::Busy { retry_after: None }),
        ("busy-for-7", Answer::Busy { retry_after: Some(Duration::from_secs(7)) }),
        ("500", Answer::Busy { retry_after: None }),
        ("503", Answer::Busy { retry_after: None }),
    ] {
        assert_eq!(answer(how).await, meaning, "{how}");
    }
}

#[tokio::test]
async fn nobody_is_followed_elsewhere() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let keys = VapidKeys::generate();
    let service = Service::start(&keys).await;
    service.redirects_to(format!("http://{}/201", elsewhere.local_addr().unwrap()));
    let answer = sender(&service.origin).send(&keys, &service.subscription("redirect"), &ring()).await;
    assert_eq!(answer, Answer::Rejected { status: 307, reason: String::new() });
    let came = elsewhere.into_std().unwrap().accept();
    assert_eq!(came.unwrap_err().kind(), ErrorKind::WouldBlock, "nobody came");

    // Not even within the service.
    service.redirects_to(format!("{}/201", service.origin));
    sender(&service.origin).send(&keys, &service.subscription("redirect"), &ring()).await;
    assert_eq!(service.delivered().len(), 2);
}

#[tokio::test]
async fn an_endless_answer_is_read_in_part() {
    let keys = VapidKeys::generate();
    let service = Service::start(&keys).await;
    let answer = sender(&service.origin).send(&keys, &service.subscription("endless"), &ring()).await;
    assert_eq!(answer, Answer::Refused { status: 403, reason: "!".repeat(200) });
    // What was not read is in the system's buffers.
    assert!(service.poured() < 64 << 20, "{}", service.poured());
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_not_waited_for() {
    let keys = VapidKeys::generate();
    let service = Service::start(&keys).await;
    let sender = waiting_for(Duration::from_millis(100), &service.origin);
    let answer = sender.send(&keys, &service.subscription("hang"), &ring()).await;
    assert_eq!(answer, Answer::Failed(Failure::TimedOut));
}

#[tokio::test]
async fn a_service_that_falls_silent_in_its_answer_has_answered() {
    let keys = VapidKeys::generate();
    let service = Service::start(&keys).await;
    // Long enough for the beginning of its answer on a busy machine.
    let sender = waiting_for(Duration::from_secs(3), &service.origin);
    let answer = sender.send(&keys, &service.subscription("hang-in-the-answer"), &ring()).await;
    assert_eq!(answer, Answer::Gone);
}

/// What is said to somebody who reads the request, says this, and resets the connection.
async fn answer_of(words: &'static [u8]) -> Answer {
    let keys = VapidKeys::generate();
    let like = Service::start(&keys).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let to = Subscription { endpoint: format!("{origin}/1"), ..like.subscription("201") };
    let service = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        connection.read_u8().await.unwrap();
        connection.write_all(words).await.unwrap();
        connection.set_zero_linger().unwrap();
    };
    let send = async { sender(&origin).send(&keys, &to, &ring()).await };
    tokio::join!(service, send).1
}

#[tokio::test]
async fn a_broken_connection_is_no_answer() {
    assert_eq!(answer_of(b"").await, Answer::Failed(Failure::Broken));
    assert_eq!(answer_of(b"220 mail.parish.example ESMTP\r\n").await, Answer::Failed(Failure::Broken));
}

#[tokio::test]
async fn nobody_there_is_no_answer() {
    let keys = VapidKeys::generate();
    let like = Service::start(&keys).await;
    // Ours, so that nobody else takes the port; but nobody listens.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let origin = format!("http://{}", socket.local_addr().unwrap());
    let to = Subscription { endpoint: format!("{origin}/1"), ..like.subscription("201") };
    assert_eq!(sender(&origin).send(&keys, &to, &ring()).await, Answer::Failed(Failure::Unreachable));
}

#[tokio::test]
async fn to_keys_of_no_browser_nothing_is_sent() {
    let keys = VapidKeys::generate();
    let service = Service::start(&keys).await;
    let sender = sender(&service.origin);
    let good = service.subscription("201");
    for (wrong, why) in [
        (Subscription { p256dh: good.auth.clone(), ..good.clone() }, Unfit::BadKey),
        (Subscription { auth: good.p256dh.clone(), ..good.clone() }, Unfit::BadAuth),
    ] {
        assert_eq!(sender.check(&wrong), Err(why));
        assert_eq!(sender.send(&keys, &wrong, &ring()).await, Answer::Unfit(why));
    }
    assert_eq!(service.connections(), 0);
}

/// Everything that is logged in this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_line_even_of_libraries_and_no_answer_has_an_endpoint_or_a_key_in_it() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(move || writer.clone()).init();
    let keys = VapidKeys::generate();
    let service = Service::start(&keys).await;
    let mut said = String::new();
    service.redirects_to(format!("{}/secret-of-elsewhere", service.origin));
    for (how, patience) in [("202", 8_000), ("418", 8_000), ("redirect", 8_000), ("hang", 100)] {
        let to = service.subscription(how);
        let sender = waiting_for(Duration::from_millis(patience), &service.origin);
        said += &format!("{to:?} {:?}\n", sender.send(&keys, &to, &ring()).await);
    }
    said += &String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(said.contains("reqwest"), "libraries do tell: {said}");
    let Subscription { p256dh, auth, .. } = service.subscription("");
    let tokens = service.delivered().into_iter().map(|delivered| delivered.token);
    let paths = ["/202", "/418", "/hang", "/redirect", "secret-of-elsewhere"].map(str::to_owned);
    for secret in tokens.chain(paths).chain([p256dh, auth, keys.secret().to_owned()]) {
        assert!(!said.contains(&secret), "{secret} is in: {said}");
    }
}
