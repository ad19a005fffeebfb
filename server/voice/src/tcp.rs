//! Datagrams over TCP, for networks that let no UDP through (RFC 6544, framed by RFC 4571).

use crate::framing::{self, Frames};
use mio::net::TcpStream;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

/// What waits for a slow network. Audio that is older than this is of no use: about a second of ten voices.
const WAITING_AT_MOST: usize = 128 * 1024;

/// What is read of one connection before something else has its turn.
const READ_AT_ONCE: usize = 64 * 1024;

/// One TCP connection.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    /// From where.
    pub(crate) from: SocketAddr,
    /// Since when.
    pub(crate) since: Instant,
    /// Whether somebody proved that it is theirs.
    pub(crate) proven: bool,
    frames: Frames,
    waiting: Vec<u8>,
}

/// It is over.
pub(crate) struct Closed;

impl Connection {
    pub(crate) fn new(stream: TcpStream, from: SocketAddr, since: Instant) -> Connection {
        // Audio is small and cannot wait for more.
        let _ = stream.set_nodelay(true);
        Connection { stream, from, since, proven: false, frames: Frames::default(), waiting: vec![] }
    }

    /// Reads some of what came, and hands out each datagram; whether there may be more.
    pub(crate) fn read(&mut self, mut take: impl FnMut(&[u8])) -> Result<bool, Closed> {
        let mut buffer = [0; 16 * 1024];
        let mut left = READ_AT_ONCE;
        while left > 0 {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(Closed),
                Ok(count) => {
                    left = left.saturating_sub(count);
                    self.frames.push(buffer.get(..count).unwrap_or_default());
                    while let Some(datagram) = self.frames.next().map_err(|_| Closed)? {
                        take(datagram);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Closed),
            }
        }
        Ok(true)
    }

    /// Sends a datagram, or leaves it out if too much waits already.
    pub(crate) fn send(&mut self, datagram: &[u8]) -> Result<(), Closed> {
        if self.waiting.len() + datagram.len() > WAITING_AT_MOST || framing::frame(datagram, &mut self.waiting).is_err()
        {
            return Ok(());
        }
        self.flush()
    }

    /// Writes what waits, as far as the network takes it.
    pub(crate) fn flush(&mut self) -> Result<(), Closed> {
        let mut written = 0;
        let done = loop {
            match self.stream.write(self.waiting.get(written..).unwrap_or_default()) {
                Ok(0) => break Ok(()),
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break Err(Closed),
            }
        };
        self.waiting.drain(..written);
        done
    }
}
