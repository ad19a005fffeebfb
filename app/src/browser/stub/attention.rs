//! Nobody looks at the server.

use crate::browser::Notice;
use domain::CallId;

pub(crate) struct Vibration;

/// To drop it means something, as in a browser.
impl Drop for Vibration {
    fn drop(&mut self) {}
}

impl Vibration {
    pub(crate) fn start() -> Self {
        Vibration
    }
}

pub(crate) struct Notification;

/// To drop it means something, as in a browser.
impl Drop for Notification {
    fn drop(&mut self) {}
}

impl Notification {
    pub(crate) fn show(_: Notice, _: impl Future<Output = bool> + 'static) -> Self {
        Notification
    }
}

pub(crate) async fn close(_: CallId) {}
