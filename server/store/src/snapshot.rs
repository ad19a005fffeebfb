//! All that is remembered, as it was at one moment, in words that both databases understand: what a backup is made of.

use crate::examine::expect_whole;
use crate::open::{IN_USE_BY_US, address_of};
use crate::{Engine, StoreError};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, AssertSqlSafe, Column, Connection, Row, TypeInfo, ValueRef};

/// Every table that is kept, owners before what they own.
pub(crate) const KEPT: [&str; 15] = [
    "persons",
    "parishes",
    "members",
    "channels",
    "channel_members",
    "calls",
    "participants",
    "messages",
    "sessions",
    "push_subscriptions",
    "ring_cards",
    "invites",
    "secrets",
    "blocks",
    "reports",
];

/// What belongs to its moment and would do harm later: work that was to be done then, requests that could have been sent
/// again, when the voice server had last answered, and links that work once, and may have done so since.
pub(crate) const LEFT_OUT: [&str; 4] = ["outbox", "requests", "marks", "sign_in_links"];

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// NULL.
    Nothing,
    /// BIGINT.
    Number(i64),
    /// TEXT.
    Text(String),
}

/// A piece of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Piece {
    /// The rows that follow are of this table.
    Table {
        /// Its name.
        table: String,
        /// What its rows are made of, in this order.
        columns: Vec<String>,
    },
    /// A row of the table named last.
    Row(Vec<Cell>),
}

/// The database as it is at one moment, whatever is written meanwhile.
pub struct Snapshot {
    connection: AnyConnection,
    tables: Vec<&'static str>,
    schema: i64,
}

impl Snapshot {
    /// Looks at the database that `url` names. It changes nothing, not even what a newer program would have to bring up to
    /// date.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if there is nothing of ours in it, [`StoreError::Damaged`]; see [`StoreError`].
    pub async fn of(url: &str) -> Result<Snapshot, StoreError> {
        let (engine, address) = address_of(url, false)?;
        let mut connection = AnyConnection::connect(&address).await?;
        match Snapshot::begin(engine, &mut connection).await {
            Ok((tables, schema)) => Ok(Snapshot { connection, tables, schema }),
            Err(error) => {
                // Afterwards nobody has it open.
                let _ = connection.close().await;
                Err(error)
            }
        }
    }

    /// Begins what sees one moment: which tables there are then, and of which schema.
    async fn begin(engine: Engine, connection: &mut AnyConnection) -> Result<(Vec<&'static str>, i64), StoreError> {
        let begin = match engine {
            Engine::Sqlite => "BEGIN",
            Engine::Postgres => {
                sqlx::raw_sql(IN_USE_BY_US).execute(&mut *connection).await?;
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            }
        };
        sqlx::raw_sql(begin).execute(&mut *connection).await?;
        // What is read first is the moment. Of what is broken nobody should believe that there is a backup.
        expect_whole(engine, connection).await?;
        let there = tables(engine, connection).await?;
        let schema = schema(&there, connection).await?.ok_or(sqlx::Error::RowNotFound)?;
        let tables = KEPT.into_iter().filter(|table| there.iter().any(|name| name == table)).collect();
        Ok((tables, schema))
    }

    /// The number of the last migration it has seen.
    #[must_use]
    pub fn schema(&self) -> i64 {
        self.schema
    }

    /// Hands over all of it, piece by piece.
    ///
    /// # Errors
    /// What `take` says, or see [`StoreError`].
    pub async fn read<E: From<StoreError>>(mut self, mut take: impl FnMut(Piece) -> Result<(), E>) -> Result<(), E> {
        for table in self.tables {
            let mut rows = sqlx::query(AssertSqlSafe(format!("SELECT * FROM {table}"))).fetch(&mut self.connection);
            let mut first = true;
            while let Some(row) = rows.try_next().await.map_err(StoreError::from)? {
                if first {
                    first = false;
                    let columns = row.columns().iter().map(|column| column.name().to_owned()).collect();
                    take(Piece::Table { table: table.to_owned(), columns })?;
                }
                let cells = (0..row.len()).map(|at| cell(&row, at)).collect::<Result<_, _>>();
                take(Piece::Row(cells.map_err(StoreError::from)?))?;
            }
        }
        self.connection.close().await.map_err(StoreError::from)?;
        Ok(())
    }
}

fn cell(row: &sqlx::any::AnyRow, at: usize) -> Result<Cell, sqlx::Error> {
    let value = row.try_get_raw(at)?;
    if value.is_null() {
        return Ok(Cell::Nothing);
    }
    match value.type_info().name() {
        "TEXT" => row.try_get(at).map(Cell::Text),
        _ => row.try_get(at).map(Cell::Number),
    }
}

/// The names of all tables there are.
pub(crate) async fn tables(engine: Engine, connection: &mut AnyConnection) -> Result<Vec<String>, sqlx::Error> {
    let sql = match engine {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
        Engine::Postgres => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema()"
        }
    };
    sqlx::query_scalar(sql).fetch_all(connection).await
}

/// The number of the last migration; none in a database that is not ours yet.
pub(crate) async fn schema(there: &[String], connection: &mut AnyConnection) -> Result<Option<i64>, sqlx::Error> {
    if !there.iter().any(|name| name == "_sqlx_migrations") {
        return Ok(None);
    }
    sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(connection).await
}
