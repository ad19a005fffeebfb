//! The real LiveKit carries the audio while Paxora dies: nobody who talks notices.

use crate::books::{Books, patiently};
use crate::house::{House, PATIENCE};
use crate::people::{Reply, Wish, sign_in, two};
use backend::testing::tap;
use backend::{Clock, SystemClock};
use domain::CallState;
use futures::FutureExt;
use std::time::Duration;
use tokio::time::{interval, timeout};
use voice_client::{Event, Options, Session, Transport, connect};

/// Long enough for the new server to have looked twice at who is there (every 10 s, at once after its start).
const TWO_LOOKS: Duration = Duration::from_secs(12);

/// The settings of the LiveKit that `script/livekit` started. Without one, the test fails, unless
/// `PAXORA_WITHOUT_LIVEKIT` says that there is none.
fn livekit() -> Option<Vec<(&'static str, String)>> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let names = ["LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"];
    let settings: Option<Vec<_>> = names.into_iter().map(|name| Some((name, variable(name)?))).collect();
    match (settings, variable("LIVEKIT_WEBHOOK_PORT")) {
        // Where LiveKit sends its webhooks.
        (Some(settings), Some(port)) => Some([settings, vec![("LISTEN", format!("127.0.0.1:{port}"))]].concat()),
        _ if variable("PAXORA_WITHOUT_LIVEKIT").is_some() => {
            eprintln!("skipped: PAXORA_WITHOUT_LIVEKIT says that there is no LiveKit");
            None
        }
        _ => panic!("LIVEKIT_URL is not set: run this through script/test, or set PAXORA_WITHOUT_LIVEKIT=1"),
    }
}

/// Somebody who talks, and listens, without a break.
struct Talker(Session);

impl Talker {
    /// Says something every 20 ms, and hears the other all the time; what else happens to them is told.
    async fn talks(&mut self) -> Event {
        let mut words = interval(Duration::from_millis(20));
        let mut heard = SystemClock.now();
        loop {
            tokio::select! {
                _ = words.tick() => self.0.say(b"hello", -20),
                said = self.0.next_heard() => {
                    said.unwrap();
                    heard = SystemClock.now();
                }
            }
            match self.0.next_event().now_or_never() {
                // That the other is there.
                None | Some(Ok(Event::Subscribed(_) | Event::Published { .. })) => {}
                Some(event) => return event.unwrap(),
            }
            let silence = SystemClock.now().since(heard);
            assert!(silence < PATIENCE / 4, "nothing was heard for {silence:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_talks_through_livekit_goes_on_talking_while_paxora_is_killed_and_starts_again() {
    let Some(settings) = livekit() else { return };
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let house = House::build(None, &settings);
    let (server, _) = house.start().await;
    let people = sign_in(&house, &server).await;
    let (one, other, channel) = two(&people);
    let start = Wish::Start { channel, targets: vec![], tap: tap() };
    let Some(Reply::Seat(annas)) = people[one].ask(server.address, &start).await else { panic!("a seat") };
    let call = annas.call.id;
    let answer = Wish::Answer { call, tap: tap() };
    let Some(Reply::Seat(bens)) = people[other].ask(server.address, &answer).await else { panic!("a seat") };
    let mut talkers = vec![];
    for access in [annas.access, bens.access] {
        let options = |local| Options::browser(local, Transport::Udp);
        let connected = connect(&access.url, &access.token, Transport::Udp, options);
        let mut session = timeout(PATIENCE, connected).await.expect("let in in time").unwrap();
        timeout(PATIENCE, session.publish()).await.expect("heard in time").unwrap();
        talkers.push(Talker(session));
    }
    let [anna, ben] = &mut talkers[..] else { panic!("two") };

    let crash = async {
        server.kill().await;
        let (server, _) = house.start().await;
        let began = SystemClock.now();
        let books = Books::open(&house).await;
        let before = books.call(call).await;
        patiently("two looks", async || (SystemClock.now().since(began) > TWO_LOOKS).then_some(())).await;
        let after = books.call(call).await;
        assert!(matches!(after.state, CallState::Active { .. }), "{after:?}");
        assert_eq!(after, before, "nobody was taken off, nobody came anew");
        books.close().await;
        server
    };
    let server = tokio::select! {
        server = crash => server,
        event = anna.talks() => panic!("Anna: {event:?}"),
        event = ben.talks() => panic!("Ben: {event:?}"),
    };

    // It is still the call that one hangs up in.
    assert!(matches!(people[one].ask(server.address, &Wish::leave(call)).await, Some(Reply::Done)));
    let put_out = ben.0.until(|event| if let Event::Disconnected { .. } = event { Ok(()) } else { Err(event) });
    timeout(PATIENCE, put_out).await.expect("the room is closed in time").unwrap();
    server.kill().await;
}
