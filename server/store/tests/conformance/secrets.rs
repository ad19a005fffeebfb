//! Keys that servers make for themselves.

use crate::db::{Db, T0, after};
use sqlx::Row;

async fn a_secret_is_made_once_and_stays_the_same(db: Db) {
    assert_eq!(db.store.secret("voice", "first", T0).await.unwrap(), "first");
    assert_eq!(db.store.secret("voice", "second", after(1)).await.unwrap(), "first");
    assert_eq!(db.other.secret("voice", "third", after(2)).await.unwrap(), "first");
    assert_eq!(db.store.secret("another", "fourth", after(3)).await.unwrap(), "fourth");
    let row = sqlx::query("SELECT created_at FROM secrets WHERE name = 'voice'").fetch_one(&db.raw).await.unwrap();
    assert_eq!(row.get::<i64, _>(0), T0.0);
}

async fn an_empty_secret_is_refused(db: Db) {
    db.store.secret("voice", "", T0).await.unwrap_err();
    assert_eq!(db.store.secret("voice", "first", T0).await.unwrap(), "first");
}

on_both_engines![a_secret_is_made_once_and_stays_the_same, an_empty_secret_is_refused];
