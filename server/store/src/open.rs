//! Opening a database, and how its connections behave.

use crate::{Store, StoreError};
use sqlx::any::{Any, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyPool, Connection, Executor, Transaction};
use std::fmt::Write;
use std::fs::{DirBuilder, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a request waits for a connection, or for another's lock, before it is told that the database is busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// SQLite readers. They never wait for the writer (WAL), only for each other.
const SQLITE_READERS: u32 = 4;

/// PostgreSQL connections of one server.
const POSTGRES_CONNECTIONS: u32 = 10;

/// What a large statement or a new index sets aside stays in memory: in a container or under systemd there may be nowhere else
/// to put it than beside the database (<https://sqlite.org/tempfiles.html>).
pub(crate) const NO_FILES_BESIDE: &str = "PRAGMA temp_store = MEMORY";

/// A connection that lay still for longer than this is asked whether it is still there before it is used.
const STALE_AFTER: Duration = Duration::from_secs(10);

/// All changes of the tables, in order.
pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// On PostgreSQL, every connection of ours holds this lock as long as it lives, as SQLite does by itself for a file: so
/// whoever wants the database for themselves can tell whether somebody has it open. Tests share a database, not a schema.
pub(crate) const IN_USE_BY_US: &str =
    "SELECT COUNT(pg_advisory_lock_shared(7882, hashtext(CAST(current_schema() AS TEXT))))";
/// Waits until nobody else has it open, as long as `lock_timeout` lets it. Nobody else can then, while the connection lives.
pub(crate) const IN_USE_BY_NOBODY_ELSE: &str =
    "SELECT COUNT(pg_advisory_lock(7882, hashtext(CAST(current_schema() AS TEXT))))";

/// Which database this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file on this machine.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl Store {
    /// Opens the database that `url` names: `sqlite:<path>` (file and folder are created if missing) or
    /// `postgres://…`. Call [`Store::migrate`] next.
    ///
    /// # Errors
    /// [`StoreError::UnknownScheme`], [`StoreError::InMemory`], or [`StoreError::Unavailable`].
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        match address_of(url, true)? {
            (Engine::Sqlite, address) => open_sqlite(&address, SQLITE_READERS).await,
            (Engine::Postgres, address) => open_postgres(&address, POSTGRES_CONNECTIONS).await,
        }
    }

    /// Brings the tables up to date. Safe to run by several servers at once: they queue up.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if a migration that has landed was changed.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        // A connection of its own, without a lock_timeout: whoever comes second waits for as long as the first needs.
        let options = self.write.connect_options().as_ref().clone();
        let pool = AnyPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE).connect_with(options).await?;
        if self.engine == Engine::Sqlite {
            sqlx::raw_sql(NO_FILES_BESIDE).execute(&pool).await?;
        }
        let mut result = MIGRATIONS.run(&pool).await;
        if self.engine == Engine::Sqlite {
            // There the queue is the file's lock: whoever comes second runs into tables that are there already, and
            // finds that migration done when looking again.
            for _ in MIGRATIONS.iter() {
                if result.is_err() {
                    result = MIGRATIONS.run(&pool).await;
                }
            }
        }
        pool.close().await;
        result?;
        self.fold_the_rest().await
    }

    /// Which database this is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read.acquire().await?.ping().await?;
        Ok(())
    }

    /// Lets running work finish and closes every connection. Whatever is asked later is [`StoreError::Unavailable`].
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    /// A transaction that will write. SQLite must know that from the start: a transaction that reads first and writes
    /// later fails at once, without waiting, if another has written in between.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        match self.engine {
            Engine::Sqlite => self.write.begin_with("BEGIN IMMEDIATE").await,
            // Whoever asks may be gone before the answer comes. Then sqlx forgets that it has sent BEGIN, and what the next
            // one writes with that connection would be part of a transaction that nobody commits. So it runs to its end.
            Engine::Postgres => {
                let write = self.write.clone();
                let begun = tokio::spawn(async move { write.begin().await });
                begun.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
            }
        }
    }
}

/// The file that `url` names.
pub(crate) fn sqlite_file(url: &str) -> Result<PathBuf, StoreError> {
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(StoreError::InMemory);
    }
    let options: SqliteConnectOptions = url.parse()?;
    let path = options.get_filename();
    if path.as_os_str().is_empty() {
        return Err(StoreError::InMemory);
    }
    Ok(path.to_owned())
}

/// Makes the file and its folder, if they are missing. What people say is for nobody else who has an account on this
/// machine; what the database puts beside its file is for the same people as the file.
fn make(path: &Path) -> Result<(), StoreError> {
    let made = || {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    };
    made().map_err(|error| StoreError::Unavailable(error.into()))
}

/// The database that `url` names, for what is done to all of it at once. `make`: its file, if it is missing.
pub(crate) fn address_of(url: &str, make: bool) -> Result<(Engine, String), StoreError> {
    sqlx::any::install_default_drivers();
    match url.split_once(':') {
        Some(("sqlite", _)) => {
            let path = sqlite_file(url)?;
            if make {
                self::make(&path)?;
            }
            Ok((Engine::Sqlite, format!("{}?mode={}", sqlite_address(&path), if make { "rwc" } else { "rw" })))
        }
        Some(("postgres" | "postgresql", _)) => Ok((Engine::Postgres, url.to_owned())),
        _ => Err(StoreError::UnknownScheme),
    }
}

/// `address`: as [`address_of`] gives it, of a file that may be made.
pub(crate) async fn open_sqlite(address: &str, readers: u32) -> Result<Store, StoreError> {
    // The writer comes first: it creates the file and switches it to WAL, which lasts. One connection is all there
    // is, so writers of this process queue up in memory instead of on the file's lock.
    let write = sqlite_pool("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", 1).connect(address).await?;
    let read = sqlite_pool("PRAGMA query_only = 1;", readers).connect(address).await?;
    Ok(Store { engine: Engine::Sqlite, read, write, process: None })
}

fn sqlite_pool(settings: &'static str, connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        // A file does not hang up: no need to ask before each use, or to reconnect now and then.
        .test_before_acquire(false)
        .before_acquire(|connection, _| {
            Box::pin(async move {
                // Without room on its disk SQLite rolls back by itself. The driver's own rollback fails then, and it takes
                // itself to be in a transaction for ever (sqlx 0.9): no other could begin on that connection. Whether it is
                // only about to roll back is known after a ping.
                Ok(!connection.is_in_transaction()
                    || (connection.ping().await.is_ok() && !connection.is_in_transaction()))
            })
        })
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = 1;").await?;
                connection.execute(NO_FILES_BESIDE).await?;
                connection.execute(settings).await?;
                Ok(())
            })
        })
}

/// The path as an address that survives being parsed as a URL: `my parish?.db` is a legal name for a file.
fn sqlite_address(path: &Path) -> String {
    let mut address = String::from("sqlite:");
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => address.push(char::from(byte)),
            // Writing to a String cannot fail.
            _ => _ = write!(address, "%{byte:02X}"),
        }
    }
    address
}

pub(crate) async fn open_postgres(url: &str, connections: u32) -> Result<Store, StoreError> {
    let pool: AnyPool = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                // Asking each time would double the round trips.
                Ok(meta.idle_for < STALE_AFTER || connection.ping().await.is_ok())
            })
        })
        .after_connect(|connection, _| {
            Box::pin(async move {
                // A server that freezes in the middle of a transaction must not hold a call's row for ever.
                connection.execute("SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '10s';").await?;
                connection.execute(IN_USE_BY_US).await?;
                Ok(())
            })
        })
        .connect(url)
        .await?;
    let process: String = sqlx::query_scalar("SELECT CAST(gen_random_uuid() AS TEXT)").fetch_one(&pool).await?;
    Ok(Store { engine: Engine::Postgres, read: pool.clone(), write: pool, process: Some(process.into()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::SqliteConnection;

    #[test]
    fn any_file_name_survives_as_an_address() {
        for name in ["paxora.db", "./data/paxora.db", "/var/lib/my parish?#%20.db", "żółw/ü.db"] {
            let address = sqlite_address(Path::new(name));
            let options: SqliteConnectOptions = address.parse().unwrap();
            assert_eq!(options.get_filename(), Path::new(name), "{address}");
        }
    }

    #[tokio::test]
    async fn a_transaction_owns_the_file_before_its_first_statement() {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_address(&folder.path().join("paxora.db"));
        let store = Store::open(&url).await.unwrap();
        let transaction = store.begin().await.unwrap();
        let mut other: SqliteConnection = SqliteConnection::connect(&url).await.unwrap();
        other.execute("PRAGMA busy_timeout = 0").await.unwrap();
        let busy = other.execute("BEGIN IMMEDIATE").await;
        assert!(matches!(busy.map_err(StoreError::from), Err(StoreError::Unavailable(_))));
        transaction.rollback().await.unwrap();
        other.execute("BEGIN IMMEDIATE").await.unwrap();
    }

    #[tokio::test]
    async fn after_the_disk_was_full_in_the_middle_of_a_transaction_the_next_one_begins() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&sqlite_address(&folder.path().join("paxora.db"))).await.unwrap();
        store.migrate().await.unwrap();
        let disk = "CREATE TABLE heap (sand TEXT); PRAGMA max_page_count = 1";
        sqlx::raw_sql(disk).execute(&store.write).await.unwrap();
        let sand = "INSERT INTO heap VALUES (hex(zeroblob(9000000)))";
        let mut transaction = store.begin().await.unwrap();
        let full = sqlx::query(sand).execute(&mut *transaction).await;
        assert!(matches!(full.map_err(StoreError::from), Err(StoreError::Unavailable(_))));
        drop(transaction);
        // On a connection of its own, which is not told that there is no room.
        let mut transaction = store.begin().await.unwrap();
        sqlx::query(sand).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }

    #[tokio::test]
    async fn no_file_is_made_anywhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&sqlite_address(&folder.path().join("paxora.db"))).await.unwrap();
        store.migrate().await.unwrap();
        for pool in [&store.write, &store.read] {
            let kept: i64 = sqlx::query_scalar("PRAGMA temp_store").fetch_one(pool).await.unwrap();
            assert_eq!(kept, 2, "in memory");
        }
    }

    #[tokio::test]
    async fn what_is_for_reading_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&sqlite_address(&folder.path().join("paxora.db"))).await.unwrap();
        store.migrate().await.unwrap();
        let refused = sqlx::query("DELETE FROM outbox").execute(&store.read).await;
        assert!(matches!(refused.map_err(StoreError::from), Err(StoreError::Unavailable(_))));
    }
}
