//! Timelines.

use crate::db::{Db, T0, after, answer, leave};
use domain::{CallCard, CallStatus, ChannelId, ChannelKind, Command, EndReason, Message, MessageId};
use store::{NewMessage, StoreError};

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| &*message.body).collect()
}

async fn a_message_reads_as_it_was_written(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let id = MessageId(db.uuid());
    let body = "żółw 🐢\n\t'; DROP TABLE messages; -- $1 ?".to_owned();
    db.store.insert_message(&NewMessage { id, channel, author: anna, body: body.clone(), at: after(3) }).await.unwrap();
    let written = Message { id, channel, author: anna, body, call: None, sent_at: after(3) };
    assert_eq!(db.store.message(id).await.unwrap().as_ref(), Some(&written));
    assert_eq!(db.store.messages(anna, channel, None, 1).await.unwrap(), [written]);
    assert_eq!(db.store.message(MessageId(db.uuid())).await.unwrap(), None);
}

async fn a_message_needs_its_channel(db: Db) {
    let parish = db.parish().await;
    let author = db.member(parish, "Anna").await;
    let (id, channel) = (MessageId(db.uuid()), ChannelId(db.uuid()));
    let refused = db.store.insert_message(&NewMessage { id, channel, author, body: "hello".into(), at: T0 }).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
}

async fn the_newest_messages_come_oldest_first_and_older_ones_page_by_page(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let other = db.channel(parish, ChannelKind::Group, &[anna]).await;
    for body in ["1", "2", "3", "4", "5"] {
        db.says(anna, channel, body).await;
        db.says(anna, other, "elsewhere").await;
    }
    let newest = db.store.messages(anna, channel, None, 2).await.unwrap();
    assert_eq!(bodies(&newest), ["4", "5"]);
    let older = db.store.messages(anna, channel, Some(newest[0].id), 2).await.unwrap();
    assert_eq!(bodies(&older), ["2", "3"]);
    let oldest = db.store.messages(anna, channel, Some(older[0].id), 2).await.unwrap();
    assert_eq!(bodies(&oldest), ["1"]);
    assert_eq!(db.store.messages(anna, channel, Some(oldest[0].id), 2).await.unwrap(), []);
}

async fn unread_are_the_lines_of_others_after_the_last_one_read(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let bob = db.member(parish, "Bob").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let quiet = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let first = db.says(bob, channel, "1").await;
    db.says(anna, channel, "my own").await;
    let last = db.says(bob, channel, "2").await;
    let unread = async || {
        let counts = db.store.unread(anna).await.unwrap();
        let of_channel = db.store.channel_of(anna, channel).await.unwrap().unwrap().unread;
        assert_eq!(counts, [(channel, of_channel), (quiet, 0)]);
        of_channel
    };
    assert_eq!(unread().await, 2);
    assert!(db.store.mark_read(anna, channel, first, T0).await.unwrap());
    assert_eq!(unread().await, 1);
    assert!(db.store.mark_read(anna, channel, last, T0).await.unwrap());
    assert_eq!(unread().await, 0);
    assert_eq!(db.store.unread(bob).await.unwrap()[0], (channel, 1));
}

async fn reading_never_goes_back_and_only_to_lines_of_that_channel(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let bob = db.member(parish, "Bob").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let other = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let first = db.says(bob, channel, "1").await;
    let second = db.says(bob, channel, "2").await;
    let third = db.says(bob, channel, "3").await;
    let elsewhere = db.says(bob, other, "elsewhere").await;
    assert!(db.store.mark_read(anna, channel, second, T0).await.unwrap());
    for not_forward in [first, second, elsewhere, MessageId(db.uuid())] {
        assert!(!db.store.mark_read(anna, channel, not_forward, T0).await.unwrap());
    }
    assert_eq!(db.store.unread(anna).await.unwrap(), [(channel, 1), (other, 1)]);
    assert!(db.store.mark_read(anna, channel, third, T0).await.unwrap());
}

async fn the_card_of_a_call_tells_how_it_went(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let bob = db.member(parish, "Bob").await;
    let cecilia = db.member(parish, "Cecilia").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob, cecilia]).await;
    let talked = db.call(channel, &[anna, bob, cecilia]).await.id;
    db.change(talked, answer(bob), after(1)).await;
    db.change(talked, leave(bob), after(150)).await;
    db.change(talked, leave(anna), after(155)).await;
    let missed = db.call(channel, &[bob, anna]).await.id;
    db.change(missed, Command::Tick, after(30)).await;

    let timeline = db.store.messages(cecilia, channel, None, 9).await.unwrap();
    let card = |id, status, end_reason, duration, people| {
        Some(CallCard { id, status, end_reason: Some(end_reason), duration, people })
    };
    assert_eq!(timeline[0].call, card(talked, CallStatus::Ended, EndReason::Hangup, Some(154), 2));
    assert_eq!((timeline[0].author, &*timeline[0].body, timeline[0].sent_at), (anna, "", after(155)));
    assert_eq!(timeline[1].call, card(missed, CallStatus::Missed, EndReason::Missed, None, 1));
    assert_eq!(timeline[1].author, bob);
    assert_eq!(db.store.message(timeline[0].id).await.unwrap().as_ref(), Some(&timeline[0]));
    assert_eq!(db.store.unread(cecilia).await.unwrap(), [(channel, 2)]);
    assert_eq!(db.store.unread(anna).await.unwrap(), [(channel, 1)]);
}

async fn the_card_of_a_call_between_picked_people_is_for_them_only(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let bob = db.member(parish, "Bob").await;
    let outsider = db.member(parish, "Outsider").await;
    let channel = db.channel(parish, ChannelKind::Parish, &[]).await;
    let call = db.invited_call(channel, &[anna, bob]).await.id;
    db.change(call, Command::Decline(bob), after(1)).await;
    assert_eq!(db.store.messages(bob, channel, None, 9).await.unwrap()[0].call.as_ref().unwrap().id, call);
    assert_eq!(db.store.unread(bob).await.unwrap(), [(channel, 1)]);
    assert_eq!(db.store.channel_of(bob, channel).await.unwrap().unwrap().unread, 1);
    assert_eq!(db.store.messages(outsider, channel, None, 9).await.unwrap(), []);
    assert_eq!(db.store.unread(outsider).await.unwrap(), [(channel, 0)]);
    assert_eq!(db.store.channel_of(outsider, channel).await.unwrap().unwrap().unread, 0);
}

on_both_engines![
    a_message_reads_as_it_was_written,
    a_message_needs_its_channel,
    the_newest_messages_come_oldest_first_and_older_ones_page_by_page,
    unread_are_the_lines_of_others_after_the_last_one_read,
    reading_never_goes_back_and_only_to_lines_of_that_channel,
    the_card_of_a_call_tells_how_it_went,
    the_card_of_a_call_between_picked_people_is_for_them_only,
];
