//! The devices that people are signed in with.

use crate::db::{Db, T0, after};
use domain::device::{Browser, Machine};
use domain::{MemberId, ParishId, PersonId, Role};
use store::{Ended, NewMember, Which};

/// A person of this parish.
async fn person(db: &Db, parish: ParishId) -> (PersonId, MemberId) {
    let (person, member) = (PersonId(db.uuid()), MemberId(db.uuid()));
    let new = NewMember { person, member, parish, name: "Anna".into(), role: Role::Member, login: None, at: T0 };
    db.store.insert_member(&new).await.unwrap();
    (person, member)
}

/// Hashes that are as long as those of tokens, and begin with this digit.
fn hash(digit: u8) -> String {
    digit.to_string().repeat(64)
}

async fn devices_are_told_by_what_they_are_and_whichever_was_seen_last_comes_first(db: Db) {
    let parish = db.parish().await;
    let (anna, member) = person(&db, parish).await;
    for (digit, at) in [(1, 0), (2, 1), (3, 2)] {
        db.store.insert_session(&hash(digit), member, after(at), after(100)).await.unwrap();
    }
    db.store.insert_session(&hash(4), member, T0, after(10)).await.unwrap();
    db.store.name_device(&hash(1), Browser::Firefox, Machine::Windows).await.unwrap();
    db.store.see_session(&hash(1), after(20)).await.unwrap();
    db.store.see_session(&hash(1), after(15)).await.unwrap();
    assert_eq!(db.store.session(&hash(1), after(20)).await.unwrap().unwrap().seen_at, after(20));
    let known = db.store.sessions_of(anna, after(20)).await.unwrap();
    let told: Vec<_> = known.iter().map(|it| (&*it.token_hash, it.created_at, it.seen_at)).collect();
    let (first, second, third) = (hash(1), hash(3), hash(2));
    assert_eq!(told, [(&*first, T0, after(20)), (&*second, after(2), after(2)), (&*third, after(1), after(1))]);
    assert_eq!((known[0].browser, known[0].machine), (Browser::Firefox, Machine::Windows));
    assert_eq!((known[1].browser, known[1].machine), (Browser::Other, Machine::Other));
}

async fn a_person_signs_out_on_their_own_devices_and_on_nobody_elses(db: Db) {
    let parish = db.parish().await;
    let [(anna, annas), (_, bobs)] = [person(&db, parish).await, person(&db, parish).await];
    for (digit, member) in [(1, annas), (2, annas), (3, annas), (4, bobs)] {
        db.store.insert_session(&hash(digit), member, T0, after(100)).await.unwrap();
    }
    let half = |digit: u8| digit.to_string().repeat(32);
    for other in [half(4), half(5), "1".repeat(31), "%".to_owned(), String::new()] {
        assert_eq!(db.store.end_sessions(anna, Which::Beginning(&other)).await.unwrap(), [], "{other}");
    }
    let ended = db.store.end_sessions(anna, Which::Beginning(&half(1))).await.unwrap();
    assert_eq!(ended, [Ended { token_hash: hash(1), member: annas }]);
    assert_eq!(db.store.end_sessions(anna, Which::Beginning(&half(1))).await.unwrap(), []);

    db.store.insert_sign_in_link("anna's", annas, after(100)).await.unwrap();
    db.store.insert_sign_in_link("bob's", bobs, after(100)).await.unwrap();
    let ended = db.store.end_sessions(anna, Which::AllBut(&hash(2))).await.unwrap();
    assert_eq!(ended, [Ended { token_hash: hash(3), member: annas }]);
    assert!(db.store.session(&hash(2), T0).await.unwrap().is_some());
    assert!(db.store.session(&hash(4), T0).await.unwrap().is_some());
    assert_eq!(db.store.sign_in_by_link("anna's", "by anna's", T0, after(99)).await.unwrap(), None);
    assert_eq!(db.store.sign_in_by_link("bob's", "by bob's", T0, after(99)).await.unwrap(), Some(bobs));
}

async fn another_password_ends_all_sessions_of_the_person_but_one(db: Db) {
    let (parish, elsewhere) = (db.parish().await, db.parish().await);
    let (anna, member) = person(&db, parish).await;
    let (_, bobs) = person(&db, elsewhere).await;
    db.store.insert_reset_link("anna's", member, after(100)).await.unwrap();
    db.store.reset_password("anna's", "the first", T0).await.unwrap().unwrap();
    for (digit, member) in [(1, member), (2, member), (3, bobs)] {
        db.store.insert_session(&hash(digit), member, T0, after(100)).await.unwrap();
    }
    let ended = db.store.change_password(anna, "the first", "a hash", &hash(1)).await.unwrap();
    assert_eq!(ended, Some(vec![Ended { token_hash: hash(2), member }]));
    // Somebody knew the one before, and was slower.
    assert_eq!(db.store.change_password(anna, "the first", "theirs", &hash(2)).await.unwrap(), None);
    assert_eq!(db.store.password_hash(anna).await.unwrap().as_deref(), Some("a hash"));
    for (digit, stays) in [(1, true), (2, false), (3, true)] {
        assert_eq!(db.store.session(&hash(digit), T0).await.unwrap().is_some(), stays, "{digit}");
    }
}

on_both_engines![
    devices_are_told_by_what_they_are_and_whichever_was_seen_last_comes_first,
    a_person_signs_out_on_their_own_devices_and_on_nobody_elses,
    another_password_ends_all_sessions_of_the_person_but_one,
];
