//! What a page sends whose scripts do not run: the form under a channel, to the page's own address.

use crate::pages;
use crate::parts::Parts;
use crate::visitor::SignedIn;
use app::error::{ApiError, Problem};
use app::state::PlainForm;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Form, FromRequest, Query, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{ChannelId, Nonce};
use http::{Method, StatusCode};
use leptos::prelude::provide_context;
use serde::Deserialize;

/// Which channel is open on the page.
#[derive(Deserialize)]
pub(crate) struct Open {
    channel: ChannelId,
}

/// What the form says.
#[derive(Deserialize)]
struct Written {
    body: String,
    nonce: Nonce,
}

/// Writes into the channel that is open, and leads back to it. What cannot be taken stands in the form of the answer again,
/// with the reason.
pub(crate) async fn write(
    State(parts): State<Parts>,
    SignedIn(actor): SignedIn,
    open: Result<Query<Open>, QueryRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let Query(Open { channel }) = open.map_err(|_| Problem::Malformed)?;
    let language = pages::first_part(&request).ok_or(Problem::NotFound)?;
    let (mut head, body) = request.into_parts();
    let form = Form::<Written>::from_request(Request::from_parts(head.clone(), body), &()).await;
    let Form(Written { body, nonce }) = form.map_err(|_| Problem::Malformed)?;
    let problem = match parts.backend.post_message(&actor, channel, &body, Some(nonce)).await {
        // Made of what was understood, not of what was sent: it cannot lead anywhere else.
        Ok(_) => {
            return Ok(Redirect::to(&format!("/{}{}?channel={channel}", language.tag(), pages::CHAT)).into_response());
        }
        Err(error) => ApiError::from(error).problem,
    };
    head.method = Method::GET;
    let form = PlainForm { nonce, refused: Some((problem, body)) };
    let provide = move || {
        pages::provide(&parts);
        provide_context(form.clone());
    };
    let page = Request::from_parts(head, Body::empty());
    let mut page = leptos_axum::render_app_async_with_context(provide, app::shell)(page).await.into_response();
    *page.status_mut() = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Ok(page)
}
