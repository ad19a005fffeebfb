//! What the tables refuse, and what they cannot refuse but is never taken for a call.

use crate::db::Db;
use domain::{Call, ChannelKind, MemberId};
use store::StoreError;

async fn ringing(db: &Db) -> (Call, MemberId) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    (db.call(channel, &[anna, bob]).await, bob)
}

async fn the_tables_refuse_illegal_combinations(db: Db) {
    let (_, bob) = ringing(&db).await;
    let illegal = [
        "UPDATE calls SET status = 'paused'",
        "UPDATE calls SET status = 'active'",
        "UPDATE calls SET started_at = 1",
        "UPDATE calls SET ended_at = 1, end_reason = 'missed'",
        "UPDATE calls SET status = 'missed', ended_at = 1",
        "UPDATE calls SET status = 'missed', ended_at = 1, end_reason = 'bored'",
        "UPDATE calls SET status = 'declined', ended_at = 1, end_reason = 'missed'",
        "UPDATE calls SET status = 'ended', started_at = 1, ended_at = 2, end_reason = 'hangup'",
        "UPDATE calls SET audience = 'world'",
        "UPDATE calls SET version = -1",
        "UPDATE participants SET status = 'busy'",
        "UPDATE participants SET ring_until = NULL WHERE status = 'invited'",
        "UPDATE participants SET left_at = 1 WHERE status = 'invited'",
        "UPDATE participants SET left_at = 1 WHERE status = 'connected'",
        "UPDATE participants SET joined_at = NULL WHERE status = 'connected'",
        "UPDATE participants SET status = 'disconnected' WHERE status = 'connected'",
        "UPDATE participants SET status = 'declined', ring_until = NULL WHERE status = 'invited'",
        "UPDATE members SET role = 'pope'",
        "UPDATE channels SET kind = 'direct'",
        "UPDATE channels SET announcements_only = 2",
    ];
    for sql in illegal {
        let refused = sqlx::query(sql).execute(&db.raw).await;
        let violation = refused.as_ref().err().and_then(|error| error.as_database_error());
        assert!(violation.is_some_and(|error| error.is_check_violation()), "{sql}: {refused:?}");
    }
    assert!(!db.store.call(db.store.live_call_ids().await.unwrap()[0]).await.unwrap().unwrap().is_connected(bob));
}

async fn a_call_that_is_over_but_keeps_somebody_is_inconsistent(db: Db) {
    let (call, _) = ringing(&db).await;
    db.raw("UPDATE calls SET status = 'missed', ended_at = 1, end_reason = 'missed'").await;
    is_inconsistent(&db, &call, "calls", &call.id.to_string()).await;
}

async fn a_call_without_participants_is_inconsistent(db: Db) {
    let (call, _) = ringing(&db).await;
    db.raw("DELETE FROM participants").await;
    is_inconsistent(&db, &call, "calls", &call.id.to_string()).await;
}

async fn a_call_without_its_initiator_is_inconsistent(db: Db) {
    let (call, _) = ringing(&db).await;
    db.raw("DELETE FROM participants WHERE status = 'connected'").await;
    is_inconsistent(&db, &call, "calls", &call.id.to_string()).await;
}

async fn a_participant_with_an_impossible_number_is_inconsistent(db: Db) {
    let (call, bob) = ringing(&db).await;
    db.raw(format!("UPDATE participants SET epoch = 5000000000 WHERE member_id = '{bob}'")).await;
    is_inconsistent(&db, &call, "participants", &format!("{}, {bob}", call.id)).await;
}

async fn an_id_that_is_none_is_inconsistent_in_every_list_it_is_in(db: Db) {
    let parish = db.parish().await;
    db.raw(format!(
        "INSERT INTO persons (id, name, locale, created_at) VALUES ('x', 'X', 'en', 0);
         INSERT INTO members (id, parish_id, person_id, role, created_at) VALUES ('y', '{parish}', 'x', 'member', 0)"
    ))
    .await;
    match db.store.members(parish).await {
        Err(StoreError::Inconsistent { table: "members", row }) => assert_eq!(row, "y"),
        other => panic!("{other:?}"),
    }
}

async fn is_inconsistent(db: &Db, call: &Call, expected_table: &str, expected_row: &str) {
    let lists = [
        db.store.call(call.id).await.map(|call| call.into_iter().collect()),
        db.store.visible_call(call.initiator, call.id).await.map(|call| call.into_iter().collect()),
        db.store.call_history(call.initiator, call.channel, false, None, 9).await,
        db.store.recent_calls(call.initiator, false, None, 9).await,
    ];
    for result in lists {
        match result {
            Err(StoreError::Inconsistent { table, row }) => assert_eq!((table, &*row), (expected_table, expected_row)),
            other => panic!("{other:?}"),
        }
    }
}

on_both_engines![
    the_tables_refuse_illegal_combinations,
    a_call_that_is_over_but_keeps_somebody_is_inconsistent,
    a_call_without_participants_is_inconsistent,
    a_call_without_its_initiator_is_inconsistent,
    a_participant_with_an_impossible_number_is_inconsistent,
    an_id_that_is_none_is_inconsistent_in_every_list_it_is_in,
];
