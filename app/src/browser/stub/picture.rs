//! The server opens no windows.

use leptos::web_sys::HtmlElement;

pub(crate) fn is_possible() -> bool {
    false
}

pub(crate) struct Picture;

/// To drop it means something, as in a browser.
impl Drop for Picture {
    fn drop(&mut self) {}
}

impl Picture {
    pub(crate) fn open(
        _: HtmlElement,
        _: String,
        _: impl Fn() + 'static,
    ) -> impl Future<Output = Option<Self>> + 'static {
        std::future::ready(None)
    }
}
