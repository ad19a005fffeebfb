//! The server's twin of `web.rs`.

pub(crate) mod agent;
pub(crate) mod attention;
pub(crate) mod floating;
pub(crate) mod phone;
pub(crate) mod picture;
pub(crate) mod presence;
pub(crate) mod sound;
pub(crate) mod tabs;

use domain::Nonce;

/// There is no stream to listen to.
pub(crate) struct EventStream;

/// To drop it means something, as in a browser.
impl Drop for EventStream {
    fn drop(&mut self) {}
}

impl EventStream {
    pub(crate) fn open(_: &str, _: &[&str], _: impl Fn(String) + 'static, _: impl Fn() + 'static) -> Self {
        EventStream
    }

    pub(crate) fn is_closed(&self) -> bool {
        true
    }
}

pub(crate) async fn pause(_: u32) {}

pub(crate) fn on_return(_: impl Fn() + 'static) {}

pub(crate) fn on_wake(_: impl Fn() + Clone + 'static) {}

pub(crate) fn now() -> f64 {
    0.0
}

pub(crate) async fn fetch(_: &str) -> Option<(u16, String)> {
    None
}

pub(crate) async fn fetch_in_hiding(_: &str, _: u32) -> Option<(u16, String)> {
    None
}

pub(crate) fn is_hidden() -> bool {
    false
}

pub(crate) fn go_to(_: &str) {}

pub(crate) fn path() -> String {
    String::new()
}

pub(crate) async fn copy(_: &str) -> bool {
    false
}

pub(crate) fn reload() {}

pub(crate) fn keep(_: &str, _: Option<&str>) {}

pub(crate) fn kept(_: &str) -> Option<String> {
    None
}

pub(crate) fn remember(_: &str) {}

pub(crate) fn forget(_: &str) {}

pub(crate) fn remembers(_: &str) -> bool {
    false
}

pub(crate) fn remember_word(_: &str, _: &str) {}

pub(crate) fn remembered_word(_: &str) -> Option<String> {
    None
}

pub(crate) fn nonce() -> Nonce {
    Nonce::from_random([0; 16])
}

pub(crate) fn voice_bundle() -> String {
    String::new()
}

/// As in a browser: icons stand in the pages that the server sends.
pub(crate) fn icons() -> String {
    leptos::prelude::with_context(|assets: &crate::Assets| assets.icons.clone()).unwrap_or_default()
}
