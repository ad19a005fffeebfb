//! The server's side of the server functions: who asks, whom to ask, what to answer besides the value.

use crate::error::{ApiError, Problem};
use axum::response::{IntoResponse, Response};
use backend::{Actor, Backend, Error, NewSession};
use domain::Language;
use http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderMap, SET_COOKIE, USER_AGENT};
use http::{HeaderValue, StatusCode, request};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::{ResponseOptions, redirect};
use std::net::IpAddr;

/// Who sent a request, as far as it could be told. The server puts one into every request's extensions.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Who they are, if they are signed in.
    pub actor: Option<Actor>,
    /// Where they come from, behind the proxies we trust.
    pub address: IpAddr,
}

/// The cookie that carries a session's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionCookie {
    /// Over https: bound to this host and path, never sent in the clear (RFC 6265bis, section 4.1.3.2).
    Secure,
    /// Over plain http, for trying it out on one's own machine.
    Plain,
}

impl SessionCookie {
    fn name(self) -> &'static str {
        match self {
            SessionCookie::Secure => "__Host-paxora",
            SessionCookie::Plain => "paxora",
        }
    }

    /// The secret that these headers carry.
    #[must_use]
    pub fn find(self, headers: &HeaderMap) -> Option<String> {
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == self.name()).then(|| value.to_owned()))
    }

    fn set(self, secret: &str, seconds: u64) -> Option<HeaderValue> {
        let secure = if self == SessionCookie::Secure { "; Secure" } else { "" };
        let cookie = format!("{}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}", self.name());
        HeaderValue::from_str(&cookie).ok()
    }
}

impl From<Error> for ApiError {
    /// The cause goes to the log here, once, and no further.
    fn from(error: Error) -> Self {
        let problem = match error {
            Error::NotFound => Problem::NotFound,
            Error::Forbidden => Problem::Forbidden,
            Error::SignInRefused => Problem::SignInRefused,
            Error::WrongPassword => Problem::WrongPassword,
            Error::LoginTaken => Problem::LoginTaken,
            Error::LinkGone => Problem::LinkGone,
            Error::LastAdmin => Problem::LastAdmin,
            Error::NobodyElseLeads => Problem::NobodyElseLeads,
            Error::Invalid(field) => Problem::Invalid(field),
            Error::Call(error) => Problem::Call(error),
            Error::InAnotherCall => Problem::InAnotherCall,
            Error::Limited { seconds } => Problem::Limited(seconds),
            Error::Busy => Problem::Unavailable,
            Error::VoiceServerDown => Problem::VoiceServerDown,
            Error::Unavailable(cause) => {
                tracing::error!(?cause, "the database does not answer");
                Problem::Unavailable
            }
            Error::Internal(cause) => {
                tracing::error!(?cause, "a fault of ours");
                Problem::Internal
            }
        };
        problem.into()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, axum::Json(self)).into_response()
    }
}

pub(super) fn backend() -> Result<Backend, ApiError> {
    use_context().ok_or_else(|| Problem::Internal.into())
}

/// Whoever is signed in.
pub(super) async fn actor() -> Result<Actor, ApiError> {
    visitor().and_then(|visitor| visitor.actor).ok_or_else(|| Problem::SignedOut.into())
}

pub(super) fn peer() -> IpAddr {
    visitor().map_or(IpAddr::from([0, 0, 0, 0]), |visitor| visitor.address)
}

fn visitor() -> Option<Visitor> {
    use_context::<request::Parts>()?.extensions.get::<Visitor>().cloned()
}

/// The language of the page that a form was sent from; what the browser prefers, if the form is one of yesterday's.
pub(super) fn spoken(by_page: Option<Language>) -> Language {
    by_page.unwrap_or_else(|| {
        use_context::<request::Parts>().map(|parts| preferred_language(&parts.headers)).unwrap_or_default()
    })
}

/// The language that a browser asks for.
#[must_use]
pub fn preferred_language(headers: &HeaderMap) -> Language {
    let accepted = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|header| header.to_str().ok());
    Language::preferred(&accepted.collect::<Vec<_>>().join(","))
}

/// Gives a session to the browser in the place of the one it had, and sends it inside, in the language of whom it belongs to.
///
/// # Errors
/// The database cannot be reached.
pub(super) async fn enter(session: NewSession) -> Result<(), ApiError> {
    let cookie: SessionCookie = expect_context();
    let request = use_context::<request::Parts>();
    let user_agent =
        request.as_ref().and_then(|parts| parts.headers.get(USER_AGENT)?.to_str().ok()).unwrap_or_default();
    let before = request.as_ref().and_then(|parts| cookie.find(&parts.headers));
    backend()?.hand_over(&session, user_agent, before.as_deref()).await?;
    if let Some(header) = cookie.set(&session.secret, session.ttl.as_secs()) {
        expect_context::<ResponseOptions>().append_header(SET_COOKIE, header);
    }
    redirect(&format!("/{}/community/chat", session.language.tag()));
    Ok(())
}

/// Takes the session away, here and in the browser.
pub(super) async fn leave(language: Language) -> Result<(), ApiError> {
    let cookie: SessionCookie = expect_context();
    let secret = use_context::<request::Parts>().and_then(|parts| cookie.find(&parts.headers));
    if let Some(secret) = secret {
        backend()?.sign_out(&secret).await?;
    }
    if let Some(header) = cookie.set("", 0) {
        expect_context::<ResponseOptions>().append_header(SET_COOKIE, header);
    }
    redirect(&format!("/{}/sign-in", language.tag()));
    Ok(())
}
