//! A choir of twenty in one call, through the real router and a real voice server: whatever happens to one of them, the
//! event stream of every other one says so.

use super::*;
use backend::testing::{hear, settings};
use backend::voice_server::{LiveKit, LiveKitSettings, VoiceEvent, VoiceEvents, VoiceServer};
use backend::{SystemClock, secret};
use domain::{Access, CallSnapshot, CallStatus, ChannelKind, Event, MemberId, ParishId, PersonId, Prompted, Role};
use futures::StreamExt;
use futures::future::join_all;
use store::{NewChannel, NewMember, NewParish};
use voice_client::proto::signal_response::Message;
use voice_client::{Options, Session, Transport};

/// So many are in the call at once: there is no room for more.
const SEATS: usize = 20;
/// Within this time, everybody is told.
const TOLD_WITHIN: Duration = Duration::from_secs(2);
/// Far beyond what anything else here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody with a page that is open, and perhaps a seat in the call.
struct Singer {
    member: MemberId,
    secret: String,
    /// The call as their event stream told it last.
    told: watch::Receiver<Option<CallSnapshot>>,
    session: Option<Session>,
}

impl Singer {
    async fn asks(&self, site: &Site, function: &str, arguments: Value) -> Answer {
        let request = Request::post(format!("/api/{function}")).header(HOST, "parish.example");
        let request = request.header(CONTENT_TYPE, JSON).header(COOKIE, format!("paxora={}", self.secret));
        site.send(request.body(arguments.to_string().into()).unwrap()).await
    }

    async fn does(&self, site: &Site, function: &str, arguments: Value) {
        let answer = self.asks(site, function, arguments).await;
        assert_eq!(answer.status, 200, "{function}: {}", answer.text);
    }

    async fn leads(&self, site: &Site, call: CallId, act: Value) {
        self.does(site, "voice/lead_call", json!({ "call": call, "act": act, "nonce": nonce() })).await;
    }

    /// Takes the seat that the server has given them, as a browser does.
    async fn enters(&mut self, origin: &str, seat: &Value) {
        let access: Access = serde_json::from_value(seat["access"].clone()).unwrap();
        let path = access.url.starts_with('/');
        let url = if path { format!("{origin}{}", access.url) } else { access.url };
        let options = |local| Options::browser(local, Transport::Udp);
        let connected = voice_client::connect(&url, &access.token, Transport::Udp, options);
        self.session = Some(in_time(PATIENCE, connected).await.unwrap());
    }

    async fn answers(&mut self, site: &Site, origin: &str, call: CallId) {
        let answer = self.asks(site, "voice/answer_call", json!({ "call": call, "tap": tap() })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.enters(origin, &answer.json()).await;
    }

    fn session(&mut self) -> &mut Session {
        self.session.as_mut().unwrap()
    }

    async fn opens_the_microphone(&mut self) {
        in_time(PATIENCE, self.session().publish()).await.unwrap();
    }

    /// The voice server has closed their microphone, too.
    async fn is_muted(&mut self) {
        let muted = |message: &Option<Message>| matches!(message, Some(Message::Mute(mute)) if mute.muted);
        let session = self.session();
        in_time(PATIENCE, async { while !muted(&session.next_signal().await.unwrap().message) {} }).await;
    }

    async fn is_put_out(&mut self) {
        let put_out = |event| if let voice_client::Event::Disconnected { .. } = event { Ok(()) } else { Err(event) };
        in_time(PATIENCE, self.session().until(put_out)).await.unwrap();
        self.session = None;
    }

    async fn reads(&mut self, what: &str, is_so: &(impl Fn(&CallSnapshot) -> bool + Sync)) {
        let member = self.member;
        let told = self.told.wait_for(|call| call.as_ref().is_some_and(is_so));
        let told = tokio::time::timeout(TOLD_WITHIN, told).await;
        assert!(
            told.is_ok_and(|told| told.is_ok()),
            "{member} was not told in time that {what}: {:?}",
            *self.told.borrow()
        );
    }
}

/// Everybody's page says so, and soon.
async fn all_read(choir: &mut [Singer], what: &str, is_so: impl Fn(&CallSnapshot) -> bool + Sync) {
    join_all(choir.iter_mut().map(|singer| singer.reads(what, &is_so))).await;
}

async fn in_time<T>(patience: Duration, what: impl Future<Output = T>) -> T {
    tokio::time::timeout(patience, what).await.expect("in time")
}

/// Opens the event stream of a session, as a page does.
async fn page(site: &Site, secret: &str) -> watch::Receiver<Option<CallSnapshot>> {
    let request = Request::get("/api/events").header(HOST, "parish.example").header(COOKIE, format!("paxora={secret}"));
    let response = site.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    let (told, page) = watch::channel(None);
    let mut body = response.into_body().into_data_stream();
    tokio::spawn(async move {
        let mut text = String::new();
        while let Some(Ok(bytes)) = body.next().await {
            text.push_str(std::str::from_utf8(&bytes).unwrap());
            while let Some((event, rest)) = text.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data:"));
                let call = match data.map(|data| serde_json::from_str(data.trim()).unwrap()) {
                    Some(Event::Call(call)) => Some(call),
                    Some(Event::Snapshot(live)) => live.calls.into_iter().next(),
                    _ => None,
                };
                if let Some(call) = call {
                    told.send_if_modified(|known: &mut Option<CallSnapshot>| {
                        let newer = known.as_ref().is_none_or(|known| known.version < call.version);
                        if newer {
                            *known = Some(call);
                        }
                        newer
                    });
                }
                text = rest.to_owned();
            }
        }
    });
    page
}

/// A coordinator and so many others, each signed in and with a page open, in one group.
async fn choir_of(site: &Site, many: usize) -> (ChannelId, Vec<Singer>) {
    let (store, at) = (&site.world.store, site.world.now());
    let id = || nonce().0;
    let parish = ParishId(id());
    store.insert_parish(&NewParish { id: parish, name: "Cathedral".into(), at }).await.unwrap();
    let mut choir = vec![];
    for number in 0..many {
        let (person, member) = (PersonId(id()), MemberId(id()));
        let role = if number == 0 { Role::Coordinator } else { Role::Member };
        let name = format!("Singer {number}");
        store.insert_member(&NewMember { person, member, parish, name, role, login: None, at }).await.unwrap();
        let secret = secret::fresh();
        let until = at + Duration::from_secs(60 * 60);
        store.insert_session(&secret::hash(&secret), member, at, until).await.unwrap();
        choir.push((member, secret));
    }
    let channel = ChannelId(id());
    let members = choir.iter().map(|(member, _)| *member).collect();
    let (kind, name) = (ChannelKind::Group, "Choir".to_owned());
    let new = NewChannel { id: channel, parish, kind, name, announcements_only: false, members, at };
    store.insert_channel(&new).await.unwrap();
    let mut singers = vec![];
    for (member, secret) in choir {
        let told = page(site, &secret).await;
        singers.push(Singer { member, secret, told, session: None });
    }
    (channel, singers)
}

/// The story, whichever voice server carries it. `tells` is what that one tells.
async fn twenty_sing(site: &Site, origin: &str, mut tells: VoiceEvents, full: bool) {
    // One more than there are seats.
    let (channel, mut choir) = choir_of(site, SEATS + 1).await;
    let began =
        choir[0].asks(site, "voice/initiate_call", json!({ "channel": channel, "targets": [], "tap": tap() })).await;
    assert_eq!(began.status, 200, "{}", began.text);
    let call: CallId = serde_json::from_value(began.json()["call"]["id"].clone()).unwrap();
    choir[0].enters(origin, &began.json()).await;
    let late = choir.last().unwrap().member;
    let rung: Vec<_> = choir[1..].iter().map(|singer| singer.member).collect();
    all_read(&mut choir, "all phones ring", |call| rung.iter().all(|who| call.rings_for(*who).is_some())).await;

    // All at the same moment, but for the one who is late.
    join_all(choir[1..SEATS].iter_mut().map(|singer| singer.answers(site, origin, call))).await;
    all_read(&mut choir, "twenty are there", |call| call.connected() == SEATS && !call.is_connected(late)).await;
    let one_more = json!({ "call": call, "tap": tap() });
    if full {
        choir[SEATS].asks(site, "voice/answer_call", one_more).await.refuses(409, &json!({ "call": "full" }));
    }

    // The last but one is gone without a word. That the voice server notices takes a while: below.
    let dropped = choir[SEATS - 1].member;
    choir[SEATS - 1].session = None;

    let muted: Vec<_> = choir[1..4].iter().map(|singer| singer.member).collect();
    join_all(choir[1..4].iter_mut().map(Singer::opens_the_microphone)).await;
    for singer in 1..4 {
        choir[0].leads(site, call, json!({ "mute": choir[singer].member })).await;
    }
    let leader = choir[0].member;
    all_read(&mut choir, "three are muted, and by whom", |call| {
        let by = |who| call.participant(who).and_then(|p| p.prompt).map(|prompt| (prompt.what, prompt.by));
        muted.iter().all(|who| by(*who) == Some((Prompted::Mute, leader)))
    })
    .await;
    join_all(choir[1..4].iter_mut().map(Singer::is_muted)).await;

    let removed = choir[4].member;
    choir[0].leads(site, call, json!({ "put_out": removed })).await;
    all_read(&mut choir, "one is put out", |call| {
        call.connected() == SEATS - 1 && call.participant(removed).is_some_and(|p| p.put_out)
    })
    .await;
    choir[4].is_put_out().await;
    let back = choir[4].asks(site, "voice/answer_call", json!({ "call": call, "tap": tap() })).await;
    back.refuses(409, &json!({ "call": "put_out" }));

    for singer in 5..8 {
        choir[singer].does(site, "voice/end_call", json!({ "call": call, "nonce": nonce() })).await;
        let (gone, left) = (choir[singer].member, SEATS - 1 - (singer - 4));
        choir[singer].session().leave();
        choir[singer].session = None;
        all_read(&mut choir, "one has left", |call| call.connected() == left && !call.is_connected(gone)).await;
    }
    choir[SEATS].answers(site, origin, call).await;
    all_read(&mut choir, "the late one is there", |call| call.is_connected(late)).await;
    choir[8].does(site, "voice/show_sign", json!({ "call": call, "sign": { "hand": true }, "nonce": nonce() })).await;
    let eager = choir[8].member;
    all_read(&mut choir, "a hand is up", |call| call.participant(eager).is_some_and(|p| p.hand.is_some())).await;

    // The voice server has noticed that nobody is there; their place was kept, and nobody else's was lost.
    let who_left = async {
        loop {
            if let VoiceEvent::Left { who, room, goodbye } = tells.next().await.unwrap()
                && who.member == dropped
            {
                break VoiceEvent::Left { who, room, goodbye };
            }
        }
    };
    let noticed = in_time(PATIENCE, who_left).await;
    assert!(matches!(noticed, VoiceEvent::Left { goodbye: false, .. }));
    all_read(&mut choir, "the lost one's place is kept", |call| call.is_connected(dropped)).await;
    // Heard for sure; twice does no harm.
    hear(&site.backend, &[noticed]).await;
    site.world.pass(Duration::from_secs(45));
    all_read(&mut choir, "the lost one is gone", |call| call.connected() == SEATS - 4 && !call.is_connected(dropped))
        .await;

    choir[0].leads(site, call, json!("end_for_all")).await;
    all_read(&mut choir, "it is over", |call| call.status == CallStatus::Ended && call.connected() == 0).await;
    join_all(choir.iter_mut().filter(|singer| singer.session.is_some()).map(Singer::is_put_out)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_in_one_call_read_what_happens_to_each_of_them_on_the_embedded_voice_server() {
    let (site, voice_server) = Site::embedded_at_the_worlds_time(SEATS).await;
    let origin = site.listen().await;
    let tells = voice_server.events().unwrap();
    let backend = site.backend.clone();
    let running = tokio::spawn(async move { backend.run().await });
    twenty_sing(&site, &origin, tells, true).await;
    running.abort();
    site.voice.as_ref().unwrap().stop().await;
}

/// The real LiveKit, and the port that it tells what happens, as `script/livekit` started it.
fn livekit() -> Option<(LiveKit, u16)> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let [url, api_key, api_secret, port] =
        ["LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET", "LIVEKIT_WEBHOOK_PORT"].map(variable);
    match (url, api_key, api_secret, port) {
        (Some(url), Some(api_key), Some(api_secret), Some(port)) => {
            Some((LiveKit::new(LiveKitSettings { url, api_key, api_secret }), port.parse().unwrap()))
        }
        _ if variable("PAXORA_WITHOUT_LIVEKIT").is_some() => {
            eprintln!("skipped: PAXORA_WITHOUT_LIVEKIT says that there is no LiveKit");
            None
        }
        _ => panic!("LIVEKIT_URL is not set: run this through script/test, or set PAXORA_WITHOUT_LIVEKIT=1"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_in_one_call_read_what_happens_to_each_of_them_on_livekit() {
    let Some((livekit, port)) = livekit() else { return };
    let livekit = Arc::new(livekit);
    let world = World::new().await;
    let backend = Backend::new(world.store.clone(), world.ports(livekit.clone()), settings());
    let webhooks = Some(Arc::new(livekit.webhooks(Arc::new(SystemClock))));
    let site = Site::with(world, backend, None, Machines { webhooks, cron_secret: None });
    let web = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let service = site.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    let hearing = tokio::spawn(axum::serve(web, service).into_future());
    let tells = livekit.events().unwrap();
    let backend = site.backend.clone();
    let running = tokio::spawn(async move { backend.run().await });
    twenty_sing(&site, "", tells, false).await;
    running.abort();
    hearing.abort();
}
