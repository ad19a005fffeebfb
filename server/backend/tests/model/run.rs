//! Plays a plan against the real use cases on a real database.

mod groups;
mod pages;
mod rest;

use crate::audit::{Ledger, Violation, rule};
use crate::chaos::Database;
use crate::parish::{Parish, Person};
use crate::phones::Phones;
use crate::plan::{Fault, Move, Plan, Step};
use backend::testing::{FakeClock, FakePushService, FakeVoiceServer, hear, look_after_calls, nonce, settings, work};
use backend::voice_server::{Identity, ROOM_LIMIT, VoiceEvent, VoiceEvents, VoiceServer, call_of};
use backend::{Actor, Backend, Error, Ports};
use domain::{
    Access, Call, CallError, CallId, ChannelId, ChannelKind, DeviceId, Lead, MemberId, Nonce, Participant, Seat, Sign,
    Tap, Timestamp,
};
use futures::{FutureExt, StreamExt};
use pages::Page;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::ops::AddAssign;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::testing::nothing_is_under_way;
use store::{Cared, Granted, Request};

/// How coarse time is here.
const TICK: Duration = Duration::from_secs(10);
/// Long enough for everything to come to rest: a minute until somebody is taken for gone, and the longest pause of the
/// outbox.
const REST: u32 = 15;
/// Nobody is on a roster for longer who is not there: a minute.
const SOON: u32 = 6;

fn ports(voice: &Arc<FakeVoiceServer>, push: &Arc<FakePushService>, clock: &Arc<FakeClock>) -> Ports {
    Ports { voice: voice.clone(), push: push.clone(), clock: clock.clone() }
}

/// What happened, in numbers.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) plans: u64,
    steps: u64,
    calls: u64,
    seats: u64,
    refused: u64,
    pub(crate) again: u64,
    pub(crate) unwritten: u64,
    pub(crate) unread: u64,
    pub(crate) uncommitted: u64,
    pub(crate) killed: u64,
    rings: u64,
    ends: u64,
    pub(crate) led: u64,
    pub(crate) turned_away: u64,
}

impl AddAssign for Found {
    fn add_assign(&mut self, more: Found) {
        self.plans += more.plans;
        self.steps += more.steps;
        self.calls += more.calls;
        self.seats += more.seats;
        self.refused += more.refused;
        self.again += more.again;
        self.unwritten += more.unwritten;
        self.unread += more.unread;
        self.uncommitted += more.uncommitted;
        self.killed += more.killed;
        self.rings += more.rings;
        self.ends += more.ends;
        self.led += more.led;
        self.turned_away += more.turned_away;
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Found { plans, steps, calls, seats, refused, again, killed, rings, ends, led, turned_away, .. } = self;
        let Found { unwritten, unread, uncommitted, .. } = self;
        write!(
            f,
            "{plans} plans, {steps} steps, {calls} calls, {seats} seats given, {refused} requests refused, {again} sent again, \
             {led} times led, {turned_away} turned away by a lock, for want of room or as put out, \
             {unwritten} failed with the database as it wrote, {unread} as it read, {uncommitted} as it committed, {rings} rings and {ends} ends of rings pushed, the server killed {killed} \
             times; no rule broken"
        )
    }
}

/// What a browser asked for last.
#[derive(Debug, Clone)]
enum Asked {
    Start { channel: ChannelId, targets: Vec<MemberId>, tap: Tap },
    Gather { channel: ChannelId, tap: Tap },
    Answer { call: CallId, tap: Tap },
    Move { call: CallId, nonce: Nonce },
    Add { call: CallId, whom: Vec<MemberId>, nonce: Nonce },
    Decline { call: CallId, nonce: Nonce },
    Leave { call: CallId, nonce: Nonce },
    Lead { call: CallId, act: Lead, nonce: Nonce },
    Show { call: CallId, sign: Sign, nonce: Nonce },
}

impl Asked {
    /// What makes it one, however often it is asked.
    fn nonce(&self) -> Nonce {
        match self {
            Asked::Start { tap, .. } | Asked::Gather { tap, .. } | Asked::Answer { tap, .. } => tap.nonce,
            Asked::Move { nonce, .. }
            | Asked::Add { nonce, .. }
            | Asked::Decline { nonce, .. }
            | Asked::Leave { nonce, .. }
            | Asked::Lead { nonce, .. }
            | Asked::Show { nonce, .. } => *nonce,
        }
    }
}

/// What came of a step that asked the server for something.
enum Reply {
    Seat(Seat),
    Done,
    Refused(Error),
}

struct World<'a> {
    database: &'a Database,
    clock: Arc<FakeClock>,
    voice: Arc<FakeVoiceServer>,
    backend: Backend,
    parish: Parish,
    pages: Vec<Page>,
    phones: Phones,
    told: Mutex<VoiceEvents>,
    mail: Vec<VoiceEvent>,
    ways_in: HashMap<(u8, u8), Vec<Access>>,
    last: HashMap<u8, (u8, Asked)>,
    /// Whose token this is, and which device was given one.
    given: HashMap<(CallId, Identity), DeviceId>,
    /// Whether from everything, or only from the group.
    expelled: BTreeMap<MemberId, bool>,
    unreachable: bool,
    dice: StdRng,
}

/// Carries out the plan; the numbers of it, or the first rule that was broken.
pub(crate) async fn play(database: &mut Database, plan: &Plan) -> Result<Found, Violation> {
    // Plans share the database: each begins an hour after the last one.
    database.now += 60 * 60 * 1_000;
    // What failed before may have left it broken.
    database.mend().await;
    let mut world = World::new(database, plan).await;
    let mut found = Found { plans: 1, ..Found::default() };
    let mut before = Ledger::read(world.database, &world.parish).await;
    for (number, planned) in plan.moves.iter().enumerate() {
        let what = |violation| format!("after move {number}, {planned:?}: {violation}");
        found.steps += 1;
        before = world.one_move(planned, before, &mut found).await.map_err(what)?;
    }
    let after = world.rest(before).await.map_err(|violation| format!("at rest: {violation}"))?;
    found.calls += after.calls.len() as u64;
    (found.rings, found.ends) = (world.phones.rings, world.phones.ends);
    let end = world.clock.read();
    database.now = end.0;
    Ok(found)
}

impl<'a> World<'a> {
    async fn new(database: &'a Database, plan: &Plan) -> World<'a> {
        let clock = Arc::new(FakeClock::at(Timestamp(database.now)));
        let voice = Arc::new(FakeVoiceServer::default());
        let seats = plan.seats.unwrap_or(ROOM_LIMIT);
        voice.set_seats(seats);
        let parish = Parish::open(&database.store, database.now, seats).await;
        let push = Arc::new(FakePushService::default());
        let backend = Backend::new(database.store.clone(), ports(&voice, &push, &clock), settings());
        let phones = Phones::of(&parish, &backend, push, database.now).await;
        let told = Mutex::new(voice.events().unwrap());
        let mut world = World {
            database,
            clock,
            voice,
            backend,
            parish,
            pages: vec![],
            phones,
            told,
            mail: vec![],
            ways_in: HashMap::new(),
            last: HashMap::new(),
            given: HashMap::new(),
            expelled: BTreeMap::new(),
            unreachable: false,
            dice: StdRng::seed_from_u64(plan.seed),
        };
        world.open_pages().await;
        world
    }

    async fn one_move(&mut self, planned: &Move, before: Ledger, found: &mut Found) -> Result<Ledger, Violation> {
        let broken = matches!(planned.fault, Some(Fault::Write { .. } | Fault::Read { .. } | Fault::Commit));
        let repeats = if let Step::Again { who } = planned.step { self.granted(who).await } else { None };
        let reply = self.carry_out(planned.step, planned.fault).await;
        let killed = reply.is_none();
        if killed {
            found.killed += 1;
            // What the dead one had begun is told to other processes by the database; here, the next one is the same.
            nothing_is_under_way(&self.database.store).await;
            self.restart().await;
        }
        let told = self.told.get_mut().unwrap();
        self.mail.extend(std::iter::from_fn(|| told.next().now_or_never().flatten()));
        let after = match killed {
            true => Ledger::settled(self.database, &self.parish).await,
            false => Ledger::read(self.database, &self.parish).await,
        };
        after.follows(&before, &self.parish)?;
        self.check_lead(planned.step, reply.as_ref(), &before, &after)?;
        self.phones.take_in(&before, &after)?;
        if let Some(granted) = repeats {
            found.again += u64::from(matches!(reply, Some(Some(_))));
            self.check_again(granted, reply.as_ref(), broken, &before, &after)?;
        }
        let asked = !matches!(planned.step, Step::Confirm { .. } | Step::DeclineByCard { .. });
        if let (Some(Some((_, Reply::Seat(_) | Reply::Done))), true) = (&reply, asked) {
            let unchanged = after.differs_by_time_alone(&before, self.clock.read());
            rule!(unchanged || after.requests == before.requests + 1, "I14: what came of a request is not remembered");
        }
        match &reply {
            Some(Some((actor, Reply::Seat(seat)))) => {
                found.seats += 1;
                self.check_seat(actor, seat, &after)?;
            }
            Some(Some((_, Reply::Refused(error)))) => {
                found.refused += 1;
                let turned_away = matches!(error, Error::Call(CallError::Locked | CallError::Full | CallError::PutOut));
                found.turned_away += u64::from(turned_away);
                let unchanged = after.differs_by_time_alone(&before, self.clock.read());
                rule!(unchanged, "refused with {error:?}, and yet something changed");
                let faulty = matches!(error, Error::Internal(_) | Error::Unavailable(_));
                if faulty {
                    match planned.fault {
                        Some(Fault::Write { .. }) => found.unwritten += 1,
                        Some(Fault::Read { .. }) => found.unread += 1,
                        Some(Fault::Commit) => found.uncommitted += 1,
                        Some(Fault::Kill { .. }) | None => {}
                    }
                }
                rule!(!faulty || broken, "a fault without a cause: {error:?}");
                let down = matches!(error, Error::VoiceServerDown);
                rule!(!down || self.unreachable, "the voice server was said to be down");
            }
            Some(Some((_, Reply::Done))) if matches!(planned.step, Step::Lead { .. }) => found.led += 1,
            _ => {}
        }
        if let (Step::Wait { seconds: 1.. }, false, false) = (planned.step, broken, killed) {
            let now = self.clock.read();
            for call in after.live() {
                let late = call.participants.iter().any(|p| p.participation.ring_until().is_some_and(|at| at <= now));
                rule!(!late, "I6: a phone rings too long in {}", call.id);
            }
            if self.unreachable {
                // Whoever may not be there is put out without asking the voice server.
                let untouched = |call: &&Call| {
                    let there = |p: &Participant| call.is_connected(p.member) || p.participation.ring_until().is_some();
                    !call.participants.iter().any(|p| self.expelled.contains_key(&p.member) && there(p))
                };
                // One who waits for somebody goes when it no longer rings there, which is asked of nobody.
                let waits = |call: &Call| {
                    let last_ring = call.participants.iter().filter_map(|p| p.participation.ring_until()).max();
                    let connected = call.participants.iter().filter(|p| call.is_connected(p.member)).count();
                    connected == 1 && last_ring.is_some_and(|until| until <= now)
                };
                let talks = |call: &&Call| call.state.status() == domain::CallStatus::Active && !waits(call);
                for call in before.live().filter(talks).filter(untouched) {
                    rule!(!after.calls[&call.id].is_over(), "I13: {} ended while nobody could be asked", call.id);
                }
            }
        }
        self.check_pages(&before, &after).await?;
        Ok(after)
    }

    /// None if the server was killed; otherwise who asked, if anybody did, and the reply.
    async fn carry_out(&mut self, step: Step, fault: Option<Fault>) -> Option<Option<(Actor, Reply)>> {
        match step {
            Step::Start { who, device, place, whom, switch } => {
                let (channel, kind) = self.parish.places[usize::from(place)];
                let targets = if kind == ChannelKind::Parish { vec![self.person(whom).member] } else { vec![] };
                let tap = Tap { nonce: nonce(), switch };
                self.ask(who, device, Asked::Start { channel, targets, tap }, fault).await
            }
            Step::Gather { who, device, place, switch } => {
                let (channel, _) = self.parish.places[usize::from(place)];
                self.ask(who, device, Asked::Gather { channel, tap: Tap { nonce: nonce(), switch } }, fault).await
            }
            Step::Lead { who, device, act, whom } => self.lead(who, device, act, whom, fault).await,
            Step::Show { who, device, sign } => self.show(who, device, sign, fault).await,
            Step::AllLeave => self.all_leave(fault).await,
            Step::Answer { who, device, switch } => {
                let Some((_, call)) = self.in_newest(who, device).await else { return Some(None) };
                self.ask(who, device, Asked::Answer { call, tap: Tap { nonce: nonce(), switch } }, fault).await
            }
            Step::Again { who } => {
                let Some((device, asked)) = self.last.get(&who).cloned() else { return Some(None) };
                self.ask(who, device, asked, fault).await
            }
            Step::Decline { who } => {
                let Some((_, call)) = self.in_newest(who, 0).await else { return Some(None) };
                self.ask(who, 0, Asked::Decline { call, nonce: nonce() }, fault).await
            }
            Step::DeclineByCard { who, device } => {
                let (Some(actor), Some(token)) = (self.actor(who, device).await, self.phones.decline((who, device)))
                else {
                    return Some(None);
                };
                let done = self.database.under(fault, self.backend.decline_by_card(&token)).await?;
                Some(Some((actor, done.map_or_else(Reply::Refused, |()| Reply::Done))))
            }
            Step::Service { who, device, answer } => {
                self.phones.answer((who, device), answer);
                Some(None)
            }
            Step::Work => {
                // It may fail, and is done again.
                _ = self.database.under(fault, work(&self.backend)).await?;
                Some(None)
            }
            Step::Leave { who, device } => {
                let Some((_, call)) = self.in_newest(who, device).await else { return Some(None) };
                self.ask(who, device, Asked::Leave { call, nonce: nonce() }, fault).await
            }
            Step::Confirm { who } => {
                let Some((actor, call)) = self.in_newest(who, 0).await else { return Some(None) };
                let done = self.database.under(fault, self.backend.confirm_ring(&actor, call)).await?;
                Some(Some((actor, done.map_or_else(Reply::Refused, |()| Reply::Done))))
            }
            Step::Move { who, device } => {
                let Some((_, call)) = self.in_newest(who, device).await else { return Some(None) };
                self.ask(who, device, Asked::Move { call, nonce: nonce() }, fault).await
            }
            Step::Add { who, device, whom, and } => {
                let Some((_, call)) = self.in_newest(who, device).await else { return Some(None) };
                let whom: BTreeSet<_> = [whom, and].map(|whom| self.person(whom).member).into();
                let whom = whom.into_iter().collect();
                self.ask(who, device, Asked::Add { call, whom, nonce: nonce() }, fault).await
            }
            Step::Connect { who, device, older } => {
                let ways = self.ways_in.get(&(who, device)).map_or(&[][..], Vec::as_slice);
                if let Some(access) = ways.iter().rev().nth(usize::from(older)) {
                    // The room may be gone.
                    let _ = self.voice.join(access);
                }
                Some(None)
            }
            Step::Vanish { who, goodbye } => {
                let member = self.person(who).member;
                if goodbye {
                    self.voice.say_goodbye(member);
                } else {
                    self.voice.lose(member);
                }
                Some(None)
            }
            Step::Bounce { who } => {
                self.bounce(who).await;
                Some(None)
            }
            Step::Expel { who, how } => {
                let (member, now) = (self.person(who).member, self.clock.read());
                let store = &self.database.store;
                match how {
                    0 => {
                        for (channel, kind) in &self.parish.places {
                            if *kind == ChannelKind::Group {
                                store.leave_channel(member, *channel).await.unwrap();
                            }
                        }
                    }
                    // A parish keeps its last admin, and they keep their places.
                    1 if store.leave_parish(member, now).await.unwrap() != Cared::Done => return Some(None),
                    1 => {}
                    _ => store.block_member(member, Some(now)).await.unwrap(),
                }
                *self.expelled.entry(member).or_default() |= how > 0;
                Some(None)
            }
            Step::Restart => None,
            Step::Wait { seconds } => {
                self.database.under(fault, wait(&self.clock, &self.backend, u32::from(seconds).div_ceil(10))).await?;
                Some(None)
            }
            Step::Sabotage(how) => {
                self.database.under(fault, self.database.meddle(how)).await?;
                Some(None)
            }
            Step::Unreachable(unreachable) => {
                self.voice.set_down(unreachable);
                self.unreachable = unreachable;
                Some(None)
            }
            Step::VoiceRestart => {
                self.voice.forget_everything();
                Some(None)
            }
            Step::Lose => {
                self.mail.clear();
                Some(None)
            }
            Step::Double => {
                self.mail.extend_from_within(..);
                Some(None)
            }
            Step::Shuffle => {
                self.mail.shuffle(&mut self.dice);
                Some(None)
            }
            Step::Deliver => {
                let mail = std::mem::take(&mut self.mail);
                self.database.under(fault, hear(&self.backend, &mail)).await?;
                Some(None)
            }
        }
    }

    async fn ask(&mut self, who: u8, device: u8, asked: Asked, fault: Option<Fault>) -> Option<Option<(Actor, Reply)>> {
        let Some(actor) = self.actor(who, device).await else { return Some(None) };
        self.last.insert(who, (device, asked.clone()));
        let answers = match &asked {
            Asked::Start { channel, .. } | Asked::Gather { channel, .. } => Some(channel.to_string()),
            Asked::Answer { call, .. } | Asked::Decline { call, .. } | Asked::Leave { call, .. } => {
                Some(call.to_string())
            }
            Asked::Move { .. } | Asked::Add { .. } | Asked::Lead { .. } | Asked::Show { .. } => None,
        };
        if let Some(place) = answers {
            self.phones.close((who, device), &place);
        }
        let backend = &self.backend;
        let work = async {
            match asked {
                Asked::Start { channel, targets, tap } => {
                    backend.initiate_call(&actor, channel, targets, tap).await.map(Some)
                }
                Asked::Gather { channel, tap } => backend.gather_call(&actor, channel, tap).await.map(Some),
                Asked::Answer { call, tap } => backend.answer_call(&actor, call, tap).await.map(Some),
                Asked::Move { call, nonce } => backend.move_call(&actor, call, nonce).await.map(Some),
                Asked::Add { call, whom, nonce } => {
                    backend.add_participants(&actor, call, whom, nonce).await.map(|()| None)
                }
                Asked::Decline { call, nonce } => backend.decline_call(&actor, call, nonce).await.map(|()| None),
                Asked::Leave { call, nonce } => backend.end_call(&actor, call, nonce).await.map(|()| None),
                Asked::Lead { call, act, nonce } => backend.lead_call(&actor, call, act, nonce).await.map(|()| None),
                Asked::Show { call, sign, nonce } => backend.show_sign(&actor, call, sign, nonce).await.map(|()| None),
            }
        };
        let reply = match self.database.under(fault, work).await? {
            Ok(Some(seat)) => self.take_seat(who, device, Ok(seat)),
            Ok(None) => Reply::Done,
            Err(error) => Reply::Refused(error),
        };
        Some(Some((actor, reply)))
    }

    fn take_seat(&mut self, who: u8, device: u8, seat: Result<Seat, Error>) -> Reply {
        match seat {
            Ok(seat) => {
                self.ways_in.entry((who, device)).or_default().push(seat.access.clone());
                Reply::Seat(seat)
            }
            Err(error) => Reply::Refused(error),
        }
    }

    /// What their last request has led to.
    async fn granted(&self, who: u8) -> Option<Granted> {
        let (_, asked) = self.last.get(&who)?;
        let request = Request { member: self.person(who).member, nonce: asked.nonce() };
        self.database.store.granted(request).await.unwrap()
    }

    /// I14: what was asked before is answered as before, or with why that is no longer true, and changes nothing.
    fn check_again(
        &self,
        granted: Granted,
        reply: Option<&Option<(Actor, Reply)>>,
        broken: bool,
        before: &Ledger,
        after: &Ledger,
    ) -> Result<(), Violation> {
        let unchanged = after.differs_by_time_alone(before, self.clock.read());
        rule!(unchanged, "I14: asked again what had led to {granted:?}, and something changed");
        match reply {
            Some(Some((actor, Reply::Seat(seat)))) => {
                let epoch = after.calls[&seat.call.id].participant(actor.member()).map(|participant| participant.epoch);
                let same = (seat.call.id, epoch) == (granted.call, Some(granted.epoch));
                rule!(same, "I14: asked again what had led to {granted:?}, and was given {seat:?}");
            }
            Some(Some((actor, Reply::Refused(error)))) => {
                let rightly = match error {
                    Error::Call(CallError::Over | CallError::NotInCall | CallError::AnsweredElsewhere) => true,
                    Error::NotFound | Error::Forbidden => self.expelled.contains_key(&actor.member()),
                    Error::Internal(_) | Error::Unavailable(_) => broken,
                    _ => false,
                };
                rule!(rightly, "I14: asked again what had led to {granted:?}, and refused with {error:?}");
            }
            Some(Some((_, Reply::Done)) | None) | None => {}
        }
        Ok(())
    }

    /// I7 and I10: a way in is for who is in the call, under the epoch that counts, and for one of their devices.
    fn check_seat(&mut self, actor: &Actor, seat: &Seat, after: &Ledger) -> Result<(), Violation> {
        let (room, who) = self.voice.read(&seat.access).map_err(|error| format!("a bad token: {error}"))?;
        let id = call_of(&room).ok_or("a token for a strange room")?;
        rule!(id == seat.call.id && who.member == actor.member(), "I10: a seat in {} for {who} in {id}", seat.call.id);
        let call = &after.calls[&id];
        let participant = call.check_device(actor.member(), actor.device());
        let participant = participant.map_err(|error| format!("I10: a seat for nobody who is in the call: {error}"))?;
        rule!(participant.epoch == who.epoch, "I10: a token for epoch {}, not {}", who.epoch, participant.epoch);
        if let Some(wholly) = self.expelled.get(&actor.member()) {
            let may = !wholly && (participant.guest || call.kind != ChannelKind::Group);
            rule!(may, "I10: a seat in {id} for {who}, who may not be there");
        }
        let device = *self.given.entry((id, who)).or_insert(actor.device());
        rule!(device == actor.device(), "I7: two devices were given a way in as {who}");
        Ok(())
    }

    async fn restart(&mut self) {
        self.backend =
            Backend::new(self.database.store.clone(), ports(&self.voice, &self.phones.push, &self.clock), settings());
        self.backend.open_rooms().await.unwrap();
        self.open_pages().await;
    }

    fn person(&self, who: u8) -> &Person {
        &self.parish.people[usize::from(who)]
    }

    async fn actor(&self, who: u8, device: u8) -> Option<Actor> {
        self.backend.authenticate(&self.person(who).sessions[usize::from(device)]).await.unwrap()
    }

    /// With this device, the newest call that they see.
    async fn in_newest(&self, who: u8, device: u8) -> Option<(Actor, CallId)> {
        let actor = self.actor(who, device).await?;
        let calls = self.database.store.live_calls(actor.member()).await.unwrap();
        Some((actor, calls.first()?.id))
    }
}

/// Lets time pass, with all that happens by itself; what is to be forgotten is forgotten at its end.
async fn wait(clock: &FakeClock, backend: &Backend, ticks: u32) {
    for tick in 1..=ticks {
        clock.pass(TICK);
        // It may fail, and is done again.
        if tick < ticks {
            look_after_calls(backend).await;
        } else {
            let _ = backend.sweep().await;
        }
    }
}
