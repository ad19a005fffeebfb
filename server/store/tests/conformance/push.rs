//! Where devices are reached by push, the cards they show, and what is counted on them.

use crate::db::{Db, T0, after, answer, leave};
use domain::{ChannelId, ChannelKind, Command, MemberId, Timestamp};
use std::time::Duration;
use store::{PushHealth, PushSubscription, Unseen};

const LATER: Timestamp = Timestamp(T0.0 + 3_600_000);

async fn two_in_a_group(db: &Db) -> (ChannelId, [MemberId; 2]) {
    let parish = db.parish().await;
    let members = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    (db.channel(parish, ChannelKind::Group, &members).await, members)
}

async fn signed_in(db: &Db, member: MemberId, session: &str) -> PushSubscription {
    db.store.insert_session(session, member, T0, LATER).await.unwrap();
    subscription(session, &format!("https://push.example/{session}"))
}

fn subscription(session: &str, endpoint: &str) -> PushSubscription {
    PushSubscription {
        session: session.into(),
        endpoint: endpoint.into(),
        p256dh: "point".into(),
        auth: "secret".into(),
        vapid_key: "key".into(),
    }
}

fn endpoints(found: &[PushSubscription]) -> Vec<&str> {
    found.iter().map(|subscription| &*subscription.endpoint).collect()
}

async fn a_device_has_one_subscription_and_an_endpoint_one_device(db: Db) {
    let (_, [anna, bob]) = two_in_a_group(&db).await;
    let phone = signed_in(&db, anna, "phone").await;
    let laptop = signed_in(&db, anna, "laptop").await;
    for new in [&phone, &laptop, &phone] {
        db.store.put_subscription(new, None, T0).await.unwrap();
    }
    let all = async |member| db.store.subscriptions_of(member, T0).await.unwrap();
    assert_eq!(endpoints(&all(anna).await), [&*laptop.endpoint, &*phone.endpoint]);
    // Somebody else signs in on the phone: its browser has the endpoint that it had.
    db.store.insert_session("bobs", bob, T0, LATER).await.unwrap();
    db.store.put_subscription(&subscription("bobs", &phone.endpoint), None, T0).await.unwrap();
    assert_eq!(endpoints(&all(anna).await), [&*laptop.endpoint]);
    assert_eq!(endpoints(&all(bob).await), [&*phone.endpoint]);
    // The browser of the laptop got another endpoint, and somebody else is at the old one no more.
    let moved = subscription("laptop", "https://push.example/moved");
    db.store.put_subscription(&moved, Some(&phone.endpoint), T0).await.unwrap();
    assert_eq!(endpoints(&all(anna).await), [&*moved.endpoint]);
    assert_eq!(endpoints(&all(bob).await), Vec::<&str>::new());
    assert!(db.store.subscription("laptop").await.unwrap() == Some(moved));
}

async fn whoever_signs_out_leaves_or_whose_session_is_over_is_reached_no_more(db: Db) {
    let (_, [anna, bob]) = two_in_a_group(&db).await;
    for (member, session) in [(anna, "phone"), (anna, "laptop"), (bob, "bobs")] {
        let new = signed_in(&db, member, session).await;
        db.store.put_subscription(&new, None, T0).await.unwrap();
    }
    db.store.delete_session("phone").await.unwrap();
    assert_eq!(endpoints(&db.store.subscriptions_of(anna, T0).await.unwrap()), ["https://push.example/laptop"]);
    assert!(db.store.subscriptions_of(anna, LATER).await.unwrap().is_empty());
    db.leaves(bob).await;
    assert!(db.store.subscriptions_of(bob, T0).await.unwrap().is_empty());
    db.store.put_subscription(&subscription("nobodys", "https://push.example/x"), None, T0).await.unwrap_err();
    db.store.delete_subscription("https://push.example/laptop").await.unwrap();
    assert_eq!(db.count("SELECT COUNT(*) FROM push_subscriptions").await, 1);
    db.store.purge_subscriptions(after(1)).await.unwrap();
    assert_eq!(db.count("SELECT COUNT(*) FROM push_subscriptions").await, 0);
}

async fn how_well_a_device_is_reached_is_remembered(db: Db) {
    let (_, [anna, _]) = two_in_a_group(&db).await;
    let phone = signed_in(&db, anna, "phone").await;
    assert_eq!(db.store.push_health("phone").await.unwrap(), None);
    db.store.put_subscription(&phone, None, T0).await.unwrap();
    let health = async || db.store.push_health("phone").await.unwrap().unwrap();
    let new = PushHealth { accepted_at: None, refused: None };
    assert_eq!(health().await, new);
    db.store.push_was_refused(&phone.endpoint, "BadJwtToken").await.unwrap();
    assert_eq!(health().await, PushHealth { refused: Some("BadJwtToken".into()), ..new.clone() });
    db.store.push_was_accepted(&phone.endpoint, after(3)).await.unwrap();
    assert_eq!(health().await, PushHealth { accepted_at: Some(after(3)), ..new });
}

async fn how_well_another_subscription_is_reached_is_not_known_yet(db: Db) {
    let (_, [anna, _]) = two_in_a_group(&db).await;
    let phone = signed_in(&db, anna, "phone").await;
    let refused = async || db.store.push_health("phone").await.unwrap().unwrap().refused;
    let moved = subscription("phone", "https://push.example/moved");
    let with_another_key = PushSubscription { vapid_key: "another".into(), ..moved.clone() };
    db.store.put_subscription(&phone, None, T0).await.unwrap();
    for new in [moved, with_another_key] {
        let before = db.store.subscription("phone").await.unwrap().unwrap();
        db.store.push_was_refused(&before.endpoint, "BadJwtToken").await.unwrap();
        db.store.put_subscription(&before, None, after(1)).await.unwrap();
        assert_eq!(refused().await.as_deref(), Some("BadJwtToken"), "the browser only says that it is still there");
        db.store.put_subscription(&new, None, after(2)).await.unwrap();
        assert_eq!(refused().await, None);
    }
}

async fn the_cards_of_a_ring_are_those_of_the_member_until_they_are_replaced(db: Db) {
    let (channel, [anna, bob]) = two_in_a_group(&db).await;
    let call = db.call(channel, &[anna, bob]).await;
    for (member, session) in [(bob, "phone"), (bob, "laptop"), (anna, "annas")] {
        db.store.insert_session(session, member, T0, LATER).await.unwrap();
        db.store.put_ring_card(call.id, session, &format!("decline-{session}"), 1).await.unwrap();
    }
    let cards = async |member| {
        let cards = db.store.ring_cards(call.id, member).await.unwrap();
        cards.into_iter().map(|card| card.session).collect::<Vec<_>>()
    };
    assert_eq!(cards(bob).await, ["laptop", "phone"]);
    assert_eq!(cards(anna).await, ["annas"]);
    db.store.delete_ring_card(call.id, "phone", Some("decline-phone")).await.unwrap();
    // Rung again: that is another card.
    db.store.put_ring_card(call.id, "laptop", "second", 2).await.unwrap();
    assert_eq!(db.store.ring_card(call.id, "laptop").await.unwrap().map(|card| card.version), Some(2));
    db.store.delete_ring_card(call.id, "laptop", Some("decline-laptop")).await.unwrap();
    assert_eq!(cards(bob).await, ["laptop"]);
    assert!(db.store.ring_card(call.id, "laptop").await.unwrap().is_some());
    assert!(db.store.ring_card(call.id, "phone").await.unwrap().is_none());
    db.store.use_up_decline("second").await.unwrap();
    db.store.delete_ring_card(call.id, "laptop", None).await.unwrap();
    assert_eq!(cards(bob).await, Vec::<String>::new());
    db.store.delete_session("annas").await.unwrap();
    assert_eq!(db.count("SELECT COUNT(*) FROM ring_cards").await, 0);
}

async fn a_card_declines_once(db: Db) {
    let (channel, [anna, bob]) = two_in_a_group(&db).await;
    let call = db.call(channel, &[anna, bob]).await;
    db.store.insert_session("phone", bob, T0, LATER).await.unwrap();
    db.store.put_ring_card(call.id, "phone", "first", 1).await.unwrap();
    // Rung again: only the newest card counts.
    db.store.put_ring_card(call.id, "phone", "second", 1).await.unwrap();
    assert_eq!(db.store.ring_to_decline("first").await.unwrap(), None);
    for _ in 0..2 {
        assert_eq!(db.other.ring_to_decline("second").await.unwrap(), Some((call.id, bob, "phone".into())));
    }
    db.store.use_up_decline("second").await.unwrap();
    assert_eq!(db.store.ring_to_decline("second").await.unwrap(), None);
    assert!(db.store.ring_card(call.id, "phone").await.unwrap().is_some(), "it is still to be replaced");
}

async fn missed_calls_and_unread_lines_are_counted_apart_until_they_are_seen(db: Db) {
    let (channel, [anna, bob]) = two_in_a_group(&db).await;
    let unseen = async |member| db.store.unseen(member).await.unwrap();
    db.says(anna, channel, "Are you there?").await;
    let call = db.call(channel, &[anna, bob]).await;
    assert_eq!(unseen(bob).await, Unseen { missed: 0, unread: 1 });
    db.change(call.id, leave(anna), after(2)).await;
    assert_eq!(unseen(bob).await, Unseen { missed: 1, unread: 1 }, "the card of the missed call is not a line more");
    assert_eq!(unseen(anna).await, Unseen::default());
    let [line, card] = &db.store.messages(bob, channel, None, 9).await.unwrap()[..] else { panic!("two lines") };
    assert!(db.store.mark_read(bob, channel, line.id, after(3)).await.unwrap());
    assert_eq!(unseen(bob).await, Unseen { missed: 0, unread: 1 }, "the card is a line as others now");
    assert!(!db.store.mark_read(bob, channel, line.id, after(4)).await.unwrap());
    assert!(db.store.mark_read(bob, channel, card.id, after(5)).await.unwrap());
    assert_eq!(unseen(bob).await, Unseen::default());
}

async fn who_answered_declined_or_had_blocked_the_caller_has_missed_nothing(db: Db) {
    let (channel, [anna, bob]) = two_in_a_group(&db).await;
    for (command, second) in [(answer(bob), 1), (Command::Decline(bob), 11)] {
        let call = db.call(channel, &[anna, bob]).await;
        let call = db.change(call.id, command, after(second)).await;
        if !call.is_over() {
            db.change(call.id, leave(anna), after(second + 1)).await;
            db.change(call.id, leave(bob), after(second + 2)).await;
        }
        assert_eq!(db.store.unseen(bob).await.unwrap().missed, 0);
    }
    let mut call = db.new_call(domain::Audience::Channel, channel, &[anna, bob]);
    call.participants[1].hushed = true;
    _ = db.store.start_call(&crate::db::nothing_more(&call), None).await.unwrap();
    db.change(call.id, Command::Tick, T0 + Duration::from_secs(30)).await;
    assert_eq!(db.store.unseen(bob).await.unwrap().missed, 0);
}

async fn who_is_rung_again_misses_again(db: Db) {
    let parish = db.parish().await;
    let members = [db.member(parish, "Anna").await, db.member(parish, "Bob").await, db.member(parish, "Cecilia").await];
    let [anna, bob, cecilia] = members;
    let channel = db.channel(parish, ChannelKind::Group, &members).await;
    let call = db.call(channel, &members).await;
    db.change(call.id, answer(bob), after(1)).await;
    db.change(call.id, Command::Tick, after(30)).await;
    let line = db.says(anna, channel, "Where is she?").await;
    assert!(db.store.mark_read(cecilia, channel, line, after(31)).await.unwrap());
    assert_eq!(db.store.unseen(cecilia).await.unwrap(), Unseen::default());
    let ring = Command::Ring {
        by: anna,
        leads: false,
        callee: cecilia.into(),
        guest: false,
        ring_for: Duration::from_secs(30),
    };
    db.change(call.id, ring, after(40)).await;
    db.change(call.id, Command::Tick, after(70)).await;
    assert_eq!(db.store.unseen(cecilia).await.unwrap().missed, 1);
}

on_both_engines![
    a_device_has_one_subscription_and_an_endpoint_one_device,
    whoever_signs_out_leaves_or_whose_session_is_over_is_reached_no_more,
    how_well_a_device_is_reached_is_remembered,
    how_well_another_subscription_is_reached_is_not_known_yet,
    the_cards_of_a_ring_are_those_of_the_member_until_they_are_replaced,
    a_card_declines_once,
    missed_calls_and_unread_lines_are_counted_apart_until_they_are_seen,
    who_answered_declined_or_had_blocked_the_caller_has_missed_nothing,
    who_is_rung_again_misses_again,
];
