//! How long statements take, by what the database's driver tells of each of them.

use super::Metrics;
use std::sync::Arc;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Hears of statements what the driver would log of them, and takes only what kind they were and how long they took.
pub(crate) struct Statements(pub(crate) Arc<Metrics>);

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut statement = Statement { kind: "other", seconds: None };
        event.record(&mut statement);
        if let Some(seconds) = statement.seconds {
            self.0.count_statement(statement.kind, seconds);
        }
    }
}

struct Statement {
    kind: &'static str,
    seconds: Option<f64>,
}

impl Visit for Statement {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = Some(value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            let kinds = ["SELECT", "INSERT", "UPDATE", "DELETE"];
            let word = value.split_whitespace().next().unwrap_or_default();
            self.kind = match kinds.iter().position(|kind| *kind == word) {
                Some(0) => "select",
                Some(1) => "insert",
                Some(2) => "update",
                Some(3) => "delete",
                _ => "other",
            };
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
