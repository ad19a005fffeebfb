//! Whoever is blocked rings nobody, and cannot find out.

use super::*;
use backend::{CallLimits, Error, Next, Settings, Subscription};
use domain::{ChannelId, Event, Seat};
use futures::FutureExt;
use serde_json::json;
use std::collections::BTreeMap;

/// All ids by the order in which they are first seen: what is left is what two stories have in common.
fn without_ids(text: &str) -> String {
    let mut known = BTreeMap::new();
    let (mut plain, mut rest) = (String::new(), text);
    while !rest.is_empty() {
        let id = rest.get(..36).filter(|start| start.parse::<CallId>().is_ok());
        if let Some(id) = id {
            let next = known.len();
            let number = known.entry(id).or_insert(next);
            plain.push_str(&format!("#{number}"));
            rest = &rest[36..];
        } else {
            let end = rest.chars().next().map_or(0, char::len_utf8);
            plain.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    plain
}

/// Everything that Anna's browser is told and answered.
struct Browser<'a> {
    world: &'a World,
    backend: Backend,
    actor: Actor,
    page: Subscription,
    told: Vec<Value>,
}

impl Browser<'_> {
    fn note(&mut self, what: &str, value: impl serde::Serialize) {
        self.told.push(json!({ "what": what, "value": value }));
    }

    fn note_seat(&mut self, seat: Result<Seat, Error>) -> Option<CallId> {
        let (id, noted) = match seat {
            // The token is other characters each time.
            Ok(seat) => (Some(seat.call.id), json!({ "call": seat.call, "url": seat.access.url })),
            Err(error) => (None, json!(format!("{error:?}"))),
        };
        self.note("seat", noted);
        id
    }

    /// Whatever she could look at now.
    async fn look(&mut self, channel: ChannelId) {
        while let Some(Next::Event(event)) = self.page.next().now_or_never() {
            self.note("event", event);
        }
        let (backend, anna) = (self.backend.clone(), self.actor.clone());
        self.note("live", backend.live(&anna).await.unwrap());
        self.note("ringing", backend.ringing(&anna, anna.parish()).await.unwrap());
        self.note("active", backend.active_call(&anna, channel).await.unwrap());
        self.note("history", backend.call_history(&anna, channel, false, None).await.unwrap());
        self.note("calls", backend.recent_calls(&anna, anna.parish(), false, None).await.unwrap());
        self.note("timeline", backend.messages(&anna, channel, None).await.unwrap());
        self.note("community", backend.community(&anna).await.unwrap());
        let unseen = backend.unseen(&anna).await.unwrap();
        self.note("unseen", (unseen.missed, unseen.unread));
    }

    async fn starts(&mut self, channel: ChannelId, whom: &[&str]) -> Option<CallId> {
        let targets = whom.iter().map(|name| self.world.actor(name).member()).collect();
        let seat = self.backend.initiate_call(&self.actor, channel, targets, tap()).await;
        self.note_seat(seat)
    }
}

/// A day in which Anna tries to reach Ben in every way there is, and nobody picks up.
async fn what_anna_learns(blocked: bool) -> (World, Vec<String>) {
    let world = World::new().await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    world.reach(&ben, &at("phone")).await.unwrap();
    world.backend.block(&ben, anna.member(), blocked).await.unwrap();
    let direct = world.direct("Anna", "Ben").await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let parish = world.channel(ChannelKind::Parish, "Parish").await;
    let limits = CallLimits { starts_per_minute: 100, rings_per_pair: 5 };
    let backend = Backend::new(
        world.store.clone(),
        world.ports(world.voice.clone()),
        Settings { call_limits: limits, ..backend::testing::settings() },
    );
    let page = backend.subscribe(&anna);
    let mut browser = Browser { world: &world, backend: backend.clone(), actor: anna.clone(), page, told: vec![] };
    let time_passes = async |by: u64| {
        for _ in 0..by {
            world.pass(seconds(1));
            backend.expire_calls().await.unwrap();
            world.settle().await;
        }
    };

    // She lets it ring to the end, and looks again and again; she rings him once more in the middle.
    let id = browser.starts(direct, &[]).await.unwrap();
    world.settle().await;
    browser.look(direct).await;
    time_passes(14).await;
    let more = backend.add_participants(&anna, id, vec![ben.member()], nonce()).await;
    browser.note("more", more.is_ok());
    browser.look(direct).await;
    time_passes(16).await;
    browser.look(direct).await;
    let late = backend.add_participants(&anna, id, vec![ben.member()], nonce()).await;
    browser.note("late", format!("{late:?}"));
    let token = backend.call_token(&anna, id).await;
    browser.note("token", format!("{token:?}"));
    // She gives up on the next one.
    let id = browser.starts(direct, &[]).await.unwrap();
    time_passes(3).await;
    backend.end_call(&anna, id, nonce()).await.unwrap();
    browser.look(direct).await;
    // In the choir, where Clara answers.
    let id = browser.starts(choir, &[]).await.unwrap();
    time_passes(2).await;
    backend.answer_call(&world.actor("Clara"), id, tap()).await.unwrap();
    time_passes(28).await;
    browser.look(choir).await;
    backend.end_call(&anna, id, nonce()).await.unwrap();
    backend.end_call(&world.actor("Clara"), id, nonce()).await.unwrap();
    browser.look(choir).await;
    // Picked in the parish channel; and then it is too often.
    for _ in 0..2 {
        if browser.starts(parish, &["Ben"]).await.is_some() {
            time_passes(30).await;
        }
        browser.look(parish).await;
    }
    let story = browser.told.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    drop(browser);
    (world, without_ids(&story).lines().map(str::to_owned).collect())
}

#[tokio::test]
async fn whoever_is_blocked_is_told_the_same_as_whoever_reaches_a_phone_that_nobody_picks_up() {
    let (open, ordinary) = what_anna_learns(false).await;
    let (closed, blocked) = what_anna_learns(true).await;
    for (one, other) in ordinary.iter().zip(&blocked) {
        assert_eq!(one, other);
    }
    assert_eq!(ordinary.len(), blocked.len());
    assert!(ordinary.iter().any(|told| told.contains("Limited")), "also that it is too often");
    assert!(ordinary.iter().filter(|told| told.contains(r#""what":"event""#)).count() >= 8);
    // And it is not for want of a difference.
    assert_eq!(open.push.take_sent().len(), 2 * 4, "rings, and their ends");
    assert_eq!(closed.push.take_sent(), []);
}

#[tokio::test]
async fn no_phone_of_who_has_blocked_the_caller_rings_and_nothing_was_missed() {
    let (world, _) = what_anna_learns(true).await;
    let ben = world.actor("Ben");
    let unseen = world.backend.unseen(&ben).await.unwrap();
    assert_eq!(unseen.missed, 0);
    assert_eq!(world.backend.recent_calls(&ben, ben.parish(), true, None).await.unwrap(), []);
    let all = world.backend.recent_calls(&ben, ben.parish(), false, None).await.unwrap();
    assert!(!all.is_empty() && all.iter().all(|call| call.part == domain::Part::Apart));
    let mut page = world.backend.subscribe(&ben);
    let id = calls(&world, "Anna", "Ben").await;
    assert_eq!(world.backend.ringing(&ben, ben.parish()).await.unwrap(), []);
    assert_eq!(world.backend.live(&ben).await.unwrap().calls[0].rings_for(ben.member()), None);
    assert!(matches!(world.backend.confirm_ring(&ben, id).await, Err(Error::Call(_))));
    assert!(!world.backend.show_ring(&ben, id).await.unwrap());
    world.advance(RING).await;
    while let Some(told) = page.next().now_or_never() {
        if let Next::Event(Event::Call(call)) = told {
            assert_eq!(call.rings_for(ben.member()), None);
        } else {
            // The line is there, and nothing new.
            assert!(matches!(told, Next::Event(Event::Changed(_))), "{told:?}");
        }
    }
    assert_eq!(world.push.take_sent(), []);
    assert_eq!(world.backend.unseen(&ben).await.unwrap(), unseen);
}

#[tokio::test]
async fn others_ring_who_is_blocked_is_rung_and_who_is_let_in_again_rings() {
    let world = World::new().await;
    for name in ["Anna", "Ben"] {
        world.reach(&world.actor(name), &at(name)).await.unwrap();
    }
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let mut laptop = world.backend.subscribe(&ben);
    world.backend.block(&ben, anna.member(), true).await.unwrap();
    assert_eq!(laptop.next().now_or_never(), Some(Next::Event(Event::Community)), "his other devices show it");
    assert_eq!(world.backend.community(&ben).await.unwrap().blocked, [anna.member()]);
    assert_eq!(world.backend.community(&anna).await.unwrap().blocked, []);
    for (caller, callee, rung) in [("Clara", "Ben", true), ("Ben", "Anna", true), ("Anna", "Ben", false)] {
        let id = calls(&world, caller, callee).await;
        assert_eq!(kinds(&sent(&world).await), if rung { vec![(callee, "ring")] } else { vec![] }, "{caller}");
        gives_up(&world, caller, id).await;
        sent(&world).await;
    }
    world.backend.block(&ben, anna.member(), false).await.unwrap();
    calls(&world, "Anna", "Ben").await;
    assert_eq!(kinds(&sent(&world).await), [("Ben", "ring")]);
}

#[tokio::test]
async fn who_has_blocked_the_caller_may_come_in_by_themselves() {
    let world = World::new().await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    world.backend.block(&ben, anna.member(), true).await.unwrap();
    let id = calls(&world, "Anna", "Ben").await;
    world.backend.answer_call(&ben, id, tap()).await.unwrap();
    assert!(world.call(id).await.is_connected(ben.member()));
    assert_eq!(sent(&world).await, []);
}

#[tokio::test]
async fn nobody_blocks_themselves_or_somebody_of_another_parish() {
    let world = World::new().await;
    let ben = world.actor("Ben");
    assert!(matches!(world.backend.block(&ben, ben.member(), true).await, Err(Error::Invalid(_))));
    let nobody = domain::MemberId(nonce().0);
    assert!(matches!(world.backend.block(&ben, nobody, true).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn at_most_so_many_rings_per_pair_and_starts_per_minute() {
    let world = World::new().await;
    let settings = Settings { call_limits: CallLimits::default(), ..backend::testing::settings() };
    let backend = Backend::new(world.store.clone(), world.ports(world.voice.clone()), settings);
    let start = async |callee: &str| {
        let channel = world.direct("Anna", callee).await;
        let seat = backend.initiate_call(&world.actor("Anna"), channel, vec![], tap()).await?;
        backend.end_call(&world.actor("Anna"), seat.call.id, nonce()).await
    };
    for _ in 0..3 {
        start("Ben").await.unwrap();
    }
    assert!(matches!(start("Ben").await, Err(Error::Limited { .. })), "the fourth ring of the same person");
    for _ in 0..2 {
        start("Clara").await.unwrap();
    }
    assert!(matches!(start("Clara").await, Err(Error::Limited { .. })), "the seventh start");
}

#[tokio::test]
async fn a_tap_that_is_sent_until_the_database_takes_it_is_one_ring() {
    let world = World::new().await;
    let limits = CallLimits { starts_per_minute: 100, rings_per_pair: 1 };
    let settings = Settings { call_limits: limits, ..backend::testing::settings() };
    let backend = Backend::new(world.store.clone(), world.ports(world.voice.clone()), settings);
    let (anna, eva, added) = (world.actor("Anna"), world.actor("Eva").member(), nonce());
    let id = backend.initiate_call(&anna, world.direct("Anna", "Ben").await, vec![], tap()).await.unwrap().call.id;
    world.rewrite("ALTER TABLE outbox RENAME TO hidden").await;
    for _ in 0..3 {
        let failed = backend.add_participants(&anna, id, vec![eva], added).await;
        assert!(matches!(failed, Err(Error::Internal(_) | Error::Unavailable(_))), "{failed:?}");
    }
    world.rewrite("ALTER TABLE hidden RENAME TO outbox").await;
    for _ in 0..2 {
        backend.add_participants(&anna, id, vec![eva], added).await.unwrap();
    }
    let again = backend.add_participants(&anna, id, vec![eva], nonce()).await;
    assert!(matches!(again, Err(Error::Limited { .. })), "{again:?}");
}

#[tokio::test]
async fn a_call_that_never_rang_uses_up_no_ring() {
    let world = World::new().await;
    let settings = Settings { call_limits: CallLimits::default(), ..backend::testing::settings() };
    let backend = Backend::new(world.store.clone(), world.ports(world.voice.clone()), settings);
    let (anna, channel) = (world.actor("Anna"), world.direct("Anna", "Ben").await);
    world.voice.set_down(true);
    for _ in 0..3 {
        let refused = backend.initiate_call(&anna, channel, vec![], tap()).await;
        assert!(matches!(refused, Err(Error::VoiceServerDown)));
    }
    world.voice.set_down(false);
    backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap();
}
