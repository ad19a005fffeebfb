//! What this process has done and what it does, in numbers, at `/metrics` on a port of its own (`docs/observing.md` has what
//! each is good for). A label is a word out of a short list: never an id, a name or an address.

mod statements;

use crate::ready::{self, Readiness};
use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use backend::{Backend, Meters, Noted, RingPath};
use domain::EndReason;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
pub(crate) use statements::Statements;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::Failures;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use voice::Voice;

type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];
type Counters<const N: usize> = Family<Labels<N>, Counter>;
type Histograms<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// The text that Prometheus reads.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything that is counted. What is known elsewhere is fetched when somebody asks ([`Figures`]).
pub(crate) struct Metrics {
    registry: Registry,
    calls_started: Counter,
    calls_ended: Counters<1>,
    calls_live: Gauge,
    rings: Counters<1>,
    ring_heard: Histogram,
    push_messages: Counters<2>,
    event_streams: Gauge,
    requests: Histograms<3>,
    statements: Histograms<1>,
    database_failures: Counters<1>,
    jobs_waiting: Gauge,
    oldest_job: Gauge,
    passwords: Gauge,
    voice_rooms: Gauge,
    voice_people: Gauge,
    voice_datagrams: Counters<1>,
    voice_bytes: Counters<1>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let quick = || Histogram::new([0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0]);
        let metrics = Metrics {
            registry: Registry::with_prefix("paxora"),
            calls_started: Counter::default(),
            calls_ended: Family::default(),
            calls_live: Gauge::default(),
            rings: Family::default(),
            ring_heard: Histogram::new([0.05, 0.15, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0]),
            push_messages: Family::default(),
            event_streams: Gauge::default(),
            requests: Family::new_with_constructor(quick),
            statements: Family::new_with_constructor(quick),
            database_failures: Family::default(),
            jobs_waiting: Gauge::default(),
            oldest_job: Gauge::default(),
            passwords: Gauge::default(),
            voice_rooms: Gauge::default(),
            voice_people: Gauge::default(),
            voice_datagrams: Family::default(),
            voice_bytes: Family::default(),
        };
        metrics.registered()
    }
}

impl Metrics {
    /// Under the names by which Prometheus knows them; it adds `_total` to counters.
    fn registered(mut self) -> Metrics {
        let mut to = std::mem::take(&mut self.registry);
        to.register("calls_started", "Calls that began", self.calls_started.clone());
        to.register("calls_ended", "Calls that are over, by why", self.calls_ended.clone());
        to.register("calls_live", "Calls that ring or go on, in all processes", self.calls_live.clone());
        to.register("rings", "Rings that went out, by how", self.rings.clone());
        let heard = "From the moment a ring was written down until its first device confirmed it";
        to.register("ring_heard_seconds", heard, self.ring_heard.clone());
        to.register("push_messages", "Push messages, by service and what came of them", self.push_messages.clone());
        to.register("event_streams", "Open event streams", self.event_streams.clone());
        to.register("http_request_seconds", "Requests, until the answer began", self.requests.clone());
        to.register("database_statement_seconds", "Statements, by kind", self.statements.clone());
        to.register("database_failures", "What the database has not done", self.database_failures.clone());
        to.register("outbox_jobs_waiting", "Jobs that are due and nobody is at", self.jobs_waiting.clone());
        to.register("outbox_oldest_seconds", "How long the first of them waits", self.oldest_job.clone());
        to.register("passwords_in_hand", "Passwords being hashed, or waiting for it", self.passwords.clone());
        to.register("voice_rooms", "Rooms of the embedded voice server", self.voice_rooms.clone());
        to.register("voice_people", "People in them", self.voice_people.clone());
        to.register("voice_datagrams", "Its datagrams, by way", self.voice_datagrams.clone());
        to.register("voice_bytes", "Bytes in them, by way", self.voice_bytes.clone());
        self.registry = to;
        self
    }

    /// Takes note of a request. `route`: the pattern of its address.
    pub(crate) fn count_request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let class = match status {
            ..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            500.. => "5xx",
        };
        let route = Cow::Owned(route.to_owned());
        let labels = [("method", method.into()), ("route", route), ("status", class.into())];
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    fn count_statement(&self, kind: &'static str, seconds: f64) {
        self.statements.get_or_create(&[("kind", kind.into())]).observe(seconds);
    }
}

impl Meters for Metrics {
    fn note(&self, noted: Noted) {
        match noted {
            Noted::CallStarted => _ = self.calls_started.inc(),
            Noted::CallEnded(reason) => _ = self.calls_ended.get_or_create(&[("why", word(reason).into())]).inc(),
            Noted::Ring(path) => {
                let path = match path {
                    RingPath::Stream => "stream",
                    RingPath::Push => "push",
                };
                self.rings.get_or_create(&[("path", path.into())]).inc();
            }
            Noted::RingHeard(after) => self.ring_heard.observe(after.as_secs_f64()),
            Noted::Push { service, outcome } => {
                let labels = [("service", service.into()), ("outcome", outcome.into())];
                self.push_messages.get_or_create(&labels).inc();
            }
        }
    }
}

fn word(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Hangup => "hangup",
        EndReason::Cancelled => "cancelled",
        EndReason::Declined => "declined",
        EndReason::Missed => "missed",
        EndReason::Empty => "empty",
        EndReason::Failed => "failed",
        EndReason::MediaLost => "media_lost",
        EndReason::Removed => "removed",
        EndReason::Expired => "expired",
    }
}

/// Everything that can be told in numbers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Figures {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) backend: Backend,
    /// The embedded voice server, if calls go through it.
    pub(crate) voice: Option<Voice>,
}

impl Figures {
    /// All of it as Prometheus reads it. What the database has to be asked for stays as it was while it does not answer:
    /// that is when the rest is wanted most.
    pub(crate) async fn told(&self) -> Option<String> {
        let metrics = &self.metrics;
        if let Ok(Ok(gauges)) = tokio::time::timeout(Duration::from_secs(2), self.backend.gauges()).await {
            metrics.calls_live.set(whole(gauges.live_calls));
            metrics.jobs_waiting.set(i64::try_from(gauges.jobs).unwrap_or(i64::MAX));
            metrics.oldest_job.set(i64::try_from(gauges.oldest_job.as_secs()).unwrap_or(i64::MAX));
        }
        metrics.event_streams.set(whole(self.backend.streams()));
        metrics.passwords.set(whole(self.backend.passwords_in_hand()));
        let failures = Failures::so_far();
        for (why, count) in [("raced", failures.raced), ("away", failures.away), ("refused", failures.refused)] {
            metrics.database_failures.get_or_create(&[("why", why.into())]).inner().store(count, Ordering::Relaxed);
        }
        if let Some(voice) = &self.voice {
            let busyness = voice.busyness();
            metrics.voice_rooms.set(whole(busyness.rooms));
            metrics.voice_people.set(whole(busyness.people));
            for (way, load) in [("received", busyness.received), ("sent", busyness.sent)] {
                let labels = [("way", way.into())];
                metrics.voice_datagrams.get_or_create(&labels).inner().store(load.datagrams, Ordering::Relaxed);
                metrics.voice_bytes.get_or_create(&labels).inner().store(load.bytes, Ordering::Relaxed);
            }
        }
        let mut text = String::new();
        encode(&mut text, &metrics.registry).ok()?;
        Some(text)
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Tells them at `/metrics` from now on, and beside that whether this process is alive and ready, also while it drains.
pub(crate) async fn listen(
    address: SocketAddr,
    figures: Figures,
    readiness: Readiness,
) -> anyhow::Result<JoinHandle<()>> {
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("METRICS_LISTEN: {address} cannot be listened on"))?;
    tracing::info!(address = %listener.local_addr()?, "measurements are at /metrics");
    let router = Router::new().route("/metrics", get(metrics)).with_state(figures).merge(ready::router(readiness));
    Ok(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "nobody can be told of measurements any more");
        }
    }))
}

async fn metrics(State(figures): State<Figures>) -> Response {
    match figures.told().await {
        Some(text) => ([(CONTENT_TYPE, TEXT)], text).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
