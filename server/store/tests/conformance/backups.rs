//! Taking all of it out at one moment, and putting it into another database.

use crate::db::{Db, T0, after, answer};
use domain::{ChannelKind, Role};
use store::{Cell, Engine, Piece, RestoreError, Restoring, Snapshot, Store, StoreError, newest_schema};

async fn pieces(url: &str) -> Vec<Piece> {
    let mut all = vec![];
    let snapshot = Snapshot::of(url).await.unwrap();
    assert_eq!(snapshot.schema(), newest_schema());
    let read = snapshot.read(|piece| {
        all.push(piece);
        Ok::<_, StoreError>(())
    });
    read.await.unwrap();
    all
}

async fn restore(url: &str, pieces: &[Piece], replace: bool) -> Result<(), RestoreError> {
    let mut restoring = Restoring::into(url, newest_schema(), replace).await?;
    for piece in pieces {
        if let Err(error) = restoring.take(piece.clone()).await {
            restoring.give_up().await;
            return Err(error);
        }
    }
    restoring.finish(false).await
}

fn rows(pieces: &[Piece], of: &str) -> Vec<Vec<Cell>> {
    let found = pieces.iter().skip_while(|piece| !matches!(piece, Piece::Table { table, .. } if table == of));
    found.skip(1).map_while(|piece| if let Piece::Row(cells) = piece { Some(cells.clone()) } else { None }).collect()
}

/// A parish in which something happens, with words that a careless statement would stumble over.
async fn lived_in(db: &Db) -> Vec<Piece> {
    let parish = db.parish().await;
    let anna = db.member_as(parish, "Anna", Role::Admin).await;
    let ben = db.member(parish, "Żółw ü'; DROP TABLE persons; --").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna, ben]).await;
    for number in 0..900 {
        db.says(anna, channel, &format!("line {number}\n\"quoted\" \\ {{}} $1 ? 🔔")).await;
    }
    let call = db.call(channel, &[anna, ben]).await;
    db.change(call.id, answer(ben), after(3)).await;
    db.store.insert_session("hash", anna, T0, after(60)).await.unwrap();
    db.store.secret("vapid", "a key", T0).await.unwrap();
    pieces(&db.url).await
}

fn new_file(folder: &tempfile::TempDir) -> String {
    format!("sqlite:{}/new/paxora.db", folder.path().display())
}

async fn what_was_taken_out_is_the_same_in_another_database(db: Db) {
    let taken = lived_in(&db).await;
    assert_eq!((rows(&taken, "persons").len(), rows(&taken, "messages").len()), (2, 900));
    let folder = tempfile::tempdir().unwrap();
    let file = new_file(&folder);
    restore(&file, &taken, false).await.unwrap();
    assert_eq!(pieces(&file).await, taken);
    // And back again, in the place of what happened meanwhile.
    let parish = db.store.parishes().await.unwrap()[0].id;
    db.member(parish, "Carl").await;
    db.close().await;
    assert!(matches!(restore(&db.url, &taken, false).await, Err(RestoreError::NotEmpty)));
    restore(&db.url, &taken, true).await.unwrap();
    assert_eq!(pieces(&db.url).await, taken);
    let store = Store::open(&db.url).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.parishes().await.unwrap()[0].id, parish);
    assert!(store.session("hash", after(1)).await.unwrap().is_some());
}

async fn a_moment_is_kept_whatever_is_written_while_it_is_read(db: Db) {
    let before = lived_in(&db).await;
    let snapshot = Snapshot::of(&db.url).await.unwrap();
    let parish = db.store.parishes().await.unwrap()[0].id;
    db.member(parish, "Carl").await;
    let mut all = vec![];
    let read = snapshot.read(|piece| {
        all.push(piece);
        Ok::<_, StoreError>(())
    });
    read.await.unwrap();
    assert_eq!(all, before);
}

async fn nothing_is_restored_while_somebody_has_the_database_open(db: Db) {
    let taken = lived_in(&db).await;
    assert!(matches!(restore(&db.url, &taken, true).await, Err(RestoreError::InUse)));
    db.close().await;
    let server = Store::open(&db.url).await.unwrap();
    assert!(matches!(restore(&db.url, &taken, true).await, Err(RestoreError::InUse)));
    server.close().await;
    restore(&db.url, &taken, true).await.unwrap();
}

async fn what_fails_on_its_way_in_leaves_everything_as_it_was(db: Db) {
    let taken = lived_in(&db).await;
    db.close().await;
    let row = Piece::Row(vec![Cell::Text("nobody".to_owned()), Cell::Text("hash".to_owned())]);
    let columns = vec!["member_id".to_owned(), "token_hash".to_owned()];
    let orphan = [taken.clone(), vec![Piece::Table { table: "sessions".to_owned(), columns }, row]].concat();
    assert!(matches!(restore(&db.url, &orphan, true).await, Err(RestoreError::Store(StoreError::Refused(_)))));
    let foreign = ["persons; --", "_sqlx_migrations", "outbox"].map(str::to_owned);
    for table in foreign {
        let piece = Piece::Table { table, columns: vec!["id".to_owned()] };
        assert!(matches!(restore(&db.url, &[piece], true).await, Err(RestoreError::Foreign(_))));
    }
    let piece = Piece::Table { table: "persons".to_owned(), columns: vec!["id) --".to_owned()] };
    assert!(matches!(restore(&db.url, &[piece], true).await, Err(RestoreError::Foreign(_))));
    let mut left = Restoring::into(&db.url, newest_schema(), true).await.unwrap();
    left.take(taken[0].clone()).await.unwrap();
    left.give_up().await;
    assert_eq!(pieces(&db.url).await, taken);
}

async fn what_a_newer_program_has_made_is_refused(db: Db) {
    db.close().await;
    let newer = Restoring::into(&db.url, newest_schema() + 1, true).await.err();
    assert!(matches!(newer, Some(RestoreError::Newer(_))));
}

async fn an_older_schema_is_brought_up_to_date_with_what_is_in_it(db: Db) {
    db.close().await;
    let mut restoring = Restoring::into(&db.url, 1, false).await.unwrap();
    let text = |text: &str| Cell::Text(text.to_owned());
    let columns = ["id", "name", "login", "password_hash", "locale", "created_at"].map(str::to_owned).to_vec();
    restoring.take(Piece::Table { table: "persons".to_owned(), columns }).await.unwrap();
    let anna = vec![text("p"), text("Anna"), text("anna"), Cell::Nothing, text("pl"), Cell::Number(T0.0)];
    restoring.take(Piece::Row(anna)).await.unwrap();
    restoring.finish(false).await.unwrap();
    let taken = pieces(&db.url).await;
    assert_eq!(rows(&taken, "persons")[0][..3], [text("p"), text("Anna"), text("anna")]);
}

async fn sessions_can_be_left_out(db: Db) {
    let taken = lived_in(&db).await;
    db.close().await;
    let mut restoring = Restoring::into(&db.url, newest_schema(), true).await.unwrap();
    for piece in &taken {
        restoring.take(piece.clone()).await.unwrap();
    }
    restoring.finish(true).await.unwrap();
    let left = pieces(&db.url).await;
    assert_eq!((rows(&left, "sessions").len(), rows(&left, "persons").len()), (0, 2));
}

async fn every_table_is_kept_or_left_out_on_purpose(db: Db) {
    let tables = match db.store.engine() {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
        Engine::Postgres => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_name <> '_sqlx_migrations'"
        }
    };
    let mut tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&db.raw).await.unwrap();
    tables.retain(|table| !table.starts_with("sqlite_"));
    let mut known = store::testing::tables_known_to_backups();
    tables.sort_unstable();
    known.sort_unstable();
    assert_eq!(tables, known, "name the table in server/store/src/snapshot.rs");
}

on_both_engines![
    what_was_taken_out_is_the_same_in_another_database,
    a_moment_is_kept_whatever_is_written_while_it_is_read,
    nothing_is_restored_while_somebody_has_the_database_open,
    what_fails_on_its_way_in_leaves_everything_as_it_was,
    what_a_newer_program_has_made_is_refused,
    an_older_schema_is_brought_up_to_date_with_what_is_in_it,
    sessions_can_be_left_out,
    every_table_is_kept_or_left_out_on_purpose,
];

#[tokio::test]
async fn of_what_is_no_database_of_ours_there_is_no_backup_and_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = new_file(&folder);
    Snapshot::of(&file).await.err().unwrap();
    assert!(!folder.path().join("new").exists());
    std::fs::create_dir(folder.path().join("new")).unwrap();
    std::fs::write(folder.path().join("new/paxora.db"), "").unwrap();
    assert!(matches!(Snapshot::of(&file).await.err(), Some(StoreError::Refused(_))));
}
