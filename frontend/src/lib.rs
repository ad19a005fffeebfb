//! What a browser runs first: brings the page that the server sent to life. Nothing else.

use js_sys::WebAssembly::RuntimeError;
use leptos::prelude::window;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use web_sys::{ErrorEvent, Event, PromiseRejectionEvent};

/// Under this name a tab remembers when it had to start over, in milliseconds since 1970-01-01 UTC.
const STARTED_OVER: &str = "paxora-started-over";
/// A page that fails again so soon stays as it is: starting over does not help it, in milliseconds.
const NOT_AGAIN_WITHIN: i64 = 30_000;

/// Called by the inline script of `app::shell`.
#[wasm_bindgen]
pub fn hydrate() {
    if cfg!(debug_assertions) {
        console_error_panic_hook::set_once();
    }
    start_over_at_the_end();
    // Signing in and out changes who somebody is: the page is loaded afresh, with nothing left of who they were.
    _ = leptos::server_fn::redirect::set_redirect_hook(|address| {
        // Fails only for an address that is none.
        _ = window().location().assign(address);
    });
    leptos::mount::hydrate_body(app::App);
}

/// Whatever ends the program, a panic or a fault of the machine below it, is a `RuntimeError` that nobody catches
/// (WebAssembly JavaScript Interface, *Error Objects*): in an event, or in something that was waited for. What is released panics without
/// a word, and runs no panic hook.
fn start_over_at_the_end() {
    let heard = Closure::<dyn Fn(Event)>::new(|event: Event| {
        let why = match event.dyn_ref::<PromiseRejectionEvent>() {
            Some(rejected) => rejected.reason(),
            None => event.unchecked_ref::<ErrorEvent>().error(),
        };
        if why.is_instance_of::<RuntimeError>() {
            start_over();
        }
    });
    for kind in ["error", "unhandledrejection"] {
        // Fails only where nothing can be listened to.
        _ = window().add_event_listener_with_callback(kind, heard.as_ref().unchecked_ref());
    }
    heard.forget();
}

/// A page whose program has ended looks alive, but nothing in it works, and it would not ring: it is loaded again.
fn start_over() {
    // Whole milliseconds: what reads fractions is 12 KB more to load.
    let now = js_sys::Date::now() as i64;
    let Ok(Some(storage)) = window().session_storage() else { return };
    let before = storage.get_item(STARTED_OVER).ok().flatten().and_then(|at| at.parse::<i64>().ok());
    let again = before.is_some_and(|before| (0..NOT_AGAIN_WITHIN).contains(&(now - before)));
    if !again && storage.set_item(STARTED_OVER, &now.to_string()).is_ok() {
        _ = window().location().reload();
    }
}
