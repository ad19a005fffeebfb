//! The server's twin of `web.rs`: no page is in a room here.

use crate::{NoMicrophone, NotConnected, RoomState};

/// A microphone that does not exist.
pub struct Microphone(());

/// Never called on the server; there is no microphone.
///
/// # Errors
/// Always.
pub fn microphone(_preferred: Option<&str>) -> impl Future<Output = Result<Microphone, NoMicrophone>> + use<> {
    std::future::ready(Err(NoMicrophone::Missing))
}

/// Nothing to load on the server.
pub fn preload(_voice_bundle: &str) {}

/// Nothing to load on the server.
///
/// # Errors
/// Always.
pub async fn load(_voice_bundle: &str) -> Result<(), NotConnected> {
    Err(NotConnected)
}

/// Never called on the server; no page is in a room.
///
/// # Errors
/// Always.
pub async fn connect(
    _voice_bundle: &str,
    _url: &str,
    _token: &str,
    _tell: impl Fn(RoomState) + 'static,
) -> Result<(), NotConnected> {
    Err(NotConnected)
}

/// Nothing to publish on the server.
///
/// # Errors
/// Always.
pub async fn publish(_microphone: Microphone, _muted: bool) -> Result<(), NotConnected> {
    Err(NotConnected)
}

/// Nothing to take over on the server.
#[must_use]
pub fn take_microphone() -> Option<Microphone> {
    None
}

/// Nothing to open on the server.
///
/// # Errors
/// Always.
pub fn open_anew() -> impl Future<Output = Result<(), NoMicrophone>> {
    std::future::ready(Err(NoMicrophone::Missing))
}

/// Nothing to mute on the server.
pub fn set_muted(_muted: bool) {}

/// Nothing to hear on the server.
pub fn set_volume(_member: &str, _volume: f64) {}

/// Nothing to choose on the server.
pub fn choose_microphone(_id: &str) {}

/// Nothing to choose on the server.
pub fn choose_speaker(_id: &str) {}

/// Nothing to hear on the server.
pub fn start_audio() {}

/// Nothing to leave on the server.
pub fn leave() {}
