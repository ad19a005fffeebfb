//! Calls: what is saved is what is loaded, and who sees it.

use crate::db::{Db, PHONE, T0, after, answer, leave, nothing_more};
use domain::call::LONGEST;
use domain::{
    Audience, Call, CallId, CallState, ChannelId, ChannelKind, Command, DeviceId, EndReason, MemberId, MessageId,
    Participant, Participation, Prompt, Prompted, Reacted, Reaction,
};
use std::time::Duration;
use store::{Change, Inserted, Saved, StoreError};

/// A group of three and the members in it.
async fn group(db: &Db) -> (ChannelId, [MemberId; 3]) {
    let parish = db.parish().await;
    let members = [db.member(parish, "Anna").await, db.member(parish, "Bob").await, db.member(parish, "Cecilia").await];
    (db.channel(parish, ChannelKind::Group, &members).await, members)
}

fn with_job(db: &Db, call: &Call) -> Change {
    Change { jobs: vec![db.job()], ..nothing_more(call) }
}

async fn every_state_of_a_call_is_loaded_as_it_was_saved(db: Db) {
    let (channel, members) = group(&db).await;
    let states = [
        CallState::Ringing,
        CallState::Active { since: after(1) },
        CallState::Declined { at: after(2) },
        CallState::Missed { at: after(2), reason: EndReason::Missed },
        CallState::Missed { at: after(2), reason: EndReason::Cancelled },
        CallState::Missed { at: after(2), reason: EndReason::Failed },
    ];
    let reasons = [
        EndReason::Hangup,
        EndReason::Cancelled,
        EndReason::Declined,
        EndReason::Missed,
        EndReason::Empty,
        EndReason::Failed,
        EndReason::MediaLost,
        EndReason::Removed,
        EndReason::Expired,
    ];
    let ended = reasons.map(|reason| CallState::Ended { since: after(1), at: after(2), reason });
    for audience in [Audience::Channel, Audience::Invited] {
        for state in states.into_iter().chain(ended) {
            let mut call = db.new_call(audience, channel, &members);
            call.state = state;
            if call.is_over() {
                for participant in &mut call.participants {
                    participant.participation = Participation::Declined { at: after(2) };
                }
            }
            assert_eq!(db.store.start_call(&nothing_more(&call), None).await.unwrap(), Inserted::Yes);
            assert_eq!(db.store.call(call.id).await.unwrap().as_ref(), Some(&call));
            db.raw(format!("DELETE FROM calls WHERE id = '{}'", call.id)).await;
        }
    }
    assert_eq!(db.store.call(CallId(db.uuid())).await.unwrap(), None);
}

async fn every_participation_is_loaded_as_it_was_saved_in_its_place(db: Db) {
    let parish = db.parish().await;
    let participations = [
        Participation::Connected { since: T0, asleep: true, hand: Some(after(1)) },
        Participation::Missed { at: after(3), rang: true },
        Participation::Missed { at: after(3), rang: false },
        Participation::Declined { at: after(4) },
        Participation::Disconnected { since: after(5), until: after(6) },
        Participation::Ringing { ring_until: after(7) },
        Participation::Invited { ring_until: after(8) },
    ];
    let mut members = Vec::new();
    for _ in participations {
        members.push(db.member(parish, "Somebody").await);
    }
    let channel = db.channel(parish, ChannelKind::Group, &members).await;
    let mut call = db.new_call(Audience::Channel, channel, &members);
    // In an order of their own: neither by id nor by status.
    let order = [4, 0, 6, 2, 5, 1, 3];
    call.initiator = members[order[0]];
    call.participants = order
        .iter()
        .zip(1..)
        .map(|(&i, epoch)| {
            let device = (epoch % 2 == 0).then_some(PHONE);
            Participant {
                member: members[i],
                participation: participations[i],
                epoch,
                device,
                guest: epoch % 3 == 0,
                hushed: epoch % 4 == 0,
                busy: epoch % 5 == 0,
                quiet: epoch % 3 == 1,
                rings_on: (0..epoch % 3).map(|n| DeviceId(uuid::Uuid::from_u128(n.into()))).collect(),
                rung_by: (epoch % 2 == 1).then_some(members[0]),
                put_out: epoch % 4 == 1,
                prompt: (epoch % 3 == 1).then_some(Prompt { what: Prompted::Mute, by: members[1], at: after(9) }),
                reaction: (epoch % 3 == 2).then_some(Reacted { with: Reaction::Prayer, at: after(10) }),
            }
        })
        .collect();
    assert_eq!(db.store.start_call(&nothing_more(&call), None).await.unwrap(), Inserted::Yes);
    assert_eq!(db.store.call(call.id).await.unwrap(), Some(call));
}

async fn the_kind_of_a_call_is_that_of_its_channel(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    for kind in [ChannelKind::Parish, ChannelKind::Group, ChannelKind::Direct] {
        let channel = db.channel(parish, kind, &[anna, bob]).await;
        let call = db.call(channel, &[anna, bob]).await;
        assert_eq!(db.store.call(call.id).await.unwrap().unwrap().kind, kind);
        db.change(call.id, leave(anna), after(1)).await;
    }
}

async fn a_whole_call_goes_step_by_step_and_its_version_with_it(db: Db) {
    let (channel, [anna, bob, cecilia]) = group(&db).await;
    let id = db.call(channel, &[anna, bob, cecilia]).await.id;
    let steps = [
        (Command::ConfirmRing { member: bob, device: PHONE }, 1),
        (answer(bob), 2),
        (Command::Decline(cecilia), 3),
        (answer(cecilia), 4),
        (leave(anna), 5),
        (answer(anna), 6),
        (leave(bob), 7),
        (leave(cecilia), 8),
        (leave(anna), 9),
    ];
    for ((command, second), version) in steps.into_iter().zip(1..) {
        let saved = db.change(id, command, after(second)).await;
        assert_eq!(saved.version, version);
        assert_eq!(db.store.call(id).await.unwrap(), Some(saved));
    }
    let call = db.store.call(id).await.unwrap().unwrap();
    assert_eq!(call.state, CallState::Ended { since: after(2), at: after(9), reason: EndReason::Hangup });
    assert_eq!(db.count("SELECT duration FROM calls").await, 7);
    let room: String = sqlx::query_scalar("SELECT room_name FROM calls").fetch_one(&db.raw).await.unwrap();
    assert_eq!(room, format!("call-{id}"));
}

async fn a_save_based_on_an_old_version_is_a_conflict_and_writes_nothing(db: Db) {
    let (channel, [anna, bob, cecilia]) = group(&db).await;
    let old = db.call(channel, &[anna, bob, cecilia]).await;
    let current = db.change(old.id, Command::Decline(bob), after(1)).await;
    let (late, _) = old.apply(answer(cecilia), after(2)).unwrap();
    let card = Some(MessageId(db.uuid()));
    let change = Change { card, jobs: vec![db.job()], at: after(2), ..nothing_more(&late) };
    let refused = db.store.save_calls(&[change]).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    assert_eq!(db.store.call(current.id).await.unwrap(), Some(current));
    assert_eq!(db.count("SELECT COUNT(*) FROM messages").await, 0);
    assert_eq!(db.count("SELECT COUNT(*) FROM outbox").await, 0);
}

async fn a_call_that_does_not_exist_cannot_be_saved(db: Db) {
    let (channel, members) = group(&db).await;
    let call = db.new_call(Audience::Channel, channel, &members);
    assert!(matches!(db.store.save_calls(&[nothing_more(&call)]).await, Err(StoreError::Conflict)));
}

async fn the_second_call_in_a_channel_is_told_of_the_first_until_that_is_over(db: Db) {
    let (channel, [anna, bob, cecilia]) = group(&db).await;
    let first = db.call(channel, &[anna, bob]).await;
    let second = db.new_call(Audience::Channel, channel, &[cecilia, bob]);
    assert_eq!(db.store.start_call(&with_job(&db, &second), None).await.unwrap(), Inserted::Busy(first.id));
    db.change(first.id, answer(bob), after(1)).await;
    assert_eq!(db.store.start_call(&with_job(&db, &second), None).await.unwrap(), Inserted::Busy(first.id));
    assert_eq!(db.store.call(second.id).await.unwrap(), None);
    assert_eq!(db.count("SELECT COUNT(*) FROM participants").await, 2);
    assert_eq!(db.count("SELECT COUNT(*) FROM outbox").await, 0);

    db.change(first.id, leave(anna), after(2)).await;
    db.change(first.id, leave(bob), after(2)).await;
    assert_eq!(db.store.start_call(&nothing_more(&second), None).await.unwrap(), Inserted::Yes);
}

async fn calls_between_picked_people_run_beside_each_other_and_beside_the_channels_call(db: Db) {
    let parish = db.parish().await;
    let mut members = Vec::new();
    for _ in 0..6 {
        members.push(db.member(parish, "Somebody").await);
    }
    let channel = db.channel(parish, ChannelKind::Parish, &[]).await;
    db.invited_call(channel, &members[0..2]).await;
    db.invited_call(channel, &members[2..4]).await;
    let open = db.call(channel, &members[4..6]).await;
    assert_eq!(db.store.live_call_ids().await.unwrap().len(), 3);
    assert_eq!(db.store.live_call_in(channel).await.unwrap(), Some(Call { kind: ChannelKind::Parish, ..open }));
}

async fn whoever_is_in_a_call_is_in_no_other_and_nothing_is_written(db: Db) {
    let parish = db.parish().await;
    let [anna, bob, cecilia] =
        [db.member(parish, "Anna").await, db.member(parish, "Bob").await, db.member(parish, "Cecilia").await];
    let one = db.channel(parish, ChannelKind::Group, &[anna, bob, cecilia]).await;
    let two = db.channel(parish, ChannelKind::Group, &[anna, bob, cecilia]).await;
    let first = db.call(one, &[anna, bob]).await;

    let second = db.new_call(Audience::Channel, two, &[anna, bob]);
    assert_eq!(db.store.start_call(&with_job(&db, &second), None).await.unwrap(), Inserted::MemberBusy);
    assert_eq!(db.store.call(second.id).await.unwrap(), None);

    let second = db.call(two, &[cecilia, anna, bob]).await;
    let (answered, _) = second.clone().apply(answer(anna), after(1)).unwrap();
    let card = Some(MessageId(db.uuid()));
    let change = Change { card, jobs: vec![db.job()], at: after(1), ..nothing_more(&answered) };
    assert_eq!(db.store.save_calls(std::slice::from_ref(&change)).await.unwrap(), Saved::MemberBusy);
    assert_eq!(db.store.call(second.id).await.unwrap(), Some(second.clone()));
    assert_eq!(db.count("SELECT COUNT(*) FROM outbox").await, 0);
    assert_eq!(db.count("SELECT COUNT(*) FROM messages").await, 0);

    db.change(first.id, leave(anna), after(2)).await;
    assert_eq!(db.store.save_calls(&[change]).await.unwrap(), Saved::Yes);
}

async fn the_card_of_a_call_is_posted_once(db: Db) {
    let (channel, [anna, bob, _]) = group(&db).await;
    let call = db.call(channel, &[anna, bob]).await;
    let over = db.change(call.id, leave(anna), after(1)).await;
    let card = Some(MessageId(db.uuid()));
    let again = Change { card, jobs: vec![db.job()], at: after(2), ..nothing_more(&over) };
    assert_eq!(db.store.save_calls(&[again]).await.unwrap(), Saved::Yes);
    assert_eq!(db.count("SELECT COUNT(*) FROM messages").await, 1);
    assert_eq!(db.count("SELECT COUNT(*) FROM outbox").await, 1);
}

async fn a_call_for_the_channel_is_seen_by_the_channel_and_by_whoever_was_invited(db: Db) {
    let parish = db.parish().await;
    let [anna, bob, third, outsider, blocked, left] = [
        db.member(parish, "Anna").await,
        db.member(parish, "Bob").await,
        db.member(parish, "Third").await,
        db.member(parish, "Outsider").await,
        db.member(parish, "Blocked").await,
        db.member(parish, "Left").await,
    ];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob, blocked, left]).await;
    db.is_blocked(blocked).await;
    db.leaves(left).await;
    let mut call = db.new_call(Audience::Channel, channel, &[anna, third]);
    call.participants[1].guest = true;
    assert_eq!(db.store.start_call(&nothing_more(&call), None).await.unwrap(), Inserted::Yes);
    for viewer in [anna, bob, third, blocked] {
        assert_eq!(db.store.visible_call(viewer, call.id).await.unwrap(), Some(call.clone()));
        assert_eq!(db.store.live_calls(viewer).await.unwrap(), std::slice::from_ref(&call));
        assert_eq!(db.store.call_history(viewer, channel, false, None, 9).await.unwrap(), std::slice::from_ref(&call));
    }
    for nobody in [outsider, left, MemberId(db.uuid())] {
        assert_eq!(db.store.visible_call(nobody, call.id).await.unwrap(), None);
        assert_eq!(db.store.live_calls(nobody).await.unwrap(), []);
        assert_eq!(db.store.call_history(nobody, channel, false, None, 9).await.unwrap(), []);
    }
    assert_eq!(db.store.viewers(&call).await.unwrap(), [anna, bob, third, blocked]);
    assert_eq!(db.store.membership(third, channel).await.unwrap(), None);
    assert_eq!(db.store.visible_call(anna, CallId(db.uuid())).await.unwrap(), None);
}

async fn a_call_between_picked_people_is_seen_by_them_only(db: Db) {
    let parish = db.parish().await;
    let [anna, bob, left, other] = [
        db.member(parish, "Anna").await,
        db.member(parish, "Bob").await,
        db.member(parish, "Left").await,
        db.member(parish, "Other").await,
    ];
    let channel = db.channel(parish, ChannelKind::Parish, &[]).await;
    let call = db.invited_call(channel, &[anna, bob, left]).await;
    let call = Call { kind: ChannelKind::Parish, ..call };
    db.leaves(left).await;
    for viewer in [anna, bob] {
        assert_eq!(db.store.visible_call(viewer, call.id).await.unwrap(), Some(call.clone()));
        assert_eq!(db.store.live_calls(viewer).await.unwrap(), std::slice::from_ref(&call));
    }
    for nobody in [left, other] {
        assert_eq!(db.store.visible_call(nobody, call.id).await.unwrap(), None);
        assert_eq!(db.store.live_calls(nobody).await.unwrap(), []);
        assert_eq!(db.store.call_history(nobody, channel, false, None, 9).await.unwrap(), []);
    }
    assert_eq!(db.store.viewers(&call).await.unwrap(), [anna, bob]);
    assert_eq!(db.store.live_call_in(channel).await.unwrap(), None);
}

async fn live_calls_are_newest_first_and_only_those_that_go_on(db: Db) {
    let parish = db.parish().await;
    let mut members = Vec::new();
    for _ in 0..4 {
        members.push(db.member(parish, "Somebody").await);
    }
    let callee = db.member(parish, "Callee").await;
    let channel = db.channel(parish, ChannelKind::Parish, &[]).await;
    let mut ids = Vec::new();
    for (i, member) in members.iter().enumerate() {
        let mut call = db.new_call(Audience::Invited, channel, &[*member, callee]);
        // The two in the middle were started in the same millisecond.
        call.created = after([1, 2, 2, 3][i]);
        assert_eq!(db.store.start_call(&nothing_more(&call), None).await.unwrap(), Inserted::Yes);
        ids.push(call.id);
    }
    db.change(ids[0], leave(members[0]), after(9)).await;
    db.change(ids[1], answer(callee), after(9)).await;
    let live: Vec<_> = db.store.live_calls(callee).await.unwrap().iter().map(|call| call.id).collect();
    assert_eq!(live, [ids[3], ids[2], ids[1]]);
    assert_eq!(db.store.live_call_ids().await.unwrap(), ids[1..]);
}

async fn a_call_is_due_when_the_first_ring_in_it_is_over(db: Db) {
    let (channel, [anna, bob, cecilia]) = group(&db).await;
    let call = db.call(channel, &[anna, bob, cecilia]).await;
    assert_eq!(db.store.due_calls(after(29)).await.unwrap(), []);
    assert_eq!(db.store.due_calls(after(30)).await.unwrap(), [call.id]);
    // Answered: the third phone goes on ringing, and must stop by itself.
    db.change(call.id, answer(bob), after(1)).await;
    assert_eq!(db.store.due_calls(after(30)).await.unwrap(), [call.id]);
    let call = db.change(call.id, Command::Tick, after(30)).await;
    assert!(!call.is_over());
    assert_eq!(db.store.due_calls(after(99)).await.unwrap(), []);
}

async fn a_call_is_due_when_it_has_lasted_too_long(db: Db) {
    let (channel, [anna, bob, _]) = group(&db).await;
    let call = db.call(channel, &[anna, bob]).await;
    db.change(call.id, answer(bob), after(1)).await;
    let end = T0 + LONGEST;
    assert_eq!(db.store.due_calls(end - Duration::from_millis(1)).await.unwrap(), []);
    assert_eq!(db.store.due_calls(end).await.unwrap(), [call.id]);
}

async fn whoever_may_not_be_in_a_live_call_is_named(db: Db) {
    let parish = db.parish().await;
    let [anna, bob, guest, left, blocked, gone] = [
        db.member(parish, "Anna").await,
        db.member(parish, "Bob").await,
        db.member(parish, "Guest").await,
        db.member(parish, "Left").await,
        db.member(parish, "Blocked").await,
        db.member(parish, "Gone").await,
    ];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob, left, blocked, gone]).await;
    let mut call = db.new_call(Audience::Channel, channel, &[anna, bob, guest, left, blocked, gone]);
    call.participants[2].guest = true;
    assert_eq!(db.store.start_call(&nothing_more(&call), None).await.unwrap(), Inserted::Yes);
    assert_eq!(db.store.trespassers().await.unwrap(), []);
    db.leaves(left).await;
    db.is_blocked(blocked).await;
    db.store.leave_channel(gone, channel).await.unwrap();
    let mut named = db.store.trespassers().await.unwrap();
    named.sort_unstable();
    assert_eq!(named, [left, blocked, gone].map(|member| (call.id, member)));
    for member in [left, blocked, gone] {
        db.change(call.id, Command::Remove(member), after(1)).await;
    }
    assert_eq!(db.store.trespassers().await.unwrap(), []);
    // Picked for the call, but not of the parish.
    db.leaves(guest).await;
    assert_eq!(db.store.trespassers().await.unwrap(), [(call.id, guest)]);
    db.change(call.id, leave(anna), after(2)).await;
    assert_eq!(db.store.trespassers().await.unwrap(), []);
}

async fn calls_that_ended_long_ago_are_forgotten_with_all_that_belongs_to_them(db: Db) {
    let (channel, [anna, bob, _]) = group(&db).await;
    let old = db.call(channel, &[anna, bob]).await;
    db.change(old.id, leave(anna), after(5)).await;
    let recent = db.call(channel, &[anna, bob]).await;
    db.change(recent.id, Command::Tick, after(50)).await;
    let live = db.call(channel, &[anna, bob]).await;
    assert_eq!(db.store.purge_calls(after(50)).await.unwrap(), 1);
    assert_eq!(db.store.call(old.id).await.unwrap(), None);
    assert!(db.store.call(recent.id).await.unwrap().is_some());
    assert!(db.store.call(live.id).await.unwrap().is_some());
    assert_eq!(db.count("SELECT COUNT(*) FROM messages").await, 1);
    assert_eq!(db.count("SELECT COUNT(*) FROM participants").await, 4);
}

async fn a_mark_moves_forward_only(db: Db) {
    assert_eq!(db.store.marked("seen").await.unwrap(), None);
    for (at, marked) in [(5, 5), (9, 9), (7, 9)] {
        db.other.mark("seen", after(at)).await.unwrap();
        assert_eq!(db.store.marked("seen").await.unwrap(), Some(after(marked)));
    }
}

async fn a_call_with_a_thousand_participants_is_saved_and_loaded(db: Db) {
    let (channel, members) = group(&db).await;
    let mut call = db.new_call(Audience::Channel, channel, &members);
    let template = call.participants[1].clone();
    for _ in 0..1_000 {
        let (person, member) = (db.uuid(), MemberId(db.uuid()));
        db.raw(format!(
            "INSERT INTO persons (id, name, locale, created_at) VALUES ('{person}', 'Somebody', 'en', 0);
             INSERT INTO members (id, parish_id, person_id, role, created_at)
             SELECT '{member}', parish_id, '{person}', 'member', 0 FROM channels WHERE id = '{channel}'"
        ))
        .await;
        call.participants.push(Participant { member, ..template.clone() });
    }
    assert_eq!(db.store.start_call(&nothing_more(&call), None).await.unwrap(), Inserted::Yes);
    assert_eq!(db.store.call(call.id).await.unwrap().as_ref(), Some(&call));
    let over = db.change(call.id, leave(members[0]), after(1)).await;
    assert_eq!(db.store.call(call.id).await.unwrap(), Some(over));
}

on_both_engines![
    every_state_of_a_call_is_loaded_as_it_was_saved,
    every_participation_is_loaded_as_it_was_saved_in_its_place,
    the_kind_of_a_call_is_that_of_its_channel,
    a_whole_call_goes_step_by_step_and_its_version_with_it,
    a_save_based_on_an_old_version_is_a_conflict_and_writes_nothing,
    a_call_that_does_not_exist_cannot_be_saved,
    the_second_call_in_a_channel_is_told_of_the_first_until_that_is_over,
    calls_between_picked_people_run_beside_each_other_and_beside_the_channels_call,
    whoever_is_in_a_call_is_in_no_other_and_nothing_is_written,
    the_card_of_a_call_is_posted_once,
    a_call_for_the_channel_is_seen_by_the_channel_and_by_whoever_was_invited,
    a_call_between_picked_people_is_seen_by_them_only,
    live_calls_are_newest_first_and_only_those_that_go_on,
    a_call_is_due_when_the_first_ring_in_it_is_over,
    a_call_is_due_when_it_has_lasted_too_long,
    whoever_may_not_be_in_a_live_call_is_named,
    calls_that_ended_long_ago_are_forgotten_with_all_that_belongs_to_them,
    a_mark_moves_forward_only,
    a_call_with_a_thousand_participants_is_saved_and_loaded,
];
