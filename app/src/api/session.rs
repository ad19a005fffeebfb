//! Coming in and going out. These take form posts, so that they also work before the page is alive.
//! A form says the language of its page, so that whoever comes in or goes out is spoken to as before.

use crate::error::ApiError;
use domain::device::OwnDevice;
use domain::{DeviceCode, DeviceId, Hue, Language};
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
    enter(backend()?.sign_in(&login, &password, spoken(language), peer()).await?).await
}

/// Signs in with a one-time link, or with the code of another device, and goes to the chat.
///
/// # Errors
/// The link was used or has expired.
#[server(prefix = "/api", endpoint = "sign_in_by_link")]
pub async fn sign_in_by_link(token: String, #[server(default)] language: Option<Language>) -> Result<(), ApiError> {
    enter(backend()?.sign_in_by_link(&token, spoken(language), peer()).await?).await
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

/// Makes an account by an invite link, signs in, and goes to the chat. The clock of a parish that has none yet stands where
/// its first admin is: in the `zone` of their browser.
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
    #[server(default)] zone: String,
) -> Result<(), ApiError> {
    let session = backend()?.sign_up(&invite, &name, &login, &password, spoken(language), peer()).await?;
    // Nobody goes without a session because the clock could not be set.
    backend()?.suggest_time_zone(&session, &zone).await.unwrap_or_default();
    enter(session).await
}

/// Speaks this language to whoever is signed in: on their next devices, and on the cards of calls.
///
/// # Errors
/// The database cannot be reached.
#[server(prefix = "/api", endpoint = "set_language", input = Json)]
pub async fn set_language(language: Language) -> Result<(), ApiError> {
    Ok(backend()?.set_language(&actor().await?, language).await?)
}

/// Whose password a link would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetOwner {
    /// The name others read.
    pub name: String,
    /// What signs them in.
    pub login: Option<String>,
}

/// Whose password a link would change. Looking changes nothing.
///
/// # Errors
/// The link was used or has expired.
#[server(name = LoadResetOwner, prefix = "/api", endpoint = "reset_owner", input = Json)]
pub async fn reset_owner(token: String) -> Result<ResetOwner, ApiError> {
    let owner = backend()?.reset_owner(&token, peer()).await?;
    Ok(ResetOwner { name: owner.name, login: owner.login })
}

/// Chooses a new password by a one-time link, signs in, and goes to the chat. All other sessions of that person end.
///
/// # Errors
/// The link was used or has expired; the password cannot be taken.
#[server(prefix = "/api", endpoint = "reset_password")]
pub async fn reset_password(
    token: String,
    password: String,
    #[server(default)] language: Option<Language>,
) -> Result<(), ApiError> {
    enter(backend()?.reset_password(&token, &password, spoken(language), peer()).await?).await
}

/// What signs this member in on another device, once, within minutes.
///
/// # Errors
/// Signed out; asked for too often.
#[server(name = MakeDeviceCode, prefix = "/api", endpoint = "device_code", input = Json)]
pub async fn device_code() -> Result<DeviceCode, ApiError> {
    Ok(backend()?.device_code(&actor().await?).await?)
}

/// The devices that this person is signed in with, whichever was seen last first.
///
/// # Errors
/// Signed out.
#[server(name = LoadDevices, prefix = "/api", endpoint = "devices", input = Json)]
pub async fn devices() -> Result<Vec<OwnDevice>, ApiError> {
    Ok(backend()?.devices(&actor().await?).await?)
}

/// Signs this person out on one of their devices.
///
/// # Errors
/// Not signed in with it.
#[server(prefix = "/api", endpoint = "sign_out_device", input = Json)]
pub async fn sign_out_device(device: DeviceId) -> Result<(), ApiError> {
    Ok(backend()?.sign_out_device(&actor().await?, device).await?)
}

/// Signs this person out on all of their devices but this one.
///
/// # Errors
/// Signed out.
#[server(prefix = "/api", endpoint = "sign_out_elsewhere", input = Json)]
pub async fn sign_out_elsewhere() -> Result<(), ApiError> {
    Ok(backend()?.sign_out_elsewhere(&actor().await?).await?)
}

/// This person has another password from now on, and is signed out on all of their devices but this one.
///
/// # Errors
/// That is not the one they have; the new one cannot be taken; too often.
#[server(prefix = "/api", endpoint = "change_password", input = Json)]
pub async fn change_password(current: String, new: String) -> Result<(), ApiError> {
    Ok(backend()?.change_password(&actor().await?, &current, &new).await?)
}

/// This member is called something else from now on.
///
/// # Errors
/// The name cannot be taken.
#[server(prefix = "/api", endpoint = "rename_me", input = Json)]
pub async fn rename_me(name: String) -> Result<(), ApiError> {
    Ok(backend()?.rename_me(&actor().await?, &name).await?)
}

/// This member's face has this colour from now on.
///
/// # Errors
/// Signed out; too often.
#[server(prefix = "/api", endpoint = "choose_hue", input = Json)]
pub async fn choose_hue(hue: Hue) -> Result<(), ApiError> {
    Ok(backend()?.choose_hue(&actor().await?, hue).await?)
}

/// Leaves the parish for good, and goes to the sign-in page.
///
/// # Errors
/// Signed out; the last admin.
#[server(prefix = "/api", endpoint = "leave_parish")]
pub async fn leave_parish(#[server(default)] language: Option<Language>) -> Result<(), ApiError> {
    backend()?.leave_parish(&actor().await?).await?;
    leave(spoken(language)).await
}

/// Deletes this person's account, in every parish, and goes to the sign-in page.
///
/// # Errors
/// That is not their password; the last admin; too often.
#[server(prefix = "/api", endpoint = "delete_account")]
pub async fn delete_account(password: String, #[server(default)] language: Option<Language>) -> Result<(), ApiError> {
    backend()?.delete_account(&actor().await?, &password).await?;
    leave(spoken(language)).await
}

/// Ends this session and goes to the sign-in page.
///
/// # Errors
/// The database cannot be reached.
#[server(prefix = "/api", endpoint = "sign_out")]
pub async fn sign_out(#[server(default)] language: Option<Language>) -> Result<(), ApiError> {
    leave(spoken(language)).await
}
