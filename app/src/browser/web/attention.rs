//! What draws somebody's attention to a page they do not look at.

use super::phone::tell_worker;
use crate::browser::Notice;
use domain::CallId;
use js_sys::Array;
use leptos::prelude::{IntervalHandle, set_interval_with_handle, window};
use leptos::task::spawn_local;
use serde_json::json;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::prelude::*;

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

/// A notification of the operating system that somebody calls, shown by the page's service worker if there is one, and if
/// this person lets us. Dropping it takes it away.
pub(crate) struct Notification {
    call: CallId,
    over: Rc<Cell<bool>>,
}

impl Notification {
    /// Shows it, unless `wanted` turns out to be false.
    pub(crate) fn show(notice: Notice, wanted: impl Future<Output = bool> + 'static) -> Self {
        let notification = Notification { call: notice.call, over: Rc::default() };
        let over = Rc::clone(&notification.over);
        spawn_local(async move {
            if wanted.await && !over.get() {
                let Notice { title, body, call, url } = notice;
                let ring = json!({ "type": "ring", "title": title, "body": body, "callId": call, "url": url });
                tell_worker(ring).await;
            }
        });
        notification
    }
}

impl Drop for Notification {
    fn drop(&mut self) {
        self.over.set(true);
        let call = self.call;
        spawn_local(async move { close(call).await });
    }
}

/// Takes the ring's notification away; what has come in its place, *missed*, stays.
pub(crate) async fn close(call: CallId) {
    // The worker's turn: what it puts in its place while we look would be taken away instead.
    tell_worker(json!({ "type": "ring-over", "callId": call })).await;
}
