//! How phones stop when the ring was ended somewhere, and what the caller learns of them.

use super::*;
use domain::{CallSnapshot, ParticipantStatus};
use push::{Answer, Failure};

/// What Anna sees of the call in her chat with this person.
async fn as_anna_sees_it(world: &World, callee: &str) -> CallSnapshot {
    let channel = world.direct("Anna", callee).await;
    world.backend.active_call(&world.actor("Anna"), channel).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_answer_on_one_device_replaces_the_cards_of_the_others_and_is_no_missed_call() {
    let world = World::new().await;
    let [phone, _] = bens(&world).await;
    let tablet = world.another_device("Ben").await;
    world.reach(&tablet, &at("tablet")).await.unwrap();
    let id = calls(&world, "Anna", "Ben").await;
    let rings = sent(&world).await;
    assert_eq!(kinds(&rings), [("laptop", "ring"), ("phone", "ring"), ("tablet", "ring")]);
    world.backend.answer_call(&phone, id, tap()).await.unwrap();
    let overs = sent(&world).await;
    assert_eq!(kinds(&overs), [("laptop", "over"), ("tablet", "over")], "the phone knows");
    for over in &overs {
        assert_eq!(card(over)["title"], "Incoming call from Anna Nowak");
        assert_eq!(card(over)["body"], "Answered on another device");
        assert_eq!((&card(over)["silent"], &card(over)["tag"]), (&Value::Bool(true), &card(&rings[0])["tag"]));
        assert_eq!((card(over).get("actions"), card(over).get("requireInteraction")), (None, None));
        assert!(over.ttl <= seconds(60), "tomorrow nobody wants to know");
    }
    // Hanging up, or going on on another device, moves no card.
    world.backend.move_call(&tablet, id, nonce()).await.unwrap();
    world.backend.end_call(&tablet, id, nonce()).await.unwrap();
    assert_eq!(sent(&world).await, []);
}

#[tokio::test]
async fn a_ring_that_comes_after_the_answer_on_that_very_device_is_replaced() {
    let world = World::new().await;
    let [phone, _] = bens(&world).await;
    world.push.hold(&at("phone"));
    let id = calls(&world, "Anna", "Ben").await;
    let answered = async {
        world.push.holds(&at("phone"), 1).await;
        world.backend.answer_call(&phone, id, tap()).await.unwrap();
        world.pass(seconds(1));
        world.push.let_go(&at("phone"));
    };
    tokio::join!(world.settle(), answered);
    world.settle().await;
    let of_the_phone: Vec<_> = world.push.take_sent().into_iter().filter(|pushed| name(pushed) == "phone").collect();
    assert_eq!(of_the_phone.iter().map(kind).collect::<Vec<_>>(), ["ring", "over"]);
}

#[tokio::test]
async fn what_ended_a_ring_on_a_device_says_nothing_of_the_card_of_the_next_one() {
    let world = World::new().await;
    let [phone, _] = bens(&world).await;
    let anna = world.actor("Anna");
    let id = anna_calls_the_choir(&world).await;
    sent(&world).await;
    world.push.answer(&at("laptop"), Answer::Failed(Failure::Unreachable));
    world.backend.answer_call(&phone, id, tap()).await.unwrap();
    assert_eq!(kinds(&sent(&world).await), [("laptop", "over")], "in vain: it will be tried again");
    world.backend.end_call(&phone, id, nonce()).await.unwrap();
    world.backend.add_participants(&anna, id, vec![phone.member()], nonce()).await.unwrap();
    assert_eq!(kinds(&sent(&world).await), [("laptop", "ring"), ("phone", "ring")]);
    world.advance(seconds(5)).await;
    assert_eq!(world.push.take_sent(), [], "it rings again");
    gives_up(&world, "Anna", id).await;
    assert_eq!(kinds(&sent(&world).await), [("laptop", "over"), ("phone", "over")]);
}

#[tokio::test]
async fn a_refusal_on_one_device_replaces_the_cards_of_the_others() {
    let world = World::new().await;
    let [phone, _] = bens(&world).await;
    let id = calls(&world, "Anna", "Ben").await;
    sent(&world).await;
    world.backend.decline_call(&phone, id, nonce()).await.unwrap();
    let overs = sent(&world).await;
    assert_eq!(kinds(&overs), [("laptop", "over")]);
    assert_eq!(card(&overs[0])["body"], "Call declined");
}

#[tokio::test]
async fn in_a_group_each_phone_stops_by_its_own() {
    let world = World::new().await;
    for name in ["Ben", "Clara"] {
        world.reach(&world.actor(name), &at(name)).await.unwrap();
        world.reach(&world.another_device(name).await, &at(&format!("{name}s-laptop"))).await.unwrap();
    }
    let id = anna_calls_the_choir(&world).await;
    assert_eq!(sent(&world).await.len(), 4);
    world.backend.answer_call(&world.actor("Ben"), id, tap()).await.unwrap();
    assert_eq!(kinds(&sent(&world).await), [("Bens-laptop", "over")], "Clara's go on");
    world.advance(RING).await;
    let missed = world.push.take_sent();
    assert_eq!(kinds(&missed), [("Clara", "over"), ("Claras-laptop", "over")]);
    assert!(missed.iter().all(|over| card(over)["title"] == "Missed call from Anna Nowak"));
}

#[tokio::test]
async fn a_ring_that_nobody_answers_becomes_a_missed_call_on_all_devices_and_the_next_call_rings() {
    let world = World::new().await;
    bens(&world).await;
    for _ in 0..2 {
        calls(&world, "Anna", "Ben").await;
        assert_eq!(kinds(&sent(&world).await), [("laptop", "ring"), ("phone", "ring")]);
        world.advance(RING).await;
        let overs = world.push.take_sent();
        assert_eq!(kinds(&overs), [("laptop", "over"), ("phone", "over")]);
        assert!(overs.iter().all(|over| card(over)["title"] == "Missed call from Anna Nowak"));
    }
    world.advance(seconds(60)).await;
    assert_eq!(world.push.take_sent(), [], "each is told once");
}

#[tokio::test]
async fn who_leaves_the_parish_mid_ring_is_rung_no_more() {
    let world = World::new().await;
    bens(&world).await;
    calls(&world, "Anna", "Ben").await;
    sent(&world).await;
    world.takes_away("parish", world.actor("Ben").member()).await;
    world.advance(seconds(2)).await;
    assert_eq!(kinds(&world.push.take_sent()), [("laptop", "over"), ("phone", "over")]);
    let channel = world.channel(ChannelKind::Parish, "Parish").await;
    let ben = world.actor("Ben").member();
    let call = world.backend.initiate_call(&world.actor("Anna"), channel, vec![ben], tap()).await;
    assert!(matches!(call, Err(backend::Error::Invalid(_))), "{call:?}");
    assert_eq!(sent(&world).await, []);
}

#[tokio::test]
async fn who_left_mid_ring_is_told_that_it_is_over_however_long_the_push_service_did_not_answer() {
    let world = World::new().await;
    bens(&world).await;
    calls(&world, "Anna", "Ben").await;
    sent(&world).await;
    for _ in 0..20 {
        world.push.answer(&at("phone"), Answer::Failed(Failure::Unreachable));
    }
    world.takes_away("parish", world.actor("Ben").member()).await;
    // Everything is done in it that is done from time to time: what is not needed any more is forgotten.
    for _ in 0..15 {
        world.advance(seconds(60)).await;
        world.backend.sweep().await.unwrap();
    }
    world.push.answer_as_usual();
    world.push.take_sent();
    world.advance(seconds(65)).await;
    assert_eq!(kinds(&world.push.take_sent()), [("phone", "over")]);
}

#[tokio::test]
async fn the_caller_reads_on_how_many_devices_it_rings_and_a_tab_and_the_worker_of_one_browser_are_one() {
    let world = World::new().await;
    let [phone, laptop] = bens(&world).await;
    let id = calls(&world, "Anna", "Ben").await;
    let bens_part = async || {
        let call = as_anna_sees_it(&world, "Ben").await;
        let ben = call.participants.into_iter().find(|p| p.member == phone.member()).unwrap();
        (ben.status, ben.devices)
    };
    assert_eq!(bens_part().await, (ParticipantStatus::Invited, 0));
    world.backend.confirm_ring(&phone, id).await.unwrap();
    assert_eq!(bens_part().await, (ParticipantStatus::Ringing, 1));
    assert!(world.backend.show_ring(&phone, id).await.unwrap(), "its worker has shown the card");
    assert_eq!(bens_part().await, (ParticipantStatus::Ringing, 1));
    for _ in 0..2 {
        assert!(world.backend.show_ring(&laptop, id).await.unwrap());
    }
    assert_eq!(bens_part().await, (ParticipantStatus::Ringing, 2));

    gives_up(&world, "Anna", id).await;
    let version = world.call(id).await.version;
    assert!(!world.backend.show_ring(&phone, id).await.unwrap(), "what is over rings no more");
    assert_eq!(world.call(id).await.version, version);
    calls(&world, "Anna", "Ben").await;
    assert_eq!(bens_part().await, (ParticipantStatus::Invited, 0), "each ring counts anew");
}

#[tokio::test]
async fn a_receipt_of_somebody_elses_call_says_that_nothing_rings_and_changes_nothing() {
    let world = World::new().await;
    let id = calls(&world, "Anna", "Ben").await;
    for stranger in ["Clara", "Anna"] {
        assert!(!world.backend.show_ring(&world.actor(stranger), id).await.unwrap());
    }
    assert_eq!(world.call(id).await.version, 0);
    assert_eq!(as_anna_sees_it(&world, "Ben").await.participants[1].devices, 0);
}

#[tokio::test]
async fn the_caller_of_somebody_who_talks_already_is_told_so_and_their_phones_ring_all_the_same() {
    let world = World::new().await;
    bens(&world).await;
    let other = calls(&world, "Clara", "Ben").await;
    world.backend.answer_call(&world.actor("Ben"), other, tap()).await.unwrap();
    sent(&world).await;
    let busy = async || {
        let call = as_anna_sees_it(&world, "Ben").await;
        call.participants.iter().map(|p| p.busy).collect::<Vec<_>>()
    };
    let id = calls(&world, "Anna", "Ben").await;
    assert_eq!(busy().await, [false, true]);
    assert_eq!(kinds(&sent(&world).await), [("laptop", "ring"), ("phone", "ring")]);
    gives_up(&world, "Anna", id).await;
    gives_up(&world, "Clara", other).await;
    calls(&world, "Anna", "Ben").await;
    assert_eq!(busy().await, [false, false]);
}
