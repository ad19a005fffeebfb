//! A real database that fails where it is told to: triggers refuse to write a table or to commit, and a table that is read is
//! called something else for a while.

use crate::plan::{Fault, Sabotage};
use sqlx::AnyPool;
use sqlx::any::AnyPoolOptions;
use std::sync::atomic::{AtomicU32, Ordering};
use store::Store;
use store::testing::{dropped_after, open_for_few};

/// Where a write can fail.
pub(crate) const TABLES: [&str; 7] =
    ["calls", "participants", "outbox", "messages", "requests", "ring_cards", "push_subscriptions"];

/// Where reading can fail.
pub(crate) const READ: [&str; 6] = ["calls", "participants", "outbox", "messages", "requests", "channel_members"];

/// A database of one's own, and a way to break it.
pub(crate) struct Database {
    pub(crate) store: Store,
    /// Beside the store.
    pub(crate) raw: AnyPool,
    /// Moves on from plan to plan, in milliseconds, since plans share the database.
    pub(crate) now: i64,
    outside: Option<(AnyPool, String)>,
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
        Database { store, raw, now: 1_800_000_000_000, outside, _folder: folder }
    }

    /// Does something while something goes wrong. None if it was killed before its end: dropped after so many turns, wherever
    /// it was.
    pub(crate) async fn under<T>(&self, fault: Option<Fault>, work: impl Future<Output = T>) -> Option<T> {
        let sets = async |broken| {
            sqlx::query("UPDATE chaos SET broken = $1").bind(broken).execute(&self.raw).await.unwrap();
        };
        let renames = async |from: &str, to: &str| run(&self.raw, format!("ALTER TABLE {from} RENAME TO {to}")).await;
        match fault {
            None => Some(work.await),
            Some(Fault::Kill { turns }) => dropped_after(turns.into(), work).await,
            Some(Fault::Write { table }) => {
                sets(TABLES.get(usize::from(table)).copied().unwrap_or("everything")).await;
                let done = work.await;
                sets("nothing").await;
                Some(done)
            }
            Some(Fault::Commit) => {
                sets("commit").await;
                let done = work.await;
                sets("nothing").await;
                Some(done)
            }
            Some(Fault::Read { table }) => {
                let (table, hidden) = (READ[usize::from(table)], "hidden");
                renames(table, hidden).await;
                let done = work.await;
                renames(hidden, table).await;
                Some(done)
            }
        }
    }

    pub(crate) async fn meddle(&self, how: Sabotage) {
        let sql = match how {
            Sabotage::SameVersion => "UPDATE calls SET created_at = created_at - 1 WHERE ended_at IS NULL",
            Sabotage::People => "DELETE FROM participants",
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
