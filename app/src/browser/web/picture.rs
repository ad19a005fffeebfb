//! A small window of its own that stays in front of everything: Document Picture-in-Picture.

use js_sys::{Promise, Reflect};
use leptos::prelude::{document, window};
use serde_json::json;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement, Window};

#[wasm_bindgen]
extern "C" {
    /// `documentPictureInPicture`, of which `web-sys` knows nothing.
    type Pictures;
    #[wasm_bindgen(method, catch, js_name = requestWindow)]
    fn request_window(this: &Pictures, options: &JsValue) -> Result<Promise, JsValue>;
}

fn pictures() -> Option<Pictures> {
    let found = Reflect::get(&window(), &"documentPictureInPicture".into()).ok()?;
    (!found.is_undefined()).then(|| found.unchecked_into())
}

/// Whether this browser has such windows. Phones have none, whatever they say.
pub(crate) fn is_possible() -> bool {
    pictures().is_some() && !super::agent::is_phone()
}

/// A card that is shown in a window of its own. Dropping it closes the window and brings the card back.
pub(crate) struct Picture {
    window: Window,
    card: HtmlElement,
    home: Element,
    closed: Closure<dyn Fn()>,
}

impl Picture {
    /// Takes a card out of the page, as it is: its handlers go with it. Call it in the tap's own handler. `closed` is
    /// called when somebody closes the window. None if the browser refuses.
    pub(crate) fn open(
        card: HtmlElement,
        title: String,
        closed: impl Fn() + 'static,
    ) -> impl Future<Output = Option<Self>> + 'static {
        let size = js_sys::JSON::parse(&json!({ "width": 360, "height": 480 }).to_string());
        let asked = pictures().zip(size.ok()).and_then(|(pictures, size)| pictures.request_window(&size).ok());
        async move {
            // Of another realm: `dyn_into` would not know it.
            let window: Window = JsFuture::from(asked?).await.ok()?.unchecked_into();
            let home = card.parent_element().filter(|home| home.is_connected());
            let moved = home.filter(|_| move_into(&window, &card, &title).is_some());
            let Some(home) = moved else {
                // The call was over before the window was there.
                let _ = window.close();
                return None;
            };
            let closed = Closure::new(closed);
            let _ = window.add_event_listener_with_callback("pagehide", closed.as_ref().unchecked_ref());
            Some(Picture { window, card, home, closed })
        }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        let told = self.closed.as_ref().unchecked_ref();
        let _ = self.window.remove_event_listener_with_callback("pagehide", told);
        let _ = self.home.append_child(&self.card);
        let _ = self.window.close();
    }
}

fn move_into(window: &Window, card: &HtmlElement, title: &str) -> Option<()> {
    let there = window.document()?;
    there.set_title(title);
    let language = document().document_element()?.get_attribute("lang").unwrap_or_default();
    there.document_element()?.set_attribute("lang", &language).ok()?;
    let styles = document().query_selector_all("link[rel=stylesheet]").ok()?;
    for style in (0..styles.length()).filter_map(|index| styles.get(index)) {
        // As a whole address: the new page has none of its own.
        let address = Reflect::get(&style, &"href".into()).ok()?.as_string()?;
        let copy = there.create_element("link").ok()?;
        copy.set_attribute("rel", "stylesheet").ok()?;
        copy.set_attribute("href", &address).ok()?;
        there.head()?.append_child(&copy).ok()?;
    }
    there.body()?.append_child(card).ok().map(drop)
}
