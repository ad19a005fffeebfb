//! What was measured.

use crate::person::Counts;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// What was measured, in plain numbers.
#[derive(Debug, Serialize)]
pub struct Report {
    pub rooms: u32,
    pub talkers: u32,
    pub listeners: u32,
    pub transport: &'static str,
    pub redundancy: bool,
    pub disturbance: Option<String>,
    pub seconds: f64,
    /// How long it took until everybody was there and heard everybody.
    pub joining_seconds: f64,
    pub expected: u64,
    pub received: u64,
    pub lost_percent: f64,
    /// Packets that the one who got them should not have got.
    pub strange: u64,
    pub forward_ms: Quantiles,
    pub first_packet_ms: Quantiles,
    pub connected_ms: Quantiles,
    /// `None` without the server's process.
    pub server: Option<Server>,
    pub load: Load,
}

/// Of a distribution.
#[derive(Debug, Serialize)]
pub struct Quantiles {
    pub p50: Option<f64>,
    pub p99: Option<f64>,
    pub max: Option<f64>,
}

/// What the server needed.
#[derive(Debug, Serialize)]
pub struct Server {
    pub cpu_seconds: f64,
    pub cpu_micros_per_packet: f64,
    pub packets_per_core_second: f64,
    /// Most memory in RAM that was seen.
    pub memory_mib: f64,
    /// At the beginning and the end of what was measured.
    pub memory_begin_mib: f64,
    pub memory_end_mib: f64,
    /// Datagrams that found its receive buffer full.
    pub udp_drops: u64,
}

/// What we needed, and whether we were good enough.
#[derive(Debug, Serialize)]
pub struct Load {
    pub cpu_seconds: f64,
    pub cpu_micros_per_packet: f64,
    pub late_ms: Quantiles,
    pub not_sent: u64,
    pub udp_drops: u64,
}

impl From<&crate::histogram::Histogram> for Quantiles {
    fn from(histogram: &crate::histogram::Histogram) -> Quantiles {
        let at = |share| histogram.quantile(share).map(|duration: Duration| rounded(duration.as_secs_f64() * 1e3));
        Quantiles { p50: at(0.5), p99: at(0.99), max: at(1.0) }
    }
}

/// Three digits behind the point are enough for everything here.
pub fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

/// How much of it did not come.
pub fn lost_percent(counts: &Counts) -> f64 {
    let lost = counts.expected.saturating_sub(counts.received);
    if counts.expected == 0 { 0.0 } else { rounded(lost as f64 / counts.expected as f64 * 100.0) }
}

/// CPU time for each of so many packets, in microseconds.
pub fn micros_per_packet(cpu: Duration, packets: u64) -> f64 {
    if packets == 0 { 0.0 } else { rounded(cpu.as_secs_f64() * 1e6 / packets as f64) }
}

impl fmt::Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.p50, self.p99) {
            (Some(p50), Some(p99)) => write!(f, "p50 {p50:.2} ms, p99 {p99:.2} ms"),
            _ => f.write_str("none"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { rooms, talkers, listeners, transport, seconds, expected, received, .. } = self;
        write!(
            f,
            "{rooms} room(s) of {talkers} + {listeners} over {transport}, {seconds:.1} s: {received} of {expected} \
             packets, {} % lost, {} strange; forward {}; first packet {}",
            self.lost_percent, self.strange, self.forward_ms, self.first_packet_ms
        )?;
        if let Some(server) = &self.server {
            write!(
                f,
                "; server {:.2} us/packet, {:.0} packets/core-second, {:.0} MiB",
                server.cpu_micros_per_packet, server.packets_per_core_second, server.memory_mib
            )?;
        }
        write!(f, "; load {:.2} us/packet, late {}", self.load.cpu_micros_per_packet, self.load.late_ms)
    }
}
