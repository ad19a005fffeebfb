use super::*;
use crate::Urgency;
use crate::addresses::PublicOnly;
use reqwest::dns::{Addrs, Name, Resolving};
use std::io::ErrorKind;
use std::net::SocketAddr;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

/// Says that every name is here.
struct Here(SocketAddr);

impl Resolve for Here {
    fn resolve(&self, _: Name) -> Resolving {
        let here = self.0;
        Box::pin(async move { Ok(Box::new([here].into_iter()) as Addrs) })
    }
}

fn sender(resolver: impl Resolve + 'static) -> Sender {
    let patience = Patience { connect: Duration::from_secs(30), total: Duration::from_secs(30) };
    Sender::with_resolver("mailto:admin@parish.example", vec![], patience, resolver).unwrap()
}

async fn send(sender: &Sender) -> Answer {
    let keys = VapidKeys::generate();
    let subscription = Subscription {
        endpoint: "https://fcm.googleapis.com/fcm/send/capability".to_owned(),
        p256dh: VapidKeys::generate().public().to_owned(),
        auth: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
    };
    let ttl = Duration::from_secs(30);
    let message = Message { payload: b"{}".to_vec(), ttl, urgency: Urgency::High, topic: None };
    sender.send(&keys, &subscription, &message).await
}

/// The first of these two shows that the second one is worth something: without the guard there is a connection.
#[tokio::test]
async fn an_endpoint_is_spoken_to_by_tls_and_under_its_own_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sender = sender(Here(listener.local_addr().unwrap()));
    let service = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut hello = [0; 512];
        let read = connection.read(&mut hello).await.unwrap();
        hello[..read].to_vec()
    };
    let (hello, answer) = tokio::join!(service, send(&sender));
    assert_eq!(hello[0], 0x16, "a TLS handshake");
    assert!(String::from_utf8_lossy(&hello).contains("fcm.googleapis.com"));
    assert_eq!(answer, Answer::Failed(Failure::Unreachable));
}

#[tokio::test]
async fn a_known_name_that_suddenly_means_this_machine_is_not_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    assert_eq!(send(&sender(PublicOnly(Here(here)))).await, Answer::Failed(Failure::NotPublic));
    let listener = listener.into_std().unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody came");
}

#[test]
fn a_contact_is_exactly_an_address() {
    for good in ["mailto:admin@parish.example", "https://parish.example", "https://parish.example/contact"] {
        assert!(Sender::new(good, vec![]).is_ok(), "{good}");
    }
    for bad in [
        "",
        "admin@parish.example",
        "mailto:",
        "mailto:admin",
        "mailto:@parish.example",
        "mailto:admin@",
        "mailto: admin@parish.example",
        "mailto:<admin@parish.example>",
        "mailto:Admin <admin@parish.example>",
        "http://parish.example",
        "https://",
    ] {
        assert!(matches!(Sender::new(bad, vec![]), Err(StartError::Contact(it)) if it == bad), "{bad}");
    }
}

#[test]
fn a_reason_is_one_short_printable_line() {
    assert_eq!(reason(br#"{"reason":"BadJwtToken"}"#), r#"{"reason":"BadJwtToken"}"#);
    assert_eq!(reason(br#"{"reason": "UnauthorizedRegistration"}"#), r#"{"reason": "UnauthorizedRegistration"}"#);
    assert_eq!(reason(b"  <html>\r\n\t<h1>Forbidden\x1b[2J</h1>\0\n"), "<html> <h1>Forbidden?[2J</h1>?");
    assert_eq!(reason("Zażółć \u{202e}\u{7f}\u{ff}".as_bytes()), "Za???? ???");
    assert_eq!(reason(&[0xff, 0xfe, b'x']), "??x");
    assert_eq!(reason(b""), "");
    assert_eq!(reason(&b"so many words ".repeat(300)).len(), REASON_AT_MOST);
}

#[test]
fn a_reason_repeats_neither_endpoint_nor_token() {
    let body = br#"{"error":"no such endpoint: https://fcm.googleapis.com/fcm/send/eKClHsXFm9E:APA91bH2x3gNOM",
        "key":"BGa4N1PI79lboMR_YrwCiCsgp35DRvedt7opHcf0yM3iOBTSoQYqQLwWxAfRKE6tsDnReWmhsImkhDF_DBdkNSU","errno":102}"#;
    assert_eq!(reason(body), r#"{"error":"no such endpoint: ...", "key":"...","errno":102}"#);
    assert_eq!(reason(b"vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOi.abc"), "vapid ...");
}

#[test]
fn retry_after_is_read_in_seconds_and_up_to_a_day() {
    let read = |text: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, text.parse().unwrap());
        retry_after(&headers).map(|duration| duration.as_secs())
    };
    assert_eq!(read("7"), Some(7));
    assert_eq!(read(" 0 "), Some(0));
    assert_eq!(read("18446744073709551615"), Some(86_400));
    for unknown in ["", "-1", "1.5", "soon", "99999999999999999999", "Wed, 21 Oct 2026 07:28:00 GMT"] {
        assert_eq!(read(unknown), None, "{unknown}");
    }
    assert_eq!(retry_after(&HeaderMap::new()), None);
}
