//! What whoever runs the server is told: whether it is of use, how much it does, and what went wrong. And that nothing of it
//! is about anybody.

use super::*;
use crate::logs::{self, Format};
use crate::metrics::Figures;
use http::header::RETRY_AFTER;
use std::io::Write;
use std::sync::{LazyLock, Mutex};
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

const ENDPOINT: &str = "https://fcm.googleapis.com/fcm/send/the-phone-of-ben";
const WORDS: &str = "the key lies under the third flower pot";
const PASSWORD: &str = "correct horse battery";
const LOGIN: &str = "felicitas@parish.example";

/// A log that is kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;
    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

impl Log {
    /// Everything that happens on this thread, until dropped.
    fn keep(&self) -> DefaultGuard {
        // As long as there is only one that listens, tracing asks the thread that comes by a place first whether anybody
        // does; on the thread of another test nobody would, for good (`Dispatchers::rebuilder` of tracing-core 0.1).
        static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));
        LazyLock::force(&ANOTHER);
        let lines = logs::lines(Format::Json, false, self.clone());
        let kept = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines));
        // Places that other tests came by in this moment may have noted that nobody listens.
        tracing::callsite::rebuild_interest_cache();
        kept
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The line that says how a request ended.
    fn line(&self, id: &str) -> Value {
        let text = self.text();
        let lines = text.lines().filter(|line| line.contains(id) && line.contains("\"status\""));
        lines.map(|line| serde_json::from_str(line).unwrap()).next().unwrap_or_else(|| panic!("no {id} in {text}"))
    }
}

impl Site {
    pub(super) fn figures(&self) -> Figures {
        Figures { metrics: self.metrics.clone(), backend: self.backend.clone(), voice: self.voice.clone() }
    }

    /// People sign up and in, or fail to; somebody writes, somebody rings and is heard, and some ask for what is not theirs.
    /// Answers what of it is nobody's business.
    async fn has_a_busy_day(&self) -> Vec<String> {
        let invite = self.world.backend.invite(None, domain::Role::Member).await.unwrap();
        self.get(None, &format!("/en/join/{invite}")).await;
        let password = PASSWORD.replace(' ', "+");
        let form = format!("invite={invite}&name=Felicitas+Gray&login={LOGIN}&password={password}");
        let joined = self.submit("/api/sign_up", form.clone()).await;
        let cookie = joined.header(SET_COOKIE).split(';').next().unwrap().replace("paxora=", "");
        self.ask(None, Method::POST, "/api/sign_up", FORM, form).await.refuses(409, &json!("login_taken"));
        let forms = [format!("login={LOGIN}&password=not+{password}"), format!("login={LOGIN}&password={password}")];
        for form in forms {
            self.submit("/api/sign_in", form).await;
        }
        for guessed in
            ["sign-in/link?token=a-token-that-was-guessed", "sign-in/password?token=a-token-that-was-guessed"]
        {
            self.get(None, &format!("/en/{guessed}")).await;
        }
        let key = self.get(Some("Ben"), "/api/push/key").await.json()["key"].as_str().unwrap().to_owned();
        let subscription = backend::testing::subscription(ENDPOINT, &key);
        let keys = json!({ "p256dh": subscription.p256dh, "auth": subscription.auth });
        let new = json!({ "endpoint": ENDPOINT, "keys": keys, "key": key }).to_string();
        self.ask(Some("Ben"), Method::POST, "/api/push/subscription", JSON, new).await;
        let _page = self.backend.subscribe(&self.world.actor("Ben"));
        let (channel, call) = self.ring().await;
        self.world.settle().await;
        self.world.push.answer(ENDPOINT, ::push::Answer::Busy { retry_after: None });
        self.ask(Some("Ben"), Method::POST, "/api/push/test", JSON, "").await;
        self.call("Ben", "voice/confirm_ring", json!({ "call": call })).await;
        self.call("Ben", "voice/answer_call", json!({ "call": call, "tap": tap() })).await;
        self.call("Ben", "voice/end_call", json!({ "call": call, "nonce": nonce() })).await;
        let message = json!({ "channel": channel, "body": WORDS, "nonce": nonce() });
        self.call("Anna", "post_message", message.clone()).await;
        self.call("Ben", "search_messages", json!({ "channel": channel, "words": "flower pot", "before": null })).await;
        self.world.settle().await;
        self.call("Eva", "post_message", message.clone()).await;
        self.ask(Some("Anna"), Method::POST, "/api/post_message", JSON, format!("{message}{{")).await;
        self.get(Some("Anna"), &format!("/en/community/chat/{channel}")).await;
        self.get(None, &format!("/{WORDS}").replace(' ', "-")).await;
        let mut private = vec![invite, cookie, key, subscription.p256dh, subscription.auth];
        private.extend(
            [ENDPOINT, "the-phone-of-ben", WORDS, &WORDS.replace(' ', "-"), PASSWORD, LOGIN].map(str::to_owned),
        );
        private.extend([&*password, "flower", "guessed", "Felicitas"].map(str::to_owned));
        private.extend(["Anna", "Ben", "Eva"].map(|name| self.world.session(name).to_owned()));
        private.extend(["Anna Nowak", "Ben Carter", "St. Anne"].map(str::to_owned));
        private
    }
}

#[tokio::test]
async fn people_are_sent_here_while_the_database_answers_and_we_do_not_stop() {
    let site = Site::new().await;
    let all_is_well = json!({ "ready": true, "database": true, "voice": true, "draining": false });
    let answer = site.get(None, "/ready").await;
    assert_eq!((answer.status, answer.json()), (200, all_is_well));

    // No calls, but the chat goes on.
    site.world.voice.set_down(true);
    backend::testing::look(&site.backend).await;
    let answer = site.get(None, "/ready").await;
    assert_eq!((answer.status, &answer.json()["voice"], &answer.json()["ready"]), (200, &json!(false), &json!(true)));

    site.leaving.send_replace(true);
    let answer = site.get(None, "/ready").await;
    assert_eq!(
        (answer.status, &answer.json()["draining"], &answer.json()["ready"]),
        (503, &json!(true), &json!(false))
    );
    site.leaving.send_replace(false);

    site.world.store.close().await;
    let answer = site.get(None, "/ready").await;
    assert_eq!((answer.status, answer.header(RETRY_AFTER)), (503, "5"));
    assert_eq!(answer.json(), json!({ "ready": false, "database": false, "voice": false, "draining": false }));
    let alive = site.get(None, "/health").await;
    assert_eq!((alive.status, &*alive.text), (200, "ok"), "starting it anew would not bring its database back");
}

#[tokio::test]
async fn a_busy_day_is_told_in_numbers_and_in_words_of_ours_only() {
    let site = Site::new().await;
    let private = site.has_a_busy_day().await;
    let told = site.figures().told().await.unwrap();
    for expected in [
        "paxora_calls_started_total 1",
        "paxora_calls_ended_total{why=\"hangup\"} 1",
        "paxora_calls_live 0",
        "paxora_rings_total{path=\"push\"} 1",
        "paxora_rings_total{path=\"stream\"} 1",
        "paxora_ring_heard_seconds_count 1",
        "paxora_push_messages_total{service=\"google\",outcome=\"2xx\"} 1",
        "paxora_push_messages_total{service=\"google\",outcome=\"busy\"} 1",
        "paxora_http_request_seconds_count{method=\"POST\",route=\"/api/voice/initiate_call\",status=\"2xx\"} 1",
        "paxora_http_request_seconds_count{method=\"GET\",route=\"/{locale}/join/{invite}\",status=\"2xx\"} 1",
        "paxora_outbox_jobs_waiting ",
        "paxora_passwords_in_hand 0",
        "paxora_event_streams 0",
    ] {
        assert!(told.contains(expected), "{expected} in {told}");
    }
    for secret in &private {
        assert!(!told.contains(&**secret), "{secret} in {told}");
    }
    let values = told.split('"').skip(1).step_by(2).collect::<std::collections::BTreeSet<_>>();
    for value in values {
        let longest = value.split(|c: char| !c.is_ascii_hexdigit()).map(str::len).max().unwrap_or_default();
        assert!(longest < 8, "{value} may be an id");
        let ours = |c: char| c.is_ascii_alphanumeric() || "/{}_-*. +".contains(c);
        assert!(value.chars().all(ours), "{value} was not made by us");
    }
}

#[tokio::test]
async fn a_stranger_to_this_machine_is_told_no_numbers() {
    let site = Site::new().await;
    for who in [None, Some("Anna")] {
        assert_eq!(site.get(who, "/metrics").await.status, 404);
    }
}

#[tokio::test]
async fn an_answer_that_refuses_leads_to_its_lines_in_the_log_and_others_choose_no_id() {
    let (site, log) = (Site::new().await, Log::default());
    let _kept = log.keep();
    let chosen = "an-id-that-a-stranger-has-chosen";
    let request = Request::get("/api/voice/active?parishId=1").header("x-request-id", chosen);
    let refused = site.send(request.body(Body::empty()).unwrap()).await;
    let id = refused.header("x-request-id").to_owned();
    assert_eq!((refused.status, id.len()), (401, 12));
    let line = log.line(&id);
    assert_eq!((&line["span"]["route"], &line["status"]), (&json!("/api/voice/active"), &json!(401)));
    assert!(!log.text().contains(chosen) && !log.text().contains("parishId"), "{}", log.text());

    site.world.store.close().await;
    let failed = site.get(Some("Anna"), "/en/community/chat").await;
    let line = log.line(failed.header("x-request-id"));
    assert_eq!((&line["level"], &line["status"]), (&json!("WARN"), &json!(503)));
}

#[tokio::test]
async fn nothing_that_is_nobodys_business_gets_into_the_log() {
    let (site, log) = (Site::new().await, Log::default());
    let _kept = log.keep();
    let private = site.has_a_busy_day().await;
    let text = log.text();
    assert!(text.contains("/api/post_message"), "everything is logged: {text}");
    for secret in &private {
        let line = text.lines().find(|line| line.contains(&**secret));
        assert_eq!(line, None, "{secret}");
    }
}
