//! Calls of many: the lock, and the one card that is there from the start.

use crate::db::{Db, PHONE, after, answer, leave, nothing_more};
use domain::{
    Call, CallId, CallStatus, ChannelId, ChannelKind, Command, Lead, MemberId, MessageId, Participation, Prompted,
    Role, Sign,
};
use store::{Change, Inserted};

/// Anna, who leads, has called Bob and Cecilia, whose channel has the card of it.
struct Choir {
    channel: ChannelId,
    anna: MemberId,
    bob: MemberId,
    cecilia: MemberId,
    call: CallId,
    card: MessageId,
}

async fn choir_is_called(db: &Db) -> Choir {
    let parish = db.parish().await;
    let anna = db.member_as(parish, "Anna", Role::Coordinator).await;
    let [bob, cecilia] = [db.member(parish, "Bob").await, db.member(parish, "Cecilia").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob, cecilia]).await;
    let call = db.new_call(domain::Audience::Channel, channel, &[anna, bob, cecilia]);
    let card = MessageId(db.uuid());
    let with_card = Change { card: Some(card), ..nothing_more(&call) };
    assert_eq!(db.store.start_call(&with_card, None).await.unwrap(), Inserted::Yes);
    Choir { channel, anna, bob, cecilia, call: call.id, card }
}

impl Choir {
    async fn anna_does(&self, db: &Db, act: Lead, second: u64) -> Call {
        db.change(self.call, Command::Lead { by: self.anna, device: PHONE, act }, after(second)).await
    }

    async fn ends(&self, db: &Db) {
        self.anna_does(db, Lead::EndForAll, 60).await;
    }

    /// How many lines of the channel this member has not read.
    async fn unread(&self, db: &Db, member: MemberId) -> u32 {
        db.seen(member, self.channel).await.unread
    }
}

async fn a_lock_is_loaded_as_it_was_saved_by_every_process(db: Db) {
    let choir = choir_is_called(&db).await;
    assert!(!db.store.call(choir.call).await.unwrap().unwrap().locked);
    for (locked, second) in [(true, 1), (false, 2), (true, 3)] {
        let saved = choir.anna_does(&db, Lead::Lock(locked), second).await;
        assert_eq!(saved.locked, locked);
        assert_eq!(db.other.call(choir.call).await.unwrap(), Some(saved));
    }
    // What else happens to the call does not open it.
    db.change(choir.call, answer(choir.bob), after(4)).await;
    assert!(db.other.live_call_in(choir.channel).await.unwrap().unwrap().locked);
}

async fn a_hand_a_prompt_and_that_somebody_was_put_out_outlive_the_step(db: Db) {
    let choir = choir_is_called(&db).await;
    for member in [choir.bob, choir.cecilia] {
        db.change(choir.call, answer(member), after(1)).await;
    }
    let device = PHONE;
    db.change(choir.call, Command::Show { member: choir.bob, device, sign: Sign::Hand(true) }, after(2)).await;
    choir.anna_does(&db, Lead::Mute(choir.bob), 3).await;
    let saved = choir.anna_does(&db, Lead::PutOut(choir.cecilia), 4).await;
    let loaded = db.other.call(choir.call).await.unwrap().unwrap();
    assert_eq!(loaded, saved);
    let [bob, cecilia] = [choir.bob, choir.cecilia].map(|member| loaded.participant(member).unwrap());
    assert!(matches!(bob.participation, Participation::Connected { hand: Some(at), .. } if at == after(2)));
    assert_eq!(bob.prompt.map(|prompt| (prompt.what, prompt.by)), Some((Prompted::Mute, choir.anna)));
    assert_eq!((bob.put_out, cecilia.put_out), (false, true));
    // To take the hand down is a change like any other.
    choir.anna_does(&db, Lead::LowerHand(choir.bob), 5).await;
    let loaded = db.other.call(choir.call).await.unwrap().unwrap();
    let bob = loaded.participant(choir.bob).unwrap();
    assert!(matches!(bob.participation, Participation::Connected { hand: None, .. }));
}

async fn the_card_is_one_line_from_the_start_of_the_call_to_its_end(db: Db) {
    let choir = choir_is_called(&db).await;
    let hello = db.says(choir.bob, choir.channel, "hello").await;
    let card = async || {
        let lines = db.other.messages(choir.bob, choir.channel, None, 9).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.id).collect::<Vec<_>>(), [choir.card, hello]);
        let line = lines.into_iter().next().unwrap();
        assert_eq!(db.other.card(choir.call).await.unwrap().as_ref(), Some(&line));
        line
    };
    let told = card().await;
    let status = |line: &domain::Message| line.card().map(|card| (card.status, card.people));
    assert_eq!(status(&told), Some((CallStatus::Ringing, 1)));
    db.change(choir.call, answer(choir.bob), after(1)).await;
    assert_eq!(status(&card().await), Some((CallStatus::Active, 2)));
    choir.ends(&db).await;
    let over = card().await;
    assert_eq!(status(&over), Some((CallStatus::Ended, 2)));
    assert_eq!((over.sent_at, over.author), (told.sent_at, told.author));
    assert_eq!(db.count("SELECT COUNT(*) FROM messages WHERE call_id IS NOT NULL").await, 1);
}

async fn whoever_has_read_of_a_call_has_not_to_read_of_its_end(db: Db) {
    let choir = choir_is_called(&db).await;
    db.change(choir.call, answer(choir.bob), after(1)).await;
    assert_eq!((choir.unread(&db, choir.bob).await, choir.unread(&db, choir.cecilia).await), (1, 1));
    assert!(db.store.mark_read(choir.bob, choir.channel, choir.card, after(2)).await.unwrap());
    choir.ends(&db).await;
    assert_eq!((choir.unread(&db, choir.bob).await, choir.unread(&db, choir.cecilia).await), (0, 1));
    assert_eq!(db.store.unread(choir.bob).await.unwrap(), [(choir.channel, 0)]);
}

async fn a_call_of_two_has_no_card_until_a_third_comes_in(db: Db) {
    let parish = db.parish().await;
    let [anna, bob, third] =
        [db.member(parish, "Anna").await, db.member(parish, "Bob").await, db.member(parish, "Third").await];
    let channel = db.channel(parish, ChannelKind::Direct, &[anna, bob]).await;
    let call = db.call(channel, &[anna, bob]).await.id;
    db.change(call, answer(bob), after(1)).await;
    let ring = Command::Ring {
        by: bob,
        leads: false,
        callee: third.into(),
        guest: true,
        ring_for: std::time::Duration::from_secs(30),
    };
    db.change(call, ring, after(2)).await;
    assert_eq!(db.store.card(call).await.unwrap(), None);
    db.change(call, answer(third), after(3)).await;
    let card = db.store.card(call).await.unwrap().unwrap();
    assert_eq!(card.card().map(|card| (card.status, card.people)), Some((CallStatus::Active, 3)));
    for member in [anna, bob, third] {
        db.change(call, leave(member), after(4)).await;
    }
    let over = db.store.card(call).await.unwrap().unwrap();
    assert_eq!((over.id, over.card().map(|card| card.status)), (card.id, Some(CallStatus::Ended)));
}

on_both_engines![
    a_lock_is_loaded_as_it_was_saved_by_every_process,
    a_hand_a_prompt_and_that_somebody_was_put_out_outlive_the_step,
    the_card_is_one_line_from_the_start_of_the_call_to_its_end,
    whoever_has_read_of_a_call_has_not_to_read_of_its_end,
    a_call_of_two_has_no_card_until_a_third_comes_in,
];
