//! A real database that fails where it is told to: triggers refuse to write a table or to commit, and a table that is read is
//! called something else for a while.

use crate::plan::{Fault, Sabotage};
use sqlx::AnyPool;
use sqlx::any::AnyPoolOptions;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use store::Store;
use store::testing::{dropped_after, open_for_few};

/// Where a write can fail.
pub(crate) const TABLES: [&str; 7] =
    ["calls", "participants", "outbox", "messages", "requests", "ring_cards", "push_subscriptions"];

/// Where reading can fail.
pub(crate) const READ: [&str; 5] = ["calls", "participants", "messages", "requests", "channel_members"];
/// What a table is called that cannot be read.
const HIDDEN: &str = "hidden";

/// A database of one's own, and a way to break it.
pub(crate) struct Database {
    pub(crate) store: Store,
    /// Beside the store.
    pub(crate) raw: AnyPool,
    /// Moves on from plan to plan, in milliseconds, since plans share the database.
    pub(crate) now: i64,
    outside: Option<(AnyPool, String)>,
    /// What is broken just now; also after what was done meanwhile has panicked or was given up.
    broken: Mutex<Option<Fault>>,
    _folder: tempfile::TempDir,
}

async fn run(pool: &AnyPool, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

impl Database {
    pub(crate) async fn sqlite() -> Database {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("model.db").display());
        let database = Database::open(&url, None, folder).await;
        for table in TABLES {
            for what in ["INSERT", "UPDATE", "DELETE"] {
                let sql = format!(
                    "CREATE TRIGGER fail_{table}_{what} BEFORE {what} ON {table}
                     WHEN (SELECT broken FROM chaos) IN ('{table}', 'everything')
                     BEGIN SELECT RAISE(ABORT, 'the test breaks it'); END"
                );
                run(&database.raw, sql).await;
            }
            for what in ["INSERT", "UPDATE"] {
                let sql = format!(
                    "CREATE TRIGGER owe_{table}_{what} AFTER {what} ON {table}
                     WHEN (SELECT broken FROM chaos) = 'commit'
                     BEGIN INSERT INTO debts VALUES (1); END"
                );
                run(&database.raw, sql).await;
            }
        }
        database
    }

    pub(crate) async fn postgres() -> Database {
        static SCHEMAS: AtomicU32 = AtomicU32::new(0);
        let Ok(url) = std::env::var("TEST_POSTGRES_URL") else {
            panic!("TEST_POSTGRES_URL is not set: run `script/postgres cargo test -p backend`, or script/test");
        };
        sqlx::any::install_default_drivers();
        let schema = format!("model_{}_{}", std::process::id(), SCHEMAS.fetch_add(1, Ordering::Relaxed));
        let outside = AnyPool::connect(&url).await.unwrap();
        run(&outside, format!("CREATE SCHEMA {schema}")).await;
        let separator = if url.contains('?') { '&' } else { '?' };
        // To plan each question anew is a tenth of the time.
        let plans = "options[plan_cache_mode]=force_generic_plan";
        let url = format!("{url}{separator}options[search_path]={schema}&{plans}");
        let database = Database::open(&url, Some((outside, schema)), tempfile::tempdir().unwrap()).await;
        let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                IF (SELECT broken FROM chaos) IN (TG_TABLE_NAME, 'everything') THEN
                    RAISE EXCEPTION 'the test breaks it' USING ERRCODE = 'io_error';
                END IF;
                IF TG_OP = 'DELETE' THEN
                    RETURN OLD;
                END IF;
                RETURN NEW;
             END $$";
        run(&database.raw, refuse.to_owned()).await;
        let owe = "CREATE FUNCTION owe() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                IF (SELECT broken FROM chaos) = 'commit' THEN
                    INSERT INTO debts VALUES (1);
                END IF;
                RETURN NULL;
             END $$";
        run(&database.raw, owe.to_owned()).await;
        for table in TABLES {
            let sql = format!(
                "CREATE TRIGGER fail_{table} BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse();
                 CREATE TRIGGER owe_{table} AFTER INSERT OR UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION owe()"
            );
            run(&database.raw, sql).await;
        }
        database
    }

    async fn open(url: &str, outside: Option<(AnyPool, String)>, folder: tempfile::TempDir) -> Database {
        let store = open_for_few(url).await.unwrap();
        store.migrate().await.unwrap();
        // One is enough for who does one thing after the other; the more there are, the colder are a PostgreSQL's processes.
        let raw = AnyPoolOptions::new().max_connections(1).connect(url).await.unwrap();
        // Whoever owes something to nobody cannot commit.
        let chaos = "CREATE TABLE chaos (broken TEXT); INSERT INTO chaos VALUES ('nothing');
             CREATE TABLE nobody (id INTEGER PRIMARY KEY);
             CREATE TABLE debts (creditor INTEGER REFERENCES nobody (id) DEFERRABLE INITIALLY DEFERRED)";
        run(&raw, chaos.to_owned()).await;
        Database { store, raw, now: 1_800_000_000_000, outside, broken: Mutex::default(), _folder: folder }
    }

    /// Does something while something goes wrong. None if it was killed before its end: dropped after so many turns, wherever
    /// it was.
    pub(crate) async fn under<T>(&self, fault: Option<Fault>, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        let done = match fault {
            None => work.await,
            Some(Fault::Kill { turns }) => return dropped_after(turns.into(), work).await,
            Some(fault @ Fault::Read { turns: turns @ 1.., .. }) => {
                match dropped_after(turns.into(), work.as_mut()).await {
                    Some(done) => done,
                    // It may be in a transaction, whose end this waits for.
                    None => tokio::join!(work, self.breaks(fault)).0,
                }
            }
            Some(fault) => {
                self.breaks(fault).await;
                work.await
            }
        };
        self.mend().await;
        Some(done)
    }

    async fn breaks(&self, fault: Fault) {
        *self.broken.lock().unwrap() = Some(fault);
        match fault {
            Fault::Write { table } => self.set(TABLES.get(usize::from(table)).copied().unwrap_or("everything")).await,
            Fault::Commit => self.set("commit").await,
            Fault::Read { table, .. } => self.rename(READ[usize::from(table)], HIDDEN).await,
            Fault::Kill { .. } => {}
        }
    }

    /// Whatever was broken works again.
    pub(crate) async fn mend(&self) {
        let broken = self.broken.lock().unwrap().take();
        match broken {
            Some(Fault::Write { .. } | Fault::Commit) => self.set("nothing").await,
            Some(Fault::Read { table, .. }) => self.rename(HIDDEN, READ[usize::from(table)]).await,
            Some(Fault::Kill { .. }) | None => {}
        }
    }

    async fn set(&self, broken: &str) {
        sqlx::query("UPDATE chaos SET broken = $1").bind(broken).execute(&self.raw).await.unwrap();
    }

    async fn rename(&self, from: &str, to: &str) {
        run(&self.raw, format!("ALTER TABLE {from} RENAME TO {to}")).await;
    }

    pub(crate) async fn meddle(&self, how: Sabotage) {
        let sql = match how {
            Sabotage::SameVersion => "UPDATE calls SET created_at = created_at - 1 WHERE ended_at IS NULL",
            Sabotage::People => "DELETE FROM participants",
            Sabotage::Server => panic!("as a bug would"),
        };
        run(&self.raw, sql.to_owned()).await;
    }

    pub(crate) async fn count(&self, sql: &'static str, now: i64) -> i64 {
        sqlx::query_scalar(sql).bind(now).fetch_one(&self.raw).await.unwrap()
    }

    pub(crate) async fn close(self) {
        self.store.close().await;
        self.raw.close().await;
        if let Some((outside, schema)) = self.outside {
            run(&outside, format!("DROP SCHEMA {schema} CASCADE")).await;
        }
    }
}
