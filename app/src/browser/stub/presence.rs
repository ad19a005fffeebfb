//! The server has no screen.

use crate::browser::Controls;

pub(crate) struct WakeLock;

impl WakeLock {
    pub(crate) fn hold() -> Self {
        WakeLock
    }
}

/// To drop it means something, as in a browser.
impl Drop for WakeLock {
    fn drop(&mut self) {}
}

pub(crate) struct MediaSession;

impl MediaSession {
    pub(crate) fn begin(_: &str, _: Controls) -> Self {
        MediaSession
    }

    pub(crate) fn set_microphone_active(_: bool) {}
}

/// To drop it means something, as in a browser.
impl Drop for MediaSession {
    fn drop(&mut self) {}
}
