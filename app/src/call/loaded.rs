//! What of the program only a call needs. `frontend/bundle` makes a file of its own of it, so that a chat is there sooner.

use super::active_call::CallPanel;
use crate::browser;
use crate::state::Phase;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// After so long a page has fetched all that it needs itself.
const AT_REST_AFTER: Duration = Duration::from_secs(3);
/// So often it is fetched again, after this pause in milliseconds.
const TRIES: u32 = 5;
const PAUSE: u32 = 1_000;

/// It could not be fetched.
struct NotLoaded;

impl From<SplitLoaderError> for NotLoaded {
    fn from(_: SplitLoaderError) -> Self {
        NotLoaded
    }
}

#[wasm_split(call, fallible, preload(fetch))]
fn call_panel(phase: Signal<Phase>) -> Result<AnyView, NotLoaded> {
    Ok(view! { <CallPanel phase /> }.into_any())
}

/// The panel of a call, while it is `shown`. Fetched before anybody calls, once the page has nothing else to do.
#[component]
pub(super) fn LoadedPanel(#[prop(into)] shown: Signal<bool>, #[prop(into)] phase: Signal<Phase>) -> impl IntoView {
    let is_here = RwSignal::new(false);
    Effect::new(move || {
        // If that does not work: it is tried again when it is needed.
        let at_rest = move || spawn_local(async move { is_here.set(is_here.get_untracked() || fetch().await.is_ok()) });
        set_timeout(at_rest, AT_REST_AFTER);
    });
    Effect::new(move || {
        if shown.get() && !is_here.get_untracked() {
            spawn_local(async move { is_here.set(fetch_or_reload().await) });
        }
    });
    // Once: whatever is open in the panel would be shut with it.
    let is_up = Memo::new(move |_| shown.get() && is_here.get());
    let panel = move || async move { call_panel(phase).await.unwrap_or_else(|NotLoaded| ().into_any()) };
    move || is_up.get().then(|| Suspend::new(panel()))
}

/// Where it cannot be fetched, it may be that of a server that is another by now: the page is loaded again, and comes back into
/// the call by itself.
async fn fetch_or_reload() -> bool {
    for _ in 0..TRIES {
        if fetch().await.is_ok() {
            return true;
        }
        browser::pause(PAUSE).await;
    }
    browser::reload();
    false
}
