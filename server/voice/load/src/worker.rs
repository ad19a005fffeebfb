//! A thread with many people on it.

use crate::person::{Around, Counts, Manner, News, Person, Plan, Tokens, Window};
use crate::wire::Buffers;
use anyhow::{Context as _, Result};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const WAKER: Token = Token(usize::MAX);
const TIMER: Token = Token(usize::MAX - 1);

enum Command {
    Join { who: usize, plan: Box<Plan>, listeners: u64 },
    Leave,
}

/// A thread with many people on it.
pub struct Worker {
    commands: Sender<Command>,
    waker: Waker,
    thread: JoinHandle<Result<Ended>>,
}

/// What a thread knows at its end.
pub struct Ended {
    pub counts: Counts,
    /// The ports that audio came to.
    pub udp_ports: Vec<u16>,
}

impl Worker {
    /// Starts one. It tells what becomes of whom.
    pub fn start(manner: Manner, window: Arc<Window>, news: Sender<(usize, News)>) -> Result<Worker> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK)?;
        let timer_fd = timer.as_fd().as_raw_fd();
        poll.registry().register(&mut SourceFd(&timer_fd), TIMER, Interest::READABLE)?;
        let (commands, to_do) = channel();
        let crowd = move || {
            let (people, buffers, counts) = (Vec::new(), Buffers::default(), Counts::default());
            Crowd { poll, timer, manner, window, to_do, news, people, buffers, counts }.run()
        };
        let thread = std::thread::Builder::new().name("crowd".into()).spawn(crowd)?;
        Ok(Worker { commands, waker, thread })
    }

    /// Somebody joins; `listeners` hear each of their packets.
    pub fn join(&self, who: usize, plan: Plan, listeners: u64) -> Result<()> {
        self.command(Command::Join { who, plan: Box::new(plan), listeners })
    }

    /// All go, and the thread ends.
    pub fn end(self) -> Result<Ended> {
        self.command(Command::Leave)?;
        self.thread.join().ok().context("a thread of the crowd panicked")?
    }

    fn command(&self, command: Command) -> Result<()> {
        self.commands.send(command).ok().context("a thread of the crowd has ended")?;
        Ok(self.waker.wake()?)
    }
}

/// The thread's own.
struct Crowd {
    poll: Poll,
    timer: TimerFd,
    manner: Manner,
    window: Arc<Window>,
    to_do: Receiver<Command>,
    news: Sender<(usize, News)>,
    people: Vec<Member>,
    buffers: Buffers,
    counts: Counts,
}

struct Member {
    who: usize,
    /// `None` once they failed.
    person: Option<Person>,
}

#[derive(Clone, Copy)]
enum Turn {
    Signalling,
    Wire,
    Due,
    Leave,
}

impl Crowd {
    fn run(mut self) -> Result<Ended> {
        let mut events = Events::with_capacity(1024);
        loop {
            self.sleep_until_due(&mut events)?;
            let now = clock();
            for event in &events {
                match event.token() {
                    WAKER => {
                        if self.obey(now)? {
                            return Ok(self.end(now));
                        }
                    }
                    TIMER => drop(self.timer.wait()),
                    Token(number) => {
                        let turn = if number % 2 == 0 { Turn::Signalling } else { Turn::Wire };
                        self.turn(number / 2, turn, now);
                    }
                }
            }
            for number in 0..self.people.len() {
                if self.people[number].person.as_ref().is_some_and(|person| person.wake <= now) {
                    self.turn(number, Turn::Due, now);
                }
            }
        }
    }

    fn sleep_until_due(&mut self, events: &mut Events) -> Result<()> {
        let next = self.people.iter().filter_map(|member| Some(member.person.as_ref()?.wake)).min();
        let wait = next.map(|next| next.saturating_duration_since(clock()));
        if wait == Some(Duration::ZERO) {
            // Late: only look at what has come meanwhile.
            return Ok(self.poll.poll(events, wait)?);
        }
        match wait {
            Some(wait) => self.timer.set(Expiration::OneShot(wait.into()), TimerSetTimeFlags::empty())?,
            None => self.timer.unset()?,
        }
        match self.poll.poll(events, None) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {
                events.clear();
                Ok(())
            }
            polled => Ok(polled?),
        }
    }

    /// Does what was ordered; whether that was to go.
    fn obey(&mut self, now: Instant) -> Result<bool> {
        while let Ok(command) = self.to_do.try_recv() {
            match command {
                Command::Leave => return Ok(true),
                Command::Join { who, plan, listeners } => {
                    let tokens = tokens(self.people.len());
                    let joined = Person::join(now, *plan, listeners, &self.manner, self.poll.registry(), tokens);
                    let person = joined.map_err(|error| self.tell(who, News::Failed(format!("{error:#}")))).ok();
                    self.people.push(Member { who, person });
                }
            }
        }
        Ok(false)
    }

    fn turn(&mut self, number: usize, turn: Turn, now: Instant) {
        let mut news = Vec::new();
        let Some(Member { who, person: slot @ Some(_) }) = self.people.get_mut(number) else { return };
        let Some(person) = slot else { return };
        let mut around = Around {
            now,
            registry: self.poll.registry(),
            tokens: tokens(number),
            buffers: &mut self.buffers,
            window: &self.window,
            counts: &mut self.counts,
            news: &mut news,
        };
        let done = match turn {
            Turn::Signalling => person.signalling_ready(&mut around),
            Turn::Wire => person.wire_ready(&mut around),
            Turn::Due => person.due(&mut around),
            Turn::Leave => person.leave(&mut around),
        };
        let who = *who;
        if let Err(error) = done {
            *slot = None;
            news.push(News::Failed(format!("{error:#}")));
        }
        for one in news {
            self.tell(who, one);
        }
    }

    fn tell(&self, who: usize, news: News) {
        if self.news.send((who, news)).is_err() {
            tracing::debug!("nobody wants to know any more");
        }
    }

    fn end(mut self, now: Instant) -> Ended {
        let udp_ports = self.people.iter().filter_map(|member| member.person.as_ref()?.udp_port()).collect();
        for number in 0..self.people.len() {
            self.turn(number, Turn::Leave, now);
        }
        Ended { counts: self.counts, udp_ports }
    }
}

fn tokens(number: usize) -> Tokens {
    Tokens { signalling: Token(number * 2), wire: Token(number * 2 + 1) }
}

#[expect(clippy::disallowed_methods, reason = "a load is made of time")]
pub fn clock() -> Instant {
    Instant::now()
}
