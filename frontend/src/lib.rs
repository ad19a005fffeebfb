//! What a browser runs first: brings the page that the server sent to life. Nothing else.

use leptos::prelude::window;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the inline script of `app::shell`.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    // Signing in and out changes who somebody is: the page is loaded afresh, with nothing left of who they were.
    _ = leptos::server_fn::redirect::set_redirect_hook(|address| {
        // Fails only for an address that is none.
        _ = window().location().assign(address);
    });
    leptos::mount::hydrate_body(app::App);
}
