//! What can go wrong, told apart by what the caller can do about it.

use sqlx::error::{DatabaseError, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};

/// Why the store could not do what was asked. "Not found" is not an error: it is `Ok(None)`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What the change was based on is no longer so, or the name is taken: load again and decide again.
    #[error("somebody else was faster")]
    Conflict,
    /// Rows that contradict each other or the domain. Nothing can be built from them.
    #[error("inconsistent data in table {table}, row {row}")]
    Inconsistent {
        /// Which table.
        table: &'static str,
        /// The key of the row.
        row: String,
    },
    /// The database cannot be reached, is busy for too long, or is full. Trying later may help.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The database understood and said no: a reference to something that does not exist, an illegal combination, a
    /// migration that was changed after it had landed. Trying again does not help.
    #[error("the database refused")]
    Refused(#[source] sqlx::Error),
    /// Its file is broken: what should be a page of it is none. Trying again does not help, a backup does.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The address names a kind of database that is not supported. It is not repeated here: it may hold a password.
    #[error("the database address must begin with sqlite: or postgres://")]
    UnknownScheme,
    /// An in-memory database would be a new, empty one for every connection and gone after a restart.
    #[error("an in-memory database cannot be used; name a file, such as sqlite:paxora.db")]
    InMemory,
}

/// Why nobody was signed up. Nothing has been written then, and no use of the invite is spent.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// The invite does not exist, ran out of uses, has expired or was revoked.
    #[error("the invite can no longer be used")]
    InviteGone,
    /// Somebody has this login already.
    #[error("the login is taken")]
    LoginTaken,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for SignUpError {
    fn from(error: sqlx::Error) -> Self {
        SignUpError::Store(error.into())
    }
}

/// How often the database has not done what this process asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// Somebody else was faster, as the database noticed: a key that was taken, a deadlock, a transaction that came second. Not
    /// what a change finds by itself, that is based on what is no longer so.
    pub raced: u64,
    /// It was not there, busy for too long, or full.
    pub away: u64,
    /// It said no, or what it keeps is broken.
    pub refused: u64,
}

static RACED: AtomicU64 = AtomicU64::new(0);
static AWAY: AtomicU64 = AtomicU64::new(0);
static REFUSED: AtomicU64 = AtomicU64::new(0);

impl Failures {
    /// Since this process began, of all its databases together.
    #[must_use]
    pub fn so_far() -> Failures {
        let [raced, away, refused] = [&RACED, &AWAY, &REFUSED].map(|count| count.load(Ordering::Relaxed));
        Failures { raced, away, refused }
    }

    fn count(error: &StoreError) {
        let count = match error {
            StoreError::Conflict => &RACED,
            StoreError::Unavailable(_) => &AWAY,
            StoreError::Refused(_) | StoreError::Damaged(_) => &REFUSED,
            StoreError::Inconsistent { .. } | StoreError::UnknownScheme | StoreError::InMemory => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let error = StoreError::of(error);
        Failures::count(&error);
        error
    }
}

/// What a database says of an error, without the rows: PostgreSQL repeats those in its details, and an error ends in a log.
fn said(cause: &dyn DatabaseError) -> String {
    match cause.code() {
        Some(code) => format!("{} (code {code})", cause.message()),
        None => cause.message().to_owned(),
    }
}

fn without_rows(error: sqlx::Error) -> sqlx::Error {
    match error {
        sqlx::Error::Database(cause) => sqlx::Error::Protocol(said(&*cause)),
        other => other,
    }
}

impl StoreError {
    fn of(error: sqlx::Error) -> StoreError {
        use sqlx::Error as E;
        match &error {
            E::Database(cause) => match cause.kind() {
                ErrorKind::UniqueViolation => StoreError::Conflict,
                _ => match cause.code().as_deref().map(meaning) {
                    Some(Meaning::Raced) => StoreError::Conflict,
                    Some(Meaning::Away) => StoreError::Unavailable(without_rows(error)),
                    Some(Meaning::Damaged) => StoreError::Damaged(said(&**cause)),
                    Some(Meaning::Other) | None => StoreError::Refused(without_rows(error)),
                },
            },
            E::Io(_)
            | E::Tls(_)
            | E::Protocol(_)
            | E::PoolTimedOut
            | E::PoolClosed
            | E::WorkerCrashed
            | E::BeginFailed => StoreError::Unavailable(error),
            _ => StoreError::Refused(error),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(cause) | sqlx::migrate::MigrateError::ExecuteMigration(cause, _) => {
                cause.into()
            }
            other => StoreError::Refused(other.into()),
        }
    }
}

enum Meaning {
    Raced,
    Away,
    Damaged,
    Other,
}

/// Whether somebody else holds what was asked for: `lock_not_available`, or BUSY.
pub(crate) fn is_held(code: &str) -> bool {
    match code.len() {
        5 => code == "55P03",
        _ => code.parse::<u32>().is_ok_and(|code| code & 0xff == 5),
    }
}

/// PostgreSQL's codes have five characters, SQLite's are numbers of at most four digits: its extended result codes, of
/// which the lowest byte tells the kind.
fn meaning(code: &str) -> Meaning {
    if code.len() == 5 {
        return match code {
            // serialization_failure, deadlock_detected
            "40001" | "40P01" => Meaning::Raced,
            // lock_not_available, idle_in_transaction_session_timeout
            "55P03" | "25P03" => Meaning::Away,
            // connection exception, insufficient resources, operator intervention, system error
            _ if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => Meaning::Away,
            _ => Meaning::Other,
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        // BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN
        Ok(5 | 6 | 7 | 8 | 10 | 13 | 14) => Meaning::Away,
        // CORRUPT, NOTADB
        Ok(11 | 26) => Meaning::Damaged,
        Ok(_) | Err(_) => Meaning::Other,
    }
}
