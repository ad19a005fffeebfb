//! What the store promises, on SQLite and on PostgreSQL. Each promise is one function, run on both.
//!
//! PostgreSQL is at `TEST_POSTGRES_URL`: `script/postgres cargo test -p store`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

/// Makes two tests of each promise: `sqlite::<promise>` and `postgres::<promise>`.
macro_rules! on_both_engines {
    ($($promise:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                crate::db::on_sqlite(super::$promise).await;
            })+
        }
        on_postgres![$($promise),+];
    };
}

/// Makes `postgres::<promise>` of each promise.
macro_rules! on_postgres {
    ($($promise:ident),+ $(,)?) => {
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                crate::db::on_postgres(super::$promise).await;
            })+
        }
    };
}

mod accounts;
mod backups;
mod blocks;
mod calls;
mod care;
mod channels;
mod db;
mod devices;
mod examining;
mod groups;
mod hues;
mod illegal_rows;
mod keeping_groups;
mod messages;
mod news;
mod opening;
mod outbox;
mod overview;
mod people;
mod push;
mod quiet;
mod races;
mod records;
mod reports;
mod search;
mod secrets;
mod sessions;
