//! `GET /api/voice/active` with `wait`: for pages whose clock the browser has slowed down.

use super::*;

impl Site {
    /// Asks for Ben, who knows that these calls ring.
    async fn wait(&self, seconds: &str, known: &str) -> Answer {
        let parish = self.world.actor("Ben").parish();
        self.get(Some("Ben"), &format!("/api/voice/active?parishId={parish}&wait={seconds}&known={known}")).await
    }

    /// As above, for as long as it may be, and `meanwhile` something happens.
    async fn waits<T>(&self, known: &str, meanwhile: impl Future<Output = T>) -> (Answer, T) {
        let answer = tokio::time::timeout(Duration::from_secs(10), self.wait("25", known));
        let (answer, happened) = tokio::join!(answer, meanwhile);
        (answer.expect("an answer long before its time"), happened)
    }
}

#[tokio::test]
async fn an_answer_that_is_news_does_not_wait() {
    let site = Site::new().await;
    let gone = site.wait("25", NOBODYS_ID).await;
    assert_eq!((gone.status, gone.json()), (200, json!({ "call": null, "more": [] })), "what was known rings no more");
    let (_, id) = site.ring().await;
    assert_eq!(site.wait("25", "").await.json()["call"]["id"], json!(id));
    assert_eq!(site.wait("25", &format!("{NOBODYS_ID},{id}")).await.json()["call"]["id"], json!(id));
}

#[tokio::test]
async fn an_answer_that_is_no_news_waits_for_the_ring_and_then_for_its_end() {
    let site = Site::new().await;
    let (answer, (_, id)) = site.waits("", site.ring()).await;
    assert_eq!((answer.status, &answer.json()["call"]["id"]), (200, &json!(id)));

    let arguments = json!({ "call": id, "nonce": nonce() });
    let (answer, cancelled) = site.waits(&id.to_string(), site.call("Anna", "voice/end_call", arguments)).await;
    assert_eq!((cancelled.status, answer.json()), (200, json!({ "call": null, "more": [] })));
}

#[tokio::test]
async fn a_message_ends_no_wait() {
    let site = Site::new().await;
    let channel = site.world.direct("Anna", "Ben").await;
    let written_then_rung = async {
        let written = site.call("Anna", "post_message", json!({ "channel": channel, "body": "I will call you" })).await;
        assert_eq!(written.status, 200);
        site.ring().await
    };
    let (answer, (_, id)) = site.waits("", written_then_rung).await;
    assert_eq!(answer.json()["call"]["id"], json!(id));
}

#[tokio::test]
async fn an_answer_waits_no_longer_than_it_was_told() {
    let site = Site::new().await;
    for seconds in ["0", "1"] {
        let answer = site.wait(seconds, "").await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "call": null, "more": [] })));
    }
}

#[tokio::test]
async fn whoever_waits_is_answered_when_the_server_stops() {
    let site = Site::new().await;
    let (answer, ()) = site.waits("", async { _ = site.stopping.send_replace(true) }).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "call": null, "more": [] })));
}

#[tokio::test]
async fn whoever_is_signed_out_while_they_wait_is_told_nothing_more() {
    let site = Site::new().await;
    let out_and_rung = async {
        assert!(site.ask(Some("Ben"), Method::POST, "/api/sign_out", FORM, "").await.status < 400);
        site.ring().await
    };
    let (answer, _) = site.waits("", out_and_rung).await;
    answer.refuses(401, &json!("signed_out"));
}

#[tokio::test]
async fn a_wait_that_makes_no_sense_is_malformed() {
    let site = Site::new().await;
    for (seconds, known) in
        [("26", ""), ("-1", ""), ("", ""), ("1.5", ""), ("soon", ""), ("1", "x"), ("1", ","), ("1", "%ff"), ("0", "x")]
    {
        site.wait(seconds, known).await.refuses(400, &json!("malformed"));
    }
    let known_without_an_end = format!("{NOBODYS_ID},");
    site.wait("1", &known_without_an_end).await.refuses(400, &json!("malformed"));
}
