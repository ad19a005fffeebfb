//! What a browser runs first: brings the page that the server sent to life. Nothing else.

use leptos::prelude::window;
use wasm_bindgen::prelude::wasm_bindgen;

/// Under this name a tab remembers when it had to start over, in milliseconds since 1970-01-01 UTC.
const STARTED_OVER: &str = "paxora-started-over";
/// A page that fails again so soon stays as it is: starting over does not help it, in milliseconds.
const NOT_AGAIN_WITHIN: f64 = 30_000.0;

/// Called by the inline script of `app::shell`.
#[wasm_bindgen]
pub fn hydrate() {
    std::panic::set_hook(Box::new(|why| {
        console_error_panic_hook::hook(why);
        start_over();
    }));
    // Signing in and out changes who somebody is: the page is loaded afresh, with nothing left of who they were.
    _ = leptos::server_fn::redirect::set_redirect_hook(|address| {
        // Fails only for an address that is none.
        _ = window().location().assign(address);
    });
    leptos::mount::hydrate_body(app::App);
}

/// A page whose program has ended looks alive, but nothing in it works, and it would not ring: it is loaded again.
fn start_over() {
    let now = js_sys::Date::now();
    let Ok(Some(storage)) = window().session_storage() else { return };
    let before = storage.get_item(STARTED_OVER).ok().flatten().and_then(|at| at.parse::<f64>().ok());
    let again = before.is_some_and(|before| (0.0..NOT_AGAIN_WITHIN).contains(&(now - before)));
    if !again && storage.set_item(STARTED_OVER, &now.to_string()).is_ok() {
        _ = window().location().reload();
    }
}
