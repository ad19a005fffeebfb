//! Nothing floats on the server.

use crate::browser::Offset;
use leptos::web_sys::HtmlElement;

pub(crate) fn place(_: &HtmlElement, wanted: Offset) -> Offset {
    wanted
}

pub(crate) struct Watch;

/// To drop it means something, as in a browser.
impl Drop for Watch {
    fn drop(&mut self) {}
}

impl Watch {
    pub(crate) fn start(_: &HtmlElement, _: impl Fn() + 'static) -> Self {
        Watch
    }
}
