//! People who call each other, and what they were told.

use crate::house::{House, Server};
use crate::wire::{self, JSON, Sent};
use app::error::{ApiError, Problem};
use backend::testing::nonce;
use domain::{
    Access, CallId, ChannelId, ChannelKind, Community, Live, MemberId, Message, Nonce, ParticipantStatus, Seat, Tap,
};
use rand::RngExt;
use rand::rngs::StdRng;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use store::Granted;

/// Somebody who is signed in, on one device.
pub(crate) struct Person {
    name: String,
    session: String,
    pub(crate) community: Community,
}

/// What somebody wants of a call.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    Start { channel: ChannelId, targets: Vec<MemberId>, tap: Tap },
    Answer { call: CallId, tap: Tap },
    Decline { call: CallId, nonce: Nonce },
    Leave { call: CallId, nonce: Nonce },
}

impl Wish {
    pub(crate) fn nonce(&self) -> Nonce {
        match self {
            Wish::Start { tap, .. } | Wish::Answer { tap, .. } => tap.nonce,
            Wish::Decline { nonce, .. } | Wish::Leave { nonce, .. } => *nonce,
        }
    }

    pub(crate) fn leave(call: CallId) -> Wish {
        Wish::Leave { call, nonce: nonce() }
    }

    fn request(&self) -> (&'static str, Value) {
        match self {
            Wish::Start { channel, targets, tap } => {
                ("/api/voice/initiate_call", json!({ "channel": channel, "targets": targets, "tap": tap }))
            }
            Wish::Answer { call, tap } => ("/api/voice/answer_call", json!({ "call": call, "tap": tap })),
            Wish::Decline { call, nonce } => ("/api/voice/decline_call", json!({ "call": call, "nonce": nonce })),
            Wish::Leave { call, nonce } => ("/api/voice/end_call", json!({ "call": call, "nonce": nonce })),
        }
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Seat(Box<Seat>),
    Done,
    Refused(Problem),
}

/// A wish that was sent. Without a reply, the server was killed before.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) who: usize,
    pub(crate) wish: Wish,
    pub(crate) reply: Option<Reply>,
}

impl Person {
    pub(crate) fn member(&self) -> MemberId {
        self.community.me.id
    }

    pub(crate) async fn send(&self, server: SocketAddr, wish: &Wish) -> io::Result<Sent> {
        let (path, body) = wish.request();
        wire::send(server, &self.session, path, JSON, &body.to_string()).await
    }

    /// None if the server was killed before it had answered.
    pub(crate) async fn ask(&self, server: SocketAddr, wish: &Wish) -> Option<Reply> {
        self.hear(self.send(server, wish).await.ok()?, wish).await
    }

    pub(crate) async fn hear(&self, sent: Sent, wish: &Wish) -> Option<Reply> {
        let answer = sent.hear().await?;
        if answer.status != 200 {
            let error: ApiError = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"));
            let name = &self.name;
            assert!(answer.status < 500, "{name} wanted {wish:?} and was told of a fault of ours: {answer:?}");
            return Some(Reply::Refused(error.problem));
        }
        Some(match wish {
            Wish::Start { .. } | Wish::Answer { .. } => Reply::Seat(serde_json::from_str(&answer.body).unwrap()),
            Wish::Decline { .. } | Wish::Leave { .. } => Reply::Done,
        })
    }

    /// What is live for them. None if the server was killed.
    pub(crate) async fn live(&self, server: SocketAddr) -> Option<Live> {
        self.load(server, "/api/live", json!({})).await
    }

    /// A fresh way into the audio.
    pub(crate) async fn access(&self, server: SocketAddr, call: CallId) -> Access {
        self.load(server, "/api/voice/call_token", json!({ "call": call })).await.unwrap()
    }

    /// Says something in a channel.
    pub(crate) async fn post(&self, server: SocketAddr, channel: ChannelId, text: &str) -> Message {
        let body = json!({ "channel": channel, "body": text, "nonce": nonce() });
        self.load(server, "/api/post_message", body).await.unwrap()
    }

    /// The last lines of a channel.
    pub(crate) async fn reads(&self, server: SocketAddr, channel: ChannelId) -> Vec<Message> {
        self.load(server, "/api/messages", json!({ "channel": channel })).await.unwrap()
    }

    async fn load<T: DeserializeOwned>(&self, server: SocketAddr, path: &str, body: Value) -> Option<T> {
        let sent = wire::send(server, &self.session, path, JSON, &body.to_string()).await.ok()?;
        let answer = sent.hear().await?;
        Some(serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}")))
    }

    /// Looks at their phone and does something that one may do then.
    pub(crate) fn wishes(&self, live: &Live, dice: &mut StdRng) -> Wish {
        let me = self.member();
        let tap = Tap { nonce: nonce(), switch: dice.random_ratio(1, 3) };
        for call in &live.calls {
            if call.rings_for(me).is_some() {
                match dice.random_range(0..10) {
                    0..6 => return Wish::Answer { call: call.id, tap },
                    6..8 => return Wish::Decline { call: call.id, nonce: nonce() },
                    _ => {}
                }
            } else if call.is_connected(me) {
                if dice.random_ratio(1, 3) {
                    return Wish::leave(call.id);
                }
            } else if dice.random() {
                return Wish::Answer { call: call.id, tap };
            }
        }
        let places: Vec<_> = self.community.channels.iter().filter(|channel| channel.may_call).collect();
        let place = places[dice.random_range(0..places.len())];
        let others: Vec<_> = self.community.members.iter().filter(|member| member.id != me).collect();
        let targets = match place.kind {
            ChannelKind::Parish => vec![others[dice.random_range(0..others.len())].id],
            ChannelKind::Group | ChannelKind::Direct => vec![],
        };
        Wish::Start { channel: place.id, targets, tap }
    }
}

/// The place that somebody was given, as it is remembered.
pub(crate) fn granted(seat: &Seat, member: MemberId) -> Granted {
    let mine = seat.call.participants.iter().find(|participant| participant.member == member);
    let mine = mine.filter(|mine| mine.status == ParticipantStatus::Connected);
    let epoch = mine.unwrap_or_else(|| panic!("a seat for nobody who is in the call: {seat:?}")).epoch;
    Granted { call: seat.call.id, epoch }
}

/// Everybody of the demo parish, signed in.
pub(crate) async fn sign_in(house: &House, server: &Server) -> Vec<Person> {
    let mut people = vec![];
    for person in house.demo().await {
        let session = server.sign_in(&person).await;
        let sent = wire::send(server.address, &session, "/api/community", JSON, "{}").await.unwrap();
        let community = serde_json::from_str(&sent.hear().await.unwrap().body).unwrap();
        people.push(Person { name: person.name, session, community });
    }
    people
}

/// Two who have a direct channel, and that channel.
pub(crate) fn two(people: &[Person]) -> (usize, usize, ChannelId) {
    let of = |person: &Person| person.community.channels.iter().find(|channel| channel.other.is_some()).cloned();
    let (one, channel) = people.iter().enumerate().find_map(|(who, person)| Some((who, of(person)?))).unwrap();
    let other = people.iter().position(|other| Some(other.member()) == channel.other).unwrap();
    (one, other, channel.id)
}
