//! `paxora`: the whole server in one binary.

// Rendering a page makes types as deep as the page.
#![recursion_limit = "256"]

mod backup;
mod calls;
mod commands;
mod compression;
mod config;
mod doctor;
mod doors;
mod edge;
mod events;
mod export;
mod health;
mod logs;
mod machines;
mod metrics;
mod pages;
mod parts;
mod push;
mod ready;
mod requests;
mod router;
mod security;
mod site;
mod statuses;
mod visitor;
mod voice_server;
mod writing;

use anyhow::Context;
use axum::serve::Listener;
use backend::{Backend, Ports, SystemClock};
use clap::Parser;
use config::{Cli, Command, Config};
use doors::Doors;
use metrics::{Figures, Metrics};
use ready::Readiness;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use voice::Voice;

/// Pages are made of many small pieces, and passwords are hashed in large ones: glibc's own allocator takes a third longer for the
/// first, and keeps the others for good (`docs/decisions/0014-an-allocator-of-our-own.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// So long after we were told to stop, whatever still goes on is cut off.
const DRAIN_FOR: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { command, config } = Cli::parse();
    let metrics = Arc::new(Metrics::default());
    logs::begin(config.log_format, config.metrics_listen.is_some().then(|| Arc::clone(&metrics)));
    let done = match command.unwrap_or(Command::Serve) {
        Command::Serve => serve(config, metrics).await,
        Command::Health => health::ask(config.listen).await,
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

async fn serve(config: Config, metrics: Arc<Metrics>) -> anyhow::Result<()> {
    let site = site::Site::open(config.site_dir.as_deref())?;
    let plan = voice_server::Plan::of(&config)?;
    let cron_secret = config.cron_secret()?;
    let store = open_store(&config).await?;
    // Before anybody can know that we are here.
    let told_to_stop = told_to_stop().context("SIGTERM cannot be listened to")?;
    let doors = Doors::open(&config).await?;
    let address = doors.local_addr()?;
    let public_url = config.public_url(address.port())?;

    let started = plan.start(&store, &public_url).await?;
    if let Some(warning) = voice_server::warning_of_others(store.engine(), started.embedded.is_some()) {
        tracing::warn!("{warning}");
    }
    let ports = Ports {
        voice: Arc::clone(&started.voice_server),
        push: Arc::new(config.push_sender(&public_url)?),
        clock: Arc::new(SystemClock),
    };
    let backend = Backend::new(store, ports, config.settings(&public_url));
    backend.be_measured_by(metrics.clone());
    // Before anybody is let in: browsers that come back after a restart must find the room of their call.
    backend.open_rooms().await?;
    let worker = tokio::spawn({
        let backend = backend.clone();
        async move { backend.run().await }
    });

    let (leaving, left) = watch::channel(false);
    let readiness = Readiness::new(backend.clone(), left);
    let office = match config.metrics_listen {
        Some(address) => {
            let voice = started.embedded.clone();
            let figures = Figures { metrics: metrics.clone(), backend: backend.clone(), voice };
            Some(metrics::listen(address, figures, readiness.clone()).await?)
        }
        None => None,
    };
    let (stopping, stopped) = watch::channel(false);
    let parts = parts::Inner {
        backend,
        readiness,
        metrics,
        site,
        voice_url: started.url.clone(),
        machines: machines::Machines { webhooks: started.webhooks.clone(), cron_secret },
        closing: stopped.clone(),
        cookie: config.session_cookie(),
    };
    let signalling = started.embedded.as_ref().map(Voice::router);
    let app = router::router(parts.into(), signalling, config.trusted_proxies.clone());
    writeln!(std::io::stdout(), "{}", voice_server::described(&started))?;
    if let Some(voice) = &started.embedded
        && let Some(warning) = voice_server::warning(&public_url, voice.addresses().0)
    {
        tracing::warn!("{warning}");
    }
    if let Some(address) = doors.secure_address() {
        writeln!(std::io::stdout(), "Paxora serves https on {address}")?;
    }
    writeln!(std::io::stdout(), "Paxora listens on http://{address} and is known as {public_url}")?;

    let mut drained = stopped.clone();
    let edge = edge::Edge::behind(config.trusted_proxies.clone());
    let server = edge::serve(doors, app, edge, async move {
        let _ = drained.changed().await;
    });
    let mut server = tokio::spawn(server);
    let mut end = Ok(());
    tokio::select! {
        ended = &mut server => ended?,
        why = until_the_end(started.embedded.as_ref(), told_to_stop) => {
            end = why;
            tracing::info!("stopping");
            leaving.send_replace(true);
            let drain = async {
                if let Some(voice) = &started.embedded {
                    // First, or whoever is told to come back would be taken for gone.
                    worker.abort();
                    voice_server::say_goodbye(voice).await;
                }
                stopping.send_replace(true);
                server.await
            };
            match tokio::time::timeout(DRAIN_FOR, drain).await {
                Ok(ended) => ended?,
                Err(_) => tracing::warn!("some requests did not end in {DRAIN_FOR:?} and were cut off"),
            }
        }
    }
    worker.abort();
    if let Some(office) = office {
        office.abort();
    }
    end
}

/// Until we are told to stop, or have to: whoever started us starts us anew.
async fn until_the_end(voice: Option<&Voice>, told_to_stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let failed = async {
        match voice {
            Some(voice) => voice.failed().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = told_to_stop => Ok(()),
        () = failed => Err(anyhow::anyhow!("the embedded voice server failed")),
    }
}

async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let store = Store::open(&config.database_url).await.context("DATABASE_URL cannot be opened")?;
    store.migrate().await.context("the database cannot be brought up to date")?;
    Ok(store)
}

/// Listens from now on to whoever tells us to stop, who would kill us otherwise; what it answers waits for them.
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}
