//! Looking for words.

use crate::db::{Db, after};
use domain::search::{Piece, asked_words};
use domain::{ChannelId, ChannelKind, Command, Found, MemberId, MessageId, Remover, Words};

async fn found(db: &Db, who: MemberId, channel: ChannelId, typed: &str) -> Vec<MessageId> {
    ids(&page(db, who, channel, typed, None, 9).await)
}

async fn page(
    db: &Db,
    who: MemberId,
    channel: ChannelId,
    typed: &str,
    before: Option<MessageId>,
    limit: u32,
) -> Vec<Found> {
    db.store.search(who, channel, &asked_words(typed).unwrap(), before, limit).await.unwrap()
}

fn ids(found: &[Found]) -> Vec<MessageId> {
    found.iter().map(|found| found.id).collect()
}

async fn words_are_found_however_they_are_written(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let choir = db.says(anna, channel, "Próba CHÓRU w środę,\nŁukasz gra na organach").await;
    let street = db.says(anna, channel, "In der Großen Straße 100 % – ¿dónde?").await;
    let signs = db.says(anna, channel, "50% off! a_b c\\d").await;
    for (typed, wanted) in [
        ("choru", vec![choir]),
        ("ŚRODĘ łukasz", vec![choir]),
        ("lukasz proba w", vec![choir]),
        ("strasse donde", vec![street]),
        ("STRAẞE", vec![street]),
        ("choru strasse", vec![]),
        ("%", vec![signs, street]),
        ("_", vec![signs]),
        ("0%", vec![signs]),
        ("off!", vec![signs]),
        ("\\", vec![signs]),
        ("a%b", vec![]),
        ("'; DROP TABLE messages; --", vec![]),
    ] {
        assert_eq!(found(&db, anna, channel, typed).await, wanted, "{typed}");
    }
}

async fn what_was_found_tells_who_and_when_and_shows_the_words(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let id = db.says(anna, channel, "Wspólny śpiew").await;
    let piece = |text: &str, asked| Piece { text: text.to_owned(), asked };
    let pieces = vec![piece("Wspólny ", false), piece("śpiew", true)];
    let sent_at = db.store.message(id).await.unwrap().unwrap().sent_at;
    assert_eq!(page(&db, anna, channel, "SPIEW", None, 9).await, [Found { id, author: anna, sent_at, pieces }]);
}

async fn the_newest_come_first_and_earlier_ones_page_by_page(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let mut said = vec![];
    for _ in 0..5 {
        said.push(db.says(anna, channel, "Hello").await);
        db.says(anna, channel, "something else").await;
    }
    let newest = page(&db, anna, channel, "hello", None, 2).await;
    assert_eq!(ids(&newest), [said[4], said[3]]);
    let earlier = page(&db, anna, channel, "hello", Some(said[3]), 2).await;
    assert_eq!(ids(&earlier), [said[2], said[1]]);
    assert_eq!(ids(&page(&db, anna, channel, "hello", Some(said[1]), 2).await), [said[0]]);
}

async fn an_edited_message_is_found_by_its_new_words_and_a_removed_one_by_none(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let id = db.says(anna, channel, "on Monday").await;
    assert!(db.store.edit_message(id, anna, &Words::plain("on Tuesday".to_owned()), after(1)).await.unwrap());
    assert_eq!(found(&db, anna, channel, "monday").await, []);
    assert_eq!(found(&db, anna, channel, "tuesday").await, [id]);
    assert!(db.store.remove_message(id, Remover::Author).await.unwrap());
    assert_eq!(found(&db, anna, channel, "tuesday").await, []);
}

async fn only_members_of_a_channel_find_what_was_said_in_it(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let other = db.channel(parish, ChannelKind::Group, &[bob]).await;
    let id = db.says(bob, channel, "hello").await;
    let elsewhere = db.says(bob, other, "hello").await;
    assert_eq!(found(&db, anna, channel, "hello").await, [id]);
    assert_eq!(found(&db, anna, other, "hello").await, []);
    assert_eq!(found(&db, bob, other, "hello").await, [elsewhere]);
    db.store.leave_channel(anna, channel).await.unwrap();
    assert_eq!(found(&db, anna, channel, "hello").await, []);
}

async fn the_card_of_a_call_has_no_words(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Direct, &[anna, bob]).await;
    let call = db.call(channel, &[anna, bob]).await.id;
    db.change(call, Command::Tick, after(30)).await;
    assert!(db.store.card(call).await.unwrap().is_some());
    assert_eq!(found(&db, anna, channel, "%").await, []);
}

async fn what_was_written_before_there_was_a_search_is_found_after_the_next_start(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let mut said = vec![];
    // More than are folded at once.
    for _ in 0..501 {
        said.push(db.says(anna, channel, "Święto").await);
    }
    db.raw("UPDATE messages SET folded = NULL").await;
    assert_eq!(found(&db, anna, channel, "swieto").await, []);
    db.store.migrate().await.unwrap();
    assert_eq!(page(&db, anna, channel, "swieto", None, 999).await.len(), said.len());
}

async fn the_lines_from_one_on_come_oldest_first_and_only_to_members(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let mut said = vec![];
    for body in ["1", "2", "3", "4"] {
        said.push(db.says(anna, channel, body).await);
    }
    let from = db.store.messages_from(anna, channel, said[1], 2).await.unwrap();
    assert_eq!(from.iter().map(|line| line.id).collect::<Vec<_>>(), said[1..3]);
    assert_eq!(db.store.messages_from(bob, channel, said[1], 2).await.unwrap(), []);
}

on_both_engines![
    words_are_found_however_they_are_written,
    what_was_found_tells_who_and_when_and_shows_the_words,
    the_newest_come_first_and_earlier_ones_page_by_page,
    an_edited_message_is_found_by_its_new_words_and_a_removed_one_by_none,
    only_members_of_a_channel_find_what_was_said_in_it,
    the_card_of_a_call_has_no_words,
    what_was_written_before_there_was_a_search_is_found_after_the_next_start,
    the_lines_from_one_on_come_oldest_first_and_only_to_members,
];
