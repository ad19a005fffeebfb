//! Our own voice server in a process of its own, with nothing of the app around it.

use crate::plan::Key;
use anyhow::{Context as _, Result};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use voice::{RoomLimits, Settings, Voice};

/// Rooms are there as long as the process.
const LIMITS: RoomLimits =
    RoomLimits { people: 1000, empty_for: Duration::from_secs(86_400), departed_for: Duration::from_secs(86_400) };

/// Where and with what.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// The port for WebSockets.
    #[arg(long)]
    port: u16,
    /// The port for audio.
    #[arg(long)]
    udp_port: u16,
    /// The TCP port for audio; without it there is none.
    #[arg(long)]
    tcp_port: Option<u16>,
    /// Rooms to open, with commas between.
    #[arg(long, value_delimiter = ',')]
    rooms: Vec<String>,
    /// How many threads forward audio.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

/// Serves until it is told to end.
pub async fn serve(serve: Serve, key: &Key) -> Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let voice = Voice::start(Settings {
        api_key: key.name().to_owned(),
        api_secret: key.secret().to_owned(),
        bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
        udp_port: serve.udp_port,
        tcp_port: serve.tcp_port,
        public_addresses: Vec::new(),
        ice_servers: Vec::new(),
        people_limit: 1000,
        join_request_limit: 256 * 1024,
        datagrams_per_second: 1000,
        threads: serve.threads,
    })?;
    for room in &serve.rooms {
        voice.create_room(room, LIMITS).await?;
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, serve.port)).await.context("the port for WebSockets")?;
    let (udp, tcp) = voice.addresses();
    tracing::info!(port = serve.port, ?udp, ?tcp, rooms = serve.rooms.len(), "serving");
    let stopping = voice.clone();
    let until_told = async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        stopping.stop().await;
    };
    axum::serve(listener, voice.router()).with_graceful_shutdown(until_told).await?;
    Ok(())
}
