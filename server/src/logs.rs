//! The log: to standard error, in lines for people or for programs. `RUST_LOG` says how much.
//!
//! Nothing private is in it: no token, no cookie, no e-mail address, no push endpoint, no name and no word that anybody wrote.
//! Ids are. Whoever adds a line keeps to that; `end2end/support/canaries.ts` looks into the log of every story for what
//! people typed and were handed in it.

use crate::metrics::{Metrics, Statements};
use clap::ValueEnum;
use std::io::IsTerminal;
use std::sync::Arc;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// Writes a log from now on. `metrics`: who counts what the database takes, if anybody does.
pub(crate) fn begin(format: Format, metrics: Option<Arc<Metrics>>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let statements = metrics.map(|metrics| {
        // The driver tells of every statement, at a level that the log leaves out.
        Statements(metrics).with_filter(Targets::new().with_target("sqlx::query", tracing::Level::DEBUG))
    });
    tracing_subscriber::registry()
        .with(lines(format, std::io::stderr().is_terminal(), std::io::stderr).with_filter(filter))
        .with(statements)
        .init();
}

/// The layer that writes lines, in colours or not.
pub(crate) fn lines<S, W>(format: Format, colours: bool, to: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    match format {
        Format::Text => fmt::layer().with_ansi(colours).with_writer(to).boxed(),
        Format::Json => fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(to).boxed(),
    }
}
