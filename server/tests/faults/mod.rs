//! What the real `paxora` stands on gives way: its database, its disk, its voice server, its network, its machine. People are
//! told the truth, nothing is half done, and it goes on by itself when all is well again. `docs/observing.md` has the list.

mod crowds;
mod database;
mod stopping;
mod voice;

use crate::books::patiently;
use crate::house::{DemoPerson, House, PATIENCE, Server};
use crate::wire::{self, Answer, JSON};
use backend::testing::nonce;
use backend::{Clock, SystemClock};
use domain::{ChannelId, Community, Timestamp};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What a server of these tests is told, besides where its database is.
const SETTINGS: [(&str, &str); 7] = [
    ("VOICE_BIND", "127.0.0.1"),
    ("VOICE_UDP_PORT", "0"),
    ("VOICE_TCP_PORT", "0"),
    ("VOICE_THREADS", "1"),
    ("METRICS_LISTEN", "127.0.0.1:0"),
    ("CALLS_PER_MINUTE", "1000"),
    ("RINGS_PER_PAIR", "1000"),
];

/// Somebody of the demo parish, signed in.
struct Member {
    session: String,
    /// Where they write and call: a chat of two, if they have one.
    channel: ChannelId,
    community: Community,
}

impl Member {
    async fn of(house: &House, server: &Server) -> Member {
        Member::signed_in(server, &house.demo().await[0]).await
    }

    async fn signed_in(server: &Server, person: &DemoPerson) -> Member {
        let session = server.sign_in(person).await;
        let asked = wire::send(server.address, &session, "/api/community", JSON, "{}").await.unwrap();
        let community: Community = serde_json::from_str(&asked.hear().await.unwrap().body).unwrap();
        let two = community.channels.iter().find(|channel| channel.other.is_some());
        let channel = two.or(community.channels.first()).unwrap().id;
        Member { session, channel, community }
    }

    /// What the server answers; none if it does not.
    async fn ask(&self, server: SocketAddr, function: &str, arguments: Value) -> Option<Answer> {
        let path = format!("/api/{function}");
        wire::send(server, &self.session, &path, JSON, &arguments.to_string()).await.ok()?.hear().await
    }

    async fn writes(&self, server: SocketAddr) -> Answer {
        let message = json!({ "channel": self.channel, "body": "The bells ring at six", "nonce": nonce() });
        self.ask(server, "post_message", message).await.expect("an answer")
    }

    /// How many lines there are that they wrote.
    async fn lines(&self, server: SocketAddr) -> usize {
        let asked = json!({ "channel": self.channel, "before": null });
        let answer = self.ask(server, "messages", asked).await.expect("an answer");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body.matches("The bells ring at six").count()
    }

    async fn calls(&self, server: SocketAddr) -> Answer {
        let tap = backend::testing::tap();
        let call = json!({ "channel": self.channel, "targets": [], "tap": tap });
        self.ask(server, "voice/initiate_call", call).await.expect("an answer")
    }

    async fn listens(&self, server: SocketAddr) -> Stream {
        Stream::of(wire::get(server, &self.session, "/api/events").await.unwrap().stream())
    }
}

/// An event stream.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn of(stream: TcpStream) -> Stream {
        Stream(BufReader::new(stream))
    }

    /// The name of the next event; none if the stream has ended.
    async fn next(&mut self) -> Option<String> {
        let mut line = String::new();
        loop {
            line.clear();
            let read = timeout(PATIENCE, self.0.read_line(&mut line)).await.expect("something is told in time");
            if read.unwrap_or_default() == 0 {
                return None;
            }
            if let Some(name) = line.strip_prefix("event: ") {
                return Some(name.trim().to_owned());
            }
        }
    }

    /// Waits for an event of this name.
    async fn hears(&mut self, name: &str) {
        while self.next().await.expect("the stream goes on") != name {}
    }
}

/// What `/ready` says, and with which status.
async fn ready(server: SocketAddr) -> (u16, Value) {
    let answer = wire::get(server, "", "/ready").await.unwrap().hear().await.unwrap();
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

/// A measurement, all of its labels together.
async fn measured(office: SocketAddr, name: &str) -> f64 {
    let told = wire::get(office, "", "/metrics").await.unwrap().hear().await.unwrap().body;
    let lines = told.lines().filter(|line| line.starts_with(name));
    lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

/// Waits until so much time has gone by.
async fn passes(since: Timestamp, time: Duration) {
    patiently("time passes", async || (SystemClock.now().since(since) >= time).then_some(())).await;
}

/// A refusal that says to come back.
fn is_for_later(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.head.contains("retry-after: "), "{answer:?}");
}
