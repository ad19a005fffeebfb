//! Who has blocked whom.

use crate::db::{Db, T0, after, answer};
use domain::{Callee, ChannelKind};

async fn a_block_counts_for_the_one_who_made_it_until_it_is_lifted(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    db.store.insert_block(anna, bob, T0).await.unwrap();
    db.other.insert_block(anna, bob, after(1)).await.unwrap();
    assert_eq!(db.store.blocks_of(anna).await.unwrap(), [bob]);
    assert_eq!(db.store.blocks_of(bob).await.unwrap(), []);
    let hushed = |member, hushed| Callee { member, hushed, busy: false, quiet: false };
    assert_eq!(db.store.callees(bob, &[anna]).await.unwrap(), [hushed(anna, true)]);
    assert_eq!(db.store.callees(anna, &[bob]).await.unwrap(), [hushed(bob, false)]);
    db.store.delete_block(anna, bob).await.unwrap();
    db.store.delete_block(anna, bob).await.unwrap();
    assert_eq!(db.store.callees(bob, &[anna]).await.unwrap(), [hushed(anna, false)]);
}

async fn nobody_blocks_themselves_or_somebody_who_does_not_exist(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    db.store.insert_block(anna, anna, T0).await.unwrap_err();
    db.store.insert_block(anna, domain::MemberId(db.uuid()), T0).await.unwrap_err();
    assert_eq!(db.store.blocks_of(anna).await.unwrap(), []);
}

async fn who_is_in_a_call_is_busy_and_the_order_is_that_of_the_question(db: Db) {
    let parish = db.parish().await;
    let members = [db.member(parish, "Anna").await, db.member(parish, "Bob").await, db.member(parish, "Cecilia").await];
    let [anna, bob, cecilia] = members;
    let channel = db.channel(parish, ChannelKind::Group, &members).await;
    let call = db.call(channel, &[anna, bob, cecilia]).await;
    let busy = async |asked: &[_]| {
        let callees = db.store.callees(cecilia, asked).await.unwrap();
        callees.into_iter().map(|callee| (callee.member, callee.busy)).collect::<Vec<_>>()
    };
    assert_eq!(busy(&[cecilia, bob, anna]).await, [(cecilia, false), (bob, false), (anna, true)]);
    db.change(call.id, answer(bob), after(1)).await;
    assert_eq!(busy(&[bob, cecilia]).await, [(bob, true), (cecilia, false)]);
    assert_eq!(busy(&[]).await, []);
}

on_both_engines![
    a_block_counts_for_the_one_who_made_it_until_it_is_lifted,
    nobody_blocks_themselves_or_somebody_who_does_not_exist,
    who_is_in_a_call_is_busy_and_the_order_is_that_of_the_question,
];
