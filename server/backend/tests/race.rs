//! Eight tasks in two processes at one real database, all at the same moment: one truth comes of it, and every reply says
//! the same. `RACES` asks for more than a run of `script/test` makes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![expect(clippy::print_stdout, reason = "the numbers are part of the result, and two processes talk by it")]

use backend::testing::{FakeClock, FakePushService, FakeVoiceServer, nonce, settings, tap};
use backend::{Actor, Backend, Clock, Error, Ports, SystemClock, secret};
use domain::{
    Call, CallError, CallId, CallState, ChannelId, ChannelKind, EndReason, MemberId, ParishId, PersonId, Role, Tap,
    Timestamp,
};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use store::{NewChannel, NewMember, NewParish, Store};
use tokio::sync::Barrier;
use uuid::Uuid;

/// So many people, so many tasks.
const MANY: usize = 8;
/// Half of the tasks run in the other process.
const HALF: usize = MANY / 2;
/// What the second process is told by.
const SECOND: &str = "PAXORA_RACE";

/// What one task does.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Act {
    Start {
        who: usize,
        device: usize,
        channel: ChannelId,
        whom: Option<MemberId>,
    },
    Answer {
        who: usize,
        device: usize,
        call: CallId,
        switch: bool,
    },
    Decline {
        who: usize,
        call: CallId,
    },
    Leave {
        who: usize,
        call: CallId,
    },
    /// The sweeper, at a moment when the ring is over.
    Expire,
}

/// What it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Reply {
    In(CallId),
    Done,
    Refused(CallError),
    InAnotherCall,
}

#[derive(Serialize, Deserialize)]
struct Invitation {
    database: String,
    sessions: Vec<[String; 2]>,
}

/// One of the two processes.
struct House {
    store: Store,
    actors: Vec<[Actor; 2]>,
}

/// Made once: nobody asks them for anything here, and to make them takes longer than a race.
static VOICE: LazyLock<Arc<FakeVoiceServer>> = LazyLock::new(Arc::default);
static PUSH: LazyLock<Arc<FakePushService>> = LazyLock::new(Arc::default);

/// A fresh one, so that nobody is told that they call too often.
fn backend_by(clock: Arc<dyn Clock>, store: Store) -> Backend {
    Backend::new(store, Ports { voice: VOICE.clone(), push: PUSH.clone(), clock }, settings())
}

impl House {
    async fn open(invitation: &Invitation) -> House {
        let store = Store::open(&invitation.database).await.unwrap();
        let house = House { store, actors: vec![] };
        let backend = house.backend();
        let mut actors = vec![];
        for [one, other] in &invitation.sessions {
            actors.push([one, other].map(|session| (backend.clone(), session.clone())));
        }
        let mut known = vec![];
        for [(backend, one), (_, other)] in actors {
            let [one, other] = [backend.authenticate(&one).await, backend.authenticate(&other).await];
            known.push([one.unwrap().unwrap(), other.unwrap().unwrap()]);
        }
        House { actors: known, ..house }
    }

    fn backend(&self) -> Backend {
        backend_by(Arc::new(SystemClock), self.store.clone())
    }

    /// All at the same moment.
    async fn race(&self, acts: &[Act]) -> Vec<Reply> {
        let backend = self.backend();
        let barrier = Arc::new(Barrier::new(acts.len()));
        let tasks = acts.iter().map(|act| {
            let (barrier, backend, store, act) = (barrier.clone(), backend.clone(), self.store.clone(), *act);
            let actor = match act {
                Act::Start { who, device, .. } | Act::Answer { who, device, .. } => self.actors[who][device].clone(),
                Act::Decline { who, .. } | Act::Leave { who, .. } => self.actors[who][0].clone(),
                Act::Expire => self.actors[0][0].clone(),
            };
            tokio::spawn(async move {
                barrier.wait().await;
                told(act, &actor, &backend, store).await
            })
        });
        let mut replies = vec![];
        for task in tasks.collect::<Vec<_>>() {
            replies.push(task.await.unwrap());
        }
        replies
    }
}

async fn told(act: Act, actor: &Actor, backend: &Backend, store: Store) -> Reply {
    let seat = match act {
        Act::Start { channel, whom, .. } => {
            backend.initiate_call(actor, channel, whom.into_iter().collect(), tap()).await
        }
        Act::Answer { call, switch, .. } => backend.answer_call(actor, call, Tap { switch, ..tap() }).await,
        Act::Decline { call, .. } => return done(backend.decline_call(actor, call, nonce()).await),
        Act::Leave { call, .. } => return done(backend.end_call(actor, call, nonce()).await),
        Act::Expire => {
            let later = Timestamp(SystemClock.now().0 + 31_000);
            return done(backend_by(Arc::new(FakeClock::at(later)), store).expire_calls().await);
        }
    };
    match seat {
        Ok(seat) => Reply::In(seat.call.id),
        Err(error) => refusal(error),
    }
}

fn done(reply: Result<(), Error>) -> Reply {
    reply.map_or_else(refusal, |()| Reply::Done)
}

/// Nothing else may happen: no busy database, no fault.
fn refusal(error: Error) -> Reply {
    match error {
        Error::Call(error) => Reply::Refused(error),
        Error::InAnotherCall => Reply::InAnotherCall,
        error => panic!("{error:?}"),
    }
}

/// Also who would have tried again later without telling anybody: the sweeper.
fn nobody_found_the_database_busy() {
    assert_eq!(store::Failures::so_far().away, 0);
}

/// The second process: this very test, started once more.
struct Neighbour {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

/// What the second process says begins with this, among what the test harness says.
const SAYS: &str = "second process: ";

impl Neighbour {
    fn invite(invitation: &Invitation) -> Neighbour {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_second_process", "--nocapture", "--test-threads=1"])
            .env(SECOND, serde_json::to_string(invitation).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Neighbour { child, to, from }
    }

    fn tell(&mut self, acts: &[Act]) {
        writeln!(self.to, "{}", serde_json::to_string(acts).unwrap()).unwrap();
    }

    fn hear(&mut self) -> Vec<Reply> {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.from.read_line(&mut line).unwrap(), 0, "the second process has ended");
            if let Some((_, replies)) = line.split_once(SAYS) {
                return serde_json::from_str(replies).unwrap();
            }
        }
    }

    fn goodbye(mut self) {
        drop(self.to);
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn the_second_process() {
    let Ok(invitation) = std::env::var(SECOND) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let house = House::open(&serde_json::from_str(&invitation).unwrap()).await;
        for line in std::io::stdin().lines() {
            let acts: Vec<Act> = serde_json::from_str(&line.unwrap()).unwrap();
            println!("{SAYS}{}", serde_json::to_string(&house.race(&acts).await).unwrap());
        }
        nobody_found_the_database_busy();
    });
}

struct Town {
    house: House,
    neighbour: Neighbour,
    group: ChannelId,
    directs: [ChannelId; 2],
    parish: ChannelId,
}

impl Town {
    async fn build(database: String) -> Town {
        let store = Store::open(&database).await.unwrap();
        store.migrate().await.unwrap();
        let at = SystemClock.now();
        let mut last = 1_u128 << 64;
        let mut id = || {
            last += 1;
            Uuid::from_u128(last)
        };
        let parish = ParishId(id());
        store.insert_parish(&NewParish { id: parish, name: "Race".into(), at }).await.unwrap();
        let (mut sessions, mut members) = (vec![], vec![]);
        for _ in 0..MANY {
            let (person, member) = (PersonId(id()), MemberId(id()));
            let new = NewMember { person, member, parish, name: "Racer".into(), role: Role::Member, login: None, at };
            store.insert_member(&new).await.unwrap();
            let secrets = [secret::fresh(), secret::fresh()];
            for session in &secrets {
                let until = at + Duration::from_secs(60 * 60 * 24 * 7);
                store.insert_session(&secret::hash(session), member, at, until).await.unwrap();
            }
            sessions.push(secrets);
            members.push(member);
        }
        let mut places = vec![];
        for (kind, members) in [
            (ChannelKind::Group, members.clone()),
            (ChannelKind::Direct, vec![members[0], members[1]]),
            (ChannelKind::Direct, vec![members[2], members[1]]),
            (ChannelKind::Parish, members.clone()),
        ] {
            let channel = ChannelId(id());
            let name = if kind == ChannelKind::Direct { String::new() } else { "Place".into() };
            let new = NewChannel { id: channel, parish, kind, name, announcements_only: false, members, at };
            store.insert_channel(&new).await.unwrap();
            places.push(channel);
        }
        store.close().await;
        let invitation = Invitation { database, sessions };
        let neighbour = Neighbour::invite(&invitation);
        let [group, one, other, parish] = places[..] else { panic!("four places") };
        Town { house: House::open(&invitation).await, neighbour, group, directs: [one, other], parish }
    }

    fn member(&self, who: usize) -> MemberId {
        self.house.actors[who][0].member()
    }

    async fn ring(&self, who: usize, channel: ChannelId) -> CallId {
        let actor = &self.house.actors[who][0];
        self.house.backend().initiate_call(actor, channel, vec![], tap()).await.unwrap().call.id
    }

    /// Half of it here, half of it there. The order of the acts is turned by `turn`, so that everybody is sometimes here.
    async fn race(&mut self, acts: Vec<Act>, turn: usize) -> Vec<(Act, Reply)> {
        let mut acts = acts;
        acts.rotate_left(turn % MANY);
        let (there, here) = acts.split_at(HALF);
        self.neighbour.tell(there);
        let mut replies = self.house.race(here).await;
        let mut all = self.neighbour.hear();
        all.append(&mut replies);
        acts.into_iter().zip(all).collect()
    }

    async fn call(&self, id: CallId) -> Call {
        self.house.store.call(id).await.unwrap().unwrap()
    }

    /// Everybody goes home; what they were in is over.
    async fn clear(&self) {
        for id in self.house.store.live_call_ids().await.unwrap() {
            let call = self.call(id).await;
            for who in 0..MANY {
                if call.is_connected(self.member(who)) {
                    for actor in &self.house.actors[who] {
                        let _ = self.house.backend().end_call(actor, id, nonce()).await;
                    }
                }
            }
            assert!(self.call(id).await.is_over());
        }
    }

    /// Nobody is connected twice: asked of the rows themselves.
    async fn audit(&self) -> Vec<Call> {
        let mut live = vec![];
        for id in self.house.store.live_call_ids().await.unwrap() {
            live.push(self.call(id).await);
        }
        for who in 0..MANY {
            let places = live.iter().filter(|call| call.is_connected(self.member(who))).count();
            assert!(places <= 1, "{who} is in {places} calls");
        }
        live
    }
}

fn places(replies: &[(Act, Reply)]) -> Vec<CallId> {
    replies.iter().filter_map(|(_, reply)| if let Reply::In(call) = reply { Some(*call) } else { None }).collect()
}

/// Whoever was refused was told what is true: the call is over, or they came in with this device, with another, or to another
/// call.
fn refused_rightly(call: &Call, act: Act, reply: Reply, replies: &[(Act, Reply)]) -> bool {
    let came_in = |wanted: &dyn Fn(usize, CallId) -> bool| {
        replies.iter().any(|(act, reply)| match (act, reply) {
            (Act::Answer { device, .. }, Reply::In(call)) => wanted(*device, *call),
            _ => false,
        })
    };
    match (act, reply) {
        (_, Reply::In(_) | Reply::Done) => true,
        (_, Reply::Refused(CallError::Over)) => call.is_over(),
        (Act::Answer { device, .. }, Reply::Refused(CallError::AlreadyAnswered)) => {
            came_in(&|with, to| (with, to) == (device, call.id))
        }
        (Act::Answer { device, .. }, Reply::Refused(CallError::AnsweredElsewhere)) => {
            came_in(&|with, to| with != device && to == call.id)
        }
        (Act::Decline { .. }, Reply::Refused(CallError::NotRinging)) => came_in(&|_, to| to == call.id),
        (Act::Answer { switch: false, .. }, Reply::InAnotherCall) => came_in(&|_, to| to != call.id),
        _ => false,
    }
}

/// Everybody of the group taps the phone at once: one call, and everybody is in it.
async fn everybody_calls(town: &mut Town, turn: usize) {
    let channel = town.group;
    let acts = (0..MANY).map(|who| Act::Start { who, device: 0, channel, whom: None }).collect();
    let replies = town.race(acts, turn).await;
    let [call] = &town.audit().await[..] else { panic!("{replies:?}") };
    assert_eq!(places(&replies), [call.id; MANY], "{replies:?}");
    assert!((0..MANY).all(|who| call.is_connected(town.member(who))));
}

/// Two call each other, with two devices each, twice; in their own channel or by picking each other.
async fn glare(town: &mut Town, turn: usize) {
    let in_parish = turn % 2 == 1;
    let channel = if in_parish { town.parish } else { town.directs[0] };
    let acts = (0..MANY)
        .map(|i| {
            let who = i % 2;
            Act::Start { who, device: i / 2 % 2, channel, whom: in_parish.then(|| town.member(1 - who)) }
        })
        .collect();
    let replies = town.race(acts, turn).await;
    let [call] = &town.audit().await[..] else { panic!("{replies:?}") };
    assert!(call.is_connected(town.member(0)) && call.is_connected(town.member(1)), "{replies:?}");
    assert_eq!(places(&replies), [call.id; 2], "one device each: {replies:?}");
    for (act, reply) in &replies {
        let Act::Start { who, device, .. } = *act else { panic!("{act:?}") };
        let here = call.check_device(town.member(who), town.house.actors[who][device].device());
        match reply {
            Reply::In(_) | Reply::Refused(CallError::AlreadyAnswered) => assert!(here.is_ok(), "{replies:?}"),
            Reply::Refused(CallError::AnsweredElsewhere) => assert_eq!(here, Err(CallError::AnsweredElsewhere)),
            other => panic!("{other:?} in {replies:?}"),
        }
    }
}

/// Two devices answer, the caller gives up, the callee declines, and the ring's time is up: one of it is true.
async fn one_ring(town: &mut Town, turn: usize) {
    let channel = town.directs[0];
    let call = town.ring(0, channel).await;
    let answer = |device| Act::Answer { who: 1, device, call, switch: false };
    let acts = vec![
        answer(0),
        Act::Leave { who: 0, call },
        answer(1),
        Act::Decline { who: 1, call },
        Act::Expire,
        answer(0),
        Act::Leave { who: 0, call },
        answer(1),
    ];
    let replies = town.race(acts, turn).await;
    let call = town.call(call).await;
    let state = call.state;
    let done =
        |wanted: fn(&Act) -> bool| replies.iter().filter(move |(act, reply)| wanted(act) && *reply == Reply::Done);
    let (left, declined) =
        (done(|act| matches!(act, Act::Leave { .. })).count(), done(|act| matches!(act, Act::Decline { .. })).count());
    let answered = places(&replies).len();
    let agrees = match state {
        CallState::Active { .. } => (answered, left, declined) == (1, 0, 0),
        CallState::Ended { reason: EndReason::Hangup, .. } => (answered, left, declined) == (1, 1, 0),
        CallState::Missed { reason: EndReason::Cancelled, .. } => (answered, left, declined) == (0, 1, 0),
        CallState::Missed { reason: EndReason::Missed, .. } => (answered, left, declined) == (0, 0, 0),
        CallState::Declined { .. } => (answered, left, declined) == (0, 0, 1),
        _ => false,
    };
    assert!(agrees, "{state:?}, and yet {replies:?}");
    for (act, reply) in &replies {
        assert!(refused_rightly(&call, *act, *reply, &replies), "{act:?} was told {reply:?}: {call:?} of {replies:?}");
    }
    assert!(town.audit().await.len() <= 1);
}

/// Two calls ring for one person, who answers both with both devices, and half of the time wants to switch.
async fn two_rings(town: &mut Town, turn: usize) {
    let calls = [town.ring(0, town.directs[0]).await, town.ring(2, town.directs[1]).await];
    let acts = (0..MANY)
        .map(|i| Act::Answer {
            who: 1,
            device: i / 2 % 2,
            call: calls[i % 2],
            switch: i % 4 < 2 || turn.is_multiple_of(2),
        })
        .collect();
    let replies = town.race(acts, turn).await;
    let live = town.audit().await;
    let me = town.member(1);
    assert!(!places(&replies).is_empty(), "{replies:?}");
    let last = live.iter().find(|call| call.is_connected(me)).expect("they are in one of them");
    assert!(places(&replies).contains(&last.id), "{replies:?}");
    for (act, reply) in &replies {
        let Act::Answer { call, .. } = *act else { panic!("{act:?}") };
        let call = town.call(call).await;
        assert!(refused_rightly(&call, *act, *reply, &replies), "{act:?} was told {reply:?}: {call:?} of {replies:?}");
    }
    for id in calls.into_iter().filter(|id| *id != last.id) {
        let call = town.call(id).await;
        // Either it was left, or it rings on.
        let left = matches!(call.state, CallState::Ended { reason: EndReason::Hangup, .. });
        assert_eq!(left, places(&replies).contains(&id), "{replies:?}");
        assert!(left || call.state == CallState::Ringing, "{:?}", call.state);
    }
}

async fn races(database: String) {
    let races: usize = std::env::var("RACES").ok().and_then(|races| races.parse().ok()).unwrap_or(500);
    let mut town = Town::build(database).await;
    for race in 0..races {
        match race % 4 {
            0 => everybody_calls(&mut town, race / 4).await,
            1 => glare(&mut town, race / 4).await,
            2 => one_ring(&mut town, race / 4).await,
            _ => two_rings(&mut town, race / 4).await,
        }
        town.clear().await;
    }
    town.neighbour.goodbye();
    town.house.store.close().await;
    nobody_found_the_database_busy();
    println!("{races} races of {MANY} tasks in two processes: one truth each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_race_on_sqlite_and_there_is_one_truth() {
    let folder = tempfile::tempdir().unwrap();
    races(format!("sqlite:{}", folder.path().join("race.db").display())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_race_on_postgres_and_there_is_one_truth() {
    let Ok(url) = std::env::var("TEST_POSTGRES_URL") else {
        panic!("TEST_POSTGRES_URL is not set: run `script/postgres cargo test -p backend`, or script/test");
    };
    sqlx::any::install_default_drivers();
    let outside = sqlx::AnyPool::connect(&url).await.unwrap();
    let schema = format!("race_{}", std::process::id());
    let sql = async |sql: String| sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&outside).await.unwrap();
    sql(format!("CREATE SCHEMA {schema}")).await;
    let separator = if url.contains('?') { '&' } else { '?' };
    races(format!("{url}{separator}options[search_path]={schema}")).await;
    sql(format!("DROP SCHEMA {schema} CASCADE")).await;
}
