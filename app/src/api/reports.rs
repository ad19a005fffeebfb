//! Reports to those who look after the parish.

use crate::error::ApiError;
use domain::{Outcome, Report, ReportId, Reported};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::ssr::{actor, backend};

/// Reports a message or a member to those who look after the parish.
///
/// # Errors
/// No such message or member, or not for this one; oneself; the note is too long; too often.
#[server(name = MakeReport, prefix = "/api", endpoint = "report", input = Json)]
pub async fn report(what: Reported, note: String) -> Result<(), ApiError> {
    Ok(backend()?.report(&actor().await?, what, &note).await?)
}

/// The open reports, newest first, but for those about this member.
///
/// # Errors
/// Does not look after the parish.
#[server(name = LoadReports, prefix = "/api", endpoint = "parish/reports", input = Json)]
pub async fn reports() -> Result<Vec<Report>, ApiError> {
    Ok(backend()?.reports(&actor().await?).await?)
}

/// Closes a report with what was done about it, and does it.
///
/// # Errors
/// Does not look after the parish, or may not do this; no such report, or it is closed; the last admin.
#[server(prefix = "/api", endpoint = "parish/close_report", input = Json)]
pub async fn close_report(report: ReportId, outcome: Outcome) -> Result<(), ApiError> {
    Ok(backend()?.close_report(&actor().await?, report, outcome).await?)
}
