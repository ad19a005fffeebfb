//! `paxora`: the whole server in one binary.

// Rendering a page makes types as deep as the page.
#![recursion_limit = "256"]

mod commands;
mod config;
mod events;
mod pages;
mod parts;
mod router;
mod security;
mod site;
mod statuses;
mod visitor;
mod voice;

use anyhow::Context;
use backend::voice_server::LiveKit;
use backend::{Backend, Settings, SystemClock};
use clap::Parser;
use config::{Cli, Command, Config};
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long requests may go on after we were told to stop.
const DRAIN_FOR: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let Cli { command, config } = Cli::parse();
    let done = match command.unwrap_or(Command::Serve) {
        Command::Serve => serve(config).await,
        command => commands::run(command, &config).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "paxora: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let site = site::Site::open(&config.site_dir)?;
    let livekit = config.livekit()?;
    let voice_url = livekit.url.clone();
    let store = open_store(&config).await?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("LISTEN: {} cannot be listened on", config.listen))?;
    let address = listener.local_addr()?;
    let public_url = config.public_url(address.port())?;

    let settings = Settings { ring_for: config.ring_for() };
    let backend = Backend::new(store, Arc::new(LiveKit::new(livekit)), Arc::new(SystemClock), settings);
    let worker = tokio::spawn({
        let backend = backend.clone();
        async move { backend.run().await }
    });

    let (stopping, stopped) = watch::channel(false);
    let parts = parts::Parts { backend, site, voice_url, closing: stopped.clone(), cookie: config.session_cookie() };
    let app = router::build(parts, config.trusted_proxies.clone());
    writeln!(std::io::stdout(), "Paxora listens on http://{address} and is known as {public_url}")?;

    let mut drained = stopped.clone();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        let _ = drained.changed().await;
    });
    let mut server = tokio::spawn(server.into_future());
    tokio::select! {
        ended = &mut server => ended??,
        () = asked_to_stop() => {
            tracing::info!("stopping");
            stopping.send_replace(true);
            match tokio::time::timeout(DRAIN_FOR, server).await {
                Ok(ended) => ended??,
                Err(_) => tracing::warn!("some requests did not end in {DRAIN_FOR:?} and were cut off"),
            }
        }
    }
    worker.abort();
    Ok(())
}

async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let store = Store::open(&config.database_url).await.context("DATABASE_URL cannot be opened")?;
    store.migrate().await.context("the database cannot be brought up to date")?;
    Ok(store)
}

async fn asked_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    let mut terminated = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be listened to");
            let _ = interrupted.await;
            return;
        }
    };
    tokio::select! {
        _ = interrupted => {}
        _ = terminated.recv() => {}
    }
}
