//! Opening a database.

use crate::db::Db;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use store::{Engine, Store, StoreError};

async fn migrating_again_changes_nothing(db: Db) {
    let parish = db.parish().await;
    db.store.migrate().await.unwrap();
    db.other.migrate().await.unwrap();
    assert_eq!(db.store.parishes().await.unwrap()[0].id, parish);
}

async fn servers_that_start_together_migrate_once(db: Db) {
    db.raw("DROP TABLE _sqlx_migrations").await;
    for table in [
        "requests",
        "marks",
        "reports",
        "outbox",
        "invites",
        "sign_in_links",
        "blocks",
        "ring_cards",
        "push_subscriptions",
        "sessions",
        "messages",
        "participants",
        "calls",
        "channel_members",
    ] {
        db.raw(format!("DROP TABLE {table}")).await;
    }
    for table in ["channels", "members", "parishes", "persons", "secrets"] {
        db.raw(format!("DROP TABLE {table}")).await;
    }
    let (one, two) = tokio::join!(db.store.migrate(), db.other.migrate());
    one.unwrap();
    two.unwrap();
    db.parish().await;
}

async fn an_open_store_answers_and_a_closed_one_is_unavailable(db: Db) {
    db.store.ping().await.unwrap();
    db.store.close().await;
    assert!(matches!(db.store.ping().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(db.store.parishes().await, Err(StoreError::Unavailable(_))));
    db.other.ping().await.unwrap();
}

async fn a_landed_migration_that_was_changed_is_refused(db: Db) {
    db.raw(match db.store.engine() {
        Engine::Sqlite => "UPDATE _sqlx_migrations SET checksum = x'00'",
        Engine::Postgres => "UPDATE _sqlx_migrations SET checksum = '\\x00'",
    })
    .await;
    assert!(matches!(db.store.migrate().await, Err(StoreError::Refused(_))));
}

on_both_engines![
    migrating_again_changes_nothing,
    servers_that_start_together_migrate_once,
    an_open_store_answers_and_a_closed_one_is_unavailable,
    a_landed_migration_that_was_changed_is_refused,
];

#[tokio::test]
async fn a_file_and_its_folder_are_made_on_first_start_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/new/parish%20data/żółw.db?mode=rwc", folder.path().display());
    let store = Store::open(&url).await.unwrap();
    assert_eq!(store.engine(), Engine::Sqlite);
    store.migrate().await.unwrap();
    store.close().await;
    let file = folder.path().join("new/parish data/żółw.db");
    // For nobody else on this machine.
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    assert_eq!(Store::open(&url).await.unwrap().parishes().await.unwrap(), vec![]);
}

#[tokio::test]
async fn a_sqlite_file_is_in_write_ahead_mode_and_keeps_its_references() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/paxora.db", folder.path().display());
    let store = Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    let raw = sqlx::AnyPool::connect(&url).await.unwrap();
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&raw).await.unwrap();
    assert_eq!(mode, "wal");
    let orphan = store
        .insert_session("hash", domain::MemberId(uuid::Uuid::nil()), domain::Timestamp(0), domain::Timestamp(1))
        .await;
    assert!(matches!(orphan, Err(StoreError::Refused(_))));
}

#[tokio::test]
async fn a_database_that_would_forget_everything_is_refused() {
    for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite://?mode=memory", "sqlite:x?mode=memory", "sqlite:"] {
        assert!(matches!(Store::open(url).await, Err(StoreError::InMemory)), "{url}");
    }
}

#[tokio::test]
async fn an_unknown_kind_of_database_is_refused_without_repeating_its_address() {
    for url in ["", "mysql://root:secret@localhost/paxora", "/var/lib/paxora.db", "SQLITE"] {
        let error = Store::open(url).await.unwrap_err();
        assert!(matches!(error, StoreError::UnknownScheme), "{url}");
        assert!(!format!("{error:?} {error}").contains("secret"));
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_unavailable() {
    let error = Store::open("sqlite:/proc/no/such/place.db").await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_within_seconds() {
    let error = Store::open("postgres://nobody@localhost/x?host=/nowhere").await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn while_somebody_else_keeps_the_file_locked_a_write_is_unavailable_and_reads_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/paxora.db", folder.path().display());
    let store = Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    let raw = sqlx::AnyPool::connect(&url).await.unwrap();
    let _locked = raw.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let error = store.delete_session("any").await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert_eq!(store.parishes().await.unwrap(), vec![]);
}
