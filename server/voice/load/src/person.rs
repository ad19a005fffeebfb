//! One person in a room: the participant, its sockets, what it says and what it hears.

use crate::histogram::Histogram;
use crate::payload::{Payload, wall_clock};
use crate::websocket::Signalling;
use crate::wire::{Buffers, Wire};
use crate::worker::clock;
use anyhow::{Context as _, Result, bail};
use mio::{Registry, Token};
use prost::Message as _;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use str0m::config::DtlsCert;
use voice_client::proto::SignalResponse;
use voice_client::{Event, Heard, Options, Output, Participant, Transport, join_path};

/// How much of speech is in one packet.
const FRAME: Duration = Duration::from_millis(20);

/// How coarse a participant's own timers are: half of what it would cost otherwise.
const GRANULARITY: Duration = Duration::from_millis(10);

/// What one person is to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The way in.
    pub token: String,
    /// The number that they say things under; those who have none listen.
    pub talker: Option<u32>,
    /// Whom they are to hear.
    pub hears: Range<u32>,
    /// When in every 20 ms they talk.
    pub phase: Duration,
}

/// How all of them do it.
#[derive(Debug, Clone)]
pub struct Manner {
    /// Where the voice server is.
    pub server: SocketAddr,
    /// How audio travels.
    pub transport: Transport,
    /// Whether there is redundancy.
    pub red: bool,
    /// The certificate that they share, so that making hundreds costs nothing.
    pub certificate: Option<DtlsCert>,
}

/// What is measured: things said between these two moments (nanoseconds of the machine's clock).
#[derive(Debug)]
pub struct Window {
    begin: AtomicU64,
    end: AtomicU64,
}

impl Window {
    /// One that is not open yet.
    pub fn closed() -> Window {
        Window { begin: AtomicU64::new(u64::MAX), end: AtomicU64::new(u64::MAX) }
    }

    pub fn open(&self) {
        self.begin.store(wall_clock(), Ordering::Relaxed);
    }

    pub fn close(&self) {
        self.end.store(wall_clock(), Ordering::Relaxed);
    }

    fn has(&self, at: u64) -> bool {
        at >= self.begin.load(Ordering::Relaxed) && at < self.end.load(Ordering::Relaxed)
    }
}

/// What was counted.
#[derive(Debug, Default)]
pub struct Counts {
    /// Packets that should have come, because a talker said them for each of its listeners.
    pub expected: u64,
    /// Packets that came.
    pub received: u64,
    /// Packets that nobody here said, or that the one who hears them should not.
    pub strange: u64,
    /// Packets that our own sockets did not take.
    pub not_sent: u64,
    /// From saying to the arrival at the listener's socket.
    pub latency: Histogram,
    /// From opening the WebSocket to the first packet, of those who came when somebody talked.
    pub first_packet: Histogram,
    /// From opening the WebSocket until audio could flow.
    pub connected: Histogram,
    /// How late the talkers were: our own fault.
    pub late: Histogram,
}

impl Counts {
    pub fn merge(&mut self, other: &Counts) {
        self.expected += other.expected;
        self.received += other.received;
        self.strange += other.strange;
        self.not_sent += other.not_sent;
        self.latency.merge(&other.latency);
        self.first_packet.merge(&other.first_packet);
        self.connected.merge(&other.connected);
        self.late.merge(&other.late);
    }
}

/// What became of somebody.
#[derive(Debug)]
pub enum News {
    /// Their microphone is open.
    Talks,
    /// They have heard everybody whom they should hear, and talk if they should.
    Complete,
    /// They are not in the room any more, or never got there.
    Failed(String),
}

/// One person in a room.
pub struct Person {
    /// How many hear each of their packets.
    listeners: u64,
    phase: Duration,
    participant: Participant,
    signalling: Signalling,
    wire: Wire,
    transport: Transport,
    local: SocketAddr,
    ears: Ears,
    /// When they want to be asked again.
    pub wake: Instant,
    next_word: Option<Instant>,
}

/// What they have heard.
struct Ears {
    began: Instant,
    talker: Option<u32>,
    /// Whom they are to hear.
    hears: Range<u32>,
    /// Whom they have heard, until that was everybody.
    heard: HashSet<u32>,
    /// Whether they talk, if they are to.
    ready: bool,
    complete: bool,
}

impl Person {
    pub fn join(
        now: Instant,
        plan: Plan,
        listeners: u64,
        manner: &Manner,
        registry: &Registry,
        tokens: Tokens,
    ) -> Result<Person> {
        let (wire, local) = Wire::bind(manner.transport, registry, tokens.wire)?;
        let options = Options {
            red: manner.red,
            granularity: GRANULARITY,
            certificate: manner.certificate.clone(),
            ..Options::browser(local, manner.transport)
        };
        let (participant, join) = Participant::new(now, options);
        let path = join_path(&plan.token, &join);
        let signalling = Signalling::open(manner.server, &path, registry, tokens.signalling)?;
        let ears = Ears {
            began: now,
            talker: plan.talker,
            hears: plan.hears,
            heard: HashSet::new(),
            ready: plan.talker.is_none(),
            complete: false,
        };
        Ok(Person {
            listeners,
            phase: plan.phase,
            participant,
            signalling,
            wire,
            transport: manner.transport,
            local,
            ears,
            wake: now,
            next_word: None,
        })
    }

    /// The WebSocket can do something.
    pub fn signalling_ready(&mut self, around: &mut Around) -> Result<()> {
        let participant = &mut self.participant;
        self.signalling.ready(|bytes| {
            participant.handle_signal(around.now, SignalResponse::decode(bytes).context("not a message")?);
            Ok(())
        })?;
        self.carry_out(around)
    }

    /// Audio has come, or can go again.
    pub fn wire_ready(&mut self, around: &mut Around) -> Result<()> {
        let Person { participant, wire, transport, local, ears, .. } = self;
        // The socket cannot be written to while it is being read.
        let mut rest = Vec::new();
        let Around { now, buffers, window, counts, news, .. } = around;
        wire.ready(buffers, |from, stamp, packet| {
            participant.handle_datagram(*now, *transport, from, *local, packet);
            loop {
                match participant.poll(*now) {
                    Output::Timeout(_) => return,
                    Output::Heard(heard) => ears.hear(&heard, stamp, *now, window, counts, news),
                    other => rest.push(other),
                }
            }
        })?;
        for output in rest {
            self.carry_out_one(around, output)?;
        }
        self.carry_out(around)
    }

    /// Does what is due.
    pub fn due(&mut self, around: &mut Around) -> Result<()> {
        if let Some(next) = self.next_word
            && next <= around.now
        {
            self.talk(around, next);
        }
        self.carry_out(around)
    }

    /// Goes.
    pub fn leave(&mut self, around: &mut Around) -> Result<()> {
        self.next_word = None;
        self.participant.leave(around.now);
        self.carry_out(around)
    }

    /// The local port of their audio, where it is UDP.
    pub fn udp_port(&self) -> Option<u16> {
        self.wire.udp_port()
    }

    fn talk(&mut self, around: &mut Around, due: Instant) {
        let Some(talker) = self.ears.talker else { return };
        let at = wall_clock();
        self.participant.say(around.now, &Payload { talker, at }.encode(), -20);
        if around.window.has(at) {
            around.counts.expected += self.listeners;
            around.counts.late.add(clock().saturating_duration_since(due));
        }
        // Whoever is more than a packet late does not hurry after it.
        let next = due + FRAME;
        self.next_word = Some(if next + FRAME < around.now { around.now + FRAME } else { next });
    }

    fn carry_out(&mut self, around: &mut Around) -> Result<()> {
        loop {
            match self.participant.poll(around.now) {
                Output::Timeout(at) => {
                    self.wake = self.next_word.map_or(at, |word| word.min(at));
                    return Ok(());
                }
                output => self.carry_out_one(around, output)?,
            }
        }
    }

    fn carry_out_one(&mut self, around: &mut Around, output: Output) -> Result<()> {
        match output {
            Output::Timeout(_) => {}
            Output::Transmit(datagram) => {
                if !self.wire.send(&datagram, around.registry, around.tokens.wire)? {
                    around.counts.not_sent += 1;
                }
            }
            Output::Signal(request) => self.signalling.send(request.encode_to_vec())?,
            Output::Heard(heard) => {
                self.ears.hear(&heard, None, around.now, around.window, around.counts, around.news);
            }
            Output::Event(event) => self.happened(around, event)?,
        }
        Ok(())
    }

    fn happened(&mut self, around: &mut Around, event: Event) -> Result<()> {
        match event {
            Event::Connected => {
                around.counts.connected.add(around.now - self.ears.began);
                if self.ears.talker.is_some() {
                    self.participant.publish();
                }
            }
            Event::Published { .. } => {
                self.next_word = Some(around.now + self.phase);
                self.ears.ready = true;
                around.news.push(News::Talks);
                self.ears.tell_if_complete(around.news);
            }
            Event::Disconnected { reason, .. } => bail!("put out: {reason:?}"),
            Event::Failed(why) => bail!("failed: {why}"),
            Event::SignalLost => bail!("the server has not said a word for too long"),
            Event::Joined(_) | Event::Subscribed(_) | Event::Unsubscribed(_) | Event::Resumed => {}
        }
        Ok(())
    }
}

impl Ears {
    fn hear(
        &mut self,
        heard: &Heard,
        stamp: Option<u64>,
        now: Instant,
        window: &Window,
        counts: &mut Counts,
        news: &mut Vec<News>,
    ) {
        let said = Payload::decode(heard.opus());
        let said = said.filter(|said| self.hears.contains(&said.talker) && self.talker != Some(said.talker));
        let Some(said) = said else {
            counts.strange += 1;
            return;
        };
        if window.has(said.at) {
            counts.received += 1;
            let arrived = stamp.unwrap_or_else(wall_clock);
            counts.latency.add(Duration::from_nanos(arrived.saturating_sub(said.at)));
        }
        if !self.complete && self.heard.insert(said.talker) {
            if self.heard.len() == 1 && self.talker.is_none() {
                counts.first_packet.add(now - self.began);
            }
            self.tell_if_complete(news);
        }
    }

    fn tell_if_complete(&mut self, news: &mut Vec<News>) {
        let others = self.hears.clone().filter(|talker| self.talker != Some(*talker)).count();
        if self.ready && !self.complete && self.heard.len() == others {
            self.complete = true;
            news.push(News::Complete);
        }
    }
}

/// What one person's two sockets are known as.
#[derive(Debug, Clone, Copy)]
pub struct Tokens {
    pub signalling: Token,
    pub wire: Token,
}

/// What is around whoever's turn it is.
pub struct Around<'a> {
    pub now: Instant,
    pub registry: &'a Registry,
    pub tokens: Tokens,
    pub buffers: &'a mut Buffers,
    pub window: &'a Window,
    pub counts: &'a mut Counts,
    pub news: &'a mut Vec<News>,
}
