//! What reaches a media thread from elsewhere, and the way to it.

use crate::names::PersonId;
use crate::room::{Arrival, NoEntry};
use crate::tcp::Connection;
use crate::{Participant, RoomLimits};
use livekit_protocol as proto;
use mio::{Poll, Token, Waker};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// By this a thread learns that it has mail.
pub(super) const WAKER: Token = Token(1);
/// Datagrams from other threads that may wait. More are lost, as they would be in a socket.
pub(super) const PASSED_AT_MOST: usize = 4096;

/// What reaches a thread from elsewhere.
pub(crate) enum Mail {
    Create {
        room: String,
        limits: RoomLimits,
        done: oneshot::Sender<()>,
    },
    Delete {
        room: String,
        done: oneshot::Sender<bool>,
    },
    List {
        room: String,
        done: oneshot::Sender<Vec<Participant>>,
    },
    Remove {
        room: String,
        identity: String,
        done: oneshot::Sender<bool>,
    },
    Mute {
        room: String,
        identity: String,
        done: oneshot::Sender<bool>,
    },
    MayEnter {
        room: String,
        identity: String,
        done: oneshot::Sender<Option<Result<(), NoEntry>>>,
    },
    Join {
        arrival: Box<Arrival>,
        done: oneshot::Sender<PersonId>,
    },
    Signal {
        person: PersonId,
        link: u64,
        request: Box<proto::signal_request::Message>,
        turn: OwnedSemaphorePermit,
    },
    LinkLost {
        person: PersonId,
        link: u64,
    },
    /// It came to another thread's socket.
    Datagram {
        from: SocketAddr,
        bytes: Vec<u8>,
        shard: usize,
    },
    /// Somebody with this address lives on that thread.
    LivesAt {
        address: SocketAddr,
        shard: usize,
    },
    /// A TCP connection of somebody who lives here, and the datagram that says so.
    Connection {
        connection: Box<Connection>,
        first: Vec<u8>,
    },
    Stop {
        done: oneshot::Sender<()>,
    },
}

/// The way to a thread.
#[derive(Clone)]
pub(crate) struct Mailbox {
    sender: Sender<Mail>,
    waker: Arc<Waker>,
    /// Datagrams in it.
    pub(super) passed: Arc<AtomicUsize>,
}

impl Mailbox {
    /// Whether the thread is there.
    pub(crate) fn put(&self, mail: Mail) -> bool {
        self.sender.send(mail).is_ok() && self.waker.wake().is_ok()
    }

    /// Puts in a datagram that came to thread `shard`, unless too many wait already.
    pub(super) fn pass(&self, from: SocketAddr, datagram: &[u8], shard: usize) {
        if self.passed.load(Ordering::Relaxed) < PASSED_AT_MOST {
            self.passed.fetch_add(1, Ordering::Relaxed);
            self.put(Mail::Datagram { from, bytes: datagram.to_vec(), shard });
        }
    }
}

/// A mailbox without its letters: what a thread is made with.
pub(crate) struct Post {
    pub(crate) mailbox: Mailbox,
    pub(crate) letters: Receiver<Mail>,
    pub(crate) poll: Poll,
}

impl Post {
    pub(crate) fn new() -> io::Result<Post> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let (sender, letters) = std::sync::mpsc::channel();
        let mailbox = Mailbox { sender, waker, passed: Arc::default() };
        Ok(Post { mailbox, letters, poll })
    }
}
