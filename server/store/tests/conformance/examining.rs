//! Looking at a database, for whoever runs it.

use crate::db::Db;
use store::{Engine, RestoreError, Restoring, Snapshot, StoreError, examine, file_of, newest_schema};

async fn a_database_in_use_is_whole_and_can_be_written(db: Db) {
    let seen = examine(&db.url).await.unwrap();
    assert!(seen.writable && seen.damage.is_none() && seen.schema == Some(newest_schema()), "{seen:?}");
    assert_eq!(seen.push_key, None);
    let of_file = db.store.engine() == Engine::Sqlite;
    assert_eq!((seen.journal.as_deref() == Some("wal"), seen.clock.is_none()), (of_file, of_file));
    assert_eq!(file_of(&db.url).unwrap().is_some(), of_file);
    db.store.secret("vapid", "a key", crate::db::T0).await.unwrap();
    assert_eq!(examine(&db.url).await.unwrap().push_key.as_deref(), Some("a key"));
}

on_both_engines![a_database_in_use_is_whole_and_can_be_written];

#[tokio::test]
async fn a_file_with_a_hole_in_it_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paxora.db");
    let url = format!("sqlite:{}", path.display());
    let store = store::Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    // Pages of tables, beyond the first ones, which say what is where.
    let from = bytes.len() / 2;
    bytes[from..].fill(0x55);
    std::fs::write(&path, bytes).unwrap();
    let seen = examine(&url).await.unwrap();
    assert!(seen.damage.is_some(), "{seen:?}");
    let taken = Snapshot::of(&url).await.map(|_| ());
    assert!(matches!(taken, Err(StoreError::Damaged(_))), "{taken:?}");
    let restored = match Restoring::into(&url, newest_schema(), true).await {
        Ok(restoring) => restoring.finish(false).await,
        Err(error) => Err(error),
    };
    assert!(matches!(restored, Err(RestoreError::Store(StoreError::Damaged(_)))), "{restored:?}");
}
