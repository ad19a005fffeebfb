//! `/api/push`: what a browser and its service worker ask.

use super::*;
use backend::testing::{Pushed, subscription};
use domain::ParticipantStatus;

/// Every address that takes something, and something that it takes.
const TAKES: [(&str, &str); 4] = [
    ("subscription", r#"{"endpoint":"https://fcm.googleapis.com/x","keys":{"p256dh":"x","auth":"x"},"key":"x"}"#),
    ("receipt", r#"{"callId":"01900000-0000-7000-8000-000000000000"}"#),
    ("decline", r#"{"token":"x"}"#),
    ("test", ""),
];
/// Every address that only tells something.
const TELLS: [&str; 3] = ["key", "device", "badge"];
const ENDPOINT: &str = "https://fcm.googleapis.com/fcm/send/phone";

impl Site {
    /// Sends to an address below `/api/push`.
    async fn send_push(&self, who: Option<&str>, what: &str, body: impl Into<Body>) -> Answer {
        self.ask(who, Method::POST, &format!("/api/push/{what}"), JSON, body).await
    }

    async fn ask_push(&self, who: &str, what: &str) -> Value {
        self.get(Some(who), &format!("/api/push/{what}")).await.json()
    }

    /// What Ben's browser says about where it is reached.
    async fn subscribe(&self, who: &str, endpoint: &str) -> Answer {
        let key = self.ask_push(who, "key").await["key"].as_str().unwrap().to_owned();
        let new = subscription(endpoint, &key);
        let keys = json!({ "p256dh": new.p256dh, "auth": new.auth });
        // As browsers write it, with more than we read.
        let new = json!({ "endpoint": endpoint, "expirationTime": null, "keys": keys, "key": key });
        self.send_push(Some(who), "subscription", new.to_string()).await
    }

    async fn pushed(&self) -> Vec<Pushed> {
        self.world.settle().await;
        self.world.push.take_sent()
    }
}

#[tokio::test]
async fn a_browser_subscribes_rings_shows_it_and_declines_without_a_cookie() {
    let site = Site::new().await;
    let key = site.ask_push("Ben", "key").await["key"].as_str().unwrap().to_owned();
    assert_eq!(key.len(), 87, "65 bytes, base64url without padding");
    assert!(key.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_'), "{key}");
    let nothing = json!({ "subscribed": false, "acceptedMsAgo": null, "refused": null });
    assert_eq!(site.ask_push("Ben", "device").await, nothing);
    assert_eq!(site.subscribe("Ben", ENDPOINT).await.status, 204);
    assert_eq!(site.ask_push("Ben", "device").await["subscribed"], true);
    assert_eq!(site.ask_push("Anna", "device").await, nothing, "that is his device and not hers");

    let (_, id) = site.ring().await;
    let [ring] = &site.pushed().await[..] else { panic!("one device") };
    let data = &ring.card["notification"]["data"];
    assert_eq!((&*ring.endpoint, &data["callId"]), (ENDPOINT, &json!(id)));
    let receipt = json!({ "callId": id }).to_string();
    let shown = site.send_push(Some("Ben"), "receipt", receipt.clone()).await;
    assert_eq!((shown.status, shown.json()), (200, json!({ "ringing": true })));
    let declined = site.send_push(None, "decline", json!({ "token": data["declineToken"] }).to_string()).await;
    assert_eq!((declined.status, &*declined.text), (204, ""));
    assert!(site.world.call(id).await.is_over());
    assert_eq!(site.send_push(Some("Ben"), "receipt", receipt).await.json(), json!({ "ringing": false }));
    // Too late, twice, and never given: that is all the same to a worker.
    for token in [data["declineToken"].clone(), json!(""), json!("\u{0}"), json!("x".repeat(9_999))] {
        assert_eq!(site.send_push(None, "decline", json!({ "token": token }).to_string()).await.status, 204);
    }
}

#[tokio::test]
async fn whoever_is_signed_out_gets_401_and_may_only_decline() {
    let site = Site::new().await;
    for what in TELLS {
        site.get(None, &format!("/api/push/{what}")).await.refuses(401, &json!("signed_out"));
    }
    for (what, body) in TAKES.into_iter().filter(|(what, _)| *what != "decline") {
        for body in [body, "{", ""] {
            site.send_push(None, what, body).await.refuses(401, &json!("signed_out"));
        }
    }
    assert_eq!(site.send_push(None, "decline", r#"{"token":"x"}"#).await.status, 204);
}

#[tokio::test]
async fn what_cannot_be_read_is_malformed() {
    let site = Site::new().await;
    let malformed = json!("malformed");
    let rubbish = ["", "{", "{}", "[]", "null", "7", "\"x\"", "token=x", "\u{0}", r#"{"token":7,"callId":"x"}"#];
    for (what, _) in TAKES.into_iter().filter(|(what, _)| *what != "test") {
        for body in rubbish {
            site.send_push(Some("Ben"), what, body).await.refuses(400, &malformed);
        }
        site.send_push(Some("Ben"), what, vec![0xff, 0xfe, 0x00]).await.refuses(400, &malformed);
    }
    for body in [
        r#"{"endpoint":"https://fcm.googleapis.com/x","keys":{"p256dh":"x"},"key":"x"}"#,
        r#"{"endpoint":"https://fcm.googleapis.com/x","keys":null,"key":"x"}"#,
        r#"{"endpoint":["https://fcm.googleapis.com/x"],"keys":{"p256dh":"x","auth":"x"},"key":"x"}"#,
        r#"{"endpoint":"https://fcm.googleapis.com/x","keys":{"p256dh":"x","auth":"x"}}"#,
    ] {
        site.send_push(Some("Ben"), "subscription", body).await.refuses(400, &malformed);
    }
}

#[tokio::test]
async fn what_is_not_sent_as_json_is_malformed_and_other_methods_are_not_there() {
    let site = Site::new().await;
    for (what, body) in TAKES {
        let path = format!("/api/push/{what}");
        if what != "test" {
            for (kind, status) in [("text/plain", 415), (FORM, 400), ("multipart/form-data", 415), ("", 415)] {
                site.ask(Some("Ben"), Method::POST, &path, kind, body).await.refuses(status, &json!("malformed"));
            }
        }
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
            assert_eq!(site.ask(Some("Ben"), method.clone(), &path, JSON, body).await.status, 405, "{method} {what}");
        }
    }
    for what in TELLS {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let answer = site.ask(Some("Ben"), method.clone(), &format!("/api/push/{what}"), JSON, "{}").await;
            assert_eq!(answer.status, 405, "{method} {what}");
        }
    }
    assert_eq!(site.get(Some("Ben"), "/api/push/nothing").await.status, 404);
}

#[tokio::test]
async fn what_is_too_large_is_413_whether_its_length_was_told_or_not() {
    let site = Site::new().await;
    let large = json!({ "token": "x".repeat(security::BODY_LIMIT), "endpoint": "", "keys": {}, "key": "" }).to_string();
    for (what, _) in TAKES {
        let path = format!("/api/push/{what}");
        let mut request = Request::post(&path).header(CONTENT_TYPE, JSON).header("content-length", large.len());
        request = request.header(COOKIE, format!("paxora={}", site.world.session("Ben")));
        assert_eq!(site.send(request.body(Body::from(large.clone())).unwrap()).await.status, 413, "{what}");
        if what != "test" {
            let pieces: Vec<_> = large.as_bytes().chunks(1_000).map(|c| Ok::<_, std::io::Error>(c.to_vec())).collect();
            let body = Body::from_stream(futures::stream::iter(pieces));
            site.send_push(Some("Ben"), what, body).await.refuses(413, &json!("too_large"));
        }
    }
}

#[tokio::test]
async fn another_site_cannot_use_whoever_is_signed_in_here() {
    let site = Site::new().await;
    assert_eq!(site.subscribe("Ben", ENDPOINT).await.status, 204);
    let (_, id) = site.ring().await;
    let ring = site.pushed().await;
    let token = &ring[0].card["notification"]["data"]["declineToken"];
    for (what, body) in [
        ("subscription", TAKES[0].1.to_owned()),
        ("receipt", json!({ "callId": id }).to_string()),
        ("decline", json!({ "token": token }).to_string()),
        ("test", String::new()),
    ] {
        for (fetch_site, origin) in [
            (Some("cross-site"), "https://evil.example"),
            (Some("same-site"), "https://evil.parish.example"),
            (None, "https://evil.example"),
            (None, "null"),
        ] {
            for kind in [JSON, "text/plain"] {
                let mut request = Request::post(format!("/api/push/{what}")).header(HOST, "parish.example");
                request = request.header(CONTENT_TYPE, kind).header(ORIGIN, origin);
                request = request.header(COOKIE, format!("paxora={}", site.world.session("Ben")));
                if let Some(fetch_site) = fetch_site {
                    request = request.header("sec-fetch-site", fetch_site);
                }
                let answer = site.send(request.body(body.clone().into()).unwrap()).await;
                assert_eq!(answer.status, 403, "{what} {fetch_site:?} {origin} {kind}");
            }
        }
    }
    assert_eq!(site.world.call(id).await.version, 0, "nothing changed");
    assert_eq!(site.pushed().await, []);
}

#[tokio::test]
async fn a_receipt_of_somebody_elses_call_or_of_none_says_that_nothing_rings_and_changes_nothing() {
    let site = Site::new().await;
    let (_, id) = site.ring().await;
    for (who, call) in [("Clara", json!(id)), ("Anna", json!(id)), ("Ben", json!(NOBODYS_ID))] {
        let receipt = site.send_push(Some(who), "receipt", json!({ "callId": call }).to_string()).await;
        assert_eq!((receipt.status, receipt.json()), (200, json!({ "ringing": false })), "{who}");
    }
    let call = site.world.call(id).await;
    assert_eq!(call.version, 0);
    assert!(call.participants.iter().all(|p| p.participation.status() != ParticipantStatus::Ringing));
}

#[tokio::test]
async fn an_endpoint_that_is_no_push_service_of_a_browser_is_refused() {
    let site = Site::new().await;
    for endpoint in [
        "",
        "nonsense",
        "file:///etc/passwd",
        "http://fcm.googleapis.com/fcm/send/x",
        "https://fcm.googleapis.com:8443/fcm/send/x",
        "https://somebody@fcm.googleapis.com/fcm/send/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/fcm.googleapis.com",
        "https://evilfcm.googleapis.com/x",
        "https://localhost/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "https://metadata.google.internal/x",
        "https://push.apple.com@127.0.0.1/x",
        "https://fcm.googleapis.com\\@evil.example/x",
        &format!("https://fcm.googleapis.com/{}", "x".repeat(9_000)),
    ] {
        site.subscribe("Ben", endpoint).await.refuses(400, &json!({ "invalid": "subscription" }));
    }
    // Nor is a key that we never gave.
    let new = subscription(ENDPOINT, "made-up");
    let keys = json!({ "p256dh": new.p256dh, "auth": new.auth });
    let body = json!({ "endpoint": ENDPOINT, "keys": keys, "key": new.key }).to_string();
    site.send_push(Some("Ben"), "subscription", body).await.refuses(400, &json!({ "invalid": "subscription" }));
    assert_eq!(site.ask_push("Ben", "device").await["subscribed"], false);
    site.ring().await;
    assert_eq!(site.pushed().await, []);
}

#[tokio::test]
async fn a_badge_counts_and_is_cleared_by_reading() {
    let site = Site::new().await;
    let (channel, id) = site.ring().await;
    let before = site.ask_push("Ben", "badge").await;
    let (missed, unread) = (before["missed"].as_u64().unwrap(), before["unread"].as_u64().unwrap());
    assert_eq!((missed, &before["badge"]), (0, &json!(unread)));
    site.call("Anna", "voice/end_call", json!({ "call": id, "nonce": nonce() })).await;
    let after = json!({ "missed": 1, "unread": unread, "badge": unread + 1 });
    assert_eq!(site.ask_push("Ben", "badge").await, after);
    let lines = site.call("Ben", "messages", json!({ "channel": channel, "before": null })).await.json();
    let last = lines.as_array().unwrap().last().unwrap()["id"].clone();
    assert_eq!(site.call("Ben", "mark_read", json!({ "channel": channel, "up_to": last })).await.status, 200);
    assert_eq!(site.ask_push("Ben", "badge").await, before);
}

#[tokio::test]
async fn a_test_ring_says_what_became_of_it() {
    let site = Site::new().await;
    site.send_push(Some("Ben"), "test", "").await.refuses(404, &json!("not_found"));
    assert_eq!(site.subscribe("Ben", ENDPOINT).await.status, 204);
    let sent = site.send_push(Some("Ben"), "test", "").await;
    assert_eq!((sent.status, &*sent.text), (204, ""));
    assert_eq!(site.world.push.take_sent()[0].card["notification"]["data"]["kind"], "test");
    let reason = "BadJwtToken".to_owned();
    site.world.push.answer(ENDPOINT, ::push::Answer::Refused { status: 403, reason });
    let refused = site.send_push(Some("Ben"), "test", "").await;
    refused.refuses(refused.status, &json!("push_refused"));
    assert!((500..600).contains(&refused.status), "{}", refused.status);
    let device = site.ask_push("Ben", "device").await;
    assert_eq!((&device["refused"], device["acceptedMsAgo"].is_u64()), (&json!("BadJwtToken"), true));
    site.world.push.answer(ENDPOINT, ::push::Answer::Gone);
    site.send_push(Some("Ben"), "test", "").await.refuses(404, &json!("not_found"));
    assert_eq!(site.ask_push("Ben", "device").await["subscribed"], false);
    site.send_push(Some("Ben"), "test", "").await.refuses(404, &json!("not_found"));
    let limited = site.send_push(Some("Ben"), "test", "").await;
    assert_eq!(limited.status, 429, "{}", limited.text);
}

#[tokio::test]
async fn nothing_of_it_stays_in_a_cache() {
    let site = Site::new().await;
    for what in TELLS {
        let answer = site.get(Some("Ben"), &format!("/api/push/{what}")).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{what}");
    }
}
