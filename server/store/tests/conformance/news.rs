//! What processes that share a PostgreSQL tell each other.

use crate::db::{Db, T0, after, answer, leave, nothing_more, on_sqlite, run};
use domain::{Audience, Call, CallState, CallStatus, ChannelKind, MemberId, MessageId, Words};
use std::time::Duration;
use store::{Change, Heard, Inserted, Listener, NewMessage, News, Saved, Store};
use tokio::time::timeout;

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Listens for those who are connected to this store.
async fn listen(store: &Store) -> Listener {
    let mut listener = store.news().unwrap();
    assert_eq!(heard(&mut listener).await, Heard::Lost);
    listener
}

async fn heard(listener: &mut Listener) -> Heard {
    timeout(PATIENCE, listener.next()).await.expect("nothing was heard").unwrap()
}

async fn news(listener: &mut Listener) -> News {
    match heard(listener).await {
        Heard::News(news) => news,
        Heard::Lost => panic!("the connection was lost"),
    }
}

async fn whatever_browsers_are_told_of_is_heard_by_the_other_process(db: Db) {
    let mut listener = listen(&db.other).await;
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    assert_eq!(news(&mut listener).await, News::Parish(parish));
    let invite = db.invite(parish, 1).await;
    let sign_up = db.sign_up(&invite, "bob");
    let bob = sign_up.member;
    db.store.sign_up(&sign_up).await.unwrap();
    assert_eq!(news(&mut listener).await, News::Parish(parish));
    db.channel(parish, ChannelKind::Parish, &[]).await;
    assert_eq!(news(&mut listener).await, News::Parish(parish));
    let channel = db.channel(parish, ChannelKind::Direct, &[anna, bob]).await;
    assert_eq!(news(&mut listener).await, News::Members(vec![anna, bob]));
    let message = db.says(anna, channel, "hello").await;
    assert_eq!(news(&mut listener).await, News::Message(message));

    for _ in 0..2 {
        // The second time, nothing changes.
        db.store.mark_read(bob, channel, message, after(0)).await.unwrap();
    }
    assert_eq!(news(&mut listener).await, News::Read(bob, channel));
    db.store.insert_block(bob, anna, T0).await.unwrap();
    assert_eq!(news(&mut listener).await, News::Members(vec![bob]));
    db.store.delete_block(bob, anna).await.unwrap();
    assert_eq!(news(&mut listener).await, News::Members(vec![bob]));

    let call = db.call(channel, &[anna, bob]).await;
    assert_eq!(news(&mut listener).await, News::Call(call.id));
    db.change(call.id, answer(bob), after(1)).await;
    assert_eq!(news(&mut listener).await, News::Call(call.id));
    // What is heard can be read.
    assert!(matches!(db.other.call(call.id).await.unwrap().unwrap().state, CallState::Active { .. }));
    db.change(call.id, leave(bob), after(2)).await;
    assert_eq!(news(&mut listener).await, News::Call(call.id));
    let News::Message(card) = news(&mut listener).await else { panic!("a card") };
    assert_eq!(db.other.message(card).await.unwrap().unwrap().card().unwrap().id, call.id);
}

async fn that_a_call_of_many_is_over_is_heard_as_another_line_and_not_as_a_new_one(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let mut listener = listen(&db.other).await;
    let call = db.new_call(Audience::Channel, channel, &[anna, bob]);
    let card = MessageId(db.uuid());
    let begun = Change { card: Some(card), ..nothing_more(&call) };
    assert_eq!(db.store.start_call(&begun, None).await.unwrap(), Inserted::Yes);
    assert_eq!(news(&mut listener).await, News::Call(call.id));
    assert_eq!(news(&mut listener).await, News::Message(card));
    db.change(call.id, answer(bob), after(1)).await;
    assert_eq!(news(&mut listener).await, News::Call(call.id));
    for member in [anna, bob] {
        db.change(call.id, leave(member), after(2)).await;
        assert_eq!(news(&mut listener).await, News::Call(call.id));
    }
    assert_eq!(news(&mut listener).await, News::Changed(card));
    // What is heard can be read.
    let line = db.other.message(card).await.unwrap().unwrap();
    assert_eq!(line.card().map(|card| card.status), Some(CallStatus::Ended));
}

async fn whose_missed_calls_change_is_heard_with_the_call_and_when_they_are_seen(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let call = db.call(channel, &[anna, bob]).await;
    let mut listener = listen(&db.other).await;
    let (over, _) = call.clone().apply(leave(anna), after(1)).unwrap();
    let change = Change { missed: over.misses_changed(&call), ..nothing_more(&over) };
    assert_eq!(db.store.save_calls(&[change]).await.unwrap(), Saved::Yes);
    assert_eq!(news(&mut listener).await, News::Call(call.id));
    assert_eq!(news(&mut listener).await, News::Missed(vec![bob]));
    for _ in 0..2 {
        // The second time, nothing changes.
        db.store.mark_calls_seen(bob, None, after(2)).await.unwrap();
    }
    assert_eq!(news(&mut listener).await, News::Missed(vec![bob]));
    let message = db.says(anna, channel, "That was all.").await;
    assert_eq!(news(&mut listener).await, News::Message(message));
}

async fn what_was_not_committed_is_never_heard(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let call = db.call(channel, &[anna, bob]).await;
    // The database says no at the very last moment, after everything was written and told.
    db.raw(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
         CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW WHEN (NEW.body = 'refused' OR NEW.call_id IS NOT NULL) EXECUTE FUNCTION refuse()",
    )
    .await;
    let mut listener = listen(&db.other).await;

    let id = MessageId(db.uuid());
    let words = Words::plain("refused".to_owned());
    let refused = NewMessage { id, channel, author: anna, words, at: T0 };
    db.store.insert_message(&refused, &[]).await.unwrap_err();
    let (over, _) = call.clone().apply(leave(anna), after(1)).unwrap();
    let with_card = Change { card: Some(MessageId(db.uuid())), ..nothing_more(&over) };
    db.store.save_calls(&[with_card]).await.unwrap_err();
    let outdated = Call { version: 7, ..call };
    db.store.save_calls(&[nothing_more(&outdated)]).await.unwrap_err();

    let message = db.says(anna, channel, "hello").await;
    assert_eq!(news(&mut listener).await, News::Message(message));
}

async fn ones_own_news_are_no_news(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let [mut one, mut other] = [listen(&db.store).await, listen(&db.other).await];
    let ours = db.says(anna, channel, "ours").await;
    let theirs = MessageId(db.uuid());
    let words = Words::plain("theirs".to_owned());
    let new = NewMessage { id: theirs, channel, author: anna, words, at: T0 };
    db.other.insert_message(&new, &[]).await.unwrap();
    assert_eq!(news(&mut one).await, News::Message(theirs));
    assert_eq!(news(&mut other).await, News::Message(ours));
}

async fn after_its_connection_was_cut_a_listener_says_so_and_hears_again(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let mut listener = listen(&db.other).await;
    for _ in 0..3 {
        assert_eq!(store::testing::cut_listeners(&db.store).await.unwrap(), 1);
        db.says(anna, channel, "not heard, or heard before the cut was noticed").await;
        while heard(&mut listener).await != Heard::Lost {}
        let message = db.says(anna, channel, "heard").await;
        assert_eq!(news(&mut listener).await, News::Message(message));
    }
}

async fn what_strangers_send_is_passed_over(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let mut listener = listen(&db.other).await;
    for payload in ["", "hello", "somebody call everybody", "somebody drop parish", &"x".repeat(7_999)] {
        db.raw(format!(
            "SELECT pg_notify('paxora_' || oid, '{payload}') FROM pg_namespace WHERE nspname = current_schema()"
        ))
        .await;
    }
    let message = db.says(anna, channel, "hello").await;
    assert_eq!(news(&mut listener).await, News::Message(message));
}

async fn a_channel_of_five_hundred_is_told_of_in_pieces(db: Db) {
    let parish = db.parish().await;
    let mut members = Vec::new();
    for _ in 0..500 {
        members.push(db.member(parish, "Somebody").await);
    }
    let mut listener = listen(&db.other).await;
    db.channel(parish, ChannelKind::Group, &members).await;
    let mut told: Vec<MemberId> = Vec::new();
    while told.len() < members.len() {
        let News::Members(some) = news(&mut listener).await else { panic!("members") };
        told.extend(some);
    }
    assert_eq!(told, members);
}

async fn a_parish_in_another_schema_is_not_heard(db: Db) {
    let mut listener = listen(&db.other).await;
    crate::db::on_postgres(|elsewhere| async move {
        let parish = elsewhere.parish().await;
        elsewhere.member(parish, "Somebody else's").await;
    })
    .await;
    let parish = db.parish().await;
    db.member(parish, "Anna").await;
    assert_eq!(news(&mut listener).await, News::Parish(parish));
}

#[tokio::test]
async fn a_listener_that_may_not_connect_says_so_each_time_until_it_may() {
    store::testing::on_postgres(|url| async move {
        let raw = sqlx::AnyPool::connect(&url).await.unwrap();
        let (_, somebody) = url.rsplit_once('=').unwrap();
        run(&raw, format!("CREATE ROLE {somebody} LOGIN PASSWORD 'secret'")).await;
        let store = Store::open(&format!("{url}&user={somebody}&password=secret")).await.unwrap();
        let mut listener = store.news().unwrap();
        run(&raw, format!("ALTER ROLE {somebody} NOLOGIN")).await;
        for _ in 0..3 {
            listener.next().await.unwrap_err();
        }
        run(&raw, format!("ALTER ROLE {somebody} LOGIN")).await;
        assert_eq!(heard(&mut listener).await, Heard::Lost);
        run(&raw, format!("DROP ROLE {somebody}")).await;
    })
    .await;
}

#[tokio::test]
async fn on_sqlite_there_is_nobody_to_hear() {
    on_sqlite(|db| async move { assert!(db.store.news().is_none()) }).await;
}

on_postgres![
    whatever_browsers_are_told_of_is_heard_by_the_other_process,
    that_a_call_of_many_is_over_is_heard_as_another_line_and_not_as_a_new_one,
    whose_missed_calls_change_is_heard_with_the_call_and_when_they_are_seen,
    what_was_not_committed_is_never_heard,
    ones_own_news_are_no_news,
    after_its_connection_was_cut_a_listener_says_so_and_hears_again,
    what_strangers_send_is_passed_over,
    a_channel_of_five_hundred_is_told_of_in_pieces,
    a_parish_in_another_schema_is_not_heard,
];
