//! Quiet hours: no phone rings, nothing is sent, the caller is told, and the call waits as missed.

use super::*;
use backend::{Backend, CallLimits, Error, Settings};
use domain::text::Field;
use domain::{CallStatus, ParticipantStatus, QuietHours, WallTime};
use futures::FutureExt;

/// Two hours that begin so many minutes from now, by a clock that shows so many minutes more than UTC.
fn two_hours(world: &World, from_now: i64, ahead: i64) -> QuietHours {
    let minutes = world.now().0.div_euclid(60_000) + ahead + from_now;
    let time = |minutes: i64| WallTime::try_from(u16::try_from(minutes.rem_euclid(24 * 60)).unwrap()).unwrap();
    QuietHours::new(time(minutes), time(minutes + 120)).unwrap()
}

async fn ben_keeps_quiet(world: &World, from_now: i64) {
    let hours = two_hours(world, from_now, 0);
    world.backend.set_quiet_hours(&world.actor("Ben"), Some(hours)).await.unwrap();
}

#[tokio::test]
async fn in_quiet_hours_no_phone_rings_the_caller_is_told_why_and_the_call_waits_as_missed() {
    let world = World::new().await;
    let [ben, _] = bens(&world).await;
    ben_keeps_quiet(&world, -60).await;
    let mut page = world.backend.subscribe(&ben);
    let id = calls(&world, "Anna", "Ben").await;
    assert_eq!(sent(&world).await, [], "nothing goes to his phones");
    let told = world.backend.live(&world.actor("Anna")).await.unwrap();
    let bens_part = told.calls[0].participant(ben.member()).unwrap();
    assert!(bens_part.quiet && bens_part.ring_left_ms.is_some(), "she waits, and knows why nobody comes");
    assert_eq!(world.backend.live(&ben).await.unwrap().calls[0].rings_for(ben.member()), None);
    assert_eq!(world.backend.ringing(&ben, ben.parish()).await.unwrap(), []);
    while let Some(backend::Next::Event(event)) = page.next().now_or_never() {
        if let domain::Event::Call(call) = event {
            assert_eq!(call.rings_for(ben.member()), None, "no open page of his rings");
        }
    }
    let confirmed = world.backend.confirm_ring(&ben, id).await;
    assert!(matches!(confirmed, Err(Error::Call(domain::CallError::NotRinging))), "{confirmed:?}");
    world.advance(RING).await;
    assert_eq!(world.call(id).await.state.status(), CallStatus::Missed);
    assert_eq!(sent(&world).await, []);
    assert_eq!(world.backend.community(&ben).await.unwrap().missed, 1);
}

#[tokio::test]
async fn before_and_after_the_quiet_hours_phones_ring() {
    for from_now in [1, -121] {
        let world = World::new().await;
        bens(&world).await;
        ben_keeps_quiet(&world, from_now).await;
        calls(&world, "Anna", "Ben").await;
        assert_eq!(kinds(&sent(&world).await), [("laptop", "ring"), ("phone", "ring")], "{from_now}");
    }
    let world = World::new().await;
    bens(&world).await;
    ben_keeps_quiet(&world, -60).await;
    world.backend.set_quiet_hours(&world.actor("Ben"), None).await.unwrap();
    calls(&world, "Anna", "Ben").await;
    assert_eq!(sent(&world).await.len(), 2, "he has none any more");
}

#[tokio::test]
async fn quiet_hours_go_by_the_clock_of_the_parish() {
    let world = World::new().await;
    let [ben, _] = bens(&world).await;
    // Kathmandu is 5 hours and 45 minutes ahead, in summer and in winter.
    world.backend.set_quiet_hours(&ben, Some(two_hours(&world, -60, 5 * 60 + 45))).await.unwrap();
    let id = calls(&world, "Anna", "Ben").await;
    assert_eq!(sent(&world).await.len(), 2, "by UTC it is not quiet");
    gives_up(&world, "Anna", id).await;
    world.settle().await;
    world.push.take_sent();
    world.backend.set_time_zone(&world.actor("Anna"), "Asia/Kathmandu").await.unwrap();
    assert_eq!(world.backend.community(&ben).await.unwrap().time_zone, "Asia/Kathmandu");
    calls(&world, "Anna", "Ben").await;
    assert_eq!(sent(&world).await, []);
    let nowhere = world.backend.set_time_zone(&world.actor("Anna"), "Mars/Olympus").await;
    assert!(matches!(nowhere, Err(Error::Invalid(Field::TimeZone))), "{nowhere:?}");
}

#[tokio::test]
async fn who_leads_rings_all_the_same_when_it_is_urgent_and_nobody_else_can() {
    let world = World::new().await;
    let [ben, _] = bens(&world).await;
    ben_keeps_quiet(&world, -60).await;
    let id = calls(&world, "David", "Ben").await;
    let refused = world.backend.ring_urgently(&world.actor("David"), id).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    let elsewhere = world.backend.ring_urgently(&world.actor("Clara"), id).await;
    assert!(matches!(elsewhere, Err(Error::NotFound)), "{elsewhere:?}");
    gives_up(&world, "David", id).await;
    let id = calls(&world, "Clara", "Ben").await;
    world.advance(seconds(20)).await;
    assert_eq!(sent(&world).await, []);
    world.backend.ring_urgently(&world.actor("Clara"), id).await.unwrap();
    assert_eq!(kinds(&sent(&world).await), [("laptop", "ring"), ("phone", "ring")]);
    let live = world.backend.live(&ben).await.unwrap();
    assert!(live.calls[0].rings_for(ben.member()).is_some_and(|left| left > 25_000), "anew, and in full");
    world.backend.answer_call(&ben, id, tap()).await.unwrap();
    let status = world.call(id).await.snapshot(world.now()).participant(ben.member()).unwrap().status;
    assert_eq!(status, ParticipantStatus::Connected);
}

#[tokio::test]
async fn a_ring_that_is_urgent_counts_as_any_other() {
    let world = World::new().await;
    ben_keeps_quiet(&world, -60).await;
    let limits = CallLimits { starts_per_minute: 100, rings_per_pair: 3 };
    let settings = Settings { call_limits: limits, ..backend::testing::settings() };
    let backend = Backend::new(world.store.clone(), world.ports(world.voice.clone()), settings);
    let (clara, channel) = (world.actor("Clara"), world.direct("Clara", "Ben").await);
    let calls = async || backend.initiate_call(&clara, channel, vec![], tap()).await.unwrap().call.id;
    let id = calls().await;
    backend.ring_urgently(&clara, id).await.unwrap();
    backend.end_call(&clara, id, nonce()).await.unwrap();
    let fourth = backend.ring_urgently(&clara, calls().await).await;
    assert!(matches!(fourth, Err(Error::Limited { .. })), "{fourth:?}");
}

#[tokio::test]
async fn in_a_call_of_many_those_without_quiet_hours_ring() {
    let world = World::new().await;
    bens(&world).await;
    world.reach(&world.actor("Clara"), &at("claras")).await.unwrap();
    ben_keeps_quiet(&world, -60).await;
    let id = anna_calls_the_choir(&world).await;
    assert_eq!(kinds(&sent(&world).await), [("claras", "ring")]);
    world.backend.answer_call(&world.actor("Clara"), id, tap()).await.unwrap();
    world.settle().await;
    world.push.take_sent();
    world.backend.ring_urgently(&world.actor("Anna"), id).await.unwrap();
    assert_eq!(kinds(&sent(&world).await), [("laptop", "ring"), ("phone", "ring")], "Clara rings no second time");
}

#[tokio::test]
async fn whoever_is_blocked_does_not_ring_a_phone_by_calling_it_urgent() {
    let world = World::new().await;
    let [ben, _] = bens(&world).await;
    ben_keeps_quiet(&world, -60).await;
    world.backend.block(&ben, world.actor("Anna").member(), true).await.unwrap();
    let id = calls(&world, "Anna", "Ben").await;
    world.backend.ring_urgently(&world.actor("Anna"), id).await.unwrap();
    assert_eq!(sent(&world).await, []);
    assert_eq!(world.backend.live(&ben).await.unwrap().calls[0].rings_for(ben.member()), None);
}

#[tokio::test]
async fn no_message_is_told_of_in_quiet_hours_and_it_waits_as_unread() {
    let world = World::new().await;
    let [ben, _] = bens(&world).await;
    ben_keeps_quiet(&world, -60).await;
    let direct = world.direct("Anna", "Ben").await;
    world.backend.post_message(&world.actor("Anna"), direct, "@Ben, hello", None).await.unwrap();
    world.advance(seconds(4)).await;
    assert_eq!(sent(&world).await, []);
    let unread = world.backend.live(&ben).await.unwrap().unread;
    assert!(unread.iter().any(|(channel, unread)| *channel == direct && *unread == 1), "{unread:?}");
}

#[tokio::test]
async fn the_clock_of_a_new_parish_stands_where_its_first_admin_is_and_no_later_one_moves_it() {
    let world = World::new().await;
    let (_, first) = world.backend.create_parish("St. Zita").await.unwrap();
    let second = world.backend.invite(Some("St. Zita"), domain::Role::Admin).await.unwrap();
    let member = world.backend.invite(Some("St. Zita"), domain::Role::Member).await.unwrap();
    let here = std::net::IpAddr::from([127, 0, 0, 1]);
    for (invite, login, zone, stands) in [
        (&member, "member", "Asia/Tokyo", ""),
        (&first, "first", "Europe/Warsaw", "Europe/Warsaw"),
        (&second, "second", "Asia/Tokyo", "Europe/Warsaw"),
    ] {
        let joined = world.backend.sign_up(invite, login, login, "correct horse", domain::Language::English, here);
        let session = joined.await.unwrap();
        world.backend.suggest_time_zone(&session, "Mars/Olympus").await.unwrap();
        world.backend.suggest_time_zone(&session, zone).await.unwrap();
        let actor = world.backend.authenticate(&session.secret).await.unwrap().unwrap();
        assert_eq!(world.backend.community(&actor).await.unwrap().time_zone, stands, "{login}");
    }
}
