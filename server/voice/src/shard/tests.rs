//! One media thread, its turns taken by hand, and those who come to its ports.

use super::connections::{UNPROVEN_AT_MOST, network};
use super::mail::PASSED_AT_MOST;
use super::*;
use crate::fuzzing::binding_request;
use crate::join::unpack;
use crate::link::Link;
use crate::peer::Host;
use crate::room::NoEntry;
use crate::sdp::Offer;
use crate::token::{Ticket, Tokens};
use axum::body::Bytes;
use livekit_api::access_token::VideoGrants;
use std::io::{Read, Write};
use std::net::Ipv4Addr;
use tokio::sync::mpsc;

struct Thread {
    shard: Shard,
    tcp: SocketAddr,
    /// The other threads, which take no turns.
    others: Vec<Post>,
    links: Vec<mpsc::Receiver<Bytes>>,
}

const ROOM: &str = "room";

impl Thread {
    /// Thread 0 of so many, with one room.
    fn of(count: usize) -> Thread {
        let mut sockets = udp::open(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 1).unwrap();
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        // Room for all that a test sends before it is read.
        socket2::SockRef::from(&listener).set_recv_buffer_size(1024 * 1024).unwrap();
        let tcp = listener.local_addr().unwrap();
        let mut posts: Vec<Post> = (0..count).map(|_| Post::new().unwrap()).collect();
        let mailboxes: Arc<[Mailbox]> = posts.iter().map(|post| post.mailbox.clone()).collect();
        let around = Surroundings {
            host: Host::new(vec![sockets[0].local_addr().unwrap()], vec![tcp], 500).unwrap(),
            tokens: Tokens::new("key", "a secret that is long enough for everybody"),
            ice_servers: vec![],
            shard: names::shard_letter(0),
        };
        let directory = Arc::new(Directory::default());
        let post = posts.remove(0);
        let events = broadcast::channel(1024).0;
        let shard =
            Shard::new(0, around, directory, mailboxes, events, post, sockets.remove(0), Some(listener)).unwrap();
        let mut thread = Thread { shard, tcp, others: posts, links: vec![] };
        let limits =
            RoomLimits { people: 200, empty_for: Duration::from_secs(90), departed_for: Duration::from_secs(20) };
        thread.shard.take(Mail::Create { room: ROOM.to_owned(), limits, done: oneshot::channel().0 }, now());
        thread
    }

    fn arrival(&mut self, identity: &str) -> Arrival {
        let request = unpack(include_str!("../../fixtures/chromium.join").trim(), 256 * 1024).unwrap();
        let grants = VideoGrants { room_join: true, room: ROOM.to_owned(), ..VideoGrants::default() };
        let ticket = Ticket { room: ROOM.to_owned(), identity: identity.to_owned(), name: String::new(), grants };
        let (link, frames) = Link::new(self.links.len() as u64);
        self.links.push(frames);
        Arrival { ticket, request, link }
    }

    /// Somebody joins with what Chromium offers.
    fn joins(&mut self, identity: &str) -> PersonId {
        self.joins_at(identity, now())
    }

    fn joins_at(&mut self, identity: &str, now: Now) -> PersonId {
        let arrival = Box::new(self.arrival(identity));
        let (done, mut joined) = oneshot::channel();
        self.shard.directory.people.fetch_add(1, Ordering::Relaxed);
        self.shard.take(Mail::Join { arrival, done }, now);
        joined.try_recv().unwrap()
    }

    fn people(&self) -> usize {
        self.shard.directory.people.load(Ordering::Relaxed)
    }

    fn removes(&mut self, identity: &str) {
        let identity = identity.to_owned();
        self.shard.take(Mail::Remove { room: ROOM.to_owned(), identity, done: oneshot::channel().0 }, now());
        self.shard.settle();
    }

    /// A check of the way, as only their browser can sign it.
    fn ping(&mut self, person: PersonId) -> Vec<u8> {
        let ours = self.shard.in_room_of(person, |room, _, _| room.credentials(person)).flatten().unwrap();
        binding_request(&format!("{}:{}", ours.ufrag, their_ufrag()), &ours.pass, &[])
    }

    /// A check of the way of somebody who knows only who is here.
    fn guess(person: PersonId) -> Vec<u8> {
        let guessed = names::credentials(names::shard_letter(0), person);
        binding_request(&format!("{}:theirs", guessed.ufrag), &guessed.pass, &[])
    }

    /// Opens a TCP connection and sends this in a frame.
    fn connects(&self, datagram: &[u8]) -> std::net::TcpStream {
        let mut stream = std::net::TcpStream::connect(self.tcp).unwrap();
        let mut framed = vec![];
        crate::framing::frame(datagram, &mut framed).unwrap();
        stream.write_all(&framed).unwrap();
        stream
    }

    /// Lets in who knocked.
    fn accepts(&mut self) -> Token {
        let token = Token(self.shard.next_connection);
        patiently(|| {
            self.shard.accept(now());
            self.shard.next_connection > token.0
        });
        token
    }

    /// Until so much can be read of a connection.
    fn waits_for(&self, token: Token, bytes: usize) {
        let mut buffer = vec![0; bytes];
        patiently(|| self.shard.connections[&token].stream.peek(&mut buffer).is_ok_and(|count| count == bytes));
    }

    /// Takes turns until something is so.
    fn until(&mut self, is_so: impl Fn(&Shard) -> bool) {
        let mut events = Events::with_capacity(16);
        for _ in 0..1000 {
            if is_so(&self.shard) {
                return;
            }
            self.shard.turn(&mut events).unwrap();
        }
        panic!("a thousand turns");
    }
}

/// Until something is so that the system is about to do.
fn patiently(mut is_so: impl FnMut() -> bool) {
    for _ in 0..1_000_000 {
        if is_so() {
            return;
        }
        std::thread::yield_now();
    }
    panic!("a million times it was not so");
}

fn their_ufrag() -> String {
    let request = unpack(include_str!("../../fixtures/chromium.join").trim(), 256 * 1024).unwrap();
    Offer::parse(&request.publisher_offer.unwrap().sdp).unwrap().ice_ufrag
}

/// Whether the server closed a connection; waits until it does.
fn is_closed(mut stream: &std::net::TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let end = stream.read_to_end(&mut vec![]);
    end.is_ok() || end.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}

fn proven(shard: &Shard) -> usize {
    shard.connections.values().filter(|connection| connection.proven).count()
}

#[test]
fn of_somebody_who_opens_connection_after_connection_the_oldest_are_closed() {
    let mut thread = Thread::of(1);
    let anna = thread.joins("anna");
    let mut streams = vec![];
    for n in 1..=20 {
        let ping = thread.ping(anna);
        streams.push(thread.connects(&ping));
        thread.until(|shard| shard.next_connection == FIRST_CONNECTION + n && shard.unproven() == 0);
    }
    assert_eq!((proven(&thread.shard), thread.shard.addresses.len()), (ADDRESSES_AT_MOST, ADDRESSES_AT_MOST));
    assert!(streams.drain(..4).all(|stream| is_closed(&stream)));

    drop(streams.pop());
    thread.until(|shard| shard.connections.len() == ADDRESSES_AT_MOST - 1);
    assert_eq!(thread.shard.addresses.len(), ADDRESSES_AT_MOST - 1, "and where it came from is forgotten");
    assert_eq!(thread.shard.homes[&anna].routes.len(), ADDRESSES_AT_MOST - 1);

    thread.removes("anna");
    assert!(streams.iter().all(is_closed));
    assert!(thread.shard.connections.is_empty() && thread.shard.addresses.is_empty());
}

#[test]
fn a_connection_that_does_not_begin_with_a_signed_ping_is_closed() {
    let mut thread = Thread::of(1);
    let anna = thread.joins("anna");
    let signed = thread.ping(anna);
    let mut forged = signed.clone();
    *forged.last_mut().unwrap() ^= 1;
    let dtls = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
    for first in [&forged[..], &dtls, b"GET / HTTP/1.1"] {
        let stream = thread.connects(first);
        let token = thread.accepts();
        thread.waits_for(token, first.len());
        thread.shard.serve_stream(token, now());
        assert!(thread.shard.connections.is_empty() && is_closed(&stream), "{first:?}");
    }
    let _stream = thread.connects(&signed);
    let token = thread.accepts();
    thread.waits_for(token, signed.len());
    thread.shard.serve_stream(token, now());
    assert_eq!(proven(&thread.shard), 1);
}

#[test]
fn whoever_sends_without_end_is_read_a_piece_at_a_time_and_to_the_end() {
    let mut thread = Thread::of(1);
    let anna = thread.joins("anna");
    let ping = thread.ping(anna);
    let mut stream = thread.connects(&ping);
    let token = thread.accepts();
    thread.waits_for(token, ping.len());
    thread.shard.serve_stream(token, now());

    let mut much = vec![];
    (0..75).for_each(|_| crate::framing::frame(&[128; 2000], &mut much).unwrap());
    stream.write_all(&much).unwrap();
    thread.waits_for(token, much.len());
    for more in [&[token][..], &[token], &[]] {
        thread.shard.unread.clear();
        thread.shard.serve_stream(token, now());
        assert_eq!(thread.shard.unread, more, "150 kB are two pieces of 64 KiB and a rest");
    }
}

fn port(port: u16) -> Route {
    Route::Udp(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

#[test]
fn any_number_of_strangers_who_guess_names_keeps_nobody_from_being_known() {
    let mut thread = Thread::of(1);
    let anna = thread.joins("anna");
    let now = now();
    for n in 0..10_000 {
        thread.shard.datagram(port(10_000 + n % 100), &Thread::guess(anna), now, 0);
    }
    assert_eq!(thread.shard.addresses, HashMap::new());
    let ping = thread.ping(anna);
    thread.shard.datagram(port(20_000), &ping, now, 0);
    assert_eq!(thread.shard.addresses.get(&port(20_000)), Some(&anna));
}

/// Knocks from another of the loopback's many addresses.
fn knocks_from(last: u8, at: SocketAddr) -> std::net::TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, last], 0)).into()).unwrap();
    socket.connect(&at.into()).unwrap();
    socket.into()
}

#[test]
fn whoever_opens_connections_without_end_takes_the_place_of_nobody_but_themselves() {
    let mut thread = Thread::of(1);
    let mut patient = vec![];
    for last in 2..10 {
        patient.push(knocks_from(last, thread.tcp));
        thread.accepts();
    }
    let mut greedy = vec![];
    for _ in 0..UNPROVEN_AT_MOST + 20 {
        greedy.push(knocks_from(1, thread.tcp));
        thread.accepts();
    }
    assert_eq!(thread.shard.unproven(), UNPROVEN_AT_MOST);
    let here: Vec<_> = thread.shard.connections.values().map(|connection| connection.from).collect();
    assert!(patient.iter().all(|stream| here.contains(&stream.local_addr().unwrap())));
    assert!(greedy[..28].iter().all(is_closed), "the oldest of those who are too many");
    assert!(greedy[28..].iter().all(|stream| here.contains(&stream.local_addr().unwrap())));
}

#[test]
fn all_of_somebodys_addresses_are_theirs() {
    let networks = |addresses: [&str; 2]| addresses.map(|address| network(address.parse().unwrap()));
    let [one, other] = networks(["2001:db8::1", "2001:db8::ffff:2"]);
    assert_eq!(one, other);
    let [one, other] = networks(["2001:db8:0:1::1", "2001:db8:0:2::1"]);
    assert_ne!(one, other);
    let [one, other] = networks(["192.0.2.1", "192.0.2.2"]);
    assert_ne!(one, other);
}

#[test]
fn an_address_that_went_over_to_somebody_else_stays_theirs_when_the_first_one_leaves() {
    let mut thread = Thread::of(1);
    let [anna, ben] = ["anna", "ben"].map(|name| thread.joins(name));
    for who in [anna, ben] {
        let ping = thread.ping(who);
        thread.shard.datagram(port(20_000), &ping, now(), 0);
    }
    thread.removes("anna");
    assert_eq!(thread.shard.addresses.get(&port(20_000)), Some(&ben));
    thread.removes("ben");
    assert!(thread.shard.addresses.is_empty());
}

#[test]
fn a_room_that_fails_lets_everybody_back_in_but_those_who_were_put_out() {
    let mut thread = Thread::of(1);
    let mut events = thread.shard.events.subscribe();
    thread.joins("anna");
    thread.joins("ben");
    thread.removes("anna");
    assert!(events.try_recv().is_ok_and(|event| matches!(event, Event::Left { identity, .. } if identity == "anna")));

    thread.shard.in_named(ROOM, |_, _, _| panic!("as a bug would"));
    thread.shard.settle();
    assert!(events.try_recv().is_ok_and(|event| matches!(event, Event::Left { identity, .. } if identity == "ben")));
    assert_eq!((thread.people(), thread.shard.homes.len()), (0, 0));
    let may_enter =
        |thread: &mut Thread, who: &str| thread.shard.in_named(ROOM, |room, _, _| room.may_enter(now(), who)).unwrap();
    assert_eq!(may_enter(&mut thread, "anna"), Err(NoEntry::PutOut));
    assert_eq!(may_enter(&mut thread, "ben"), Ok(()));
}

#[test]
fn a_room_that_fails_when_somebody_comes_in_leaves_no_seat_taken() {
    let mut thread = Thread::of(1);
    thread.joins("anna");
    // So late that nothing can be planned for any more.
    let mut end = now();
    for doubled in (0..63).rev() {
        end.instant = end.instant.checked_add(Duration::from_secs(1 << doubled)).unwrap_or(end.instant);
    }
    thread.joins_at("ben", end);
    thread.shard.settle();
    assert_eq!((thread.people(), thread.shard.homes.len()), (0, 0));
    thread.joins("ben");
    thread.shard.settle();
    assert_eq!((thread.people(), thread.shard.homes.len()), (1, 1));
}

#[test]
fn as_many_datagrams_wait_for_another_thread_as_it_can_take_soon() {
    let mut thread = Thread::of(2);
    let elsewhere = names::credentials(names::shard_letter(1), PersonId(1));
    let ping = binding_request(&format!("{}:theirs", elsewhere.ufrag), &elsewhere.pass, &[]);
    for _ in 0..PASSED_AT_MOST + 1000 {
        thread.shard.datagram(port(20_000), &ping, now(), 0);
    }
    let other = &thread.others[0];
    let waiting = other.letters.try_iter().filter(|mail| matches!(mail, Mail::Datagram { .. })).count();
    assert_eq!(waiting, PASSED_AT_MOST);
}

#[test]
fn letters_are_read_a_pile_at_a_time_and_to_the_end() {
    let mut thread = Thread::of(1);
    let mine = thread.shard.mailboxes[0].clone();
    for n in 0..LETTERS_AT_ONCE + 10 {
        mine.pass(SocketAddr::from((Ipv4Addr::LOCALHOST, 20_000)), b"something", n % 2);
    }
    thread.shard.read_letters(now());
    assert_eq!((mine.passed.load(Ordering::Relaxed), thread.shard.more_letters), (10, true));
    thread.shard.read_letters(now());
    assert_eq!((mine.passed.load(Ordering::Relaxed), thread.shard.more_letters), (0, false));
}
