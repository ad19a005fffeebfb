//! One load: people come, everybody hears everybody, then it is measured, then they go.

use crate::disturbance::Disturbance;
use crate::person::{Counts, Manner, News, Window};
use crate::plan::{Guest, Key, Size};
use crate::report::{Load, Report, Server, lost_percent, micros_per_packet, rounded};
use crate::worker::{Worker, clock};
use crate::{plan, process};
use anyhow::{Context as _, Result, bail};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use voice_client::Transport;

/// How long everybody may take to come and hear everybody.
const PATIENCE: Duration = Duration::from_secs(120);
/// Nothing is measured in the first moments, while the last who came are still told about each other.
const SETTLE: Duration = Duration::from_secs(2);
/// How long a packet may be under way.
const STRAGGLERS: Duration = Duration::from_secs(1);
/// How often memory is looked at.
const GLANCE: Duration = Duration::from_millis(250);

/// What load.
#[derive(Debug)]
pub struct Order {
    pub size: Size,
    pub manner: Manner,
    /// How many come in a second.
    pub join_rate: f64,
    pub duration: Duration,
    pub threads: usize,
    pub server_pid: Option<u32>,
    pub server_udp_port: Option<u16>,
    /// Where rooms are opened, unless the server has them open.
    pub open_rooms_at: Option<String>,
    pub room_prefix: String,
    pub disturbance: Option<Disturbance>,
}

/// Makes the load and measures.
pub fn run(order: &Order, key: &Key) -> Result<Report> {
    if let Some(host) = &order.open_rooms_at {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut rooms = order.size.rooms(&order.room_prefix);
        rooms.extend(order.disturbance.as_ref().and_then(Disturbance::room).map(str::to_owned));
        runtime.block_on(plan::open_rooms(host, key, &rooms))?;
    }
    let (talkers, listeners) = order.size.guests(&order.room_prefix, key)?;
    let window = Arc::new(Window::closed());
    let (tell, news) = channel();
    let workers = (0..order.threads.max(1))
        .map(|_| Worker::start(order.manner.clone(), window.clone(), tell.clone()))
        .collect::<Result<Vec<Worker>>>()?;

    let began = clock();
    let mut crowd = Coming { order, workers: &workers, news, known: 0, talking: 0, complete: 0, began };
    crowd.let_in(talkers)?;
    crowd.wait_until("everybody who should talk does", |crowd| crowd.talking == order.size.talking())?;
    crowd.let_in(listeners)?;
    crowd.wait_until("everybody hears everybody", |crowd| crowd.complete == order.size.people())?;
    let joining = clock() - began;
    let disturbing = order.disturbance.as_ref().map(|disturbance| disturbance.start(key)).transpose()?;
    crowd.stay(SETTLE, || Ok(()))?;

    let measured = Measured::begin(order)?;
    window.open();
    let memory = crowd.measure_memory(order)?;
    window.close();
    let (cpu, own_cpu, seconds) = measured.end(order)?;
    crowd.stay(STRAGGLERS, || Ok(()))?;

    let drops = process::udp_drops()?;
    let mut counts = Counts::default();
    let mut own_drops = 0;
    for worker in workers {
        let ended = worker.end()?;
        counts.merge(&ended.counts);
        own_drops += ended.udp_ports.iter().filter_map(|port| drops.get(port)).sum::<u64>();
    }
    let disturbance = disturbing.map(|disturbing| disturbing.end()).transpose()?;
    let server = cpu.zip(memory).map(|(cpu, memory)| Server {
        cpu_seconds: rounded(cpu.as_secs_f64()),
        cpu_micros_per_packet: micros_per_packet(cpu, counts.received),
        packets_per_core_second: (counts.received as f64 / cpu.as_secs_f64().max(0.01)).round(),
        memory_mib: mebibytes(memory.most),
        memory_begin_mib: mebibytes(memory.begin),
        memory_end_mib: mebibytes(memory.end),
        udp_drops: measured.server_drops(order, &drops),
    });
    Ok(Report {
        rooms: order.size.rooms,
        talkers: order.size.talkers,
        listeners: order.size.listeners,
        transport: if order.manner.transport == Transport::Udp { "udp" } else { "tcp" },
        redundancy: order.manner.red,
        disturbance,
        seconds: rounded(seconds.as_secs_f64()),
        joining_seconds: rounded(joining.as_secs_f64()),
        expected: counts.expected,
        received: counts.received,
        lost_percent: lost_percent(&counts),
        strange: counts.strange,
        forward_ms: (&counts.latency).into(),
        first_packet_ms: (&counts.first_packet).into(),
        connected_ms: (&counts.connected).into(),
        server,
        load: Load {
            cpu_seconds: rounded(own_cpu.as_secs_f64()),
            cpu_micros_per_packet: micros_per_packet(own_cpu, counts.received),
            late_ms: (&counts.late).into(),
            not_sent: counts.not_sent,
            udp_drops: own_drops,
        },
    })
}

/// People on their way in.
struct Coming<'a> {
    order: &'a Order,
    workers: &'a [Worker],
    news: Receiver<(usize, News)>,
    known: usize,
    talking: usize,
    complete: usize,
    began: Instant,
}

impl Coming<'_> {
    fn let_in(&mut self, guests: Vec<Guest>) -> Result<()> {
        let pause = Duration::from_secs_f64(1.0 / self.order.join_rate);
        for guest in guests {
            let worker = &self.workers[self.known % self.workers.len()];
            worker.join(self.known, guest.plan, guest.listeners)?;
            self.known += 1;
            self.stay(pause, || Ok(()))?;
        }
        Ok(())
    }

    fn wait_until(&mut self, what: &str, reached: impl Fn(&Self) -> bool) -> Result<()> {
        let end = self.began + PATIENCE;
        while !reached(self) {
            let left = end.saturating_duration_since(clock());
            if left.is_zero() {
                bail!(
                    "it took too long until {what}: {} came, {} talk, {} hear all",
                    self.known,
                    self.talking,
                    self.complete
                );
            }
            self.listen(left)?;
        }
        Ok(())
    }

    /// Lets time pass.
    fn stay(&mut self, duration: Duration, mut glance: impl FnMut() -> Result<()>) -> Result<()> {
        let end = clock() + duration;
        loop {
            let left = end.saturating_duration_since(clock());
            if left.is_zero() {
                return Ok(());
            }
            self.listen(left.min(GLANCE))?;
            glance()?;
        }
    }

    fn measure_memory(&mut self, order: &Order) -> Result<Option<Memory>> {
        let Some(pid) = order.server_pid else {
            self.stay(order.duration, || Ok(()))?;
            return Ok(None);
        };
        let begin = process::memory(pid)?;
        let mut most = begin;
        self.stay(order.duration, || {
            most = most.max(process::memory(pid)?);
            Ok(())
        })?;
        Ok(Some(Memory { begin, most, end: process::memory(pid)? }))
    }

    fn listen(&mut self, at_most: Duration) -> Result<()> {
        match self.news.recv_timeout(at_most) {
            Ok((_, News::Talks)) => self.talking += 1,
            Ok((_, News::Complete)) => self.complete += 1,
            Ok((who, News::Failed(why))) => bail!("number {who} failed: {why}"),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => bail!("all threads of the crowd ended"),
        }
        Ok(())
    }
}

/// In bytes.
struct Memory {
    begin: u64,
    most: u64,
    end: u64,
}

/// What was there when measuring began.
struct Measured {
    at: Instant,
    own: Duration,
    server: Option<Duration>,
    drops: HashMap<u16, u64>,
}

impl Measured {
    fn begin(order: &Order) -> Result<Measured> {
        Ok(Measured {
            at: clock(),
            own: process::cpu(std::process::id())?,
            server: order.server_pid.map(process::cpu).transpose()?,
            drops: process::udp_drops()?,
        })
    }

    /// The server's CPU time since then, ours, and how long it was.
    fn end(&self, order: &Order) -> Result<(Option<Duration>, Duration, Duration)> {
        let server = order.server_pid.map(process::cpu).transpose().context("the server is gone")?;
        let server = server.zip(self.server).map(|(now, before)| now - before);
        Ok((server, process::cpu(std::process::id())? - self.own, clock() - self.at))
    }

    fn server_drops(&self, order: &Order, now: &HashMap<u16, u64>) -> u64 {
        let of = |drops: &HashMap<u16, u64>| order.server_udp_port.and_then(|port| drops.get(&port).copied());
        of(now).unwrap_or(0).saturating_sub(of(&self.drops).unwrap_or(0))
    }
}

fn mebibytes(bytes: u64) -> f64 {
    (bytes as f64 / 1024.0 / 1024.0 * 10.0).round() / 10.0
}
