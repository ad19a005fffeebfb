//! A card that floats over the page and can be moved about.

use crate::browser::Offset;
use leptos::leptos_dom::helpers::WindowListenerHandle;
use leptos::prelude::{document, window, window_event_listener_untyped};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, ResizeObserver};

/// As near as a card comes to the edges of the window, in pixels.
const MARGIN: f64 = 8.0;
/// Where cards float at all; on narrower screens they fill it (style/call.css).
const WIDE: &str = "(min-width: 48.01em)";

/// Moves a card to where it is wanted, or as near as keeps it inside the window, and answers where that is.
pub(crate) fn place(card: &HtmlElement, wanted: Offset) -> Offset {
    let floats = window().match_media(WIDE).ok().flatten().is_some_and(|media| media.matches());
    if !floats || card.owner_document().as_ref() != Some(&document()) {
        return wanted;
    }
    move_by(card, wanted);
    let edges = card.get_bounding_client_rect();
    let length = |length: Result<JsValue, JsValue>| length.ok().and_then(|length| length.as_f64()).unwrap_or_default();
    let (width, height) = (length(window().inner_width()), length(window().inner_height()));
    let placed = Offset {
        x: wanted.x + inward(edges.left(), edges.right(), width),
        y: wanted.y + inward(edges.top(), edges.bottom(), height),
    };
    move_by(card, placed);
    placed
}

/// How far something has to move to lie between the edges. What comes first stays in sight where there is no room for all.
fn inward(start: f64, end: f64, room: f64) -> i32 {
    (room - MARGIN - end).floor().min(0.0).max((MARGIN - start).ceil()) as i32
}

fn move_by(card: &HtmlElement, Offset { x, y }: Offset) {
    let style = card.style();
    for (name, value) in [("--x", x), ("--y", y)] {
        // Such a value is never refused.
        let _ = style.set_property(name, &format!("{value}px"));
    }
}

/// Tells of every change of a card's size, and of the window's, until it is dropped.
pub(crate) struct Watch {
    observer: Option<ResizeObserver>,
    window: Option<WindowListenerHandle>,
    _changed: Closure<dyn Fn()>,
}

impl Watch {
    pub(crate) fn start(card: &HtmlElement, changed: impl Fn() + 'static) -> Self {
        let changed = Rc::new(changed);
        let again = Rc::clone(&changed);
        let window = window_event_listener_untyped("resize", move |_| again());
        let changed = Closure::new(move || changed());
        let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(card);
        }
        Watch { observer, window: Some(window), _changed: changed }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
        if let Some(window) = self.window.take() {
            window.remove();
        }
    }
}
