//! What draws somebody's attention to a page they do not look at.

use super::phone::{registration, tell_worker};
use crate::browser::Notice;
use js_sys::{Array, JSON, Reflect};
use leptos::prelude::{IntervalHandle, set_interval_with_handle, window};
use leptos::task::spawn_local;
use serde_json::json;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::ServiceWorkerRegistration;

/// Three short ones, in milliseconds, with rests between them.
const SHAKES: [u32; 5] = [200, 100, 200, 100, 200];
const SHAKE_EVERY: Duration = Duration::from_secs(2);

#[wasm_bindgen]
extern "C" {
    /// A `navigator` that may be able to do this; some are not.
    type Shaker;
    #[wasm_bindgen(method, catch)]
    fn vibrate(this: &Shaker, pattern: &Array) -> Result<bool, JsValue>;
}

fn shake(pattern: &[u32]) {
    let pattern: Array = pattern.iter().copied().map(JsValue::from).collect();
    let navigator: JsValue = window().navigator().into();
    // A device that cannot, or may not yet, stays still.
    let _ = navigator.unchecked_ref::<Shaker>().vibrate(&pattern);
}

/// Shakes the phone again and again, where browsers let it, until this is dropped.
pub(crate) struct Vibration(Option<IntervalHandle>);

impl Vibration {
    pub(crate) fn start() -> Self {
        shake(&SHAKES);
        Vibration(set_interval_with_handle(|| shake(&SHAKES), SHAKE_EVERY).ok())
    }
}

impl Drop for Vibration {
    fn drop(&mut self) {
        if let Some(again) = self.0.take() {
            again.clear();
        }
        shake(&[]);
    }
}

/// A notification of the operating system, shown through the page's service worker if there is one, and if this person
/// lets us. Dropping it takes it away.
pub(crate) struct Notification {
    tag: String,
    over: Rc<Cell<bool>>,
}

impl Notification {
    /// Shows it, unless `wanted` turns out to be false.
    pub(crate) fn show(notice: Notice, wanted: impl Future<Output = bool> + 'static) -> Self {
        let notification = Notification { tag: notice.tag.clone(), over: Rc::default() };
        let over = Rc::clone(&notification.over);
        spawn_local(async move {
            if !wanted.await || over.get() {
                return;
            }
            let Some(registration) = registration().await else { return };
            // What came by push has buttons.
            if has_ring(&registration, &notice.tag).await {
                return;
            }
            let options = json!({
                "body": notice.body, "tag": notice.tag, "icon": "/icon-192.png", "requireInteraction": true,
                "vibrate": SHAKES,
            });
            let Ok(options) = JSON::parse(&options.to_string()) else { return };
            if let Ok(data) = JSON::parse(&notice.data) {
                let _ = Reflect::set(&options, &"data".into(), &data);
            }
            // Refused without this person's permission.
            if let Ok(shown) = registration.show_notification_with_options(&notice.title, options.unchecked_ref()) {
                let _ = JsFuture::from(shown).await;
            }
            if over.get() {
                close(&notice.tag).await;
            }
        });
        notification
    }
}

impl Drop for Notification {
    fn drop(&mut self) {
        self.over.set(true);
        let tag = std::mem::take(&mut self.tag);
        spawn_local(async move { close(&tag).await });
    }
}

/// Takes the ring's notification away; what the service worker has put in its place, *missed*, stays.
pub(crate) async fn close(tag: &str) {
    // The worker's turn: what it puts in its place while we look would be taken away instead.
    tell_worker(json!({ "type": "ring-over", "tag": tag })).await;
}

/// Whether there is a notification of a ring that goes on.
async fn has_ring(registration: &ServiceWorkerRegistration, tag: &str) -> bool {
    let Ok(shown) = registration.get_notifications() else { return false };
    let Ok(shown) = JsFuture::from(shown).await else { return false };
    Array::from(&shown).iter().any(|shown| {
        let shown = shown.unchecked_into::<web_sys::Notification>();
        let kind = Reflect::get(&shown.data(), &"kind".into()).ok().and_then(|kind| kind.as_string());
        shown.tag().as_deref() == Some(tag) && kind.as_deref() == Some("ring")
    })
}
