//! Puts a snapshot into a database: all of it or nothing, and only while nobody else has the database open.

use crate::error::is_held;
use crate::examine::expect_whole;
use crate::open::{IN_USE_BY_NOBODY_ELSE, MIGRATIONS, NO_FILES_BESIDE, address_of};
use crate::snapshot::{KEPT, LEFT_OUT, Piece, schema, tables};
use crate::{Cell, Engine, StoreError};
use sqlx::any::{Any, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Transaction};
use std::fmt::Write;

/// So many values in one statement at most; SQLite takes 32,766.
const VALUES_AT_ONCE: usize = 5_000;

/// Why nothing was restored. The database is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// A server runs on it, or another program has it open.
    #[error("somebody has the database open")]
    InUse,
    /// There are people in it, and nobody said that they may be replaced.
    #[error("the database is not empty")]
    NotEmpty,
    /// What is to be restored, or what is there, was made by a newer program.
    #[error("it has schema {0}, which this program does not know")]
    Newer(i64),
    /// No piece of a snapshot of ours.
    #[error("this is not from a backup: {0}")]
    Foreign(String),
    /// The database did not do as it was told.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for RestoreError {
    fn from(error: sqlx::Error) -> Self {
        RestoreError::Store(error.into())
    }
}

/// A snapshot on its way into a database. Dropped before [`Restoring::finish`], it leaves nothing behind.
pub struct Restoring {
    engine: Engine,
    transaction: Transaction<'static, Any>,
    /// Its one connection is the transaction's.
    pool: AnyPool,
    /// The beginning of the statement for the rows that follow.
    insert: String,
    width: usize,
    waiting: Vec<Vec<Cell>>,
}

/// The newest schema that this program knows.
#[must_use]
pub fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

impl Restoring {
    /// Makes room in the database that `url` names, which is made if it is missing, for a snapshot of this schema.
    /// `replace`: whatever is in it may go.
    ///
    /// # Errors
    /// See [`RestoreError`].
    pub async fn into(url: &str, of: i64, replace: bool) -> Result<Restoring, RestoreError> {
        if of > newest_schema() {
            return Err(RestoreError::Newer(of));
        }
        let (engine, address) = address_of(url, true)?;
        let options = AnyPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let pool = options.connect(&address).await?;
        match make_room(engine, &pool, of, replace).await {
            Ok(transaction) => {
                Ok(Restoring { engine, transaction, pool, insert: String::new(), width: 0, waiting: vec![] })
            }
            Err(error) => {
                pool.close().await;
                Err(error)
            }
        }
    }

    /// Takes in one piece.
    ///
    /// # Errors
    /// See [`RestoreError`].
    pub async fn take(&mut self, piece: Piece) -> Result<(), RestoreError> {
        match piece {
            Piece::Table { table, columns } => {
                self.write().await?;
                let name =
                    |text: &String| !text.is_empty() && text.bytes().all(|c| c.is_ascii_lowercase() || c == b'_');
                if !KEPT.contains(&table.as_str()) || columns.is_empty() || !columns.iter().all(name) {
                    return Err(RestoreError::Foreign(format!("a table {table:?}")));
                }
                self.width = columns.len();
                self.insert = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
            }
            Piece::Row(cells) => {
                if cells.len() != self.width {
                    return Err(RestoreError::Foreign("a row that does not fit its table".to_owned()));
                }
                self.waiting.push(cells);
                if self.waiting.len() * self.width >= VALUES_AT_ONCE {
                    self.write().await?;
                }
            }
        }
        Ok(())
    }

    /// Writes the rows that wait. What is nothing stands in the statement itself: a parameter would need a type.
    async fn write(&mut self) -> Result<(), RestoreError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut sql = self.insert.clone();
        let mut values = vec![];
        for (row, cells) in self.waiting.drain(..).enumerate() {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for (column, cell) in cells.into_iter().enumerate() {
                sql.push_str(if column == 0 { "" } else { ", " });
                if cell == Cell::Nothing {
                    sql.push_str("NULL");
                } else {
                    values.push(cell);
                    // Writing to a String cannot fail.
                    _ = write!(sql, "${}", values.len());
                }
            }
            sql.push(')');
        }
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for value in values {
            query = match value {
                Cell::Number(number) => query.bind(number),
                Cell::Text(text) => query.bind(text),
                Cell::Nothing => query,
            };
        }
        query.execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// All of it is there: from now on it is the database. `sign_out`: without the sessions that were open.
    ///
    /// # Errors
    /// See [`RestoreError`].
    pub async fn finish(mut self, sign_out: bool) -> Result<(), RestoreError> {
        let done = self.bring_up_to_date(sign_out).await;
        let done = match done {
            Ok(()) => self.transaction.commit().await.map_err(Into::into),
            Err(error) => {
                drop(self.transaction);
                Err(error)
            }
        };
        self.pool.close().await;
        done
    }

    /// Nothing of it is to be there. Others can have the database at once.
    pub async fn give_up(self) {
        drop(self.transaction);
        self.pool.close().await;
    }

    async fn bring_up_to_date(&mut self, sign_out: bool) -> Result<(), RestoreError> {
        self.write().await?;
        if sign_out {
            sqlx::query("DELETE FROM sessions").execute(&mut *self.transaction).await?;
        }
        MIGRATIONS.run_direct(None, &mut *self.transaction, false).await.map_err(StoreError::from)?;
        // What was broken before may have been in the way of what came.
        Ok(expect_whole(self.engine, &mut self.transaction).await?)
    }
}

/// The tables as they were in that schema, without rows, so that all that was changed since is done to old rows as well.
async fn make_room(
    engine: Engine,
    pool: &AnyPool,
    of: i64,
    replace: bool,
) -> Result<Transaction<'static, Any>, RestoreError> {
    let mut transaction = begin_alone(engine, pool).await?;
    let connection: &mut AnyConnection = &mut transaction;
    let there = tables(engine, &mut *connection).await?;
    if let Some(newer) = schema(&there, &mut *connection).await?.filter(|schema| *schema > newest_schema()) {
        return Err(RestoreError::Newer(newer));
    }
    let is_there = |table: &&str| there.iter().any(|name| name == table);
    for table in ["persons", "parishes"].into_iter().filter(is_there) {
        let rows = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let rows: i64 = sqlx::query_scalar(rows).fetch_one(&mut *connection).await?;
        if rows > 0 && !replace {
            return Err(RestoreError::NotEmpty);
        }
    }
    let ours = ["_sqlx_migrations"].into_iter().chain(LEFT_OUT).chain(KEPT.into_iter().rev());
    for table in ours.filter(is_there) {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP TABLE {table}"))).execute(&mut *connection).await?;
    }
    MIGRATIONS.run_direct(Some(of), connection, false).await.map_err(StoreError::from)?;
    Ok(transaction)
}

/// Begins a transaction beside which nobody else has the database open.
async fn begin_alone(engine: Engine, pool: &AnyPool) -> Result<Transaction<'static, Any>, RestoreError> {
    match engine {
        Engine::Sqlite => {
            // Whoever has a file open in WAL mode holds a lock on it, so it cannot be brought out of that mode.
            let alone = "PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE;";
            sqlx::raw_sql(alone).execute(pool).await.map_err(in_use)?;
            sqlx::raw_sql(NO_FILES_BESIDE).execute(pool).await?;
            pool.begin_with("BEGIN EXCLUSIVE").await.map_err(in_use)
        }
        Engine::Postgres => {
            // Whoever has just gone is known to be gone in a moment.
            sqlx::raw_sql("SET lock_timeout = '1s'").execute(pool).await?;
            sqlx::query(IN_USE_BY_NOBODY_ELSE).execute(pool).await.map_err(in_use)?;
            sqlx::raw_sql("SET lock_timeout = '5s'").execute(pool).await?;
            Ok(pool.begin().await?)
        }
    }
}

/// What SQLite says of a file that somebody has open, and PostgreSQL of a lock that somebody holds.
fn in_use(error: sqlx::Error) -> RestoreError {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    match code.as_deref().is_some_and(is_held) {
        true => RestoreError::InUse,
        false => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_restored_makes_no_file_anywhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("paxora.db").display());
        let mut restoring = Restoring::into(&url, newest_schema(), false).await.unwrap();
        let kept: i64 = sqlx::query_scalar("PRAGMA temp_store").fetch_one(&mut *restoring.transaction).await.unwrap();
        assert_eq!(kept, 2, "in memory");
        restoring.give_up().await;
    }
}
