//! What a room wants done: datagrams to send, events to tell, people who are gone. It does nothing of it itself.

use crate::Event;
use crate::names::PersonId;
use std::net::SocketAddr;
use std::ops::Range;

/// Where datagrams for one person go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Route {
    /// One UDP port serves everybody.
    Udp(SocketAddr),
    /// The TCP connection that comes from this address.
    Tcp(SocketAddr),
}

/// Datagrams to be sent, all in one buffer: a room with a hundred people makes a hundred of them for each it gets.
#[derive(Default)]
pub(crate) struct Datagrams {
    bytes: Vec<u8>,
    list: Vec<(Route, Range<usize>)>,
}

impl Datagrams {
    /// Adds what `write` appends to the buffer.
    pub(crate) fn push(&mut self, route: Route, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        if self.bytes.len() > start {
            self.list.push((route, start..self.bytes.len()));
        }
    }

    /// In the order in which they were added.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (Route, &[u8])> {
        self.list.iter().map(|(route, range)| (*route, &self.bytes[range.clone()]))
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Forgets them and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.list.clear();
    }
}

/// Everything that rooms want done.
#[derive(Default)]
pub(crate) struct Out {
    /// To be sent.
    pub(crate) datagrams: Datagrams,
    /// To be told.
    pub(crate) events: Vec<Event>,
    /// These addresses are proven to be somebody's.
    pub(crate) routes: Vec<(PersonId, Route)>,
    /// They are not in a room any more.
    pub(crate) gone: Vec<PersonId>,
}
