//! A parish in numbers.

use crate::db::{Db, T0, after, answer, leave};
use domain::{CallStatus, ChannelKind, MemberId, ParishId, Role, Timestamp};
use std::time::Duration;
use store::{CallFigures, PushSubscription, ReachedWell, RoleCount, Stored};

async fn members_are_counted_by_role_and_those_who_are_blocked_or_have_left_apart(db: Db) {
    let parish = db.parish().await;
    let [anna, ben, clara] =
        [db.member(parish, "Anna").await, db.member(parish, "Ben").await, db.member(parish, "Clara").await];
    db.member(db.parish().await, "Stranger").await;
    db.store.change_role(anna, Role::Admin, &[], T0).await.unwrap();
    db.store.block_member(ben, Some(T0)).await.unwrap();
    db.store.leave_parish(clara, T0).await.unwrap();
    let counts = db.store.role_counts(parish).await.unwrap();
    assert_eq!(
        counts,
        [
            RoleCount { role: Role::Member, members: 0, blocked: 1, former: 1 },
            RoleCount { role: Role::Admin, members: 1, blocked: 0, former: 0 },
        ]
    );
}

/// Two calls, one of which was answered, and one in another parish.
async fn calls(db: &Db) -> (ParishId, [MemberId; 2]) {
    let parish = db.parish().await;
    let pair = [db.member(parish, "Anna").await, db.member(parish, "Ben").await];
    let channel = db.channel(parish, ChannelKind::Direct, &pair).await;
    let missed = db.call(channel, &pair).await;
    db.change(missed.id, leave(pair[0]), after(9)).await;
    let talked = db.call(channel, &pair).await;
    db.change(talked.id, answer(pair[1]), after(4)).await;
    db.change(talked.id, leave(pair[0]), after(64)).await;
    let elsewhere = db.parish().await;
    let others = [db.member(elsewhere, "Zoe").await, db.member(elsewhere, "Yan").await];
    let channel = db.channel(elsewhere, ChannelKind::Direct, &others).await;
    db.call(channel, &others).await;
    (parish, pair)
}

async fn calls_are_told_by_what_came_of_them_and_those_of_other_parishes_are_not(db: Db) {
    let (parish, _) = calls(&db).await;
    let missed = CallFigures { created: T0, started: None, status: CallStatus::Missed, seconds: 0 };
    let talked = CallFigures { created: T0, started: Some(after(4)), status: CallStatus::Ended, seconds: 60 };
    assert_eq!(db.store.call_figures(parish, T0).await.unwrap(), [missed, talked]);
    assert_eq!(db.store.call_figures(parish, after(1)).await.unwrap(), []);
}

async fn what_is_stored_is_counted_for_the_parish_that_asks(db: Db) {
    let empty = db.parish().await;
    let (parish, _) = calls(&db).await;
    let stored = db.store.stored(parish).await.unwrap();
    assert_eq!((stored.messages, stored.calls, stored.oldest_call), (2, 2, Some(T0)), "each call has left a card");
    assert!(stored.bytes > 10_000, "{}", stored.bytes);
    let Stored { messages, calls, oldest_call, .. } = db.store.stored(empty).await.unwrap();
    assert_eq!((messages, calls, oldest_call), (0, 0, None));
}

async fn devices_are_reached_until_they_are_signed_out_and_say_how_it_went_last(db: Db) {
    let (parish, [anna, ben]) = calls(&db).await;
    let later = T0 + Duration::from_secs(60);
    for (session, member, until) in
        [("a", anna, later), ("b", anna, later), ("c", ben, later), ("d", ben, Timestamp(T0.0 + 1))]
    {
        db.store.insert_session(session, member, T0, until).await.unwrap();
        let new = PushSubscription {
            session: session.into(),
            endpoint: format!("https://push.example/{session}"),
            p256dh: String::new(),
            auth: String::new(),
            vapid_key: String::new(),
        };
        db.store.put_subscription(&new, None, T0).await.unwrap();
    }
    db.store.push_was_accepted("https://push.example/a", T0).await.unwrap();
    db.store.push_was_accepted("https://push.example/b", T0).await.unwrap();
    db.store.push_was_refused("https://push.example/b", "BadJwtToken").await.unwrap();
    let reached = db.store.reached_at(parish, after(1)).await.unwrap();
    let health: Vec<_> = reached.iter().map(|device| (&*device.endpoint, device.health)).collect();
    assert_eq!(
        health,
        [
            ("https://push.example/a", ReachedWell::Sent),
            ("https://push.example/b", ReachedWell::Refused),
            ("https://push.example/c", ReachedWell::Untried),
        ]
    );
}

on_both_engines![
    members_are_counted_by_role_and_those_who_are_blocked_or_have_left_apart,
    calls_are_told_by_what_came_of_them_and_those_of_other_parishes_are_not,
    what_is_stored_is_counted_for_the_parish_that_asks,
    devices_are_reached_until_they_are_signed_out_and_say_how_it_went_last,
];
