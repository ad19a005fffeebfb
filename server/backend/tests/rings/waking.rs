//! When phones ring: at once, whoever else keeps somebody waiting, and whatever dies meanwhile.

use super::*;
use backend::Next;
use backend::voice_server::room_of;
use domain::{CallStatus, Event};

#[tokio::test]
async fn a_call_rings_all_devices_of_the_callee_and_stops_them_without_waiting_for_the_tick_of_a_clock() {
    let world = World::new().await;
    let [phone, _] = bens(&world).await;
    world.reach(&world.actor("Anna"), &at("annas")).await.unwrap();
    // He is looking at a page of ours, too.
    let _page = world.backend.subscribe(&phone);
    let still = Standstill::begin();
    let _worker = Worker::of(&world.backend);
    // What a worker does at its start may serve the first call; for the others there is only its waking up.
    for _ in 0..3 {
        let id = calls(&world, "Anna", "Ben").await;
        assert_eq!(next_kinds(&world, 2).await, all(&[("laptop", "ring"), ("phone", "ring")]));
        gives_up(&world, "Anna", id).await;
        assert_eq!(next_kinds(&world, 2).await, all(&[("laptop", "over"), ("phone", "over")]));
    }
    still.check();
    assert_eq!(world.push.take_sent(), [], "nobody else's device");
}

#[tokio::test]
async fn a_push_service_that_hangs_keeps_neither_pages_nor_other_devices_nor_the_end_of_the_call_waiting() {
    let world = World::new().await;
    let [_, laptop] = bens(&world).await;
    let mut page = world.backend.subscribe(&laptop);
    world.push.hold(&at("phone"));
    let still = Standstill::begin();
    let _worker = Worker::of(&world.backend);
    let id = calls(&world, "Anna", "Ben").await;
    let told = async |page: &mut backend::Subscription, status| loop {
        match timeout(PATIENCE, page.next()).await.expect("the page was told nothing") {
            Next::Event(Event::Call(call)) if call.status == status => return,
            // Of a PostgreSQL, a server that begins to listen tells every page to start over.
            Next::Event(_) | Next::Lost => {}
        }
    };
    told(&mut page, CallStatus::Ringing).await;
    assert_eq!(next_kinds(&world, 1).await, all(&[("laptop", "ring")]));
    timeout(PATIENCE, world.push.holds(&at("phone"), 1)).await.expect("his phone's ring is on its way");
    gives_up(&world, "Anna", id).await;
    told(&mut page, CallStatus::Missed).await;
    assert_eq!(next_kinds(&world, 1).await, all(&[("laptop", "over")]));
    // The outbox goes on: the room is closed as well, and the next call rings.
    calls(&world, "Anna", "Ben").await;
    assert_eq!(next_kinds(&world, 1).await, all(&[("laptop", "ring")]));
    assert_eq!(world.voice.times_closed(&room_of(id)), 1);
    still.check();

    // What was held up arrives in its order.
    world.push.let_go(&at("phone"));
    let late = [next(&world).await, next(&world).await, next(&world).await];
    assert_eq!(
        late.each_ref().map(|pushed| (name(pushed), kind(pushed))),
        [("phone", "ring"), ("phone", "over"), ("phone", "ring")]
    );
    assert_eq!(card(&late[0])["tag"], card(&late[1])["tag"]);
    assert_ne!(card(&late[0])["tag"], card(&late[2])["tag"]);
}

#[tokio::test]
async fn a_hundred_and_fifty_devices_at_a_service_that_hangs_keep_nobody_waiting_at_another_one() {
    let world = World::new().await;
    let (ben, clara) = (world.actor("Ben"), world.actor("Clara"));
    for number in 0..150 {
        let secret = backend::secret::fresh();
        let (now, later) = (world.now(), world.now() + seconds(3_600));
        world.store.insert_session(&backend::secret::hash(&secret), ben.member(), now, later).await.unwrap();
        let device = world.backend.authenticate(&secret).await.unwrap().unwrap();
        world.reach(&device, &at(&format!("ben{number}"))).await.unwrap();
        world.push.hold(&at(&format!("ben{number}")));
    }
    world.reach(&clara, "https://web.push.apple.com/clara").await.unwrap();
    let still = Standstill::begin();
    let _worker = Worker::of(&world.backend);
    let id = anna_calls_the_choir(&world).await;
    assert_eq!(next_kinds(&world, 1).await, all(&[("clara", "ring")]));
    gives_up(&world, "Anna", id).await;
    assert_eq!(next_kinds(&world, 1).await, all(&[("clara", "over")]));
    still.check();
}

#[tokio::test]
async fn a_server_that_is_killed_right_after_the_commit_rings_when_it_is_back_and_not_after_the_deadline() {
    let mut world = World::new().await;
    bens(&world).await;
    calls(&world, "Anna", "Ben").await;
    world.restart().await;
    world.pass(seconds(12));
    let rings = sent(&world).await;
    assert_eq!(kinds(&rings), [("laptop", "ring"), ("phone", "ring")]);
    assert!(rings.iter().all(|ring| ring.ttl == seconds(18)), "only for as long as it rings still");

    let world = World::new().await;
    bens(&world).await;
    calls(&world, "Anna", "Ben").await;
    world.pass(RING);
    assert_eq!(sent(&world).await, [], "nobody has ended the ring yet, but it is over");
    world.advance(seconds(60)).await;
    assert_eq!(world.push.take_sent(), []);
}

#[tokio::test]
async fn what_a_server_was_sending_when_it_was_killed_is_sent_by_the_next_one_while_it_rings() {
    let mut world = World::new().await;
    bens(&world).await;
    for name in ["phone", "laptop"] {
        world.push.hold(&at(name));
    }
    let id = calls(&world, "Anna", "Ben").await;
    let killed = async {
        world.push.holds(&at("phone"), 1).await;
        world.push.holds(&at("laptop"), 1).await;
    };
    tokio::select! {
        () = world.settle() => panic!("nothing gets through"),
        () = killed => {}
    }
    world.restart().await;
    for name in ["phone", "laptop"] {
        world.push.let_go(&at(name));
    }
    assert_eq!(sent(&world).await, [], "that may be at work still");
    world.pass(seconds(10));
    let rings = sent(&world).await;
    assert_eq!(kinds(&rings), [("laptop", "ring"), ("phone", "ring")]);
    assert!(rings.iter().all(|ring| ring.ttl == seconds(20)));
    gives_up(&world, "Anna", id).await;
    assert_eq!(kinds(&sent(&world).await), [("laptop", "over"), ("phone", "over")]);
}

#[tokio::test]
async fn what_a_server_is_still_sending_is_nobody_elses_however_long_it_takes() {
    let world = World::new().await;
    let [phone, _] = bens(&world).await;
    world.push.hold(&at("phone"));
    calls(&world, "Anna", "Ben").await;
    let still = Standstill::begin();
    let slow = async {
        world.settle().await;
        world.push.take_sent()
    };
    let meanwhile = async {
        timeout(PATIENCE, world.push.holds(&at("phone"), 1)).await.expect("a ring on its way");
        let kept = async || {
            let due = world.store.claim_jobs(world.now(), Duration::ZERO, 9).await.unwrap();
            due.is_empty()
        };
        for _ in 0..6 {
            world.pass(seconds(3));
            still.pass(seconds(3)).await;
            timeout(PATIENCE, async { while !kept().await {} }).await.expect("the lease is renewed");
        }
        world.push.let_go(&at("phone"));
    };
    let (sent, ()) = tokio::join!(slow, meanwhile);
    assert_eq!(kinds(&sent), [("laptop", "ring"), ("phone", "ring")]);
    assert!(world.backend.push_health(&phone).await.unwrap().unwrap().accepted_ms_ago.is_some());
}

#[tokio::test]
async fn a_ring_that_is_over_before_it_was_pushed_is_not_pushed_and_neither_is_its_end() {
    let world = World::new().await;
    let [phone, _] = bens(&world).await;
    let id = calls(&world, "Anna", "Ben").await;
    gives_up(&world, "Anna", id).await;
    assert_eq!(sent(&world).await, []);
    let id = calls(&world, "Anna", "Ben").await;
    world.backend.answer_call(&phone, id, tap()).await.unwrap();
    assert_eq!(sent(&world).await, []);
}

#[tokio::test]
async fn a_ring_that_was_held_up_until_its_deadline_by_another_one_is_not_pushed_any_more() {
    let world = World::new().await;
    world.reach(&world.actor("Ben"), &at("phone")).await.unwrap();
    world.push.hold(&at("phone"));
    calls(&world, "Anna", "Ben").await;
    let meanwhile = async {
        timeout(PATIENCE, world.push.holds(&at("phone"), 1)).await.expect("a ring on its way");
        calls(&world, "Clara", "Ben").await;
        let second = async {
            // It has been taken on by now, and queues up behind the first one.
            while !world.store.claim_jobs(world.now(), Duration::ZERO, 9).await.unwrap().is_empty() {}
            world.pass(RING);
            world.push.let_go(&at("phone"));
        };
        tokio::join!(world.settle(), second);
    };
    tokio::join!(world.settle(), meanwhile);
    let [ring] = &world.push.take_sent()[..] else { panic!("one") };
    assert_eq!(card(ring)["title"], "Incoming call from Anna Nowak");
}

#[tokio::test]
async fn who_is_rung_again_before_the_end_of_the_last_ring_was_pushed_rings_and_stops_with_the_new_one() {
    let world = World::new().await;
    world.reach(&world.actor("Clara"), &at("clara")).await.unwrap();
    let id = anna_calls_the_choir(&world).await;
    world.backend.answer_call(&world.actor("Ben"), id, tap()).await.unwrap();
    assert_eq!(kinds(&sent(&world).await), [("clara", "ring")]);
    world.backend.decline_call(&world.actor("Clara"), id, nonce()).await.unwrap();
    let again = vec![world.actor("Clara").member()];
    world.backend.add_participants(&world.actor("Anna"), id, again, nonce()).await.unwrap();
    assert_eq!(kinds(&sent(&world).await), [("clara", "ring")], "and no card that says that it is over");
    world.advance(RING).await;
    assert_eq!(kinds(&world.push.take_sent()), [("clara", "over")]);
}

#[tokio::test]
async fn who_is_rung_again_just_when_the_last_ring_is_over_and_nobody_has_looked_rings() {
    let world = World::new().await;
    world.reach(&world.actor("Clara"), &at("clara")).await.unwrap();
    let id = anna_calls_the_choir(&world).await;
    world.backend.answer_call(&world.actor("Ben"), id, tap()).await.unwrap();
    assert_eq!(kinds(&sent(&world).await), [("clara", "ring")]);
    world.pass(RING);
    let again = vec![world.actor("Clara").member()];
    world.backend.add_participants(&world.actor("Anna"), id, again, nonce()).await.unwrap();
    let rings = sent(&world).await;
    assert_eq!(kinds(&rings), [("clara", "ring")]);
    assert_eq!(rings[0].ttl, RING);
}
