//! Through the real router, as a browser, a stranger or a broken phone would ask.

mod embedded;
mod languages;
mod long_poll;
mod machines;
mod matrix;
mod observing;
mod parish;
mod push;
mod reading;
mod twenty;
mod writing;

use super::*;
use crate::machines::{CronSecret, Machines};
use crate::metrics::Metrics;
use crate::parts::Inner;
use crate::ready::Readiness;
use app::api::SessionCookie;
use axum::response::Response;
use backend::Backend;
use backend::testing::{World, nonce, on_two_servers, tap};
use domain::{CallId, ChannelId};
use http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tower::ServiceExt;
use voice::Voice;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const NOBODYS_ID: &str = "01900000-0000-7000-8000-000000000000";

/// What a cron service shows.
const CRON_SECRET: &str = "a secret that only a cron service was told";

/// The demo parish behind the real router.
struct Site {
    world: World,
    /// Behind the router.
    backend: Backend,
    router: Router,
    /// The embedded voice server, where there is one; otherwise it is the one in memory.
    voice: Option<Voice>,
    /// Told that the server stops, or dropped.
    stopping: watch::Sender<bool>,
    /// Told that nobody is to come any more.
    leaving: watch::Sender<bool>,
    /// What is counted.
    metrics: Arc<Metrics>,
    _folder: tempfile::TempDir,
}

/// A folder as `script/build` makes it.
fn files() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest =
        json!({ "app": "/a.js", "wasm": "/a.wasm", "voice": "/v.mjs", "style": "/s.css", "icons": "/i.svg" });
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    std::fs::write(folder.path().join("manifest.json"), manifest.to_string()).unwrap();
    std::fs::write(folder.path().join("icon.svg"), "<svg/>").unwrap();
    std::fs::write(folder.path().join("sw.js"), "self").unwrap();
    std::fs::write(folder.path().join("assets/main-0123.css"), "body{}").unwrap();
    folder
}

fn parts(backend: Backend, files: &Path, voice_url: &str, machines: Machines, closing: watch::Receiver<bool>) -> Inner {
    let site = crate::site::Site::in_folder(files).unwrap();
    let readiness = Readiness::new(backend.clone(), closing.clone());
    let (voice_url, metrics) = (voice_url.to_owned(), Arc::default());
    Inner { backend, readiness, metrics, site, voice_url, machines, closing, cookie: SessionCookie::Plain }
}

impl Site {
    async fn new() -> Site {
        let world = World::new().await;
        let backend = world.backend.clone();
        let cron_secret = Some(CronSecret::new(CRON_SECRET.to_owned()));
        let machines = Machines { webhooks: Some(Arc::new(world.webhooks())), cron_secret };
        Site::with(world, backend, None, machines)
    }

    fn with(world: World, backend: Backend, voice: Option<Voice>, machines: Machines) -> Site {
        let folder = files();
        let (stopping, closing) = watch::channel(false);
        let voice_url = if voice.is_some() { "https://parish.example" } else { "ws://127.0.0.1:7880/livekit" };
        let (leaving, left) = watch::channel(false);
        let parts = Inner {
            readiness: Readiness::new(backend.clone(), left),
            ..parts(backend.clone(), folder.path(), voice_url, machines, closing)
        };
        let metrics = Arc::clone(&parts.metrics);
        backend.be_measured_by(metrics.clone());
        let router = router(parts.into(), voice.as_ref().map(Voice::router), vec![]);
        Site { router, voice, stopping, leaving, metrics, world, backend, _folder: folder }
    }

    /// Asks as somebody of the demo parish, or as a stranger.
    async fn ask(&self, who: Option<&str>, method: Method, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "parish.example");
        request = request.header(CONTENT_TYPE, kind);
        if let Some(name) = who {
            request = request.header(COOKIE, format!("other=1; paxora={}", self.world.session(name)));
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    async fn send(&self, request: Request) -> Answer {
        Answer::of(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// Submits a form as a browser does whose page is not alive yet.
    async fn submit(&self, path: &str, form: impl Into<Body>) -> Answer {
        let request = Request::post(path).header(CONTENT_TYPE, FORM).header(ACCEPT, "text/html");
        self.send(request.body(form.into()).unwrap()).await
    }

    async fn get(&self, who: Option<&str>, path: &str) -> Answer {
        self.ask(who, Method::GET, path, JSON, Body::empty()).await
    }

    /// Calls a server function that takes JSON.
    async fn call(&self, who: &str, function: &str, arguments: Value) -> Answer {
        self.ask(Some(who), Method::POST, &format!("/api/{function}"), JSON, arguments.to_string()).await
    }

    /// Anna calls Ben.
    async fn ring(&self) -> (ChannelId, CallId) {
        let channel = self.world.direct("Anna", "Ben").await;
        let answer =
            self.call("Anna", "voice/initiate_call", json!({ "channel": channel, "targets": [], "tap": tap() })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let id = answer.json()["call"]["id"].as_str().unwrap().parse().unwrap();
        (channel, id)
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    async fn of(response: Response) -> Answer {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    fn header(&self, name: impl http::header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// A status, and a sentence without internals.
    fn refuses(&self, status: u16, problem: &Value) {
        assert_eq!((self.status, &self.json()["problem"]), (status, problem), "{}", self.text);
        let sentence = self.json()["message"].as_str().unwrap().to_owned();
        assert!(sentence.ends_with('.'), "{sentence}");
        for internal in ["sqlx", "serde", "SELECT", "missing field", "panicked", "line 1", ".rs"] {
            assert!(!self.text.contains(internal), "{}", self.text);
        }
    }
}

#[tokio::test]
async fn a_call_by_http_from_the_tap_to_the_end() {
    let site = Site::new().await;
    let (channel, id) = site.ring().await;
    let parish = site.world.actor("Ben").parish();

    let active = site.get(Some("Ben"), &format!("/api/voice/active?parishId={parish}")).await.json();
    assert_eq!(active["call"]["id"], json!(id));
    assert_eq!(active["call"]["channelId"], json!(channel));
    assert_eq!(active["call"]["initiator"], json!(site.world.actor("Anna").member()));
    assert_eq!(active["call"]["status"], "ringing");
    assert!(active["call"]["createdAt"].is_i64());
    assert_eq!(active["more"], json!([]));
    let own = site.get(Some("Anna"), &format!("/api/voice/active?parishId={parish}")).await.json();
    assert_eq!(own, json!({ "call": null, "more": [] }), "one's own call does not ring");

    let seat =
        site.call("Ben", "voice/answer_call", json!({ "call": id, "tap": tap(), "nonce": nonce() })).await.json();
    assert_eq!(seat["call"]["status"], "active");
    let access = site.get(Some("Ben"), &format!("/api/voice/token?callId={id}")).await.json();
    assert_eq!(access["url"], "ws://127.0.0.1:7880");
    site.world.voice.join(&serde_json::from_value(access).unwrap()).unwrap();

    assert_eq!(
        site.call("Ben", "voice/end_call", json!({ "call": id, "tap": tap(), "nonce": nonce() })).await.status,
        200
    );
    let history = site
        .call("Anna", "voice/call_history", json!({ "channel": channel, "missed": false, "before": null }))
        .await
        .json();
    assert_eq!(history[0]["status"], "ended");
    assert_eq!(history[0]["endReason"], "hangup");
    assert_eq!(history[0]["part"], "outgoing");
    let recent = json!({ "parish": parish, "missed": false, "before": null });
    let recent = site.call("Ben", "voice/recent_calls", recent).await.json();
    assert_eq!((&recent[0]["id"], &recent[0]["part"]), (&json!(id), &json!("incoming")));
}

#[tokio::test]
async fn whoever_is_signed_out_gets_401_and_pages_send_them_to_sign_in() {
    let site = Site::new().await;
    let signed_out = json!("signed_out");
    for path in ["/api/events".to_owned(), format!("/api/voice/token?callId={NOBODYS_ID}")] {
        site.get(None, &path).await.refuses(401, &signed_out);
    }
    let arguments = json!({ "channel": NOBODYS_ID, "targets": [], "tap": tap() }).to_string();
    site.ask(None, Method::POST, "/api/voice/initiate_call", JSON, arguments).await.refuses(401, &signed_out);
    let page = site.get(None, "/en/community/chat").await;
    assert_eq!((page.status, page.header(LOCATION)), (303, "/en/sign-in"));

    let mut request = Request::get("/api/events").body(Body::empty()).unwrap();
    request.headers_mut().insert(COOKIE, HeaderValue::from_static("paxora=made-up"));
    site.send(request).await.refuses(401, &signed_out);
}

#[tokio::test]
async fn signing_out_ends_the_session_for_good() {
    let site = Site::new().await;
    let left = site.ask(Some("Ben"), Method::POST, "/api/sign_out", FORM, "").await;
    assert!(left.header(SET_COOKIE).starts_with("paxora=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"));
    site.get(Some("Ben"), "/api/events").await.refuses(401, &json!("signed_out"));
}

#[tokio::test]
async fn an_outsider_gets_the_answer_of_a_call_that_does_not_exist() {
    let site = Site::new().await;
    let (channel, id) = site.ring().await;
    for call in [id.to_string(), NOBODYS_ID.to_owned()] {
        let functions =
            ["answer_call", "decline_call", "end_call", "confirm_ring", "call_token", "show_sign", "lead_call"];
        for function in functions {
            let answer = site
                .call(
                    "Clara",
                    &format!("voice/{function}"),
                    json!({ "call": call, "tap": tap(), "nonce": nonce(), "sign": { "hand": true }, "act": "end_for_all" }),
                )
                .await;
            answer.refuses(404, &json!("not_found"));
        }
        site.get(Some("Clara"), &format!("/api/voice/token?callId={call}")).await.refuses(404, &json!("not_found"));
    }
    for channel in [channel.to_string(), NOBODYS_ID.to_owned()] {
        for (function, arguments) in [
            ("voice/initiate_call", json!({ "channel": channel, "targets": [], "tap": tap() })),
            ("voice/gather_call", json!({ "channel": channel, "tap": tap() })),
            ("voice/active_call", json!({ "channel": channel })),
            ("voice/call_history", json!({ "channel": channel, "missed": false, "before": null })),
            ("voice/mark_calls_seen", json!({ "channel": channel })),
            ("messages", json!({ "channel": channel, "before": null })),
            ("messages_around", json!({ "channel": channel, "around": NOBODYS_ID })),
            ("search_messages", json!({ "channel": channel, "words": "hello", "before": null })),
            ("post_message", json!({ "channel": channel, "body": "hello" })),
            ("mark_read", json!({ "channel": channel, "up_to": NOBODYS_ID })),
            ("set_notices", json!({ "channel": channel, "notices": "none" })),
        ] {
            site.call("Clara", function, arguments).await.refuses(404, &json!("not_found"));
        }
    }
    let page = site.call("Ben", "messages", json!({ "channel": channel, "before": null })).await;
    let message = page.json()[0]["id"].as_str().unwrap().to_owned();
    for message in [message, NOBODYS_ID.to_owned()] {
        for function in ["edit_message", "remove_message"] {
            let answer = site.call("Clara", function, json!({ "message": message, "body": "hello" })).await;
            answer.refuses(404, &json!("not_found"));
        }
    }
    let other_parish = format!("/api/voice/active?parishId={NOBODYS_ID}");
    site.get(Some("Clara"), &other_parish).await.refuses(404, &json!("not_found"));
    let other_parish = json!({ "parish": NOBODYS_ID, "missed": false, "before": null });
    site.call("Clara", "voice/recent_calls", other_parish).await.refuses(404, &json!("not_found"));
}

#[tokio::test]
async fn a_second_answer_and_an_answer_to_a_call_that_is_over_are_conflicts() {
    let site = Site::new().await;
    let (_, id) = site.ring().await;
    let arguments = json!({ "call": id, "tap": tap(), "nonce": nonce() });
    let seat = site.call("Ben", "voice/answer_call", arguments.clone()).await;
    assert_eq!(seat.status, 200);
    // The same tap, sent again, is the same answer; another tap is told that it came second.
    let same = site.call("Ben", "voice/answer_call", arguments.clone()).await;
    assert_eq!((same.status, &same.json()["call"]["version"]), (200, &seat.json()["call"]["version"]));
    let second = json!({ "call": id, "tap": tap() });
    site.call("Ben", "voice/answer_call", second).await.refuses(409, &json!({ "call": "already_answered" }));
    assert_eq!(site.call("Anna", "voice/end_call", arguments.clone()).await.status, 200);
    for function in ["answer_call", "decline_call", "end_call", "call_token", "move_call"] {
        let late = json!({ "call": id, "tap": tap(), "nonce": nonce() });
        let late = site.call("Ben", &format!("voice/{function}"), late).await;
        late.refuses(409, &json!({ "call": "over" }));
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_400_without_the_parsers_words() {
    let site = Site::new().await;
    let malformed = json!("malformed");
    for body in ["", "{", "{}", "[]", "null", r#"{"call":7}"#, r#"{"call":"nonsense"}"#, "call=1", "\u{0}"] {
        let answer = site.ask(Some("Ben"), Method::POST, "/api/voice/answer_call", JSON, body).await;
        answer.refuses(400, &malformed);
    }
    let not_utf8 = Body::from(vec![0xff, 0xfe, 0x00]);
    site.ask(Some("Ben"), Method::POST, "/api/voice/answer_call", JSON, not_utf8).await.refuses(400, &malformed);
    site.ask(Some("Ben"), Method::POST, "/api/sign_in", FORM, "login=x").await.refuses(400, &malformed);
    for path in ["/api/voice/token", "/api/voice/token?callId=1", "/api/voice/active?parishId=%ff"] {
        site.get(Some("Ben"), path).await.refuses(400, &malformed);
    }
    for body in [json!(""), json!(" \n "), json!("x".repeat(4_001)), json!("bell\u{7}")] {
        let channel = site.world.direct("Anna", "Ben").await;
        let answer = site.call("Ben", "post_message", json!({ "channel": channel, "body": body })).await;
        answer.refuses(400, &json!({ "invalid": "message" }));
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_never_a_fault_of_ours() {
    let site = Site::new().await;
    let large = "x".repeat(security::BODY_LIMIT + 1);
    let request = Request::post("/api/post_message").header(CONTENT_TYPE, JSON).header("content-length", large.len());
    assert_eq!(site.send(request.body(Body::from(large.clone())).unwrap()).await.status, 413);
    let pieces = futures::stream::iter(
        large.into_bytes().chunks(1_000).map(|c| Ok::<_, std::io::Error>(c.to_vec())).collect::<Vec<_>>(),
    );
    let answer = site.ask(Some("Ben"), Method::POST, "/api/post_message", JSON, Body::from_stream(pieces)).await;
    assert!([400, 413].contains(&answer.status), "{} {}", answer.status, answer.text);
}

#[tokio::test]
async fn another_site_cannot_act_for_whoever_is_signed_in_here() {
    let site = Site::new().await;
    let (_, id) = site.ring().await;
    let forged = [
        (JSON, Some("cross-site"), "https://evil.example"),
        (JSON, Some("same-site"), "https://evil.parish.example"),
        (JSON, None, "https://evil.example"),
        ("text/plain", Some("cross-site"), "https://evil.example"),
        ("text/plain", None, "null"),
        (FORM, Some("cross-site"), "https://evil.example"),
    ];
    for (kind, fetch_site, origin) in forged {
        let mut request = Request::post("/api/voice/end_call").header(HOST, "parish.example");
        request = request.header(CONTENT_TYPE, kind).header(ORIGIN, origin);
        request = request.header(COOKIE, format!("paxora={}", site.world.session("Anna")));
        if let Some(fetch_site) = fetch_site {
            request = request.header("sec-fetch-site", fetch_site);
        }
        let answer = site
            .send(request.body(json!({ "call": id, "tap": tap(), "nonce": nonce() }).to_string().into()).unwrap())
            .await;
        assert_eq!(answer.status, 403, "{kind} {fetch_site:?} {origin}");
    }
    assert!(!site.world.call(id).await.is_over(), "nothing changed");
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_protect_and_pages_run_only_our_own_scripts() {
    let site = Site::new().await;
    for (who, path) in
        [(None, "/en/sign-in"), (Some("Anna"), "/en/community/chat"), (None, "/api/events"), (None, "/x")]
    {
        let answer = site.get(who, path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(answer.header("strict-transport-security").contains("max-age=31536000"), "{path}");
        assert!(answer.header("permissions-policy").contains("microphone=(self)"), "{path}");
        let policy = answer.header(CONTENT_SECURITY_POLICY);
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path} {policy}");
        assert!(!policy.contains("unsafe-inline"), "{policy}");
    }
    let page = site.get(Some("Anna"), "/en/community/chat").await;
    let policy = page.header(CONTENT_SECURITY_POLICY).to_owned();
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    assert!(page.text.contains(&format!("nonce=\"{nonce}\"")), "the page's scripts carry the nonce of the policy");
    assert!(policy.contains("connect-src 'self' http://127.0.0.1:7880 ws://127.0.0.1:7880;"), "{policy}");
    assert!(!page.text.contains(" style=\""), "inline styles would be blocked");
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn hashed_files_stay_in_caches_and_others_are_asked_for_again() {
    let site = Site::new().await;
    assert!(site.get(None, "/assets/main-0123.css").await.header("cache-control").contains("immutable"));
    assert_eq!(site.get(None, "/assets/main-9999.css").await.status, 404);
    for path in ["/manifest.json", "/icon.svg", "/sw.js"] {
        let file = site.get(None, path).await;
        assert_eq!((file.status, file.header("cache-control")), (200, "no-cache"), "{path}");
    }
    let page = site.get(Some("Anna"), "/en/community/chat").await;
    assert!(page.text.contains("<use href=\"/i.svg#") && !page.text.contains("\"/icons.svg"), "icons among the former");
    let outside = site.get(None, "/assets/../../../../etc/passwd").await;
    assert_eq!(outside.status, 404, "{}", outside.text);
}

#[tokio::test]
async fn the_service_worker_is_a_script_that_is_never_stale_and_may_ask_only_us() {
    let site = Site::new().await;
    let worker = site.get(None, "/sw.js").await;
    assert_eq!((worker.status, worker.header(CONTENT_TYPE)), (200, "text/javascript"));
    assert_eq!(worker.header("cache-control"), "no-cache");
    let policy = worker.header(CONTENT_SECURITY_POLICY);
    assert!(policy.contains("default-src 'none'; script-src 'self'; connect-src 'self';"), "{policy}");
}

#[tokio::test]
async fn an_unknown_address_is_a_page_with_404() {
    let site = Site::new().await;
    for path in ["/en/nothing", "/xx/sign-in", "/nothing"] {
        let answer = site.get(None, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text.contains("<html"), "{path}");
    }
}

#[tokio::test]
async fn somebody_joins_by_an_invite_and_is_signed_in() {
    let site = Site::new().await;
    let invite = site.world.backend.invite(None, domain::Role::Member).await.unwrap();
    let page = site.get(None, &format!("/en/join/{invite}")).await;
    assert!(page.status == 200 && page.text.contains("St. Anne (demo)"));

    let form = format!("invite={invite}&name=Felix+Gray&login=felix&password=correct+horse");
    let joined = site.submit("/api/sign_up", form.clone()).await;
    assert_eq!((joined.status, joined.header(LOCATION)), (302, "/en/community/chat"), "{}", joined.text);
    let cookie = joined.header(SET_COOKIE);
    assert!(cookie.starts_with("paxora=") && cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
    let mut request = Request::get("/en/community/chat").body(Body::empty()).unwrap();
    request.headers_mut().insert(COOKIE, cookie.split(';').next().unwrap().parse().unwrap());
    assert!(site.send(request).await.text.contains("Felix Gray"));

    site.ask(None, Method::POST, "/api/sign_up", FORM, form).await.refuses(409, &json!("login_taken"));
    let short = format!("invite={invite}&name=Gina&login=gina&password=short");
    site.ask(None, Method::POST, "/api/sign_up", FORM, short).await.refuses(400, &json!({ "invalid": "password" }));
    let forged = "invite=made-up&name=Gina&login=gina&password=long+enough";
    site.ask(None, Method::POST, "/api/sign_up", FORM, forged).await.refuses(404, &json!("link_gone"));

    let sign_in = "login=FELIX&password=correct+horse";
    assert_eq!(site.submit("/api/sign_in", sign_in).await.header(LOCATION), "/en/community/chat");
    for wrong in ["login=felix&password=wrong+horse", "login=nobody&password=correct+horse", "login=anna&password="] {
        site.ask(None, Method::POST, "/api/sign_in", FORM, wrong).await.refuses(401, &json!("sign_in_refused"));
    }
}

#[tokio::test]
async fn guessing_passwords_is_stopped_after_a_few() {
    let site = Site::new().await;
    let mut last = 0;
    for number in 0..12 {
        let guess = Request::post("/api/sign_in").header(CONTENT_TYPE, FORM);
        // Nobody here is a proxy that is believed.
        let guess = guess.header("x-forwarded-for", format!("203.0.113.{number}"));
        let answer = site.send(guess.body(format!("login=anna{number}&password=guess").into()).unwrap()).await;
        last = answer.status;
        assert_eq!(last == 429, answer.headers.contains_key("retry-after"));
    }
    assert_eq!(last, 429);
}

/// A browser's event stream, as text.
struct Stream(axum::body::BodyDataStream);

impl Stream {
    async fn open(site: &Site, name: &str) -> Stream {
        let mut request = Request::get("/api/events").body(Body::empty()).unwrap();
        request.headers_mut().insert(COOKIE, format!("paxora={}", site.world.session(name)).parse().unwrap());
        let response = site.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
        Stream(response.into_body().into_data_stream())
    }

    async fn next(&mut self) -> String {
        let event = tokio::time::timeout(Duration::from_secs(10), futures::StreamExt::next(&mut self.0)).await;
        String::from_utf8(event.expect("an event in time").unwrap().unwrap().to_vec()).unwrap()
    }
}

#[tokio::test]
async fn the_event_stream_begins_with_a_snapshot_and_rings() {
    let site = Site::new().await;
    let mut events = Stream::open(&site, "Ben").await;
    assert!(events.next().await.contains("event: snapshot"));
    let (_, id) = site.ring().await;
    let ring = events.next().await;
    assert!(ring.contains("event: call") && ring.contains(&id.to_string()), "{ring}");
}

#[tokio::test]
async fn a_stream_that_may_have_missed_what_another_server_changed_starts_over() {
    on_two_servers(|one, other| async move {
        let backend = other.backend.clone();
        let site = Site::with(other, backend, None, Machines::default());
        let mut events = Stream::open(&site, "Ben").await;
        assert!(events.next().await.contains("event: snapshot"));
        one.cut_listeners().await;
        assert!(events.next().await.contains("event: community"));
        assert!(events.next().await.contains("event: snapshot"));
    })
    .await;
}

#[tokio::test]
async fn a_page_that_is_loaded_mid_ring_is_told_of_it_at_once() {
    let site = Site::new().await;
    let (_, id) = site.ring().await;
    let live = site.call("Ben", "live", json!({})).await.json();
    assert_eq!(live["calls"][0]["id"], json!(id));
}
