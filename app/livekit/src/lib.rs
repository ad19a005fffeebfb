//! The LiveKit JavaScript client as a few Rust types.
//!
//! A page is in at most one room, so there is no room object to carry around: [`connect`], then [`set_muted`],
//! [`publish`], [`start_audio`], and [`leave`]. Whatever happens in between is told as a whole [`RoomState`]. Dropping a
//! [`Microphone`] that was not published, or leaving, releases the microphone.
//!
//! On the server the same names exist and do nothing: no page is in a room there.

use serde::Deserialize;

#[cfg(target_arch = "wasm32")]
mod web;
#[cfg(target_arch = "wasm32")]
pub use web::{
    Microphone, choose_microphone, choose_speaker, connect, leave, load, microphone, open_anew, preload, publish,
    set_muted, set_volume, start_audio, take_microphone,
};

#[cfg(not(target_arch = "wasm32"))]
mod stub;
#[cfg(not(target_arch = "wasm32"))]
pub use stub::{
    Microphone, choose_microphone, choose_speaker, connect, leave, load, microphone, open_anew, preload, publish,
    set_muted, set_volume, start_audio, take_microphone,
};

/// How we hang together with the voice server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Link {
    /// Not yet.
    Connecting,
    /// Audio can flow.
    Connected,
    /// Audio is lost; the client is trying.
    Reconnecting,
    /// As above, while audio still flows.
    SignalReconnecting,
    /// Over, without us having asked for it.
    Disconnected,
}

/// The room, as it is now.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomState {
    /// How we hang together with the voice server.
    pub link: Link,
    /// Another device or tab of the same person took our place.
    pub taken_over: bool,
    /// Sound comes in, or there is nobody who could be heard. False from the moment a connection is lost until that is so
    /// again, whatever the connection says of itself.
    pub flows: bool,
    /// The browser wants a tap before it plays sound.
    pub sound_blocked: bool,
    /// Everybody whose device is there, ourselves included.
    pub people: Vec<Participant>,
    /// Our microphone, if it is published.
    pub capture: Option<Capture>,
    /// What one can speak into and hear from.
    pub devices: Devices,
    /// What has come in since this connection began.
    pub hearing: Hearing,
}

/// Somebody in the room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    /// By which the voice server knows them.
    pub identity: String,
    /// They cannot be heard.
    pub muted: bool,
    /// How well their device hangs together with the voice server.
    pub quality: Quality,
    /// They speak right now.
    pub speaking: bool,
}

/// Our microphone, as the browser tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capture {
    /// We want nobody to hear it.
    pub muted: bool,
    /// The system has taken it away, by its own word, and may give it back.
    pub taken: bool,
    /// It is over with this opening of it.
    pub ended: bool,
    /// Where the browser does not count sound: nothing was heard of it.
    pub silent: bool,
    /// All the sound it has given, where the browser counts it. Only that it grows means something: some browsers count on
    /// when it is opened anew.
    pub energy: Option<f64>,
}

/// What has come in of the others.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hearing {
    /// Packets.
    pub received: f64,
    /// Packets that did not come.
    pub lost: f64,
    /// Samples that were played, of which
    pub samples: f64,
    /// so many were made up, because nothing was there to play.
    pub concealed: f64,
    /// How long nothing at all came in though somebody could be heard, in milliseconds: such silence is not among the samples.
    pub gaps: f64,
}

/// How well a device hangs together with the voice server, as that judges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Quality {
    /// Well, or nothing is known to the contrary.
    #[default]
    Good,
    /// Words get lost.
    Poor,
    /// Nothing gets through.
    Lost,
}

/// A microphone or a speaker that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// By which it is chosen.
    pub id: String,
    /// As the browser calls it.
    pub label: String,
}

/// What one can speak into and hear from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Devices {
    /// What can be spoken into. On Android these are *Speakerphone*, *Headset earpiece* and the like, and the sound comes
    /// out of the same place.
    pub microphones: Vec<Device>,
    /// Where the sound can come out; empty where the browser lets nobody choose.
    pub speakers: Vec<Device>,
    /// Which microphone is in use, if that is known.
    pub microphone: Option<String>,
    /// Which speaker is in use, if that is known.
    pub speaker: Option<String>,
}

/// Why there is no microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoMicrophone {
    /// The person, or the browser for them, said no.
    #[error("the microphone may not be used")]
    Denied,
    /// There is none.
    #[error("there is no microphone")]
    Missing,
    /// Something else has it.
    #[error("the microphone is in use")]
    Busy,
}

/// The voice server could not be reached, or did not let us in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no way into the room")]
pub struct NotConnected;
