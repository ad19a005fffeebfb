//! Sessions and one-time links.

use crate::db::{Db, T0, after};
use domain::Role;

async fn a_session_tells_who_is_signed_in_until_it_expires(db: Db) {
    let parish = db.parish().await;
    let anna = db.member_as(parish, "Anna", Role::Coordinator).await;
    db.store.insert_session("hash", anna, T0, after(10)).await.unwrap();
    let signed_in = db.store.session("hash", after(9)).await.unwrap().unwrap();
    assert_eq!((signed_in.member, signed_in.parish, signed_in.role), (anna, parish, Role::Coordinator));
    assert_eq!((&*signed_in.name, &*signed_in.parish_name, signed_in.blocked), ("Anna", "St. Anne", false));
    assert_eq!(db.store.session("hash", after(10)).await.unwrap(), None);
    assert_eq!(db.store.session("another", T0).await.unwrap(), None);
}

async fn a_session_of_a_blocked_member_says_so_and_of_one_who_left_is_none(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    db.store.insert_session("hash", anna, T0, after(10)).await.unwrap();
    db.is_blocked(anna).await;
    assert!(db.store.session("hash", T0).await.unwrap().unwrap().blocked);
    db.leaves(anna).await;
    assert_eq!(db.store.session("hash", T0).await.unwrap(), None);
}

async fn signing_out_ends_that_session_only(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    db.store.insert_session("phone", anna, T0, after(10)).await.unwrap();
    db.store.insert_session("laptop", anna, T0, after(10)).await.unwrap();
    db.store.delete_session("phone").await.unwrap();
    assert!(db.store.session("phone", T0).await.unwrap().is_none());
    assert!(db.store.session("laptop", T0).await.unwrap().is_some());
}

async fn expired_sessions_and_links_are_forgotten(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    db.store.insert_session("old", anna, T0, after(10)).await.unwrap();
    db.store.insert_session("new", anna, T0, after(11)).await.unwrap();
    db.store.insert_sign_in_link("old", anna, after(10)).await.unwrap();
    db.store.insert_sign_in_link("new", anna, after(11)).await.unwrap();
    db.store.delete_expired_sessions(after(10)).await.unwrap();
    assert_eq!(db.count("SELECT COUNT(*) FROM sessions").await, 1);
    assert_eq!(db.count("SELECT COUNT(*) FROM sign_in_links").await, 1);
    assert!(db.store.session("new", after(10)).await.unwrap().is_some());
}

async fn a_link_can_be_looked_at_often_and_followed_once(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    db.store.insert_sign_in_link("hash", anna, after(10)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(db.store.sign_in_link("hash", T0).await.unwrap().as_deref(), Some("Anna"));
    }
    assert_eq!(db.store.sign_in_by_link("hash", "by hash", T0, after(99)).await.unwrap(), Some(anna));
    assert_eq!(db.store.sign_in_by_link("hash", "by hash", T0, after(99)).await.unwrap(), None);
    assert_eq!(db.store.sign_in_link("hash", T0).await.unwrap(), None);
    assert_eq!(db.store.session("by hash", T0).await.unwrap().map(|session| session.member), Some(anna));
}

async fn a_link_that_expired_or_whose_member_left_leads_nowhere(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    db.store.insert_sign_in_link("hash", anna, after(10)).await.unwrap();
    assert_eq!(db.store.sign_in_link("hash", after(10)).await.unwrap(), None);
    assert_eq!(db.store.sign_in_by_link("hash", "by hash", after(10), after(99)).await.unwrap(), None);
    db.leaves(anna).await;
    assert_eq!(db.store.sign_in_link("hash", T0).await.unwrap(), None);
    assert_eq!(db.store.sign_in_by_link("hash", "by hash", T0, after(99)).await.unwrap(), None);
    assert_eq!(db.store.sign_in_by_link("another", "by another", T0, after(99)).await.unwrap(), None);
}

async fn a_password_that_was_changed_after_it_was_checked_signs_in_nobody(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let login = format!("anna@{anna}");
    let without = db.store.credentials(&login).await.unwrap().unwrap();
    assert!(!db.store.sign_in(&without, "with none", T0, after(10)).await.unwrap());
    db.store.insert_reset_link("first", anna, after(10)).await.unwrap();
    db.store.reset_password("first", "old", T0).await.unwrap().unwrap();
    let checked = db.store.credentials(&login).await.unwrap().unwrap();
    assert!(db.store.sign_in(&checked, "phone", T0, after(10)).await.unwrap());
    assert_eq!(db.store.session("phone", T0).await.unwrap().map(|session| session.member), Some(anna));
    db.store.insert_reset_link("second", anna, after(10)).await.unwrap();
    db.store.reset_password("second", "new", T0).await.unwrap().unwrap();
    assert!(!db.store.sign_in(&checked, "laptop", T0, after(10)).await.unwrap());
    assert_eq!(db.count("SELECT COUNT(*) FROM sessions").await, 0);
}

async fn nobody_stays_signed_in_who_signs_in_while_all_sessions_end(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let login = format!("anna@{anna}");
    db.store.insert_reset_link("reset", anna, after(10)).await.unwrap();
    db.store.reset_password("reset", "0", T0).await.unwrap().unwrap();
    for turn in 0..20 {
        let code = format!("code {turn}");
        db.store.insert_sign_in_link(&code, anna, after(10)).await.unwrap();
        let checked = db.store.credentials(&login).await.unwrap().unwrap();
        let (before, new) = (turn.to_string(), (turn + 1).to_string());
        let (by_password, by_code, changed) = tokio::join!(
            db.store.sign_in(&checked, "by password", T0, after(10)),
            db.store.sign_in_by_link(&code, "by code", T0, after(10)),
            db.other.change_password(checked.person, &before, &new, ""),
        );
        by_password.unwrap();
        by_code.unwrap();
        changed.unwrap().unwrap();
        assert_eq!(db.count("SELECT COUNT(*) FROM sessions").await, 0, "turn {turn}");
    }
}

on_both_engines![
    a_password_that_was_changed_after_it_was_checked_signs_in_nobody,
    nobody_stays_signed_in_who_signs_in_while_all_sessions_end,
    a_session_tells_who_is_signed_in_until_it_expires,
    a_session_of_a_blocked_member_says_so_and_of_one_who_left_is_none,
    signing_out_ends_that_session_only,
    expired_sessions_and_links_are_forgotten,
    a_link_can_be_looked_at_often_and_followed_once,
    a_link_that_expired_or_whose_member_left_leads_nowhere,
];
