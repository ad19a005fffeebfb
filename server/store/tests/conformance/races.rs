//! Many at once, through two stores, as two processes would: one winner, and everybody is told the truth.

use crate::db::{Db, T0, after, answer, leave, nothing_more, on_postgres};
use domain::{Audience, CallState, ChannelKind, MemberId};
use std::sync::Arc;
use store::testing::dropped_after;
use store::{Change, Inserted, Request, Saved, SignUpError, Store, StoreError};
use tokio::sync::Barrier;

const RACERS: usize = 8;

/// Lets all of them go at the same moment, half of them through the other store.
async fn race<T: Send + 'static, F>(db: &Db, racer: impl Fn(usize, Store) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(RACERS));
    let mut tasks = Vec::new();
    for i in 0..RACERS {
        let run = racer(i, if i % 2 == 0 { db.store.clone() } else { db.other.clone() });
        let barrier = Arc::clone(&barrier);
        tasks.push(tokio::spawn(async move {
            barrier.wait().await;
            run.await
        }));
    }
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

async fn of_eight_who_call_at_once_one_does_and_the_others_are_told_of_that_call(db: Db) {
    let parish = db.parish().await;
    let mut members = Vec::new();
    for _ in 0..RACERS {
        members.push(db.member(parish, "Somebody").await);
    }
    for _ in 0..10 {
        let channel = db.channel(parish, ChannelKind::Group, &members).await;
        let calls: Vec<_> = (0..RACERS)
            .map(|i| db.new_call(Audience::Channel, channel, &[members[i], members[(i + 1) % RACERS]]))
            .collect();
        let results = race(&db, |i, store| {
            let call = calls[i].clone();
            async move { store.start_call(&nothing_more(&call), None).await.unwrap() }
        })
        .await;
        let winners: Vec<_> = (0..RACERS).filter(|i| results[*i] == Inserted::Yes).collect();
        let [winner] = winners[..] else { panic!("{results:?}") };
        let live = db.store.live_call_in(channel).await.unwrap().unwrap();
        assert_eq!(live.id, calls[winner].id);
        assert_eq!(results.iter().filter(|result| **result == Inserted::Busy(live.id)).count(), RACERS - 1);
        db.change(live.id, leave(live.initiator), after(1)).await;
    }
}

async fn of_eight_who_answer_at_once_one_does_and_the_others_must_look_again(db: Db) {
    let parish = db.parish().await;
    let mut members = Vec::new();
    for _ in 0..=RACERS {
        members.push(db.member(parish, "Somebody").await);
    }
    let channel = db.channel(parish, ChannelKind::Group, &members).await;
    for _ in 0..10 {
        let call = db.call(channel, &members).await;
        let results = race(&db, |i, store| {
            let (answered, _) = call.clone().apply(answer(members[i + 1]), after(1)).unwrap();
            async move { store.save_calls(&[nothing_more(&answered)]).await }
        })
        .await;
        assert_eq!(results.iter().filter(|result| matches!(result, Ok(Saved::Yes))).count(), 1, "{results:?}");
        let conflicts = results.iter().filter(|result| matches!(result, Err(StoreError::Conflict))).count();
        assert_eq!(conflicts, RACERS - 1, "{results:?}");
        let saved = db.store.call(call.id).await.unwrap().unwrap();
        assert_eq!((saved.state, saved.version), (CallState::Active { since: after(1) }, 1));
        for member in &members {
            if db.store.call(call.id).await.unwrap().unwrap().is_connected(*member) {
                db.change(call.id, leave(*member), after(2)).await;
            }
        }
    }
}

async fn of_eight_who_answer_and_look_again_all_get_in(db: Db) {
    let parish = db.parish().await;
    let mut members = Vec::new();
    for _ in 0..=RACERS {
        members.push(db.member(parish, "Somebody").await);
    }
    let channel = db.channel(parish, ChannelKind::Group, &members).await;
    let id = db.call(channel, &members).await.id;
    race(&db, |i, store| {
        let member = members[i + 1];
        async move {
            loop {
                let call = store.call(id).await.unwrap().unwrap();
                let (call, _) = call.apply(answer(member), after(1)).unwrap();
                match store.save_calls(&[nothing_more(&call)]).await {
                    Ok(saved) => break assert_eq!(saved, Saved::Yes),
                    Err(StoreError::Conflict) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
    })
    .await;
    let call = db.store.call(id).await.unwrap().unwrap();
    assert!(members.iter().all(|member| call.is_connected(*member)));
    assert_eq!(call.version, 8);
}

async fn of_eight_calls_that_one_member_answers_at_once_they_are_in_one(db: Db) {
    let parish = db.parish().await;
    let callee = db.member(parish, "Callee").await;
    let channel = db.channel(parish, ChannelKind::Parish, &[]).await;
    let mut calls = Vec::new();
    for _ in 0..RACERS {
        let caller = db.member(parish, "Caller").await;
        calls.push(db.invited_call(channel, &[caller, callee]).await);
    }
    let results = race(&db, |i, store| {
        let (answered, _) = calls[i].clone().apply(answer(callee), after(1)).unwrap();
        async move { store.save_calls(&[nothing_more(&answered)]).await.unwrap() }
    })
    .await;
    assert_eq!(results.iter().filter(|saved| **saved == Saved::Yes).count(), 1, "{results:?}");
    let live = db.store.live_calls(callee).await.unwrap();
    assert_eq!(live.iter().filter(|call| call.is_connected(callee)).count(), 1);
    assert_eq!(live.iter().filter(|call| call.version == 1).count(), 1);
}

async fn cancelling_and_answering_at_once_agree_on_one_outcome(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Direct, &[anna, bob]).await;
    for _ in 0..10 {
        let call = db.call(channel, &[anna, bob]).await;
        let results = race(&db, |i, store| {
            let command = if i % 4 < 2 { leave(anna) } else { answer(bob) };
            let (next, _) = call.clone().apply(command, after(1)).unwrap();
            async move { store.save_calls(&[nothing_more(&next)]).await.is_ok().then_some(next.state) }
        })
        .await;
        let states: Vec<_> = results.into_iter().flatten().collect();
        let stored = db.store.call(call.id).await.unwrap().unwrap();
        assert_eq!(states, [stored.state]);
        if !stored.is_over() {
            db.change(call.id, leave(bob), after(2)).await;
        }
    }
}

async fn an_invite_for_three_lets_three_of_eight_in(db: Db) {
    let parish = db.parish().await;
    let invite = db.invite(parish, 3).await;
    let results = race(&db, |i, store| {
        let new = db.sign_up(&invite, &format!("somebody{i}"));
        async move { store.sign_up(&new).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3, "{results:?}");
    let gone = results.iter().filter(|result| matches!(result, Err(SignUpError::InviteGone))).count();
    assert_eq!(gone, RACERS - 3, "{results:?}");
    assert_eq!(db.store.members(parish).await.unwrap().len(), 3);
    assert_eq!(db.count("SELECT COUNT(*) FROM persons").await, 3);
}

async fn one_login_goes_to_one_of_eight(db: Db) {
    let parish = db.parish().await;
    let invite = db.invite(parish, 8).await;
    let results = race(&db, |_, store| {
        let new = db.sign_up(&invite, "anna");
        async move { store.sign_up(&new).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let taken = results.iter().filter(|result| matches!(result, Err(SignUpError::LoginTaken))).count();
    assert_eq!(taken, RACERS - 1, "{results:?}");
    assert_eq!(db.count("SELECT uses_left FROM invites").await, 7);
}

async fn a_one_time_link_signs_one_of_eight_in(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    db.store.insert_sign_in_link("hash", anna, after(10)).await.unwrap();
    let results: Vec<Option<MemberId>> =
        race(&db, |_, store| async move { store.sign_in_by_link("hash", "by hash", T0, after(99)).await.unwrap() })
            .await;
    assert_eq!(results.into_iter().flatten().collect::<Vec<_>>(), [anna]);
}

async fn of_eight_who_open_a_direct_channel_at_once_one_makes_it(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let results = race(&db, |i, store| {
        let members = if i % 4 < 2 { [anna, bob] } else { [bob, anna] };
        let new = db.new_channel(parish, ChannelKind::Direct, &members);
        async move { store.insert_channel(&new).await.map(|()| new.id) }
    })
    .await;
    let made: Vec<_> = results.iter().flatten().copied().collect();
    assert_eq!(made, [db.store.direct_channel(anna, bob).await.unwrap().unwrap()]);
    assert_eq!(results.iter().filter(|result| matches!(result, Err(StoreError::Conflict))).count(), RACERS - 1);
}

async fn readers_and_writers_at_once_never_find_the_database_busy(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let ids: Vec<Vec<_>> = (0..RACERS).map(|_| (0..50).map(|_| db.uuid()).collect()).collect();
    race(&db, |i, store| {
        let ids = ids[i].clone();
        async move {
            for id in ids {
                let id = domain::MessageId(id);
                let words = domain::Words::plain("hello".to_owned());
                let new = store::NewMessage { id, channel, author: anna, words, at: T0 };
                store.insert_message(&new, &[]).await.unwrap();
                // What was just written is seen at once, also through the readers.
                assert!(store.message(id).await.unwrap().is_some());
                store.mark_read(anna, channel, id, T0).await.unwrap();
            }
        }
    })
    .await;
    assert_eq!(db.count("SELECT COUNT(*) FROM messages").await, 400);
}

async fn eight_servers_that_start_at_once_agree_on_one_secret(db: Db) {
    let kept = race(&db, |i, store| async move { store.secret("voice", &format!("of {i}"), T0).await.unwrap() }).await;
    assert!(kept.iter().all(|secret| *secret == kept[0]), "{kept:?}");
}

/// SQLite has one writer at a time, and nothing to take in an order.
#[tokio::test]
async fn the_row_of_the_call_is_taken_before_any_participants_is_on_postgres() {
    on_postgres(|db| async move {
        let parish = db.parish().await;
        let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
        let channel = db.channel(parish, ChannelKind::Direct, &[anna, bob]).await;
        let call = db.call(channel, &[anna, bob]).await;
        let (answered, _) = call.clone().apply(answer(bob), after(1)).unwrap();

        // Somebody holds the call's row.
        let mut holder = db.raw.begin().await.unwrap();
        sqlx::query("SELECT id FROM calls WHERE id = $1 FOR UPDATE")
            .bind(call.id.to_string())
            .fetch_one(&mut *holder)
            .await
            .unwrap();
        let store = db.store.clone();
        let saving = tokio::spawn(async move { store.save_calls(&[nothing_more(&answered)]).await });
        // The change queues up behind it…
        let waiting = "SELECT COUNT(*) FROM pg_locks
             WHERE NOT granted AND transactionid = pg_current_xact_id_if_assigned()::xid";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut *holder).await.unwrap() == 0 {}
        // …and has touched no participant: or this would fail.
        sqlx::query("SELECT member_id FROM participants WHERE call_id = $1 FOR UPDATE NOWAIT")
            .bind(call.id.to_string())
            .fetch_all(&mut *holder)
            .await
            .unwrap();
        holder.rollback().await.unwrap();
        assert_eq!(saving.await.unwrap().unwrap(), Saved::Yes);
    })
    .await;
}

async fn a_request_is_carried_out_once_however_often_it_comes_at_the_same_moment(db: Db) {
    let parish = db.parish().await;
    let mut members = Vec::new();
    for _ in 0..=RACERS {
        members.push(db.member(parish, "Somebody").await);
    }
    let channel = db.channel(parish, ChannelKind::Group, &members).await;
    let request = Request { member: members[0], nonce: domain::Nonce(db.uuid()) };
    // Eight different calls, so that nothing but the nonce stands between them.
    let mut calls = Vec::new();
    for i in 0..RACERS {
        calls.push(db.new_call(Audience::Invited, channel, &[members[i + 1], members[0]]));
    }
    let results = race(&db, |i, store| {
        let change = Change { request: Some(request), ..nothing_more(&calls[i]) };
        async move { store.start_call(&change, None).await.unwrap() }
    })
    .await;
    let winners: Vec<_> = (0..RACERS).filter(|i| results[*i] == Inserted::Yes).collect();
    let [winner] = winners[..] else { panic!("{results:?}") };
    assert_eq!(results.iter().filter(|result| **result == Inserted::Repeated).count(), RACERS - 1, "{results:?}");
    let granted = db.store.granted(request).await.unwrap().unwrap();
    assert_eq!((granted.call, granted.epoch), (calls[winner].id, 0));
    assert_eq!(db.count("SELECT COUNT(*) FROM calls").await, 1);
    db.store.purge_requests(after(1)).await.unwrap();
    assert_eq!(db.store.granted(request).await.unwrap(), None);
}

async fn of_eight_who_pick_the_same_people_at_once_one_begins_the_call(db: Db) {
    let parish = db.parish().await;
    let mut members = Vec::new();
    for _ in 0..RACERS {
        members.push(db.member(parish, "Somebody").await);
    }
    let channel = db.channel(parish, ChannelKind::Parish, &[]).await;
    let results = race(&db, |i, store| {
        let mut order = members.clone();
        order.rotate_left(i);
        let call = db.new_call(Audience::Invited, channel, &order);
        async move { store.start_call(&nothing_more(&call), None).await.unwrap() }
    })
    .await;
    assert_eq!(results.iter().filter(|result| **result == Inserted::Yes).count(), 1, "{results:?}");
    let live = db.store.live_call_ids().await.unwrap();
    assert_eq!(results.iter().filter(|result| **result == Inserted::Busy(live[0])).count(), RACERS - 1);
    // Other people are another call.
    let fewer = db.new_call(Audience::Invited, channel, &members[..2]);
    let fewer = db.store.start_call(&nothing_more(&fewer), None).await.unwrap();
    assert_ne!(fewer, Inserted::Busy(live[0]));
}

async fn of_eight_who_switch_between_two_calls_everybody_ends_up_in_one(db: Db) {
    let parish = db.parish().await;
    let mut members = Vec::new();
    for _ in 0..RACERS + 2 {
        members.push(db.member(parish, "Somebody").await);
    }
    let places = [
        db.channel(parish, ChannelKind::Group, &members).await,
        db.channel(parish, ChannelKind::Group, &members).await,
    ];
    let calls = [
        db.call(places[0], &[members[8], members[0], members[1]]).await.id,
        db.call(places[1], &[members[9], members[0], members[1]]).await.id,
    ];
    race(&db, |i, store| {
        let (member, [from, to]) = (members[i], if i % 2 == 0 { calls } else { [calls[1], calls[0]] });
        async move {
            // In one…
            loop {
                let (call, _) = store.call(from).await.unwrap().unwrap().apply(answer(member), after(1)).unwrap();
                match store.save_calls(&[nothing_more(&call)]).await {
                    Ok(saved) => break assert_eq!(saved, Saved::Yes),
                    Err(StoreError::Conflict) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
            // …and over to the other, against those who come the other way.
            loop {
                let (left, _) = store.call(from).await.unwrap().unwrap().apply(leave(member), after(2)).unwrap();
                let (joined, _) = store.call(to).await.unwrap().unwrap().apply(answer(member), after(2)).unwrap();
                match store.save_calls(&[nothing_more(&left), nothing_more(&joined)]).await {
                    Ok(saved) => break assert_eq!(saved, Saved::Yes),
                    Err(StoreError::Conflict) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
    })
    .await;
    for i in 0..RACERS {
        let call = db.store.connected_call(members[i]).await.unwrap().unwrap();
        assert_eq!(call.id, calls[1 - i % 2]);
    }
}

async fn whoever_is_gone_in_the_middle_of_a_change_leaves_nothing_open_that_swallows_what_others_write(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    for turns in 0..60 {
        let id = domain::MessageId(db.uuid());
        let words = domain::Words::plain("hello".to_owned());
        let new = store::NewMessage { id, channel, author: anna, words, at: T0 };
        dropped_after(turns % 20, db.store.insert_message(&new, &[])).await;
        let session = format!("session {turns}");
        db.store.insert_session(&session, anna, T0, after(99)).await.unwrap();
        assert!(db.other.session(&session, T0).await.unwrap().is_some(), "dropped after {turns} turns");
    }
}

on_both_engines![
    a_request_is_carried_out_once_however_often_it_comes_at_the_same_moment,
    of_eight_who_pick_the_same_people_at_once_one_begins_the_call,
    of_eight_who_switch_between_two_calls_everybody_ends_up_in_one,
    of_eight_who_call_at_once_one_does_and_the_others_are_told_of_that_call,
    of_eight_who_answer_at_once_one_does_and_the_others_must_look_again,
    of_eight_who_answer_and_look_again_all_get_in,
    of_eight_calls_that_one_member_answers_at_once_they_are_in_one,
    cancelling_and_answering_at_once_agree_on_one_outcome,
    an_invite_for_three_lets_three_of_eight_in,
    one_login_goes_to_one_of_eight,
    a_one_time_link_signs_one_of_eight_in,
    of_eight_who_open_a_direct_channel_at_once_one_makes_it,
    readers_and_writers_at_once_never_find_the_database_busy,
    whoever_is_gone_in_the_middle_of_a_change_leaves_nothing_open_that_swallows_what_others_write,
    eight_servers_that_start_at_once_agree_on_one_secret,
];
