//! How much went through the media threads: datagrams and bytes, of nobody in particular.

use std::sync::atomic::{AtomicU64, Ordering};

/// So much went one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Datagrams, whether audio or what keeps a connection alive.
    pub datagrams: u64,
    /// What was in them, in bytes.
    pub bytes: u64,
}

impl Load {
    pub(crate) fn count(&mut self, bytes: usize) {
        self.datagrams += 1;
        self.bytes += bytes as u64;
    }
}

/// What a voice server does, and has done since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busyness {
    /// Open rooms.
    pub rooms: usize,
    /// People in them.
    pub people: usize,
    /// What came from people.
    pub received: Load,
    /// What went to people.
    pub sent: Load,
}

/// Adds up what threads have counted for themselves: they do so for many datagrams at once.
#[derive(Default)]
pub(crate) struct Way {
    datagrams: AtomicU64,
    bytes: AtomicU64,
}

impl Way {
    pub(crate) fn add(&self, load: Load) {
        if load.datagrams > 0 {
            self.datagrams.fetch_add(load.datagrams, Ordering::Relaxed);
            self.bytes.fetch_add(load.bytes, Ordering::Relaxed);
        }
    }

    pub(crate) fn so_far(&self) -> Load {
        Load { datagrams: self.datagrams.load(Ordering::Relaxed), bytes: self.bytes.load(Ordering::Relaxed) }
    }
}

/// Both ways.
#[derive(Default)]
pub(crate) struct Traffic {
    pub(crate) received: Way,
    pub(crate) sent: Way,
}
