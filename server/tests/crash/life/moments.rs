//! The moments at which a server is killed, all of them seen from outside.

use super::{Life, RING};
use crate::books::{Window, patiently};
use crate::house::{House, Server};
use crate::people::{Asked, Reply, Wish, two};
use backend::testing::tap;
use backend::{Clock, SystemClock};
use domain::CallId;
use futures::future::join_all;
use rand::RngExt;
use rand::rngs::StdRng;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::time::Duration;

/// When the server is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Moment {
    /// While it makes its tables.
    Migrating,
    /// While it starts.
    Starting,
    /// At any moment, while everybody does something.
    Any,
    /// When a request was sent, and not answered.
    Unanswered,
    /// When what somebody asked for is written down, and the reply is perhaps not there yet.
    Written,
    /// When the reply has arrived.
    Answered,
    /// When something is to be done, and not yet done.
    WithWork,
    /// While a phone rings; it is started again when that ring is over.
    Ringing,
    /// While two talk through its voice server.
    Talking,
}

/// All but the first, of which every life has one.
pub(super) const MOMENTS: [Moment; 8] = [
    Moment::Any,
    Moment::Written,
    Moment::Ringing,
    Moment::Answered,
    Moment::Talking,
    Moment::WithWork,
    Moment::Unanswered,
    Moment::Starting,
];

/// What a server was killed in the middle of.
#[derive(Default)]
pub(super) struct Left {
    pub(super) asked: Vec<Asked>,
    /// The call in which two were connected to its voice server.
    pub(super) talked: Option<CallId>,
}

/// Killed before, between or after its migrations.
pub(super) async fn kill_while_migrating(house: &House, dice: &mut StdRng) {
    let migrations = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations")).unwrap().count();
    let done = dice.random_range(0..=migrations);
    let beginning = house.begin();
    let window = patiently("there is a database", || Window::open(house)).await;
    patiently("migrations", async || window.migrated(done).await.then_some(())).await;
    beginning.kill().await;
    window.close().await;
}

impl Life {
    pub(super) async fn kill(&mut self, server: Server, moment: Moment) -> Left {
        let address = server.address;
        match moment {
            Moment::Migrating => unreachable!("only once"),
            Moment::Starting => {
                server.kill().await;
                let beginning = self.house.begin();
                let starts_in = u64::try_from(self.starts_in.as_millis()).unwrap();
                self.some_time(0..=starts_in).await;
                beginning.kill().await;
                Left::default()
            }
            Moment::Any => {
                let wait = self.some_time(0..=150);
                let (asked, ()) = tokio::join!(self.everybody(address, usize::MAX), async {
                    wait.await;
                    server.kill().await;
                });
                Left { asked, talked: None }
            }
            Moment::Unanswered => {
                let (who, wish) = self.a_wish(address).await;
                let person = &self.people[who];
                let sent = person.send(address, &wish).await.unwrap();
                server.kill().await;
                let reply = person.hear(sent, &wish).await;
                Left { asked: vec![Asked { who, wish, reply }], talked: None }
            }
            Moment::Written => Left { asked: self.kill_when_written(server).await, talked: None },
            Moment::Answered => {
                let (who, wish) = self.a_wish(address).await;
                let asked = self.ask(address, who, wish).await;
                server.kill().await;
                assert!(asked.reply.is_some(), "{asked:?}");
                Left { asked: vec![asked], talked: None }
            }
            Moment::WithWork => Left { asked: self.kill_with_work(server).await, talked: None },
            Moment::Ringing => {
                let mut asked = self.all_hang_up(address).await;
                asked.push(self.ring(address).await);
                server.kill().await;
                let over = SystemClock.now() + Duration::from_secs(RING);
                patiently("the ring is over", async || (SystemClock.now() > over).then_some(())).await;
                Left { asked, talked: None }
            }
            Moment::Talking => {
                let mut asked = self.all_hang_up(address).await;
                let call = loop {
                    asked.push(self.ring(address).await);
                    if let Some(call) = self.answer(address, &mut asked).await {
                        break call;
                    }
                };
                let talking = self.come_back(&server, call).await;
                server.kill().await;
                drop(talking);
                Left { asked, talked: Some(call) }
            }
        }
    }

    /// Everybody asks for something, and as soon as the window shows that one of it has happened, it is over.
    async fn kill_when_written(&mut self, server: Server) -> Vec<Asked> {
        let (address, mut wishes) = (server.address, vec![]);
        for person in &self.people {
            wishes.push(person.wishes(&person.live(address).await.unwrap(), &mut self.dice));
        }
        let window = Window::open(&self.house).await.unwrap();
        let before = window.requests().await;
        let asked = self.people.iter().zip(wishes).enumerate().map(async |(who, (person, wish))| {
            let reply = person.ask(address, &wish).await;
            Asked { who, wish, reply }
        });
        let written = async { while window.requests().await == before {} };
        let asked = kill_when(server, written, join_all(asked)).await;
        window.close().await;
        asked
    }

    /// One calls and hangs up, again and again, and as soon as the window shows something that is to be done, it is over.
    /// The server may be faster than we look, each time: then it dies with nothing to do.
    async fn kill_with_work(&self, server: Server) -> Vec<Asked> {
        const ENOUGH: usize = 50;
        let address = server.address;
        let mut before = self.all_hang_up(address).await;
        let window = Window::open(&self.house).await.unwrap();
        let undone = window.undone().await;
        let calls = async {
            let mut asked = vec![];
            for _ in 0..ENOUGH {
                asked.push(self.ring(address).await);
                let Some(Asked { who, reply: Some(Reply::Seat(seat)), .. }) = asked.last() else { break };
                let hung_up = self.ask(address, *who, Wish::leave(seat.call.id)).await;
                asked.push(hung_up);
            }
            asked
        };
        let has_work = async { while window.undone().await <= undone {} };
        before.extend(kill_when(server, has_work, calls).await);
        window.close().await;
        before
    }

    /// One of two calls the other.
    async fn ring(&self, server: SocketAddr) -> Asked {
        let (one, _, channel) = two(&self.people);
        self.ask(server, one, Wish::Start { channel, targets: vec![], tap: tap() }).await
    }

    /// And the other answers. None if that came too late: the ring is short, and the machine may be slow.
    async fn answer(&self, server: SocketAddr, asked: &mut Vec<Asked>) -> Option<CallId> {
        let Some(Reply::Seat(seat)) = &asked.last()?.reply else { return None };
        let (call, (_, other, _)) = (seat.call.id, two(&self.people));
        asked.push(self.ask(server, other, Wish::Answer { call, tap: tap() }).await);
        matches!(asked.last()?.reply, Some(Reply::Seat(_))).then_some(call)
    }

    /// Somebody, and something that they may do now.
    async fn a_wish(&mut self, server: SocketAddr) -> (usize, Wish) {
        let who = self.dice.random_range(0..self.people.len());
        let person = &self.people[who];
        (who, person.wishes(&person.live(server).await.unwrap(), &mut self.dice))
    }

    /// It is the kill that comes at any time; nothing waits for it.
    #[expect(clippy::disallowed_methods, reason = "the moment of a kill is random")]
    fn some_time(&mut self, milliseconds: RangeInclusive<u64>) -> tokio::time::Sleep {
        tokio::time::sleep(Duration::from_millis(self.dice.random_range(milliseconds)))
    }
}

/// Kills the server as soon as it is time, or when all is asked and it has not been.
async fn kill_when(
    server: Server,
    time: impl Future<Output = ()>,
    asking: impl Future<Output = Vec<Asked>>,
) -> Vec<Asked> {
    let mut asking = pin!(asking);
    let all_answered = tokio::select! {
        biased;
        asked = &mut asking => Some(asked),
        () = time => None,
    };
    server.kill().await;
    match all_answered {
        Some(asked) => asked,
        None => asking.await,
    }
}
