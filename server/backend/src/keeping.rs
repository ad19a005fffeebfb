//! What this server promises about how long it keeps things.

use crate::Backend;
use crate::auth::SESSION_TTL;
use crate::voice_server::VoiceServerKind;
use std::time::Duration;
use store::FORGET_DEVICES_AFTER;

/// For how long what is kept, and what carries the audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// That somebody is signed in on a device, at most.
    pub sessions: Duration,
    /// Where a device is reached by push, after it was last renewed.
    pub devices: Duration,
    /// Calls, after they ended; none keeps them for ever.
    pub calls: Option<Duration>,
    /// Through what calls go.
    pub voice_server: VoiceServerKind,
}

impl Backend {
    /// For how long what is kept here.
    #[must_use]
    pub fn keeping(&self) -> Keeping {
        Keeping {
            sessions: SESSION_TTL,
            devices: FORGET_DEVICES_AFTER,
            calls: self.inner.settings.keep_calls_for,
            voice_server: self.inner.voice.kind(),
        }
    }
}
