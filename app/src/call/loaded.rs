//! What of the program only a call needs.

use super::active_call::CallPanel;
use crate::parts::{Fetching, NotLoaded, fetch_or_reload, in_part};
use crate::state::Phase;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use wasm_split_helpers::wasm_split;

/// After so long a page has fetched all that it needs itself.
const AT_REST_AFTER: Duration = Duration::from_secs(3);

#[wasm_split(call, fallible, preload(fetch))]
fn call_panel(phase: Signal<Phase>) -> Result<AnyView, NotLoaded> {
    Ok(view! { <CallPanel phase /> }.into_any())
}

fn fetching() -> Fetching {
    Box::pin(fetch())
}

/// The panel of a call, while it is `shown`. Fetched before anybody calls, once the page has nothing else to do.
#[component]
pub(super) fn LoadedPanel(#[prop(into)] shown: Signal<bool>, #[prop(into)] phase: Signal<Phase>) -> impl IntoView {
    let is_here = RwSignal::new(false);
    // By the time it has come, all of this may stand here anew, in another language.
    Effect::new(move || {
        // If that does not work: it is tried again when it is needed.
        let at_rest = move || {
            spawn_local(async move {
                if is_here.try_get_untracked() == Some(false) && fetch().await.is_ok() {
                    is_here.try_set(true);
                }
            });
        };
        set_timeout(at_rest, AT_REST_AFTER);
    });
    Effect::new(move || {
        if shown.get() && !is_here.get_untracked() {
            spawn_local(async move { _ = is_here.try_set(fetch_or_reload(fetching).await) });
        }
    });
    // Once: whatever is open in the panel would be shut with it.
    let is_up = Memo::new(move |_| shown.get() && is_here.get());
    move || is_up.get().then(|| Suspend::new(in_part(Box::pin(call_panel(phase)))))
}
