//! Stories of the list of calls.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use backend::testing::{World, nonce, tap};
use backend::{Actor, Error, Next, Subscription};
use domain::record::RECORDS_AT_ONCE;
use domain::{CallId, CallRecord, ChannelKind, Event, Part};
use futures::FutureExt;
use std::time::Duration;

const RING: Duration = Duration::from_secs(30);

/// Somebody calls somebody.
async fn calls(world: &World, caller: &str, callee: &str) -> CallId {
    let channel = world.direct(caller, callee).await;
    world.backend.initiate_call(&world.actor(caller), channel, vec![], tap()).await.unwrap().call.id
}

async fn hangs_up(world: &World, who: &str, call: CallId) {
    world.backend.end_call(&world.actor(who), call, nonce()).await.unwrap();
}

async fn recent(world: &World, actor: &Actor, missed: bool) -> Vec<CallRecord> {
    world.backend.recent_calls(actor, actor.parish(), missed, None).await.unwrap()
}

fn parts(records: &[CallRecord]) -> Vec<(CallId, Part)> {
    records.iter().map(|record| (record.id, record.part)).collect()
}

/// How many missed calls a device was told of, one time after the other.
fn told(device: &mut Subscription) -> Vec<u32> {
    let mut told = vec![];
    while let Some(next) = device.next().now_or_never() {
        if let Next::Event(Event::Missed(missed)) = next {
            told.push(missed);
        }
    }
    told
}

#[tokio::test]
async fn a_member_finds_the_calls_of_all_their_channels_with_what_they_had_to_do_with_them() {
    let world = World::new().await;
    let ben = world.actor("Ben");
    let cancelled = calls(&world, "Anna", "Ben").await;
    hangs_up(&world, "Anna", cancelled).await;
    let declined = calls(&world, "Anna", "Ben").await;
    world.backend.decline_call(&ben, declined, nonce()).await.unwrap();
    let own = calls(&world, "Ben", "Anna").await;
    world.backend.answer_call(&world.actor("Anna"), own, tap()).await.unwrap();
    world.pass(Duration::from_secs(7));
    hangs_up(&world, "Ben", own).await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let gathered = world.backend.gather_call(&world.actor("Anna"), choir, tap()).await.unwrap().call.id;

    let list = recent(&world, &ben, false).await;
    let expected =
        [(gathered, Part::Apart), (own, Part::Outgoing), (declined, Part::Declined), (cancelled, Part::Missed)];
    assert_eq!(parts(&list), expected);
    assert_eq!((list[1].duration, list[1].people), (Some(7), 2));
    assert!(!list[0].is_over());
    assert_eq!(parts(&recent(&world, &ben, true).await), expected[3..]);
    let direct = world.direct("Anna", "Ben").await;
    let history = world.backend.call_history(&ben, direct, false, None).await.unwrap();
    assert_eq!(parts(&history), expected[1..]);
    // Nobody else finds a call of the two, and nobody finds another parish's.
    assert_eq!(parts(&recent(&world, &world.actor("Clara"), false).await), expected[..1]);
    let elsewhere = domain::ParishId(uuid::Uuid::from_u128(7));
    assert!(matches!(world.backend.recent_calls(&ben, elsewhere, false, None).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn the_list_comes_in_pages_and_nothing_is_left_out_between_two() {
    let world = World::new().await;
    let anna = world.actor("Anna");
    let parish = world.channel(ChannelKind::Parish, "Parish").await;
    let mut begun = vec![];
    for _ in 0..=RECORDS_AT_ONCE {
        // So often nobody may call the same person.
        world.pass(Duration::from_secs(60));
        let call = world.backend.gather_call(&anna, parish, tap()).await.unwrap().call.id;
        hangs_up(&world, "Anna", call).await;
        begun.insert(0, call);
    }
    let ids = |page: &[CallRecord]| page.iter().map(|record| record.id).collect::<Vec<_>>();
    let first = recent(&world, &anna, false).await;
    assert_eq!(ids(&first), begun[..RECORDS_AT_ONCE]);
    let last = first.last().map(|record| record.id);
    let second = world.backend.recent_calls(&anna, anna.parish(), false, last).await.unwrap();
    assert_eq!(ids(&second), begun[RECORDS_AT_ONCE..]);
}

#[tokio::test]
async fn a_missed_call_is_counted_on_every_device_until_the_list_is_seen_on_one() {
    let world = World::new().await;
    let ben = world.actor("Ben");
    let mut devices = [world.backend.subscribe(&ben), world.backend.subscribe(&world.another_device("Ben").await)];
    let mut annas = world.backend.subscribe(&world.actor("Anna"));
    for missed in 1..=2 {
        calls(&world, "Anna", "Ben").await;
        world.advance(RING).await;
        for device in &mut devices {
            assert_eq!(told(device), [missed]);
        }
    }
    assert_eq!(world.backend.live(&ben).await.unwrap().missed, 2, "also to who comes later");
    assert_eq!(world.backend.community(&ben).await.unwrap().missed, 2);
    world.backend.mark_calls_seen(&ben, None).await.unwrap();
    for device in &mut devices {
        assert_eq!(told(device), [0]);
    }
    assert_eq!(world.backend.live(&ben).await.unwrap().missed, 0);
    assert_eq!(world.backend.unseen(&ben).await.unwrap().missed, 0, "nor on the icon of the app");
    // Once is enough, and it is nobody else's business.
    world.backend.mark_calls_seen(&ben, None).await.unwrap();
    assert_eq!((told(&mut devices[0]), told(&mut annas)), (vec![], vec![]));
}

#[tokio::test]
async fn a_call_that_is_missed_while_others_talk_is_counted_at_once_and_not_while_it_rings_again() {
    let world = World::new().await;
    let clara = world.actor("Clara");
    let mut page = world.backend.subscribe(&clara);
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let id = world.backend.initiate_call(&world.actor("Anna"), choir, vec![], tap()).await.unwrap().call.id;
    world.backend.answer_call(&world.actor("Ben"), id, tap()).await.unwrap();
    world.advance(RING).await;
    assert_eq!(told(&mut page), [1]);
    world.pass(Duration::from_secs(60));
    world.backend.add_participants(&world.actor("Anna"), id, vec![clara.member()], nonce()).await.unwrap();
    assert_eq!(told(&mut page), [0]);
    world.backend.answer_call(&clara, id, tap()).await.unwrap();
    assert_eq!(told(&mut page), Vec::<u32>::new());
    assert_eq!(parts(&recent(&world, &clara, false).await), [(id, Part::Incoming)]);
}

#[tokio::test]
async fn who_misses_a_call_of_a_channel_they_are_not_in_finds_it_and_who_rang_them() {
    let world = World::new().await;
    let (ben, clara) = (world.actor("Ben"), world.actor("Clara"));
    let id = calls(&world, "Anna", "Ben").await;
    world.backend.answer_call(&ben, id, tap()).await.unwrap();
    world.backend.add_participants(&ben, id, vec![clara.member()], nonce()).await.unwrap();
    world.advance(RING).await;
    let [record] = &recent(&world, &clara, true).await[..] else { panic!("one call") };
    assert_eq!((record.id, record.caller), (id, ben.member()));
    assert_eq!(world.backend.live(&clara).await.unwrap().missed, 1);
    assert!(matches!(world.backend.call_history(&clara, record.channel, true, None).await, Err(Error::NotFound)));
    let seen = world.backend.mark_calls_seen(&clara, Some(record.channel)).await;
    assert!(matches!(seen, Err(Error::NotFound)));
    world.backend.mark_calls_seen(&clara, None).await.unwrap();
    assert_eq!(world.backend.live(&clara).await.unwrap().missed, 0);
}

#[tokio::test]
async fn seeing_the_calls_of_one_channel_leaves_those_of_others_to_be_seen() {
    let world = World::new().await;
    let ben = world.actor("Ben");
    for caller in ["Anna", "Clara"] {
        let id = calls(&world, caller, "Ben").await;
        hangs_up(&world, caller, id).await;
    }
    let mut page = world.backend.subscribe(&ben);
    world.backend.mark_calls_seen(&ben, Some(world.direct("Anna", "Ben").await)).await.unwrap();
    assert_eq!(told(&mut page), [1]);
    assert_eq!(recent(&world, &ben, true).await.len(), 2, "they stay in the list");
}
