//! What can be said of a database by looking at it, for whoever runs it. Nothing is changed, or made.

use crate::open::{address_of, sqlite_file};
use crate::snapshot::{schema, tables};
use crate::{Engine, StoreError};
use sqlx::{AnyConnection, Connection};
use std::path::PathBuf;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// The last migration it has seen; none if it is not ours yet.
    pub schema: Option<i64>,
    /// Whether it can be written now.
    pub writable: bool,
    /// What is broken in a file. A PostgreSQL server looks after that itself.
    pub damage: Option<String>,
    /// How a file is written; `wal` lets people read while somebody writes.
    pub journal: Option<String>,
    /// The clock of a PostgreSQL server, in milliseconds.
    pub clock: Option<i64>,
    /// The key that push messages are signed with, as it is kept.
    pub push_key: Option<String>,
}

/// The file of a SQLite database; none for PostgreSQL.
///
/// # Errors
/// [`StoreError::UnknownScheme`], [`StoreError::InMemory`].
pub fn file_of(url: &str) -> Result<Option<PathBuf>, StoreError> {
    match address_of(url, false)? {
        (Engine::Sqlite, _) => sqlite_file(url).map(Some),
        (Engine::Postgres, _) => Ok(None),
    }
}

/// Looks at the database that `url` names.
///
/// # Errors
/// It cannot be opened, or not read. That it is damaged is no error, but what was seen.
pub async fn examine(url: &str) -> Result<Examined, StoreError> {
    match look(url).await {
        Err(StoreError::Damaged(why)) => Ok(Examined {
            schema: None,
            writable: false,
            damage: Some(why),
            journal: None,
            clock: None,
            push_key: None,
        }),
        seen => seen,
    }
}

async fn look(url: &str) -> Result<Examined, StoreError> {
    let (engine, address) = address_of(url, false)?;
    let mut connection = AnyConnection::connect(&address).await?;
    let seen = look_through(engine, &mut connection).await;
    // Also of what is damaged: afterwards nobody has it open.
    let closed = connection.close().await;
    let seen = seen?;
    closed?;
    Ok(seen)
}

async fn look_through(engine: Engine, connection: &mut AnyConnection) -> Result<Examined, StoreError> {
    let there = tables(engine, connection).await?;
    let schema = schema(&there, connection).await?;
    let push_key = match there.iter().any(|name| name == "secrets") {
        true => {
            let kept = sqlx::query_scalar("SELECT value FROM secrets WHERE name = 'vapid'");
            kept.fetch_optional(&mut *connection).await?
        }
        false => None,
    };
    let mut seen = Examined { schema, writable: true, damage: None, journal: None, clock: None, push_key };
    match engine {
        Engine::Sqlite => {
            expect_whole(engine, connection).await?;
            seen.journal = Some(sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await?);
            sqlx::raw_sql("PRAGMA busy_timeout = 5000").execute(&mut *connection).await?;
            seen.writable = sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK;").execute(&mut *connection).await.is_ok();
        }
        Engine::Postgres => {
            let only_reading: bool = sqlx::query_scalar(
                "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'
                        OR NOT has_schema_privilege(current_schema(), 'CREATE')",
            )
            .fetch_one(&mut *connection)
            .await?;
            seen.writable = !only_reading;
            let now = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
            seen.clock = Some(sqlx::query_scalar(now).fetch_one(&mut *connection).await?);
        }
    }
    Ok(seen)
}

/// Looks at every page of a file, which takes as long as reading it. A PostgreSQL server looks after its own.
///
/// # Errors
/// [`StoreError::Damaged`].
pub(crate) async fn expect_whole(engine: Engine, connection: &mut AnyConnection) -> Result<(), StoreError> {
    if engine == Engine::Sqlite {
        let said: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(connection).await?;
        if said != "ok" {
            return Err(StoreError::Damaged(said));
        }
    }
    Ok(())
}
