//! The server has no tabs.

use crate::browser::Standing;

pub(crate) struct Relay;

impl Relay {
    pub(crate) fn open(_: &str, _: impl Fn(String) + 'static) -> Option<Self> {
        None
    }

    pub(crate) fn post(&self, _: &str) {}
}

pub(crate) struct Lock;

/// To drop it means something, as in a browser.
impl Drop for Lock {
    fn drop(&mut self) {}
}

impl Lock {
    pub(crate) fn exist() -> bool {
        false
    }

    pub(crate) fn request(_: &str, _: impl Fn(Standing) + 'static) -> Option<Self> {
        None
    }

    pub(crate) fn steal(_: &str, _: impl Fn(Standing) + 'static) -> Option<Self> {
        None
    }
}

pub(crate) async fn is_free(_: &str) -> bool {
    false
}
