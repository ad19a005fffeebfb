//! Stories of two servers on one PostgreSQL, in front of one voice server: they are one product. Anna's browser is
//! connected to one of them, Ben's to the other.

use backend::testing::{Pushed, World, nonce, on_two_servers, subscription, tap};
use backend::voice_server::room_of;
use backend::{Next, Subscription};
use domain::{CallSnapshot, CallState, CallStatus, ChannelId, ChannelKind, EndReason, Event, Language, Message};
use std::time::Duration;
use tokio::time::timeout;

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);
const RING: Duration = Duration::from_secs(30);

async fn next(device: &mut Subscription) -> Next {
    timeout(PATIENCE, device.next()).await.expect("the device was told nothing")
}

/// What a device is told of a call once it is in this status.
async fn told_of(device: &mut Subscription, status: CallStatus) -> CallSnapshot {
    loop {
        match next(device).await {
            Next::Event(Event::Call(call)) if call.status == status => return call,
            Next::Event(_) => {}
            Next::Lost => panic!("something was lost"),
        }
    }
}

/// The next word of how much there is to read.
async fn unread(device: &mut Subscription) -> (ChannelId, u32) {
    loop {
        match next(device).await {
            Next::Event(Event::Unread { channel, unread }) => return (channel, unread),
            Next::Event(_) => {}
            Next::Lost => panic!("something was lost"),
        }
    }
}

/// How many missed calls a device is told next.
async fn missed(device: &mut Subscription) -> u32 {
    loop {
        match next(device).await {
            Next::Event(Event::Missed(missed)) => return missed,
            Next::Event(_) => {}
            Next::Lost => panic!("something was lost"),
        }
    }
}

/// Which devices were sent what, by the ends of their endpoints, in the order in which it arrived.
fn pushed(world: &World) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let name = |endpoint: &str| endpoint.rsplit('/').next().expect("a name").to_owned();
    let of = |pushed: &Pushed| (name(&pushed.endpoint), text(&pushed.card["notification"]["data"]["kind"]));
    world.push.take_sent().iter().map(of).collect()
}

/// The next line that a device is told of.
fn says(message: &Message) -> &str {
    message.words().map_or("", |words| &words.text)
}

async fn line(device: &mut Subscription) -> Message {
    loop {
        match next(device).await {
            Next::Event(Event::Message(message)) => return message,
            Next::Event(_) => {}
            Next::Lost => panic!("something was lost"),
        }
    }
}

#[tokio::test]
async fn anna_calls_at_one_server_ben_rings_at_the_other_they_talk_and_hang_up() {
    on_two_servers(|one, other| async move {
        let (anna, ben) = (one.actor("Anna"), other.actor("Ben"));
        let channel = one.direct("Anna", "Ben").await;
        let (mut page, mut phone) = (one.backend.subscribe(&anna), other.backend.subscribe(&ben));

        let seat = one.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap();
        let id = seat.call.id;
        one.voice.join(&seat.access).unwrap();
        let rings = told_of(&mut phone, CallStatus::Ringing).await;
        assert_eq!((rings.id, rings.rings_for(ben.member())), (id, Some(30_000)));

        let seat = other.backend.answer_call(&ben, id, tap()).await.unwrap();
        other.voice.join(&seat.access).unwrap();
        let answered = told_of(&mut page, CallStatus::Active).await;
        assert_eq!((answered.id, answered.version), (id, seat.call.version));

        // Both servers look after the call, and neither puts anybody out.
        one.advance_both(&other, Duration::from_secs(60)).await;
        one.backend.end_call(&anna, id, nonce()).await.unwrap();
        told_of(&mut phone, CallStatus::Ended).await;
        assert_eq!(line(&mut phone).await.card().unwrap().id, id);
        tokio::join!(one.settle(), other.settle());
        assert_eq!(one.voice.open_rooms(), Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_ring_that_two_servers_watch_ends_once() {
    on_two_servers(|one, other| async move {
        let (anna, ben) = (one.actor("Anna"), other.actor("Ben"));
        let channel = one.direct("Anna", "Ben").await;
        let (mut page, mut phone) = (one.backend.subscribe(&anna), other.backend.subscribe(&ben));
        let id = one.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap().call.id;
        one.advance_both(&other, RING).await;

        let call = one.call(id).await;
        assert!(matches!(call.state, CallState::Missed { reason: EndReason::Missed, .. }), "{:?}", call.state);
        for device in [&mut page, &mut phone] {
            assert_eq!(told_of(device, CallStatus::Missed).await.version, call.version);
            assert_eq!(line(device).await.card().unwrap().id, id);
        }
        let timeline = other.backend.messages(&ben, channel, None).await.unwrap();
        assert_eq!(timeline.iter().filter(|line| line.card().is_some()).count(), 1);
        one.advance_both(&other, Duration::from_secs(60)).await;
        assert_eq!(one.voice.times_closed(&room_of(id)), 1);
    })
    .await;
}

#[tokio::test]
async fn two_who_call_each_other_through_two_servers_end_up_in_one_call() {
    on_two_servers(|one, other| async move {
        let (anna, ben) = (one.actor("Anna"), other.actor("Ben"));
        let channel = one.direct("Anna", "Ben").await;
        let (annas, bens) = tokio::join!(
            one.backend.initiate_call(&anna, channel, vec![], tap()),
            other.backend.initiate_call(&ben, channel, vec![], tap()),
        );
        assert_eq!(annas.unwrap().call.id, bens.unwrap().call.id);
    })
    .await;
}

#[tokio::test]
async fn what_anna_writes_is_read_at_both_servers() {
    on_two_servers(|one, other| async move {
        let (anna, ben) = (one.actor("Anna"), other.actor("Ben"));
        let channel = one.direct("Anna", "Ben").await;
        let [mut page, mut phone, mut stranger] =
            [one.backend.subscribe(&anna), other.backend.subscribe(&ben), other.backend.subscribe(&one.actor("Clara"))];
        let written = one.backend.post_message(&anna, channel, "Good morning.", None).await.unwrap();
        assert_eq!(line(&mut page).await, written);
        assert_eq!(line(&mut phone).await, written);

        // Told once where it was written, and nowhere to those who may not read it.
        let parish = one.channel(ChannelKind::Parish, "Parish").await;
        let next_one = other.backend.post_message(&ben, parish, "Good morning, everybody.", None).await.unwrap();
        assert_eq!(line(&mut page).await, next_one);
        assert_eq!(line(&mut stranger).await, next_one);
    })
    .await;
}

#[tokio::test]
async fn the_card_of_a_call_between_picked_people_reaches_nobody_else_at_the_other_server() {
    on_two_servers(|one, other| async move {
        let (anna, ben) = (one.actor("Anna"), other.actor("Ben"));
        let parish = one.channel(ChannelKind::Parish, "Parish").await;
        let (mut phone, mut stranger) = (other.backend.subscribe(&ben), other.backend.subscribe(&one.actor("Eva")));
        let id = one.backend.initiate_call(&anna, parish, vec![ben.member()], tap()).await.unwrap().call.id;
        one.backend.end_call(&anna, id, nonce()).await.unwrap();
        let words = one.backend.post_message(&anna, parish, "Good night.", None).await.unwrap();
        assert_eq!(line(&mut phone).await.card().unwrap().id, id);
        told_of(&mut phone, CallStatus::Missed).await;
        assert!(matches!(next(&mut phone).await, Next::Event(Event::Changed(card)) if card.card().unwrap().id == id));
        assert_eq!(next(&mut stranger).await, Next::Event(Event::Message(words)));
    })
    .await;
}

#[tokio::test]
async fn somebody_new_is_seen_and_a_new_chat_opens_at_both_servers() {
    on_two_servers(|one, other| async move {
        let (anna, eva) = (one.actor("Anna"), other.actor("Eva"));
        let mut phone = other.backend.subscribe(&eva);
        one.direct("Anna", "Eva").await;
        assert_eq!(next(&mut phone).await, Next::Lost, "which calls she sees may be others now");
        assert_eq!(other.direct("Eva", "Anna").await, one.direct("Anna", "Eva").await);

        let invite = one.backend.invite(None, domain::Role::Member).await.unwrap();
        let (here, password) = ([127, 0, 0, 1].into(), "correct horse battery staple");
        one.backend.sign_up(&invite, "Felix Braun", "felix", password, Language::English, here).await.unwrap();
        assert_eq!(next(&mut phone).await, Next::Event(Event::Community));
        let names: Vec<String> =
            other.backend.community(&anna).await.unwrap().members.into_iter().map(|member| member.name).collect();
        assert!(names.contains(&"Felix Braun".to_owned()), "{names:?}");
    })
    .await;
}

#[tokio::test]
async fn servers_that_did_not_hear_each_other_let_every_browser_start_over_and_hear_again() {
    on_two_servers(|one, other| async move {
        let (anna, ben) = (one.actor("Anna"), other.actor("Ben"));
        let channel = one.direct("Anna", "Ben").await;
        let mut devices = [one.backend.subscribe(&anna), other.backend.subscribe(&ben)];
        one.cut_listeners().await;
        for device in &mut devices {
            assert_eq!(next(device).await, Next::Lost);
        }
        let written = one.backend.post_message(&anna, channel, "Are you still there?", None).await.unwrap();
        for device in &mut devices {
            assert_eq!(line(device).await, written);
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_server_had_taken_upon_itself_when_it_died_is_done_by_the_other() {
    on_two_servers(|one, other| async move {
        let anna = one.actor("Anna");
        let channel = one.direct("Anna", "Ben").await;
        let seat = one.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap();
        let id = seat.call.id;
        one.backend.end_call(&anna, id, nonce()).await.unwrap();
        let taken = one.store.claim_jobs(seat.call.as_of, Duration::from_secs(9), 9).await.unwrap();
        assert_eq!(taken.len(), 3, "a ring, its end, and the room");
        drop(one);

        other.advance(Duration::from_secs(8)).await;
        assert_eq!(other.voice.times_closed(&room_of(id)), 0);
        other.advance(Duration::from_secs(1)).await;
        assert_eq!(other.voice.times_closed(&room_of(id)), 1);
    })
    .await;
}

const PHONE: &str = "https://fcm.googleapis.com/fcm/send/phone";

#[tokio::test]
async fn a_phone_is_rung_once_by_two_servers_that_are_both_at_it_and_stops_once() {
    on_two_servers(|one, other| async move {
        let laptop = other.another_device("Ben").await;
        one.reach(&one.actor("Ben"), PHONE).await.unwrap();
        other.reach(&laptop, "https://fcm.googleapis.com/fcm/send/laptop").await.unwrap();
        let workers = [&one, &other].map(|world| {
            let backend = world.backend.clone();
            tokio::spawn(async move { backend.run().await })
        });
        let told = |kind: &str| [("laptop".to_owned(), kind.to_owned()), ("phone".to_owned(), kind.to_owned())];
        let both = async || {
            let mut both = vec![];
            for _ in 0..2 {
                let next = timeout(PATIENCE, one.push.next()).await.expect("nothing was sent");
                let kind = next.card["notification"]["data"]["kind"].as_str().unwrap().to_owned();
                both.push((next.endpoint.rsplit('/').next().unwrap().to_owned(), kind));
            }
            both.sort();
            both
        };
        for (begins, ends) in [(&one, &other), (&other, &one)] {
            let channel = begins.direct("Anna", "Ben").await;
            let seat = begins.backend.initiate_call(&begins.actor("Anna"), channel, vec![], tap()).await.unwrap();
            assert_eq!(both().await, told("ring"));
            ends.backend.end_call(&ends.actor("Anna"), seat.call.id, nonce()).await.unwrap();
            assert_eq!(both().await, told("over"));
        }
        // Everything is done, whoever did it, and nothing is done again.
        let left = async || {
            tokio::join!(one.settle(), other.settle());
            let all = one.store.claim_jobs(one.now() + Duration::from_secs(15), Duration::ZERO, 99).await;
            all.unwrap().len()
        };
        timeout(PATIENCE, async { while left().await > 0 {} }).await.expect("all is done");
        workers.into_iter().for_each(|worker| worker.abort());
        assert_eq!(pushed(&one), []);
    })
    .await;
}

#[tokio::test]
async fn a_ring_that_is_ended_at_the_other_server_while_it_is_on_its_way_does_not_have_the_last_word() {
    on_two_servers(|one, other| async move {
        one.reach(&one.actor("Ben"), PHONE).await.unwrap();
        let laptop = other.another_device("Ben").await;
        let channel = one.direct("Anna", "Ben").await;
        let id = one.backend.initiate_call(&one.actor("Anna"), channel, vec![], tap()).await.unwrap().call.id;
        one.push.hold(PHONE);
        let answered_meanwhile = async {
            timeout(PATIENCE, one.push.holds(PHONE, 1)).await.expect("a ring on its way");
            other.backend.answer_call(&laptop, id, tap()).await.unwrap();
            one.push.let_others_pass(PHONE);
            other.settle().await;
            assert_eq!(pushed(&one), [("phone".into(), "over".into())], "it has overtaken the ring");
            one.push.let_go(PHONE);
        };
        tokio::join!(one.settle(), answered_meanwhile);
        one.settle().await;
        assert_eq!(pushed(&one), [("phone".into(), "ring".into()), ("phone".into(), "over".into())]);
    })
    .await;
}

#[tokio::test]
async fn what_is_read_at_one_server_is_read_on_the_devices_at_the_other() {
    on_two_servers(|one, other| async move {
        let ben = one.actor("Ben");
        let channel = one.direct("Anna", "Ben").await;
        let mut devices = [one.backend.subscribe(&ben), other.backend.subscribe(&ben)];
        let mut annas = other.backend.subscribe(&one.actor("Anna"));
        let [first, second] = ["Are you there?", "Hello?"]
            .map(|words| async { one.backend.post_message(&one.actor("Anna"), channel, words, None).await.unwrap() });
        let (first, second) = (first.await, second.await);
        for (line, left) in [(&first, 1), (&second, 0)] {
            one.backend.mark_read(&ben, channel, line.id).await.unwrap();
            for device in &mut devices {
                assert_eq!(unread(device).await, (channel, left));
            }
        }
        // A missed call as well; and all of it is nobody else's business.
        let id = one.backend.initiate_call(&one.actor("Anna"), channel, vec![], tap()).await.unwrap().call.id;
        one.backend.end_call(&one.actor("Anna"), id, nonce()).await.unwrap();
        let card = line(&mut devices[1]).await;
        other.backend.mark_read(&ben, channel, card.id).await.unwrap();
        assert_eq!(unread(&mut devices[0]).await, (channel, 0));
        assert_eq!(one.backend.unseen(&ben).await.unwrap().missed, 0);
        // Missed at one server, counted at the other; seen in the list of calls there, and cleared here.
        let id = one.backend.initiate_call(&one.actor("Anna"), channel, vec![], tap()).await.unwrap().call.id;
        one.backend.end_call(&one.actor("Anna"), id, nonce()).await.unwrap();
        for device in &mut devices {
            while missed(device).await != 1 {}
        }
        other.backend.mark_calls_seen(&ben, None).await.unwrap();
        for device in &mut devices {
            assert_eq!(missed(device).await, 0);
        }
        one.backend.post_message(&one.actor("Anna"), channel, "Later.", None).await.unwrap();
        loop {
            match next(&mut annas).await {
                Next::Event(Event::Message(message)) if says(&message) == "Later." => break,
                Next::Event(told) => assert!(!matches!(told, Event::Unread { .. }), "{told:?}"),
                Next::Lost => panic!("something was lost"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn whom_somebody_blocks_at_one_server_is_shown_at_the_other_and_rings_at_neither() {
    on_two_servers(|one, other| async move {
        let (anna, ben) = (one.actor("Anna"), one.actor("Ben"));
        one.reach(&ben, PHONE).await.unwrap();
        let channel = one.direct("Anna", "Ben").await;
        let (mut laptop, mut annas) = (other.backend.subscribe(&ben), other.backend.subscribe(&anna));
        for blocked in [true, false] {
            one.backend.block(&ben, anna.member(), blocked).await.unwrap();
            assert_eq!(next(&mut laptop).await, Next::Lost);
            assert_eq!(other.backend.community(&ben).await.unwrap().blocked.len(), usize::from(blocked));
            let id = other.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap().call.id;
            let told = told_of(&mut laptop, CallStatus::Ringing).await;
            assert_eq!(told.rings_for(ben.member()).is_none(), blocked);
            tokio::join!(one.settle(), other.settle());
            assert_eq!(pushed(&one).len(), usize::from(!blocked));
            other.backend.end_call(&anna, id, nonce()).await.unwrap();
            told_of(&mut laptop, CallStatus::Missed).await;
            // Its line is nothing new to whoever has blocked the caller.
            match next(&mut laptop).await {
                Next::Event(Event::Changed(_)) => assert!(blocked),
                told => assert!(matches!(told, Next::Event(Event::Message(_))) && !blocked, "{told:?}"),
            }
        }
        // She was told of her calls, and of nothing else.
        one.backend.post_message(&anna, channel, "Good night.", None).await.unwrap();
        loop {
            match next(&mut annas).await {
                Next::Event(Event::Message(message)) if says(&message) == "Good night." => break,
                told => assert!(matches!(told, Next::Event(Event::Call(_) | Event::Message(_))), "{told:?}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn both_servers_give_browsers_the_same_key_also_after_it_was_changed() {
    on_two_servers(|one, other| async move {
        let (annas, bens) = tokio::join!(one.backend.push_key(), other.backend.push_key());
        let old = annas.unwrap();
        assert_eq!(old, bens.unwrap());
        one.reach(&one.actor("Ben"), PHONE).await.unwrap();
        let new = backend::rotate_vapid_keys(&one.store, one.now()).await.unwrap();
        for world in [&one, &other] {
            assert_eq!(world.backend.push_key().await.unwrap(), new);
        }
        // Whoever was given the old one a moment ago may come to either.
        let late = subscription("https://fcm.googleapis.com/fcm/send/late", &old);
        other.backend.subscribe_to_push(&other.actor("Clara"), late).await.unwrap();
        let channel = other.direct("Anna", "Ben").await;
        other.backend.initiate_call(&other.actor("Anna"), channel, vec![], tap()).await.unwrap();
        other.settle().await;
        assert_eq!(other.push.take_sent()[0].key, old);
    })
    .await;
}
