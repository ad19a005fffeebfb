//! The TCP connections of a media thread: of people whose network lets no UDP through.

use super::mail::Mail;
use super::{Shard, unmapped};
use crate::out::{Datagrams, Route};
use crate::room::Now;
use crate::tcp::{Closed, Connection};
use crate::traffic::Load;
use crate::{names, stun};
use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Token};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// TCP connections that nobody has proven to be theirs.
pub(super) const UNPROVEN_AT_MOST: usize = 256;

impl Shard {
    pub(super) fn unproven(&self) -> usize {
        self.connections.values().filter(|connection| !connection.proven).count()
    }

    pub(super) fn accept(&mut self, now: Now) {
        while let Some(Ok((stream, from))) = self.listener.as_ref().map(TcpListener::accept) {
            if self.unproven() >= UNPROVEN_AT_MOST {
                self.hang_up_on_the_greediest();
            }
            self.add_connection(Connection::new(stream, unmapped(from), now.instant));
        }
    }

    /// Who has most of the connections that nobody has proven loses the oldest of them. A whole parish may come from one
    /// address at the same time, so there is no limit for each.
    fn hang_up_on_the_greediest(&mut self) {
        let mut unproven: HashMap<IpAddr, Vec<Token>> = HashMap::new();
        for (token, connection) in self.connections.iter().filter(|(_, connection)| !connection.proven) {
            unproven.entry(network(connection.from.ip())).or_default().push(*token);
        }
        // Their numbers rise.
        let greediest =
            unproven.into_values().max_by_key(|tokens| (tokens.len(), tokens.iter().min().copied().map(Reverse)));
        if let Some(oldest) = greediest.and_then(|tokens| tokens.into_iter().min()) {
            self.hang_up(oldest);
        }
    }

    pub(super) fn add_connection(&mut self, mut connection: Connection) -> Option<Token> {
        let token = Token(self.next_connection);
        self.next_connection += 1;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut connection.stream, token, interest).ok()?;
        self.tokens.insert(connection.from, token);
        self.connections.insert(token, connection);
        Some(token)
    }

    pub(super) fn take_connection(&mut self, token: Token) -> Option<Connection> {
        let mut connection = self.connections.remove(&token)?;
        if self.tokens.get(&connection.from) == Some(&token) {
            self.tokens.remove(&connection.from);
        }
        let _ = self.poll.registry().deregister(&mut connection.stream);
        Some(connection)
    }

    pub(super) fn hang_up(&mut self, token: Token) {
        let Some(connection) = self.take_connection(token) else { return };
        let _ = TcpStream::shutdown(&connection.stream, std::net::Shutdown::Both);
        let route = Route::Tcp(connection.from);
        // A newer connection may come from the same address.
        if !self.tokens.contains_key(&connection.from)
            && let Some(person) = self.addresses.get(&route).copied()
        {
            self.forget(person, route);
        }
    }

    pub(super) fn serve_stream(&mut self, token: Token, now: Now) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        let (route, proven) = (Route::Tcp(connection.from), connection.proven);
        let mut came = Datagrams::default();
        let read = connection.read(|datagram| came.push(route, |bytes| bytes.extend_from_slice(datagram)));
        let flushed = connection.flush();
        let mut received = Load::default();
        came.iter().for_each(|(_, datagram)| received.count(datagram.len()));
        self.directory.traffic.received.add(received);
        for (_, datagram) in came.iter() {
            let lives = stun::local_ufrag(datagram).and_then(names::read).map(|(lives, _)| lives);
            match lives {
                // It belongs to another thread, which takes it over with everything that follows.
                Some(lives) if lives != self.number && !proven => {
                    if let (Some(connection), Some(mailbox)) = (self.take_connection(token), self.mailboxes.get(lives))
                    {
                        let connection = Box::new(connection);
                        mailbox.put(Mail::Connection { connection, first: datagram.to_vec() });
                    }
                    return;
                }
                _ if !self.take_from(token, route, datagram, now) => return,
                _ => {}
            }
        }
        match (read, flushed) {
            (Ok(false), Ok(())) => {}
            (Ok(true), Ok(())) => self.unread.push(token),
            (Err(Closed), _) | (_, Err(Closed)) => self.hang_up(token),
        }
    }

    /// A datagram that came over a connection; whether that goes on. The first one proves whose it is, or ends it.
    pub(super) fn take_from(&mut self, token: Token, route: Route, datagram: &[u8], now: Now) -> bool {
        self.datagram(route, datagram, now, self.number);
        let proven = self.connections.get(&token).is_some_and(|connection| connection.proven);
        if !proven {
            self.hang_up(token);
        }
        proven
    }
}

/// What one subscriber has: of IPv6 usually 64 bits' worth of addresses.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::from(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}
