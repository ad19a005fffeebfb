//! Timelines.

use crate::db::{Db, T0, after, answer, leave};
use domain::channel::UNREAD_AT_MOST;
use domain::{
    CallCard, CallStatus, ChannelId, ChannelKind, Command, Content, EndReason, Leads, Mark, MemberId, Message,
    MessageId, Nonce, Notices, Remover, Words,
};
use std::time::Duration;
use store::{Job, NewMessage, StoreError};

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.words().map_or("", |words| &*words.text)).collect()
}

async fn a_message_reads_as_it_was_written(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let id = MessageId(db.uuid());
    let text = "żółw 🐢\n\t'; DROP TABLE messages; -- $1 ?".to_owned();
    let marks = vec![Mark { from: 0, to: 2, leads: Leads::Page }, Mark { from: 2, to: 4, leads: Leads::Member(anna) }];
    let words = Words { text, marks, nonce: Some(Nonce(db.uuid())), edited: false };
    let new = NewMessage { id, channel, author: anna, words: words.clone(), at: after(3) };
    assert_eq!(db.store.insert_message(&new, &[]).await.unwrap(), Some(id));
    let written = Message { id, channel, author: anna, content: Content::Words(words), sent_at: after(3) };
    assert_eq!(db.store.message(id).await.unwrap().as_ref(), Some(&written));
    assert_eq!(db.store.messages(anna, channel, None, 1).await.unwrap(), [written]);
    assert_eq!(db.store.message(MessageId(db.uuid())).await.unwrap(), None);
}

async fn a_message_needs_its_channel(db: Db) {
    let parish = db.parish().await;
    let author = db.member(parish, "Anna").await;
    let (id, channel) = (MessageId(db.uuid()), ChannelId(db.uuid()));
    let words = Words::plain("hello".into());
    let refused = db.store.insert_message(&NewMessage { id, channel, author, words, at: T0 }, &[]).await;
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
        let row = db.seen(anna, channel).await;
        assert_eq!(counts, [(channel, row.unread), (quiet, 0)]);
        (row.unread, row.first_unread)
    };
    assert_eq!(unread().await, (2, Some(first)));
    assert!(db.store.mark_read(anna, channel, first, T0).await.unwrap());
    assert_eq!(unread().await, (1, Some(last)));
    assert!(db.store.mark_read(anna, channel, last, T0).await.unwrap());
    assert_eq!(unread().await, (0, None));
    assert_eq!(db.store.unread(bob).await.unwrap()[0], (channel, 1));
}

async fn of_many_unread_lines_a_hundred_are_counted_and_the_first_is_known(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let bob = db.member(parish, "Bob").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let first = db.says(bob, channel, "1").await;
    for number in 2..=UNREAD_AT_MOST + 5 {
        db.says(bob, channel, &number.to_string()).await;
    }
    assert_eq!(db.store.unread(anna).await.unwrap(), [(channel, UNREAD_AT_MOST)]);
    let [row] = &db.store.channels_of(anna).await.unwrap()[..] else { panic!("one channel") };
    assert_eq!((row.unread, row.first_unread), (UNREAD_AT_MOST, Some(first)));
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
        Content::Call(CallCard { id, status, end_reason: Some(end_reason), duration, people })
    };
    assert_eq!(timeline[0].content, card(talked, CallStatus::Ended, EndReason::Hangup, Some(154), 2));
    assert_eq!((timeline[0].author, timeline[0].sent_at), (anna, after(155)));
    assert_eq!(timeline[1].content, card(missed, CallStatus::Missed, EndReason::Missed, None, 1));
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
    assert_eq!(db.store.messages(bob, channel, None, 9).await.unwrap()[0].card().unwrap().id, call);
    assert_eq!(db.store.unread(bob).await.unwrap(), [(channel, 1)]);
    assert_eq!(db.seen(bob, channel).await.unread, 1);
    assert_eq!(db.store.messages(outsider, channel, None, 9).await.unwrap(), []);
    assert_eq!(db.store.unread(outsider).await.unwrap(), [(channel, 0)]);
    assert_eq!(db.seen(outsider, channel).await.unread, 0);
}

async fn what_is_sent_twice_is_written_once_and_done_once(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let nonce = Some(Nonce(db.uuid()));
    let send = async |author, text: &str| {
        let words = Words { nonce, ..Words::plain(text.to_owned()) };
        let id = MessageId(db.uuid());
        let job = Job {
            id: id.to_string(),
            kind: "tell".to_owned(),
            payload: String::new(),
            not_before: T0,
            expires_at: after(60),
        };
        (
            id,
            db.store.insert_message(&NewMessage { id, channel, author, words, at: T0 }, &[job]).await.unwrap().unwrap(),
        )
    };
    let (first, written) = send(anna, "once").await;
    assert_eq!(written, first);
    let (second, written) = send(anna, "once").await;
    assert_eq!((written, db.store.message(second).await.unwrap()), (first, None));
    // Somebody else's nonce is theirs.
    let (theirs, written) = send(bob, "me too").await;
    assert_eq!(written, theirs);
    assert_eq!(bodies(&db.store.messages(bob, channel, None, 9).await.unwrap()), ["once", "me too"]);
    let jobs = db.store.claim_jobs(T0, Duration::from_secs(1), 9).await.unwrap();
    assert_eq!(jobs.into_iter().map(|due| due.job.id).collect::<Vec<_>>(), [first.to_string(), theirs.to_string()]);
}

async fn words_are_changed_by_their_author_only_and_not_once_they_are_gone(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let id = db.says(anna, channel, "helo").await;
    let words = |text: &str| Words::plain(text.to_owned());
    assert!(!db.store.edit_message(id, bob, &words("no"), after(1)).await.unwrap());
    assert!(db.store.edit_message(id, anna, &words("hello"), after(2)).await.unwrap());
    let read = db.store.message(id).await.unwrap().unwrap();
    assert_eq!(read.content, Content::Words(Words { edited: true, ..words("hello") }));
    assert_eq!(read.sent_at, T0);

    assert!(db.store.remove_message(id, Remover::Leader).await.unwrap());
    assert!(!db.store.remove_message(id, Remover::Author).await.unwrap());
    assert!(!db.store.edit_message(id, anna, &words("again"), after(3)).await.unwrap());
    assert_eq!(db.store.message(id).await.unwrap().unwrap().content, Content::Removed(Remover::Leader));
    assert!(!db.store.remove_message(MessageId(db.uuid()), Remover::Author).await.unwrap());
}

async fn the_card_of_a_call_is_neither_changed_nor_removed(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Direct, &[anna, bob]).await;
    let call = db.call(channel, &[anna, bob]).await.id;
    db.change(call, Command::Tick, after(30)).await;
    let card = db.store.card(call).await.unwrap().unwrap();
    assert!(!db.store.edit_message(card.id, anna, &Words::plain("no".to_owned()), after(31)).await.unwrap());
    assert!(!db.store.remove_message(card.id, Remover::Author).await.unwrap());
    assert_eq!(db.store.card(call).await.unwrap(), Some(card));
}

async fn a_message_is_for_those_in_its_channel(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let id = db.says(anna, channel, "hello").await;
    assert!(db.store.message_for(anna, id).await.unwrap().is_some());
    assert_eq!(db.store.message_for(bob, id).await.unwrap(), None);
    db.store.leave_channel(anna, channel).await.unwrap();
    assert_eq!(db.store.message_for(anna, id).await.unwrap(), None);
}

async fn who_has_not_read_a_message_is_known_with_what_they_want_to_be_told_of(db: Db) {
    let parish = db.parish().await;
    let mut people = vec![];
    for name in ["Anna", "Bob", "Cecilia", "Dora", "Ewa"] {
        people.push(db.member(parish, name).await);
    }
    let [anna, bob, cecilia, dora, ewa] = people[..] else { unreachable!() };
    let channel = db.channel(parish, ChannelKind::Group, &people).await;
    let everybody = db.channel(parish, ChannelKind::Parish, &[]).await;
    let id = db.says(anna, channel, "hello").await;
    let message = db.store.message(id).await.unwrap().unwrap();
    let waiting = async |message: &Message| {
        let readers = db.store.has_not_read(message).await.unwrap();
        readers.into_iter().map(|reader| (reader.member, reader.notices)).collect::<Vec<(MemberId, Notices)>>()
    };
    let all = [bob, cecilia, dora, ewa];
    assert_eq!(waiting(&message).await, all.map(|member| (member, Notices::All)));
    assert!(db.store.mark_read(bob, channel, id, T0).await.unwrap());
    db.store.insert_block(cecilia, anna, T0).await.unwrap();
    assert!(db.store.set_notices(dora, channel, Notices::None).await.unwrap());
    db.store.leave_channel(ewa, channel).await.unwrap();
    assert_eq!(waiting(&message).await, [(dora, Notices::None)]);
    assert_eq!(db.seen(dora, channel).await.notices, Notices::None);
    assert!(!db.store.set_notices(ewa, channel, Notices::All).await.unwrap());

    // Where the whole parish talks, nobody is told of everything unless they want it.
    let announced = db.says(anna, everybody, "hello").await;
    assert!(db.store.set_notices(ewa, everybody, Notices::All).await.unwrap());
    let told = waiting(&db.store.message(announced).await.unwrap().unwrap()).await;
    assert_eq!(told, [(bob, Notices::Named), (dora, Notices::Named), (ewa, Notices::All)]);
    let place = db.store.place_of(&message).await.unwrap().unwrap();
    assert_eq!((&*place.author, place.kind), ("Anna", ChannelKind::Group));
}

on_both_engines![
    what_is_sent_twice_is_written_once_and_done_once,
    words_are_changed_by_their_author_only_and_not_once_they_are_gone,
    the_card_of_a_call_is_neither_changed_nor_removed,
    a_message_is_for_those_in_its_channel,
    who_has_not_read_a_message_is_known_with_what_they_want_to_be_told_of,
    a_message_reads_as_it_was_written,
    a_message_needs_its_channel,
    the_newest_messages_come_oldest_first_and_older_ones_page_by_page,
    unread_are_the_lines_of_others_after_the_last_one_read,
    of_many_unread_lines_a_hundred_are_counted_and_the_first_is_known,
    reading_never_goes_back_and_only_to_lines_of_that_channel,
    the_card_of_a_call_tells_how_it_went,
    the_card_of_a_call_between_picked_people_is_for_them_only,
];
