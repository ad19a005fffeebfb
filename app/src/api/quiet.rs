//! Quiet hours, and the clock of the parish.

use crate::error::ApiError;
use domain::{CallId, QuietHours};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::ssr::{actor, backend};

/// When no phone of this person rings; with nothing, it always may.
///
/// # Errors
/// Signed out; too often.
#[server(prefix = "/api", endpoint = "set_quiet_hours", input = Json)]
pub async fn set_quiet_hours(hours: Option<QuietHours>) -> Result<(), ApiError> {
    Ok(backend()?.set_quiet_hours(&actor().await?, hours).await?)
}

/// Sets the clock of the parish to a time zone.
///
/// # Errors
/// Is no admin; there is no such time zone.
#[server(prefix = "/api", endpoint = "parish/set_time_zone", input = Json)]
pub async fn set_time_zone(name: String) -> Result<(), ApiError> {
    Ok(backend()?.set_time_zone(&actor().await?, &name).await?)
}

/// Rings those in a call who have quiet hours.
///
/// # Errors
/// Does not lead; no such call; it is over; not in it with this device; too often.
#[server(prefix = "/api", endpoint = "voice/ring_urgently", input = Json)]
pub async fn ring_urgently(call: CallId) -> Result<(), ApiError> {
    Ok(backend()?.ring_urgently(&actor().await?, call).await?)
}
