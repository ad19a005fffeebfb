//! What the phone is told of a call: the screen stays on, and what hangs up and mutes outside of the page.

use crate::browser::{Controls, is_hidden};
use js_sys::{Array, Function, JSON, Promise, Reflect};
use leptos::leptos_dom::helpers::WindowListenerHandle;
use leptos::prelude::{window, window_event_listener_untyped};
use leptos::task::spawn_local;
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// `navigator.wakeLock`, of which `web-sys` has only an unstable draft.
    type WakeLocks;
    #[wasm_bindgen(method, catch)]
    fn request(this: &WakeLocks, what: &str) -> Result<Promise, JsValue>;

    /// A screen that stays on.
    #[derive(Clone)]
    type Sentinel;
    #[wasm_bindgen(method, getter)]
    fn released(this: &Sentinel) -> bool;
    #[wasm_bindgen(method, catch)]
    fn release(this: &Sentinel) -> Result<Promise, JsValue>;

    /// `navigator.mediaSession`, with what browsers have besides the standard.
    type Session;
    #[wasm_bindgen(method, catch, js_name = setActionHandler)]
    fn set_action_handler(this: &Session, action: &str, handler: Option<&Function>) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = setMicrophoneActive)]
    fn set_microphone_active(this: &Session, active: bool) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, setter)]
    fn set_metadata(this: &Session, metadata: &JsValue);
}

/// A part of `navigator`, where the browser has it.
fn part<T: JsCast>(name: &str) -> Option<T> {
    let part = Reflect::get(window().navigator().as_ref(), &name.into()).ok()?;
    (!part.is_undefined()).then(|| part.unchecked_into())
}

fn ignore(promise: Promise) {
    spawn_local(async move {
        let _ = JsFuture::from(promise).await;
    });
}

/// The screen stays on until this is dropped, where the browser can do that and somebody looks at the page.
pub(crate) struct WakeLock {
    hold: Rc<RefCell<Hold>>,
    back: Option<WindowListenerHandle>,
}

#[derive(Default)]
struct Hold {
    sentinel: Option<Sentinel>,
    over: bool,
}

impl WakeLock {
    pub(crate) fn hold() -> Self {
        let hold = Rc::default();
        ask(Rc::clone(&hold));
        // Whoever turns away from the page loses it.
        let again = Rc::clone(&hold);
        let back = window_event_listener_untyped("visibilitychange", move |_| {
            if !is_hidden() {
                ask(Rc::clone(&again));
            }
        });
        WakeLock { hold, back: Some(back) }
    }
}

impl Drop for WakeLock {
    fn drop(&mut self) {
        if let Some(back) = self.back.take() {
            back.remove();
        }
        let mut hold = self.hold.borrow_mut();
        hold.over = true;
        if let Some(released) = hold.sentinel.take().and_then(|sentinel| sentinel.release().ok()) {
            ignore(released);
        }
    }
}

fn ask(hold: Rc<RefCell<Hold>>) {
    if hold.borrow().sentinel.as_ref().is_some_and(|sentinel| !sentinel.released()) {
        return;
    }
    // Refused where the battery is low, for one: the screen may go dark then.
    let Some(asked) = part::<WakeLocks>("wakeLock").and_then(|locks| locks.request("screen").ok()) else { return };
    spawn_local(async move {
        let Ok(sentinel) = JsFuture::from(asked).await else { return };
        let sentinel: Sentinel = sentinel.unchecked_into();
        let mut hold = hold.borrow_mut();
        if !hold.over {
            hold.sentinel = Some(sentinel);
        } else if let Ok(released) = sentinel.release() {
            ignore(released);
        }
    });
}

/// A call, as the lock screen and the buttons of a headset know it. Dropping it takes it away there.
pub(crate) struct MediaSession {
    handlers: Vec<Handler>,
}

/// What is called when somebody presses the button of this name.
type Handler = (&'static str, Closure<dyn Fn()>);

impl MediaSession {
    /// Shows a call with this title, and has it controlled from there.
    pub(crate) fn begin(title: &str, controls: Controls) -> Self {
        let Controls { hang_up, toggle_microphone } = controls;
        let handlers = vec![("hangup", Closure::new(hang_up)), ("togglemicrophone", Closure::new(toggle_microphone))];
        if let Some(session) = part::<Session>("mediaSession") {
            for (action, handler) in &handlers {
                // Some browsers know no such button.
                let _ = session.set_action_handler(action, Some(handler.as_ref().unchecked_ref()));
            }
            if let Some(metadata) = metadata(title) {
                session.set_metadata(&metadata);
            }
        }
        MediaSession { handlers }
    }

    /// Whether the system shows a microphone that is in use.
    pub(crate) fn set_microphone_active(active: bool) {
        let told = part::<Session>("mediaSession").and_then(|session| session.set_microphone_active(active).ok());
        // Newer ones promise to.
        if let Some(promise) = told.and_then(|told| told.dyn_into::<Promise>().ok()) {
            ignore(promise);
        }
    }
}

impl Drop for MediaSession {
    fn drop(&mut self) {
        if let Some(session) = part::<Session>("mediaSession") {
            for (action, _) in &self.handlers {
                let _ = session.set_action_handler(action, None);
            }
            session.set_metadata(&JsValue::NULL);
        }
    }
}

fn metadata(title: &str) -> Option<JsValue> {
    let class: Function = Reflect::get(&window(), &"MediaMetadata".into()).ok()?.dyn_into().ok()?;
    let artwork = json!([{ "src": "/icon-512.png", "sizes": "512x512", "type": "image/png" }]);
    let shown = JSON::parse(&json!({ "title": title, "artwork": artwork }).to_string()).ok()?;
    Reflect::construct(&class, &Array::of1(&shown)).ok()
}
