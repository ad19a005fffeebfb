//! Pages rendered on the server.

use crate::parts::Parts;
use crate::security;
use app::api::{Visitor, preferred_language};
use app::state::{InitialCommunity, PlainForm};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use domain::Language;
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, VARY};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

/// Where somebody goes who does not say where, behind the language.
pub(crate) const CHAT: &str = "/community/chat";

/// Loads what every page needs; sends who is not signed in to the sign-in page.
pub(crate) async fn prepare(State(parts): State<Parts>, mut request: Request, next: Next) -> Response {
    // Server functions are routed here as well; they ask for what they need.
    if request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let actor = request.extensions().get::<Visitor>().and_then(|visitor| visitor.actor.clone());
    let inside = request.uri().path().split('/').nth(2) == Some("community");
    let community = match actor {
        Some(actor) => match parts.backend.community(&actor).await {
            Ok(community) => Some(community),
            Err(error) => return app::error::ApiError::from(error).into_response(),
        },
        None if inside => {
            let language = first_part(&request).unwrap_or_else(|| preferred_language(request.headers()));
            return Redirect::to(&format!("/{}/sign-in", language.tag())).into_response();
        }
        None => None,
    };
    request.extensions_mut().insert(InitialCommunity(community));
    next.run(request).await
}

/// Leads from an address without a language to the same one in the language of whoever asks: the one they have chosen,
/// else the one their browser prefers. The chat, if there is no more in the address.
pub(crate) async fn add_language(request: Request) -> Response {
    let chosen = request.extensions().get::<Visitor>().and_then(|visitor| visitor.actor.as_ref()?.language());
    let language = chosen.unwrap_or_else(|| preferred_language(request.headers()));
    let page = request.uri().path_and_query().map_or("/", |page| page.as_str());
    let page = if request.uri().path() == "/" { CHAT } else { page };
    let to = Redirect::to(&format!("/{}{page}", language.tag()));
    ([(VARY, "accept-language, cookie")], to).into_response()
}

/// Leads from an address with nothing but a language to the chat in it.
pub(crate) async fn chat_in(language: Language) -> Redirect {
    Redirect::to(&format!("/{}{CHAT}", language.tag()))
}

/// The language of the page, if its address names one of ours.
pub(crate) fn first_part(request: &Request) -> Option<Language> {
    let part = request.uri().path().split('/').nth(1)?;
    Language::ALL.into_iter().find(|language| language.tag() == part)
}

/// What the app finds in its context, on pages and in server functions.
pub(crate) fn provide(parts: &Parts) {
    provide_context(parts.backend.clone());
    provide_context(parts.site.assets.clone());
    provide_context(parts.cookie);
    provide_context(PlainForm::fresh());
    let request = use_context::<http::request::Parts>();
    let community = request.and_then(|request| request.extensions.get::<InitialCommunity>().cloned());
    provide_context(community.unwrap_or(InitialCommunity(None)));
    if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
        && let Ok(policy) = HeaderValue::from_str(&security::page_policy(&nonce, &parts.voice_url))
    {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}
