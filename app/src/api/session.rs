//! Coming in and going out. These take form posts, so that they also work before the page is alive.

//! A form says the language of its page, so that whoever comes in or goes out is spoken to as before.

use crate::error::ApiError;
use domain::Language;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::ssr::{actor, backend, enter, leave, peer, spoken};

/// What an invite link leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The parish that invites.
    pub parish_name: String,
}

/// Signs in with an e-mail address or user name and a password, and goes to the chat.
///
/// # Errors
/// They do not belong together; tried too often.
#[server(prefix = "/api", endpoint = "sign_in")]
pub async fn sign_in(
    login: String,
    password: String,
    #[server(default)] language: Option<Language>,
) -> Result<(), ApiError> {
    enter(backend()?.sign_in(&login, &password, spoken(language), peer()).await?);
    Ok(())
}

/// Signs in with a one-time link, and goes to the chat.
///
/// # Errors
/// The link was used or has expired.
#[server(prefix = "/api", endpoint = "sign_in_by_link")]
pub async fn sign_in_by_link(token: String, #[server(default)] language: Option<Language>) -> Result<(), ApiError> {
    enter(backend()?.sign_in_by_link(&token, spoken(language), peer()).await?);
    Ok(())
}

/// Whose one-time link this is.
///
/// # Errors
/// The link was used or has expired.
#[server(prefix = "/api", endpoint = "link_owner", input = Json)]
pub async fn link_owner(token: String) -> Result<String, ApiError> {
    Ok(backend()?.link_owner(&token, peer()).await?)
}

/// What an invite link leads to. Looking changes nothing.
///
/// # Errors
/// The invite was used up, withdrawn, or has expired.
#[server(name = LoadInvitation, prefix = "/api", endpoint = "invitation", input = Json)]
pub async fn invitation(invite: String) -> Result<Invitation, ApiError> {
    Ok(Invitation { parish_name: backend()?.invitation(&invite, peer()).await? })
}

/// Makes an account by an invite link, signs in, and goes to the chat.
///
/// # Errors
/// The invite is gone; the login is taken; a field cannot be taken.
#[server(prefix = "/api", endpoint = "sign_up")]
pub async fn sign_up(
    invite: String,
    name: String,
    login: String,
    password: String,
    #[server(default)] language: Option<Language>,
) -> Result<(), ApiError> {
    enter(backend()?.sign_up(&invite, &name, &login, &password, spoken(language), peer()).await?);
    Ok(())
}

/// Speaks this language to whoever is signed in: on their next devices, and on the cards of calls.
///
/// # Errors
/// The database cannot be reached.
#[server(prefix = "/api", endpoint = "set_language", input = Json)]
pub async fn set_language(language: Language) -> Result<(), ApiError> {
    Ok(backend()?.set_language(&actor().await?, language).await?)
}

/// Ends this session and goes to the sign-in page.
///
/// # Errors
/// The database cannot be reached.
#[server(prefix = "/api", endpoint = "sign_out")]
pub async fn sign_out(#[server(default)] language: Option<Language>) -> Result<(), ApiError> {
    leave(spoken(language)).await
}
