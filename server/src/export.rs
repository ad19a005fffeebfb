//! All that is stored of somebody, as a file for them.

use crate::parts::Parts;
use crate::visitor::SignedIn;
use app::error::ApiError;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

/// `GET /api/export`
pub(crate) async fn export(
    State(parts): State<Parts>,
    SignedIn(actor): SignedIn,
) -> Result<impl IntoResponse, ApiError> {
    let all = parts.backend.export(&actor).await?;
    let headers = [
        (CONTENT_TYPE, "application/json; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"paxora.json\""),
    ];
    Ok((headers, all))
}
