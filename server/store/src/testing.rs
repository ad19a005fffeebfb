//! What tests need of a PostgreSQL, a part of it for themselves and connections that break; and requests that are given up.

use crate::call_rows::calls;
use crate::calls::calls_where;
use crate::news::channel;
use crate::open::{address_of, open_postgres, open_sqlite};
use crate::snapshot::{KEPT, LEFT_OUT};
use crate::{Engine, Store, StoreError};
use domain::{Call, ParishId};
use sqlx::{AnyPool, AssertSqlSafe};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

/// Runs a test with the address of an empty schema of its own in the PostgreSQL at `TEST_POSTGRES_URL`. The schema is gone
/// afterwards.
///
/// # Panics
/// If there is no such PostgreSQL, or the test panics.
pub async fn on_postgres<F>(test: impl FnOnce(String) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (outside, schema, url) = new_schema().await;
    let result = tokio::spawn(test(url)).await;
    run(&outside, format!("DROP SCHEMA {schema} CASCADE")).await;
    if let Err(failure) = result {
        std::panic::resume_unwind(failure.into_panic());
    }
}

/// The address of an empty schema of its own in the PostgreSQL at `TEST_POSTGRES_URL`, where it stays.
///
/// # Panics
/// If there is no such PostgreSQL.
pub async fn schema_for_good() -> String {
    let (outside, _, url) = new_schema().await;
    outside.close().await;
    url
}

async fn new_schema() -> (AnyPool, String, String) {
    static SCHEMAS: AtomicU32 = AtomicU32::new(0);
    let Ok(url) = std::env::var("TEST_POSTGRES_URL") else {
        panic!("TEST_POSTGRES_URL is not set: run `script/postgres cargo test …`, or script/test");
    };
    sqlx::any::install_default_drivers();
    let schema = format!("test_{}_{}", std::process::id(), SCHEMAS.fetch_add(1, Ordering::Relaxed));
    let outside = AnyPool::connect(&url).await.expect("the PostgreSQL at TEST_POSTGRES_URL");
    run(&outside, format!("CREATE SCHEMA {schema}")).await;
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}options[search_path]={schema}");
    (outside, schema, url)
}

async fn run(pool: &AnyPool, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.expect("a schema for one test");
}

/// As [`Store::open`], with only as many connections as one needs who does one thing after the other: a PostgreSQL of which
/// ten processes take turns, a question each, took a third longer for the random plans of calls.
///
/// # Errors
/// See [`Store::open`].
pub async fn open_for_few(url: &str) -> Result<Store, StoreError> {
    match address_of(url, true)? {
        (Engine::Sqlite, address) => open_sqlite(&address, 1).await,
        (Engine::Postgres, address) => open_postgres(&address, 3).await,
    }
}

/// Changes what no use case changes.
///
/// # Errors
/// See [`StoreError`].
pub async fn write(store: &Store, sql: String) -> Result<(), StoreError> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&store.write).await?;
    Ok(())
}

/// All that an SQLite database has in it: the rows of each table, in an order of their own.
///
/// # Errors
/// See [`StoreError`].
pub async fn contents(store: &Store) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    let mut contents = BTreeMap::new();
    for table in sqlx::query_scalar::<_, String>(tables).fetch_all(&store.write).await? {
        let columns =
            format!("SELECT group_concat('quote(' || name || ')', ' || '' '' || ') FROM pragma_table_info('{table}')");
        let columns: String = sqlx::query_scalar(AssertSqlSafe(columns)).fetch_one(&store.write).await?;
        let rows = format!("SELECT {columns} FROM {table} ORDER BY 1");
        let rows = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&store.write).await?;
        contents.insert(table, rows);
    }
    Ok(contents)
}

/// Every call that there ever was in a parish, newest first.
///
/// # Errors
/// See [`StoreError`].
pub async fn calls_of(store: &Store, parish: ParishId) -> Result<Vec<Call>, StoreError> {
    let rows =
        sqlx::query_as(calls_where!("ch.parish_id = $1")).bind(parish.to_string()).fetch_all(&store.read).await?;
    calls(rows)
}

/// Cuts the connections of all who listen to the news of this database; answers how many there were.
///
/// # Errors
/// See [`StoreError`].
pub async fn cut_listeners(store: &Store) -> Result<i64, StoreError> {
    const SQL: &str = concat!(
        "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query = CONCAT('LISTEN \"', ",
        channel!(),
        ", '\"')"
    );
    Ok(sqlx::query_scalar(SQL).fetch_one(&store.write).await?)
}

/// Drops some work after so many turns, wherever it is, as when a browser hangs up or a process dies: none then.
pub async fn dropped_after<T>(turns: usize, work: impl Future<Output = T>) -> Option<T> {
    let (mut left, mut work) = (turns, pin!(work));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Waits until nothing is under way: what somebody had begun who is gone is committed or rolled back.
///
/// # Panics
/// The database is not available.
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
pub async fn nothing_is_under_way(store: &Store) {
    let mut all = vec![];
    for _ in 0..store.write.options().get_max_connections() {
        all.push(store.write.acquire().await.unwrap());
    }
}

/// The tables that a backup keeps, and those that it leaves out.
#[must_use]
pub fn tables_known_to_backups() -> Vec<&'static str> {
    [&KEPT[..], &LEFT_OUT[..]].concat()
}
