//! The panel of a call can be moved about, and stays where it was put.

use crate::browser::floating::{Watch, place};
use crate::browser::{self, Offset};
use crate::i18n::{t, use_i18n};
use crate::ui::{Glyph, Icon};
use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html::Section;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};

/// Under this name a tab remembers across reloads where its panel is.
const KEPT_PLACE: &str = "paxora-call-place";
/// How far an arrow key moves, in pixels.
const STEP: i32 = 24;

/// How the panel is moved. Cheap to copy; all copies are one.
#[derive(Clone, Copy)]
pub(crate) struct Moving {
    element: NodeRef<Section>,
    /// Where somebody put it. It stands there, or as near as it fits.
    put: RwSignal<Offset>,
    /// Where the pointer would have to be for the panel to stand where it stands by itself.
    grip: StoredValue<Option<Offset>>,
}

impl Moving {
    /// Moves this panel, and keeps it inside the window whatever becomes of either.
    pub(crate) fn of(element: NodeRef<Section>) -> Self {
        let kept = browser::kept(KEPT_PLACE).and_then(|kept| {
            let (x, y) = kept.split_once(',')?;
            Some(Offset { x: x.parse().ok()?, y: y.parse().ok()? })
        });
        let moving = Moving { element, put: RwSignal::new(kept.unwrap_or_default()), grip: StoredValue::new(None) };
        let watch = StoredValue::new_local(None);
        Effect::new(move || {
            if let Some(panel) = element.get() {
                let stand = move |panel: &HtmlElement| _ = place(panel, moving.put.get_untracked());
                stand(&panel);
                watch.set_value(Some(Watch::start(&panel.clone(), move || stand(&panel))));
            }
        });
        moving
    }

    pub(crate) fn is_moved(&self) -> bool {
        self.put.get() != Offset::default()
    }

    fn go(&self, wanted: Offset) {
        if let Some(panel) = self.element.get_untracked() {
            self.put.set(place(&panel, wanted));
        }
    }

    /// A pointer has taken hold of the head, or of a button in it, which is not meant.
    pub(crate) fn begin(&self, event: &PointerEvent) {
        let Some(target) = event.target().map(|target| target.unchecked_into::<Element>()) else { return };
        if target.closest("button:not(.call-move)").ok().flatten().is_some() {
            return;
        }
        let Offset { x, y } = self.put.get_untracked();
        self.grip.set_value(Some(Offset { x: event.client_x() - x, y: event.client_y() - y }));
        // So that it is not lost when it moves faster than the panel; refused for a pointer that is gone already.
        let _ = target.set_pointer_capture(event.pointer_id());
    }

    pub(crate) fn go_on(&self, event: &PointerEvent) {
        if let Some(Offset { x, y }) = self.grip.get_value() {
            self.go(Offset { x: event.client_x() - x, y: event.client_y() - y });
        }
    }

    pub(crate) fn end(&self) {
        if self.grip.try_update_value(Option::take).flatten().is_some() {
            self.keep();
        }
    }

    fn step(&self, event: &KeyboardEvent) {
        let Offset { x, y } = self.put.get_untracked();
        let wanted = match event.key().as_str() {
            "ArrowLeft" => Offset { x: x - STEP, y },
            "ArrowRight" => Offset { x: x + STEP, y },
            "ArrowUp" => Offset { x, y: y - STEP },
            "ArrowDown" => Offset { x, y: y + STEP },
            _ => return,
        };
        event.prevent_default();
        self.go(wanted);
        self.keep();
    }

    fn keep(&self) {
        let Offset { x, y } = self.put.get_untracked();
        browser::keep(KEPT_PLACE, Some(&format!("{x},{y}")));
    }
}

/// What the panel is taken by: dragged with a pointer, or moved with the arrow keys.
#[component]
pub(crate) fn MoveHandle(moving: Moving) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <button
            type="button"
            class="button-round call-move"
            aria-label=t!(i18n, call.move_panel)
            title=t!(i18n, call.move_panel)
            on:keydown=move |event| moving.step(&event)
        >
            <Icon glyph=Glyph::Grip />
        </button>
    }
    .into_any()
}
