//! A media thread: its rooms, its socket, its clock. Everything that reaches a room goes through its one mailbox or
//! its sockets, so a room is never locked and never shared.

mod connections;
mod mail;

use crate::link;
use crate::names;
use crate::names::PersonId;
use crate::out::{Out, Route};
use crate::room::{Arrival, Now, Room, Surroundings};
use crate::stun;
use crate::tcp::Connection;
use crate::traffic::{Load, Traffic};
use crate::{Event, RoomLimits, udp};
use livekit_protocol as proto;
use mail::WAKER;
pub(crate) use mail::{Mail, Mailbox, Post};
use mio::net::{TcpListener, UdpSocket};
use mio::{Events, Interest, Poll, Token};
use proto::DisconnectReason;
use proto::leave_request::Action;
use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, oneshot};

const UDP: Token = Token(0);
const LISTENER: Token = Token(2);
const FIRST_CONNECTION: usize = 3;

/// Addresses that are kept for one person: phones change networks.
const ADDRESSES_AT_MOST: usize = 16;
/// How long a TCP connection is kept that nobody has proven to be theirs.
const PROVES_WITHIN: Duration = Duration::from_secs(10);
/// Addresses of people on other threads.
const ELSEWHERE_AT_MOST: usize = 4096;
/// Datagrams read before something else has its turn.
const READ_AT_ONCE: usize = 256;
/// Letters read before something else has its turn.
const LETTERS_AT_ONCE: usize = 1024;
/// After some work a thread rests for so long, while datagrams gather. With few people in many rooms, waking up for each
/// datagram costs more than forwarding it; on average it comes half of this later.
const REST: Duration = Duration::from_millis(1);
/// It rests for longer after little work: then there is little to be late for, and waking up is most of the work.
const REST_AFTER_LITTLE: Duration = Duration::from_millis(2);
/// Up to so many datagrams sent at once are little.
const LITTLE: usize = 16;
/// The largest datagram that is read whole. A larger one is none of WebRTC's.
const DATAGRAM_LIMIT: usize = 2048;
/// Signatures checked a second for senders that are not known yet.
const STRANGERS_PER_SECOND: u32 = 2000;

/// What all threads know.
#[derive(Default)]
pub(crate) struct Directory {
    /// On which thread each room lives.
    pub(crate) rooms: Mutex<HashMap<String, usize>>,
    /// How many people are in all rooms together.
    pub(crate) people: AtomicUsize,
    /// What they received and sent.
    pub(crate) traffic: Traffic,
}

struct Home {
    room: u64,
    routes: VecDeque<Route>,
}

/// A media thread.
pub(crate) struct Shard {
    pub(crate) number: usize,
    pub(crate) around: Surroundings,
    pub(crate) directory: Arc<Directory>,
    pub(crate) mailboxes: Arc<[Mailbox]>,
    pub(crate) events: broadcast::Sender<Event>,
    poll: Poll,
    letters: Receiver<Mail>,
    socket: UdpSocket,
    listener: Option<TcpListener>,
    connections: HashMap<Token, Connection>,
    tokens: HashMap<SocketAddr, Token>,
    next_connection: usize,
    rooms: HashMap<u64, Room>,
    names: HashMap<String, u64>,
    next_room: u64,
    homes: HashMap<PersonId, Home>,
    addresses: HashMap<Route, PersonId>,
    elsewhere: HashMap<SocketAddr, usize>,
    next_person: u64,
    strangers: (Option<Instant>, u32),
    /// There may be more on the socket than was read.
    more: bool,
    /// The same, of letters.
    more_letters: bool,
    /// Connections on which there may be more. The system says so only once.
    unread: Vec<Token>,
    out: Out,
    stopped: Option<oneshot::Sender<()>>,
}

impl Shard {
    #[expect(clippy::too_many_arguments, reason = "each is a part of its own, made where the threads are started")]
    pub(crate) fn new(
        number: usize,
        around: Surroundings,
        directory: Arc<Directory>,
        mailboxes: Arc<[Mailbox]>,
        events: broadcast::Sender<Event>,
        post: Post,
        mut socket: UdpSocket,
        mut listener: Option<TcpListener>,
    ) -> io::Result<Shard> {
        let Post { poll, letters, .. } = post;
        poll.registry().register(&mut socket, UDP, Interest::READABLE)?;
        if let Some(listener) = &mut listener {
            poll.registry().register(listener, LISTENER, Interest::READABLE)?;
        }
        Ok(Shard {
            number,
            around,
            directory,
            mailboxes,
            events,
            poll,
            letters,
            socket,
            listener,
            connections: HashMap::new(),
            tokens: HashMap::new(),
            next_connection: FIRST_CONNECTION,
            rooms: HashMap::new(),
            names: HashMap::new(),
            next_room: 0,
            homes: HashMap::new(),
            addresses: HashMap::new(),
            elsewhere: HashMap::new(),
            // Names of before a restart must not be somebody else's after it.
            next_person: (names::number() >> 40) << 24,
            strangers: (None, 0),
            more: false,
            more_letters: false,
            unread: vec![],
            out: Out::default(),
            stopped: None,
        })
    }

    /// Runs until it is told to stop, or cannot wait for anything any more.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(256);
        while self.stopped.is_none() {
            self.turn(&mut events)?;
        }
        if let Some(done) = self.stopped {
            let _ = done.send(());
        }
        Ok(())
    }

    /// Waits until there is something to do, and does some of it.
    fn turn(&mut self, events: &mut Events) -> io::Result<()> {
        let deadline = self.rooms.values().filter_map(Room::deadline).min();
        let wait = if self.more || self.more_letters || !self.unread.is_empty() {
            Some(Duration::ZERO)
        } else {
            deadline.map(|at| at.saturating_duration_since(now().instant))
        };
        // Without connections to watch, somebody waits for a letter only.
        let wait = if self.unproven() > 0 { Some(wait.unwrap_or(PROVES_WITHIN).min(PROVES_WITHIN)) } else { wait };
        match self.poll.poll(events, wait.map(round_up)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        let now = now();
        let mut readable = self.more;
        let mut streams = std::mem::take(&mut self.unread);
        for event in &*events {
            match event.token() {
                UDP => readable = true,
                WAKER => {}
                LISTENER => self.accept(now),
                token if streams.contains(&token) => {}
                token => streams.push(token),
            }
        }
        self.more = readable && self.read_datagrams(now);
        for token in streams {
            self.serve_stream(token, now);
        }
        self.read_letters(now);
        self.advance(now);
        let sent = self.out.datagrams.len();
        self.settle();
        if sent > 0 && !self.more {
            rest(if sent > LITTLE { REST } else { REST_AFTER_LITTLE });
        }
        Ok(())
    }

    fn read_letters(&mut self, now: Now) {
        self.more_letters = true;
        for _ in 0..LETTERS_AT_ONCE {
            let Ok(mail) = self.letters.try_recv() else {
                self.more_letters = false;
                return;
            };
            self.take(mail, now);
        }
    }

    /// Reads the socket; whether there may be more.
    fn read_datagrams(&mut self, now: Now) -> bool {
        let mut buffer = [0; DATAGRAM_LIMIT];
        let mut received = Load::default();
        let more = self.read_into(&mut buffer, &mut received, now);
        self.directory.traffic.received.add(received);
        more
    }

    fn read_into(&mut self, buffer: &mut [u8], received: &mut Load, now: Now) -> bool {
        for _ in 0..READ_AT_ONCE {
            match self.socket.recv_from(buffer) {
                Ok((count, from)) => {
                    received.count(count);
                    let datagram = buffer.get(..count).unwrap_or_default();
                    self.datagram(Route::Udp(unmapped(from)), datagram, now, self.number);
                    if self.out.datagrams.len() > 256 {
                        self.send();
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                // An address that cannot be reached any more is told here; it is nobody's fault.
                Err(_) => {}
            }
        }
        true
    }

    /// A datagram that came to the socket of thread `shard`.
    fn datagram(&mut self, from: Route, datagram: &[u8], now: Now, shard: usize) {
        let known = self.addresses.get(&from).copied();
        let person = match stun::classify(datagram) {
            stun::Kind::Other => return,
            stun::Kind::Stun => {
                let Some(ufrag) = stun::local_ufrag(datagram) else { return };
                let Some((lives, named)) = names::read(ufrag) else { return };
                if lives != self.number {
                    self.pass_on(from, datagram, lives, shard);
                    return;
                }
                if known != Some(named) && !self.is_theirs(named, ufrag, datagram, now) {
                    return;
                }
                Some(named)
            }
            _ => known,
        };
        let Some(person) = person else {
            if let Route::Udp(address) = from
                && let Some(lives) = self.elsewhere.get(&address).copied()
            {
                self.pass_on(from, datagram, lives, shard);
            }
            return;
        };
        self.in_room_of(person, |room, around, out| room.receive(around, now, person, from, datagram, out));
        self.note_routes(shard);
    }

    fn is_theirs(&mut self, person: PersonId, ufrag: &str, datagram: &[u8], now: Now) -> bool {
        // Anybody can guess who is here. Only who knows their name takes part of what is there for all strangers.
        if self.in_room_of(person, |room, _, _| room.is_named(person, ufrag)) != Some(true) {
            return false;
        }
        let (since, count) = &mut self.strangers;
        if since.is_none_or(|since| now.instant.saturating_duration_since(since) > Duration::from_secs(1)) {
            (*since, *count) = (Some(now.instant), 0);
        }
        *count += 1;
        if *count > STRANGERS_PER_SECOND {
            return false;
        }
        self.in_room_of(person, |room, _, _| room.accepts(person, datagram)).unwrap_or(false)
    }

    fn pass_on(&mut self, from: Route, datagram: &[u8], lives: usize, shard: usize) {
        // What comes from another thread already is not passed on again.
        if let (Route::Udp(from), true, Some(mailbox)) = (from, shard == self.number, self.mailboxes.get(lives)) {
            mailbox.pass(from, datagram, shard);
        }
    }

    /// Takes note of addresses that people proved to be theirs.
    fn note_routes(&mut self, shard: usize) {
        let mut proven = std::mem::take(&mut self.out.routes);
        for (person, route) in proven.drain(..) {
            if let Route::Tcp(from) = route
                && let Some(connection) = self.tokens.get(&from).and_then(|token| self.connections.get_mut(token))
            {
                connection.proven = true;
            }
            if self.addresses.get(&route) == Some(&person) {
                continue;
            }
            let Some(home) = self.homes.get_mut(&person) else { continue };
            self.addresses.insert(route, person);
            home.routes.push_back(route);
            if home.routes.len() > ADDRESSES_AT_MOST
                && let Some(oldest) = home.routes.pop_front()
            {
                self.forget(person, oldest);
            }
            if let (Route::Udp(address), true, Some(mailbox)) = (route, shard != self.number, self.mailboxes.get(shard))
            {
                mailbox.put(Mail::LivesAt { address, shard: self.number });
            }
        }
        // The memory is used again.
        self.out.routes = proven;
    }

    /// One of somebody's addresses is of no use any more, and a connection that comes from there is closed. By now it may
    /// be somebody else's, who keeps it.
    fn forget(&mut self, person: PersonId, route: Route) {
        if self.addresses.get(&route) != Some(&person) {
            return;
        }
        self.addresses.remove(&route);
        if let Some(home) = self.homes.get_mut(&person) {
            home.routes.retain(|known| *known != route);
        }
        if let Route::Tcp(from) = route
            && let Some(token) = self.tokens.get(&from).copied()
        {
            self.hang_up(token);
        }
    }

    /// Does something in somebody's room.
    fn in_room_of<T>(
        &mut self,
        person: PersonId,
        work: impl FnOnce(&mut Room, &Surroundings, &mut Out) -> T,
    ) -> Option<T> {
        let room = self.homes.get(&person)?.room;
        self.in_room(room, work)
    }

    fn in_named<T>(&mut self, room: &str, work: impl FnOnce(&mut Room, &Surroundings, &mut Out) -> T) -> Option<T> {
        let room = *self.names.get(room)?;
        self.in_room(room, work)
    }

    /// Does something in a room. If that goes wrong, everybody in it has to come back, and nobody else notices.
    fn in_room<T>(&mut self, key: u64, work: impl FnOnce(&mut Room, &Surroundings, &mut Out) -> T) -> Option<T> {
        let room = self.rooms.get_mut(&key)?;
        let (around, out) = (&self.around, &mut self.out);
        match catch_unwind(AssertUnwindSafe(|| work(room, around, out))) {
            Ok(done) => Some(done),
            Err(_) => {
                tracing::error!("a room failed: everybody in it connects anew");
                let _ = catch_unwind(AssertUnwindSafe(|| room.start_over(now(), out)));
                None
            }
        }
    }

    /// Lets rooms do what is due.
    fn advance(&mut self, now: Now) {
        let due: Vec<u64> = self
            .rooms
            .iter()
            .filter(|(_, room)| room.deadline().is_some_and(|at| at <= now.instant))
            .map(|(key, _)| *key)
            .collect();
        for key in due {
            self.in_room(key, |room, around, out| room.advance(around, now, out));
        }
        let late = |connection: &Connection| {
            !connection.proven && now.instant.saturating_duration_since(connection.since) > PROVES_WITHIN
        };
        let late: Vec<Token> = self.connections.iter().filter(|(_, c)| late(c)).map(|(token, _)| *token).collect();
        for token in late {
            self.hang_up(token);
        }
    }

    /// Sends, tells and forgets what the rooms want sent, told and forgotten.
    fn settle(&mut self) {
        self.note_routes(self.number);
        self.send();
        for person in std::mem::take(&mut self.out.gone) {
            let Some(home) = self.homes.remove(&person) else { continue };
            self.directory.people.fetch_sub(1, Ordering::Relaxed);
            for route in home.routes {
                self.forget(person, route);
            }
        }
        let over = self.out.events.iter().any(|event| matches!(event, Event::RoomFinished { .. }));
        for event in std::mem::take(&mut self.out.events) {
            let _ = self.events.send(event);
        }
        if !over {
            return;
        }
        let closed: Vec<(String, u64)> = self
            .names
            .iter()
            .filter(|(_, key)| self.rooms.get(key).is_none_or(Room::is_closed))
            .map(|(name, key)| (name.clone(), *key))
            .collect();
        for (name, key) in closed {
            self.rooms.remove(&key);
            self.names.remove(&name);
            self.directory.rooms.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
        }
    }

    fn send(&mut self) {
        if self.out.datagrams.is_empty() {
            return;
        }
        let mut over_udp = Vec::with_capacity(self.out.datagrams.len());
        let mut closed = vec![];
        let mut sent = Load::default();
        for (route, bytes) in self.out.datagrams.iter() {
            sent.count(bytes.len());
            match route {
                Route::Udp(to) => over_udp.push((to, bytes)),
                Route::Tcp(to) => {
                    let Some(token) = self.tokens.get(&to).copied() else { continue };
                    let connection = self.connections.get_mut(&token);
                    if connection.is_some_and(|connection| connection.send(bytes).is_err()) {
                        closed.push(token);
                    }
                }
            }
        }
        self.directory.traffic.sent.add(sent);
        udp::send(&self.socket, &over_udp);
        drop(over_udp);
        self.out.datagrams.clear();
        closed.into_iter().for_each(|token| self.hang_up(token));
    }

    fn take(&mut self, mail: Mail, now: Now) {
        match mail {
            Mail::Create { room, limits, done } => {
                self.open(room, limits, now);
                let _ = done.send(());
            }
            Mail::Delete { room, done } => {
                let there = self.in_named(&room, |room, _, out| room.close(out)).is_some();
                // The name is free for a new room as soon as the answer is out.
                self.settle();
                let _ = done.send(there);
            }
            Mail::List { room, done } => {
                let _ = done.send(self.in_named(&room, |room, _, _| room.participants()).unwrap_or_default());
            }
            Mail::Remove { room, identity, done } => {
                let _ =
                    done.send(self.in_named(&room, |room, _, out| room.remove(now, &identity, out)).unwrap_or(false));
            }
            Mail::Mute { room, identity, done } => {
                let _ = done.send(self.in_named(&room, |room, _, _| room.mute(&identity)).unwrap_or(false));
            }
            Mail::MayEnter { room, identity, done } => {
                let _ = done.send(self.in_named(&room, |room, _, _| room.may_enter(now, &identity)));
            }
            Mail::Join { arrival, done } => self.join(*arrival, done, now),
            Mail::Signal { person, link, request, turn } => {
                self.in_room_of(person, |room, around, out| room.signal(around, now, person, link, *request, out));
                drop(turn);
            }
            Mail::LinkLost { person, link } => {
                self.in_room_of(person, |room, _, _| room.link_lost(now, person, link));
            }
            Mail::Datagram { from, bytes, shard } => {
                if let Some(mine) = self.mailboxes.get(self.number) {
                    mine.passed.fetch_sub(1, Ordering::Relaxed);
                }
                self.datagram(Route::Udp(from), &bytes, now, shard);
            }
            Mail::LivesAt { address, shard } => {
                if self.elsewhere.len() >= ELSEWHERE_AT_MOST {
                    self.elsewhere.clear();
                }
                self.elsewhere.insert(address, shard);
            }
            Mail::Connection { connection, first } => {
                let from = connection.from;
                if let Some(token) = self.add_connection(*connection)
                    && self.take_from(token, Route::Tcp(from), &first, now)
                {
                    self.serve_stream(token, now);
                }
            }
            Mail::Stop { done } => {
                for key in self.rooms.keys().copied().collect::<Vec<_>>() {
                    self.in_room(key, |room, _, out| room.restart(out));
                }
                self.stopped = Some(done);
            }
        }
    }

    fn open(&mut self, name: String, limits: RoomLimits, now: Now) {
        // One that is just over makes room for the new one.
        self.settle();
        // Said again here, because the one that is over took the name out of the directory.
        self.directory.rooms.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), self.number);
        if self.names.contains_key(&name) {
            return;
        }
        self.next_room += 1;
        let sid = format!("RM_{}", names::letters(12));
        self.rooms.insert(self.next_room, Room::new(name.clone(), sid, limits, now));
        self.names.insert(name, self.next_room);
    }

    /// Whoever asks has counted them in already: [`Directory::people`].
    fn join(&mut self, arrival: Arrival, done: oneshot::Sender<PersonId>, now: Now) {
        let not_counted = |directory: &Directory| directory.people.fetch_sub(1, Ordering::Relaxed);
        let Some(key) = self.names.get(&arrival.ticket.room).copied() else {
            not_counted(&self.directory);
            arrival.link.send(link::leave(Action::Disconnect, DisconnectReason::RoomDeleted));
            return;
        };
        if arrival.request.reconnect {
            not_counted(&self.directory);
            let resumed = self.in_room(key, |room, around, out| room.resume(around, now, arrival, out));
            match resumed {
                Some(Ok(person)) => {
                    let _ = done.send(person);
                }
                Some(Err(link)) => {
                    link.send(link::leave(Action::Reconnect, DisconnectReason::StateMismatch));
                }
                None => {}
            }
            return;
        }
        self.next_person += 1;
        let person = PersonId(self.next_person);
        self.homes.insert(person, Home { room: key, routes: VecDeque::new() });
        let joined = self.in_room(key, |room, around, out| room.join(around, now, person, arrival, out));
        if joined.is_none() {
            // Perhaps the room had not heard of them yet when it failed.
            self.out.gone.push(person);
        }
        let _ = done.send(person);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "to wait for the next packet would be to wake for each: while it rests, they gather"
)]
fn rest(so_long: Duration) {
    std::thread::sleep(so_long);
}

/// An IPv4 address that came through an IPv6 socket is an IPv4 address.
fn unmapped(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The system waits whole milliseconds.
fn round_up(wait: Duration) -> Duration {
    Duration::from_millis(u64::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(u64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "a media thread is where time comes in; its rooms are told")]
fn now() -> Now {
    let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Now { instant: Instant::now(), unix_ms: i64::try_from(unix.as_millis()).unwrap_or(i64::MAX) }
}

#[cfg(test)]
mod tests;
