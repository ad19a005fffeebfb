//! For whoever watches over this process, or sends people to it: is it alive (`/health`), and can it be of use (`/ready`)?

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use backend::Backend;
use http::StatusCode;
use serde::Serialize;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// A database that has not answered by then is of no use to people either.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// Knows whether people are to be sent here. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Readiness {
    backend: Backend,
    leaving: watch::Receiver<bool>,
}

/// What there is, without a why: that is in the log.
#[derive(Serialize)]
struct Ready {
    /// People can be sent here.
    ready: bool,
    /// The database answers.
    database: bool,
    /// The voice server answered when it was last asked. Without it there are no calls, but the chat goes on: people are
    /// sent here nevertheless.
    voice: bool,
    /// This process was told to stop.
    draining: bool,
}

impl Readiness {
    /// `leaving` turns true when this process is told to stop. It listens only once its database is up to date.
    pub(crate) fn new(backend: Backend, leaving: watch::Receiver<bool>) -> Readiness {
        Readiness { backend, leaving }
    }

    async fn look(&self) -> Ready {
        let database = timeout(ANSWERS_WITHIN, self.backend.check()).await.is_ok_and(|answer| answer.is_ok());
        let draining = *self.leaving.borrow();
        Ready { ready: database && !draining, database, voice: self.backend.voice_answered(), draining }
    }
}

/// The two addresses, for the port of the app and for the other one.
pub(crate) fn router(readiness: Readiness) -> Router {
    Router::new().route("/health", get(async || "ok")).route("/ready", get(ready)).with_state(readiness)
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    let ready = readiness.look().await;
    let status = if ready.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(ready)).into_response()
}
