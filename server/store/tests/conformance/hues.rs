//! The colours of faces.

use crate::db::Db;
use domain::{Hue, PersonId};

async fn a_colour_is_the_persons_own_and_the_last_one_counts(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    db.member(parish, "Ben").await;
    assert_eq!(db.store.hues(parish).await.unwrap(), []);
    let hue = |number: u8| Hue::try_from(number).unwrap();
    let person = person_of(&db, anna).await;
    for number in [3, 11] {
        db.store.choose_hue(person, parish, hue(number)).await.unwrap();
    }
    assert_eq!(db.store.hues(parish).await.unwrap(), [(anna, hue(11))]);
    assert_eq!(db.store.hues(db.parish().await).await.unwrap(), []);
    db.leaves(anna).await;
    assert_eq!(db.store.hues(parish).await.unwrap(), [(anna, hue(11))], "on what she said");
}

async fn person_of(db: &Db, member: domain::MemberId) -> PersonId {
    db.store.insert_session("a hash", member, crate::db::T0, crate::db::after(60)).await.unwrap();
    db.store.session("a hash", crate::db::T0).await.unwrap().unwrap().person
}

on_both_engines![a_colour_is_the_persons_own_and_the_last_one_counts];
