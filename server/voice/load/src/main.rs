//! A load for voice servers: many participants that really join, in few threads.
//!
//! It runs against a LiveKit and against our own voice server alike, each in a process of its own, and takes the
//! server's CPU time and memory from the kernel. Everything stays on the loopback address.

mod disturbance;
mod histogram;
mod payload;
mod person;
mod plan;
mod process;
mod report;
mod run;
mod serve;
mod websocket;
mod wire;
mod worker;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand, ValueEnum};
use disturbance::Disturbance;
use person::Manner;
use plan::{Key, Size};
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;
use str0m::config::DtlsCert;
use tracing_subscriber::EnvFilter;

/// Puts people into rooms of a voice server and measures what becomes of what they say.
///
/// The key that ways in are signed with comes from LIVEKIT_API_KEY and LIVEKIT_API_SECRET.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes a load and prints what was measured, as JSON and (on the error stream) as a line.
    Run(Run),
    /// Runs our own voice server, on the loopback address, until it is told to end.
    Serve(serve::Serve),
}

#[derive(Debug, clap::Args)]
struct Run {
    /// Where the server is, as in ws://127.0.0.1:7880
    #[arg(long, env = "LIVEKIT_URL")]
    url: String,
    #[arg(long, default_value_t = 1)]
    rooms: u32,
    /// How many talk in each room.
    #[arg(long, default_value_t = 2)]
    talkers: u32,
    /// How many only listen in each room.
    #[arg(long, default_value_t = 0)]
    listeners: u32,
    /// How long to measure.
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    #[arg(long, value_enum, default_value_t = Transport::Udp)]
    transport: Transport,
    /// With redundancy (RFC 2198), as browsers do it; plain Opus otherwise.
    #[arg(long)]
    red: bool,
    /// How many join in a second.
    #[arg(long, default_value_t = 20.0)]
    join_rate: f64,
    /// How many threads the participants are on.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// The server's process, whose CPU time and memory are to be reported.
    #[arg(long)]
    server_pid: Option<u32>,
    /// The server's UDP port for audio: its losses are reported, and nonsense is sent there.
    #[arg(long)]
    udp_port: Option<u16>,
    /// The server's TCP port for audio: half-open connections are also opened there.
    #[arg(long)]
    tcp_port: Option<u16>,
    /// What the rooms' names begin with; then they are counted from 0.
    #[arg(long, default_value = "load-")]
    prefix: String,
    /// Opens the rooms first, through LiveKit's room service.
    #[arg(long)]
    open_rooms: bool,
    /// How many malformed datagrams disturb every second.
    #[arg(long, default_value_t = 0)]
    malformed: u32,
    /// How many half-open connections disturb, in a room with the prefix's name and "idle".
    #[arg(long, default_value_t = 0)]
    half_open: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Transport {
    Udp,
    Tcp,
}

impl Run {
    fn order(self) -> Result<run::Order> {
        let server: SocketAddr = self
            .url
            .strip_prefix("ws://")
            .and_then(|address| address.trim_end_matches('/').parse().ok())
            .with_context(|| format!("{} is not an address like ws://127.0.0.1:7880", self.url))?;
        ensure!(server.ip().is_loopback(), "a load is made on the loopback address only");
        let media = |port| SocketAddr::new(server.ip(), port);
        let disturbance = match (self.malformed, self.half_open) {
            (0, 0) => None,
            (per_second, 0) => {
                let target = media(self.udp_port.context("where to send nonsense, --udp-port says")?);
                Some(Disturbance::Malformed { target, per_second })
            }
            (0, count) => Some(Disturbance::HalfOpen {
                server,
                media: self.tcp_port.map(media),
                count,
                room: format!("{}idle", self.prefix),
            }),
            _ => anyhow::bail!("one disturbance at a time"),
        };
        Ok(run::Order {
            size: Size { rooms: self.rooms, talkers: self.talkers, listeners: self.listeners },
            manner: Manner {
                server,
                transport: match self.transport {
                    Transport::Udp => voice_client::Transport::Udp,
                    Transport::Tcp => voice_client::Transport::Tcp,
                },
                red: self.red,
                certificate: certificate(),
            },
            join_rate: self.join_rate,
            duration: Duration::from_secs_f64(self.seconds),
            threads: self.threads,
            server_pid: self.server_pid,
            server_udp_port: self.udp_port,
            open_rooms_at: self.open_rooms.then(|| format!("http://{server}")),
            room_prefix: self.prefix,
            disturbance,
        })
    }
}

/// One certificate for everybody: making them would be most of the work of joining.
fn certificate() -> Option<DtlsCert> {
    str0m::crypto::from_feature_flags().dtls_provider.generate_certificate()
}

fn main() -> Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,str0m=warn")))
        .init();
    let key = Key::from_environment()?;
    match Arguments::parse().what {
        What::Run(run) => {
            let report = run::run(&run.order()?, &key)?;
            writeln!(std::io::stderr(), "{report}")?;
            writeln!(std::io::stdout(), "{}", serde_json::to_string(&report)?)?;
            Ok(())
        }
        What::Serve(serve) => {
            tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve::serve(serve, &key))
        }
    }
}
