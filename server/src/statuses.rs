//! Gives the errors of server functions their right status.
//!
//! Leptos 0.8 answers every error of a server function with 500, also arguments that could not be read. The body is our
//! own [`ApiError`], which knows better. Leptos 0.9 will ask the error type itself.

use app::error::{ApiError, Problem};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, RETRY_AFTER};

/// The header by which Leptos marks an error of a server function.
const SERVER_FN_ERROR: &str = "serverfnerror";
/// An `ApiError` is far smaller.
const LONGEST: usize = 16 * 1024;

/// Replaces the status, and what is not an [`ApiError`] altogether, so that no parser's text gets out.
pub(crate) async fn correct(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR || !response.headers().contains_key(SERVER_FN_ERROR) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, LONGEST).await else {
        return ApiError::from(Problem::Internal).into_response();
    };
    let Ok(error) = serde_json::from_slice::<ApiError>(&body) else {
        return ApiError::from(Problem::Internal).into_response();
    };
    if let Problem::Limited(seconds) = error.problem {
        parts.headers.insert(RETRY_AFTER, seconds.into());
    }
    parts.status = StatusCode::from_u16(error.problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}
