//! Everything that is remembered: all SQL of Paxora lives in this crate, and nothing but SQL and its mapping.
//!
//! One SQL text serves SQLite and PostgreSQL, through sqlx's `Any` driver (`docs/decisions/0001-…`). The price is a
//! small vocabulary: columns are TEXT or BIGINT, parameters are `$1`, conflicts are settled by `ON CONFLICT`, flags are
//! 0 or 1. No rule of the product is decided here, except those that only a database can keep: uniqueness, and that a
//! change and its effects are written together or not at all.
//!
//! # Adding a table, step by step
//!
//! 1. Write `migrations/000N_what_it_adds.sql`, for both databases at once: TEXT and BIGINT only, CHECK for words and
//!    legal combinations, `ON DELETE CASCADE` towards the owner, an index for every question that is asked.
//! 2. Add a file named after the topic, with an `impl Store` block. Ids and times are arguments; "not found" is
//!    `Ok(None)`; whoever may not see a thing is told the same as if it did not exist, by a condition in the query.
//! 3. Rows are private structs (`#[derive(sqlx::FromRow)]`) with a `TryFrom<Row>` for the domain's type, which accepts
//!    legal combinations only and says [`StoreError::Inconsistent`] otherwise. Words are stored by `row::Word`.
//! 4. What writes more than one row begins with `self.begin()`; reads go to `self.read`. Let a statement decide races
//!    (`UPDATE … WHERE … RETURNING`, `ON CONFLICT`), never a read before a write. Lists are loaded by one query, not by
//!    one per row.
//! 5. If browsers are told of the change, so must be those of other processes: `self.tell(&mut tx, …)`, right before the
//!    commit.
//! 6. Name the table in `snapshot.rs`, or it would be in no backup.
//! 7. Add the promises to `tests/conformance/`, each as one function that runs on both databases.

mod blocks;
mod call_rows;
mod calls;
mod channels;
mod deletion;
mod devices;
mod error;
mod examine;
mod export;
mod groups;
mod hues;
mod invites;
mod marks;
mod members;
mod messages;
mod news;
mod open;
mod outbox;
mod overview;
mod parishes;
mod people;
mod push;
mod quiet;
mod records;
mod reports;
mod requests;
mod resets;
mod restore;
mod row;
mod save_calls;
mod search;
mod secrets;
mod sessions;
mod snapshot;
#[cfg(feature = "testing")]
pub mod testing;

pub use channels::{ChannelRow, Membership, NewChannel};
pub use deletion::Deleted;
pub use devices::{Ended, SessionRow, Which};
pub use error::{Failures, SignUpError, StoreError};
pub use examine::{Examined, examine, file_of};
pub use export::{Export, ExportedCall, ExportedChannel, ExportedDevice, ExportedMessage, ExportedParish};
pub use members::{Cared, LAST_WORDS};
pub use messages::{NewMessage, Place, Reader};
pub use news::{Heard, Listener, News};
pub use open::Engine;
pub use outbox::{DueJob, Job};
pub use overview::{CallFigures, ReachedAt, ReachedWell, RoleCount, Stored};
pub use parishes::{NewParish, Parish};
pub use people::{Credentials, Invite, NewInvite, NewMember, SignUp};
pub use push::{FORGET_DEVICES_AFTER, PushHealth, PushSubscription, RingCard, RingWords, Unseen};
pub use quiet::Rest;
pub use reports::{NewReport, Noted};
pub use requests::{Granted, Request};
pub use resets::ResetOwner;
pub use restore::{RestoreError, Restoring, newest_schema};
pub use save_calls::{Change, Inserted, Saved};
pub use sessions::SignedIn;
pub use snapshot::{Cell, Piece, Snapshot};

use sqlx::AnyPool;
use std::fmt;
use std::sync::Arc;

/// The database. Cheap to clone: clones share their connections.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
    /// SQLite: several connections that cannot write. PostgreSQL: the same as `write`.
    read: AnyPool,
    /// SQLite: the one connection that writes.
    write: AnyPool,
    /// What this process is called when it tells others something; nothing on SQLite, where there are no others.
    process: Option<Arc<str>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({:?})", self.engine)
    }
}
