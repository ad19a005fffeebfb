//! What a running server is, for those who open connections and for those who give orders.

use crate::shard::{Directory, Mailbox};
use crate::token::Tokens;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use tokio::sync::watch;

/// What connections are admitted with.
pub(crate) struct Core {
    pub(crate) tokens: Tokens,
    pub(crate) directory: Arc<Directory>,
    pub(crate) mailboxes: Arc<[Mailbox]>,
    pub(crate) join_request_limit: usize,
    pub(crate) people_limit: usize,
    pub(crate) next_link: AtomicU64,
    pub(crate) stopped: AtomicBool,
    /// Becomes true when a media thread ends that nobody told to.
    pub(crate) failed: watch::Sender<bool>,
}

impl Core {
    /// Runs a media thread. Rooms and ports of one that ends without being told to are gone, so it ends everything.
    pub(crate) fn watch_over(&self, run: impl FnOnce() -> io::Result<()>) {
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => tracing::error!(%error, "a media thread cannot go on: no calls until the next start"),
            Err(_) => tracing::error!("a media thread panicked: no calls until the next start"),
        }
        self.stopped.store(true, Ordering::Relaxed);
        self.failed.send_replace(true);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// The way to the thread where a room lives.
    pub(crate) fn mailbox_of(&self, room: &str) -> Option<Mailbox> {
        let shard = *self.directory.rooms.lock().unwrap_or_else(PoisonError::into_inner).get(room)?;
        self.mailboxes.get(shard).cloned()
    }

    /// The names of the rooms that live on a thread.
    pub(crate) fn rooms(&self) -> Vec<String> {
        self.directory.rooms.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// The way to the thread where a room lives, or to the one with the fewest rooms if it lives on none yet.
    pub(crate) fn place(&self, room: &str) -> Option<Mailbox> {
        let mut rooms = self.directory.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let shard = rooms.get(room).copied().unwrap_or_else(|| {
            let count = |shard: &usize| rooms.values().filter(|lives| *lives == shard).count();
            (0..self.mailboxes.len()).min_by_key(count).unwrap_or_default()
        });
        rooms.insert(room.to_owned(), shard);
        self.mailboxes.get(shard).cloned()
    }
}
