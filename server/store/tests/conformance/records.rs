//! Lists of calls, and which of the missed ones were seen.

use crate::db::{Db, after, answer, leave, nothing_more};
use domain::{Audience, Call, CallId, ChannelId, ChannelKind, Command, MemberId};
use std::time::Duration;
use store::Inserted;

/// A group of three and the members in it.
async fn group(db: &Db) -> (ChannelId, [MemberId; 3]) {
    let parish = db.parish().await;
    let members = [db.member(parish, "Anna").await, db.member(parish, "Bob").await, db.member(parish, "Cecilia").await];
    (db.channel(parish, ChannelKind::Group, &members).await, members)
}

/// A call that the others miss, since the caller gives up.
async fn missed(db: &Db, channel: ChannelId, members: &[MemberId]) -> CallId {
    let call = db.call(channel, members).await;
    db.change(call.id, leave(members[0]), after(2)).await;
    call.id
}

fn ids(calls: &[Call]) -> Vec<CallId> {
    calls.iter().map(|call| call.id).collect()
}

async fn recent(db: &Db, member: MemberId, missed: bool) -> Vec<CallId> {
    ids(&db.store.recent_calls(member, missed, None, 9).await.unwrap())
}

async fn unseen(db: &Db, member: MemberId) -> u32 {
    let counted = db.store.missed_calls(&[member]).await.unwrap();
    let [(_, missed)] = counted[..] else { panic!("one count") };
    assert_eq!(db.store.unseen(member).await.unwrap().missed, missed, "counted the same way on the icon of the app");
    missed
}

async fn lists_of_calls_are_newest_first_page_by_page_with_all_participants(db: Db) {
    let (channel, [anna, bob, cecilia]) = group(&db).await;
    let mut all = Vec::new();
    for second in [1, 2, 2, 3, 4] {
        let mut call = db.new_call(Audience::Channel, channel, &[anna, bob, cecilia]);
        call.created = after(second);
        assert_eq!(db.store.start_call(&nothing_more(&call), None).await.unwrap(), Inserted::Yes);
        if second < 4 {
            db.change(call.id, leave(anna), after(second)).await;
        }
        all.insert(0, call.id);
    }
    for missed in [false, true] {
        // The one that still rings is not missed yet.
        let all = &all[usize::from(missed)..];
        for of_channel in [false, true] {
            let page = async |before, limit| {
                let calls = match of_channel {
                    true => db.store.call_history(bob, channel, missed, before, limit).await.unwrap(),
                    false => db.store.recent_calls(bob, missed, before, limit).await.unwrap(),
                };
                assert!(calls.iter().all(|call| call.participants.len() == 3));
                ids(&calls)
            };
            assert_eq!(page(None, 9).await, all);
            assert_eq!(page(None, 2).await, all[..2]);
            assert_eq!(page(Some(all[1]), 2).await, all[2..4]);
            assert_eq!(page(Some(all[2]), 2).await, all[3..all.len().min(5)]);
            assert_eq!(page(all.last().copied(), 2).await, []);
        }
    }
}

async fn recent_calls_are_those_of_all_channels_and_those_somebody_was_picked_for_and_no_others(db: Db) {
    let parish = db.parish().await;
    let [anna, bob, cecilia, left] = [
        db.member(parish, "Anna").await,
        db.member(parish, "Bob").await,
        db.member(parish, "Cecilia").await,
        db.member(parish, "Left").await,
    ];
    let elsewhere = db.parish().await;
    let stranger = db.member(elsewhere, "Stranger").await;
    let everybody = db.channel(parish, ChannelKind::Parish, &[]).await;
    let choir = db.channel(parish, ChannelKind::Group, &[anna, bob, left]).await;
    let two = db.channel(parish, ChannelKind::Direct, &[anna, cecilia]).await;

    let picked = db.invited_call(everybody, &[anna, bob, left]).await.id;
    db.change(picked, leave(anna), after(1)).await;
    let of_choir = missed(&db, choir, &[anna, bob]).await;
    let of_two = db.call(two, &[anna, cecilia]).await.id;
    // Bob is rung into the call of the two.
    db.change(of_two, answer(cecilia), after(1)).await;
    let ring =
        Command::Ring { by: cecilia, leads: false, callee: bob.into(), guest: true, ring_for: Duration::from_secs(30) };
    db.change(of_two, ring, after(2)).await;
    db.leaves(left).await;

    assert_eq!(recent(&db, anna, false).await, [of_two, of_choir, picked]);
    assert_eq!(recent(&db, bob, false).await, [of_two, of_choir, picked]);
    assert_eq!(recent(&db, cecilia, false).await, [of_two]);
    for nobody in [left, stranger, MemberId(db.uuid())] {
        assert_eq!(recent(&db, nobody, false).await, []);
        assert_eq!(recent(&db, nobody, true).await, []);
    }
    assert_eq!(recent(&db, bob, true).await, [of_choir, picked]);
    // Out of the channel, out of sight; whoever was picked for the call itself keeps it.
    db.store.leave_channel(bob, choir).await.unwrap();
    assert_eq!(recent(&db, bob, false).await, [of_two, picked]);
    assert_eq!(recent(&db, bob, true).await, [picked]);
    assert_eq!(unseen(&db, bob).await, 1);
}

async fn a_missed_call_is_counted_until_it_is_seen_in_its_channel_or_in_the_list_of_calls(db: Db) {
    let (channel, [anna, bob, cecilia]) = group(&db).await;
    let other = db.channel(db.parish().await, ChannelKind::Group, &[]).await;
    for _ in 0..2 {
        missed(&db, channel, &[anna, bob, cecilia]).await;
    }
    assert_eq!((unseen(&db, anna).await, unseen(&db, bob).await, unseen(&db, cecilia).await), (0, 2, 2));
    assert!(!db.store.mark_calls_seen(bob, Some(other), after(3)).await.unwrap());
    assert!(!db.store.mark_calls_seen(anna, None, after(3)).await.unwrap());
    assert_eq!(unseen(&db, bob).await, 2);
    assert!(db.store.mark_calls_seen(bob, Some(channel), after(3)).await.unwrap());
    assert!(!db.store.mark_calls_seen(bob, None, after(4)).await.unwrap(), "there is nothing left to see");
    assert_eq!((unseen(&db, bob).await, unseen(&db, cecilia).await), (0, 2));
    let line = db.says(anna, channel, "Where are you?").await;
    assert!(db.store.mark_read(cecilia, channel, line, after(5)).await.unwrap());
    assert_eq!(unseen(&db, cecilia).await, 0);
    assert_eq!(recent(&db, bob, true).await.len(), 2, "they stay in the list");
}

async fn whom_somebody_has_blocked_they_have_not_missed(db: Db) {
    let (channel, [anna, bob, _]) = group(&db).await;
    let mut call = db.new_call(Audience::Channel, channel, &[anna, bob]);
    call.participants[1].hushed = true;
    assert_eq!(db.store.start_call(&nothing_more(&call), None).await.unwrap(), Inserted::Yes);
    db.change(call.id, Command::Tick, after(30)).await;
    assert_eq!(unseen(&db, bob).await, 0);
    assert_eq!(recent(&db, bob, true).await, []);
    assert_eq!(db.store.call_history(bob, channel, true, None, 9).await.unwrap(), []);
    assert_eq!(recent(&db, bob, false).await, [call.id]);
}

async fn a_call_missed_outside_of_ones_channels_is_counted_and_no_line_less(db: Db) {
    let (channel, [anna, bob, cecilia]) = group(&db).await;
    let two = db.channel(db.parish().await, ChannelKind::Group, &[]).await;
    let mut call = db.new_call(Audience::Channel, two, &[anna, cecilia, bob]);
    call.participants[2].guest = true;
    assert_eq!(db.store.start_call(&nothing_more(&call), None).await.unwrap(), Inserted::Yes);
    db.change(call.id, Command::Tick, after(30)).await;
    db.says(anna, channel, "Hello?").await;
    assert_eq!((unseen(&db, bob).await, unseen(&db, cecilia).await), (1, 0));
    assert_eq!(db.store.unseen(bob).await.unwrap().unread, 1);
    assert!(db.store.mark_calls_seen(bob, None, after(31)).await.unwrap());
    assert_eq!(unseen(&db, bob).await, 0);
}

async fn many_are_counted_at_once_in_the_order_asked_for(db: Db) {
    let (channel, [anna, bob, cecilia]) = group(&db).await;
    missed(&db, channel, &[anna, bob, cecilia]).await;
    missed(&db, channel, &[cecilia, bob]).await;
    let counted = db.store.missed_calls(&[bob, anna, cecilia]).await.unwrap();
    assert_eq!(counted, [(bob, 2), (anna, 0), (cecilia, 1)]);
    assert_eq!(db.store.missed_calls(&[]).await.unwrap(), []);
}

on_both_engines![
    lists_of_calls_are_newest_first_page_by_page_with_all_participants,
    recent_calls_are_those_of_all_channels_and_those_somebody_was_picked_for_and_no_others,
    a_missed_call_is_counted_until_it_is_seen_in_its_channel_or_in_the_list_of_calls,
    whom_somebody_has_blocked_they_have_not_missed,
    a_call_missed_outside_of_ones_channels_is_counted_and_no_line_less,
    many_are_counted_at_once_in_the_order_asked_for,
];
