//! The life of one parish, whose server is killed again and again.

mod checks;
mod moments;

use crate::books::Books;
use crate::house::{House, PATIENCE, Server};
use crate::people::{Asked, Person, Wish, sign_in, two};
use crate::tally::Tally;
use backend::{Clock, SystemClock};
use domain::{Call, CallId};
use futures::future::join_all;
pub(crate) use moments::Moment;
use moments::{MOMENTS, kill_while_migrating};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;
use voice_client::{Options, Session, Transport};

/// How many seconds a phone rings here.
const RING: u64 = 1;

pub(crate) struct Life {
    house: House,
    people: Vec<Person>,
    dice: StdRng,
    /// All calls, as they were when we last looked.
    calls: BTreeMap<CallId, Call>,
    /// How long the server took for its last start.
    starts_in: Duration,
    tally: Tally,
}

/// Kills the server of one parish so many times, and answers what was counted.
pub(crate) async fn live(postgres: Option<String>, seed: u64, kills: u64) -> Tally {
    let ring = RING.to_string();
    let settings = [
        ("RING_SECONDS", ring.as_str()),
        ("CALLS_PER_MINUTE", "1000"),
        ("RINGS_PER_PAIR", "1000"),
        ("VOICE_BIND", "127.0.0.1"),
        ("VOICE_UDP_PORT", "0"),
        ("VOICE_TCP_PORT", "0"),
        ("VOICE_THREADS", "1"),
    ];
    let house = House::build(postgres, &settings);
    let mut dice = StdRng::seed_from_u64(seed);
    kill_while_migrating(&house, &mut dice).await;
    let (mut server, starts_in) = house.start().await;
    let people = sign_in(&house, &server).await;
    let mut life = Life { house, people, dice, calls: BTreeMap::new(), starts_in, tally: Tally::default() };
    life.tally.kill(Moment::Migrating);
    for round in 0..kills.saturating_sub(1) {
        let moment = MOMENTS[(seed * (kills - 1) + round) as usize % MOMENTS.len()];
        // What never ends would say nothing of why.
        let round = timeout(5 * PATIENCE, life.round(server, moment)).await;
        server =
            round.unwrap_or_else(|_| panic!("seed {seed}, killed at the moment {moment:?}: the round does not end"));
    }
    server.kill().await;
    life.tally
}

impl Life {
    /// Some calls, a death, a new start, and everything is in order.
    async fn round(&mut self, server: Server, moment: Moment) -> Server {
        let mut asked = self.some_calls(server.address).await;
        let left = self.kill(server, moment).await;
        self.tally.kill(moment);
        asked.extend(left.asked);
        let (server, starts_in) = self.house.start().await;
        let began = SystemClock.now();
        self.starts_in = starts_in;
        let books = Books::open(&self.house).await;
        self.tally.in_dead_hands += books.in_dead_hands(began).await;

        books.are_whole().await;
        books.audit(&mut self.calls).await;
        self.nothing_is_lost(&books, &asked).await;
        let talking = match left.talked {
            Some(call) => self.come_back(&server, call).await,
            None => vec![],
        };
        self.asked_again_it_is_the_same(&books, server.address, &asked).await;
        self.nothing_is_stuck(&books, began).await;
        self.go_home(&books, server.address).await;
        books.audit(&mut self.calls).await;
        drop(talking);
        books.close().await;
        self.tally.count(&asked);
        server
    }

    /// Everybody does a few things, all at once, and is told what came of it.
    async fn some_calls(&mut self, server: SocketAddr) -> Vec<Asked> {
        let asked = self.everybody(server, 2).await;
        assert!(asked.iter().all(|asked| asked.reply.is_some()));
        asked
    }

    /// Everybody does so many things, until the server is killed.
    async fn everybody(&mut self, server: SocketAddr, things: usize) -> Vec<Asked> {
        let seeds: Vec<u64> = self.people.iter().map(|_| self.dice.random()).collect();
        let all = self.people.iter().zip(seeds).enumerate().map(async |(who, (person, seed))| {
            let mut dice = StdRng::seed_from_u64(seed);
            let mut asked = vec![];
            for _ in 0..things {
                let Some(live) = person.live(server).await else { break };
                let wish = person.wishes(&live, &mut dice);
                let reply = person.ask(server, &wish).await;
                let killed = reply.is_none();
                asked.push(Asked { who, wish, reply });
                if killed {
                    break;
                }
            }
            asked
        });
        join_all(all).await.concat()
    }

    async fn ask(&self, server: SocketAddr, who: usize, wish: Wish) -> Asked {
        let reply = self.people[who].ask(server, &wish).await;
        Asked { who, wish, reply }
    }

    /// Two connect to the voice server, with what they are handed out now, and are both there.
    async fn come_back(&self, server: &Server, call: CallId) -> Vec<Session> {
        let (one, other, _) = two(&self.people);
        let mut sessions = vec![];
        for person in [&self.people[one], &self.people[other]] {
            let access = person.access(server.address, call).await;
            let url = format!("ws://{}{}", server.address, access.url);
            let options = |local| Options::browser(local, Transport::Udp);
            let connected = voice_client::connect(&url, &access.token, Transport::Udp, options);
            sessions.push(timeout(PATIENCE, connected).await.expect("let in in time").unwrap());
        }
        sessions
    }

    /// Everybody who is in a call hangs up.
    async fn all_hang_up(&self, server: SocketAddr) -> Vec<Asked> {
        let mut asked = vec![];
        for (who, person) in self.people.iter().enumerate() {
            for call in person.live(server).await.unwrap().calls {
                if call.is_connected(person.member()) {
                    asked.push(self.ask(server, who, Wish::leave(call.id)).await);
                }
            }
        }
        asked
    }

    /// And then every call is over.
    async fn go_home(&self, books: &Books, server: SocketAddr) {
        self.all_hang_up(server).await;
        let live = books.store.live_call_ids().await.unwrap();
        assert!(live.is_empty(), "nobody is left in {live:?}, which goes on");
    }
}
