//! A call in a small window of its own, which stays in front of everything else that is on the screen.

use super::focus::focus_if_lost;
use crate::browser::picture::{Picture, is_possible};
use crate::i18n::{t, use_i18n};
use crate::ui::{Glyph, Icon, Show};
use leptos::html::Section;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Whether the panel is in a window of its own. Cheap to copy; all copies are one.
#[derive(Clone, Copy)]
pub(crate) struct Pictured {
    element: NodeRef<Section>,
    window: StoredValue<Option<Picture>, LocalStorage>,
    is_open: RwSignal<bool>,
}

impl Pictured {
    pub(crate) fn of(element: NodeRef<Section>) -> Self {
        Pictured { element, window: StoredValue::new_local(None), is_open: RwSignal::new(false) }
    }

    pub(crate) fn get(&self) -> bool {
        self.is_open.get()
    }

    pub(crate) fn get_untracked(&self) -> bool {
        self.is_open.get_untracked()
    }

    fn open(self, title: String) {
        let Some(panel) = self.element.get_untracked() else { return };
        // Not from inside of its own handler, which goes with it.
        let asked = Picture::open(panel, title, move || spawn_local(async move { self.close() }));
        spawn_local(async move {
            if let Some(window) = asked.await {
                // The call may be over by now.
                if self.is_open.try_set(true).is_none() {
                    self.window.set_value(Some(window));
                    self.focus();
                }
            }
        });
    }

    fn close(self) {
        drop(self.window.try_update_value(Option::take));
        // Both are gone when the call is over.
        let _ = self.is_open.try_set(false);
        self.focus();
    }

    /// The keys of a call are heard by what has the focus.
    fn focus(self) {
        if let Some(Some(panel)) = self.element.try_get_untracked() {
            if self.get_untracked() {
                // Fails only when it has left the page.
                _ = panel.focus();
            } else {
                focus_if_lost(&panel);
            }
        }
    }
}

/// Takes the call out of the page, and back; nothing where the browser has no such windows.
#[component]
pub(crate) fn PictureButton(pictured: Pictured) -> impl IntoView {
    let i18n = use_i18n();
    let label = move || {
        if pictured.get() { t!(i18n, call.into_page) } else { t!(i18n, call.out_of_page) }
    };
    let glyph = move || if pictured.get() { Glyph::ArrowLeft } else { Glyph::Picture };
    let turn = move |_| {
        if pictured.get_untracked() {
            pictured.close();
        } else {
            pictured.open(t!(i18n, call.label).to_owned());
        }
    };
    view! {
        <Show when=is_possible>
            <button type="button" class="button-round call-picture" aria-label=label title=label on:click=turn>
                {move || view! { <Icon glyph=glyph() /> }}
            </button>
        </Show>
    }
    .into_any()
}
