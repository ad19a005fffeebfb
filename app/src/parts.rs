//! Parts of the program that are files of their own, so that a chat is there sooner. `frontend/bundle` makes them of what is
//! marked with `#[wasm_split]`.

use crate::browser;
use crate::i18n::{t, use_i18n};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::pin::Pin;
use wasm_split_helpers::SplitLoaderError;

/// So often a part is fetched again, after this pause in milliseconds.
const TRIES: u32 = 5;
const PAUSE: u32 = 1_000;

/// A part could not be fetched.
pub(crate) struct NotLoaded;

impl From<SplitLoaderError> for NotLoaded {
    fn from(_: SplitLoaderError) -> Self {
        NotLoaded
    }
}

/// A part on its way.
pub(crate) type Fetching = Pin<Box<dyn Future<Output = Result<(), SplitLoaderError>>>>;
/// What a part shows, which is at once where it has been fetched.
pub(crate) type Showing = Pin<Box<dyn Future<Output = Result<AnyView, NotLoaded>> + Send>>;

/// What is below the head of a page that the chat can do without. The server sends only its place: what is loaded later can be in
/// no page that has to be brought to life.
#[component]
pub(crate) fn Part(fetch: fn() -> Fetching, #[prop(into)] show: Callback<(), Showing>) -> impl IntoView {
    let i18n = use_i18n();
    let is_here = RwSignal::new(false);
    Effect::new(move || spawn_local(async move { is_here.set(fetch_or_reload(fetch).await) }));
    view! {
        <Show
            when=move || is_here.get()
            fallback=move || view! { <p class="timeline-note" role="status">{t!(i18n, app.loading)}</p> }
        >
            {Suspend::new(in_part(show.run(())))}
        </Show>
    }
    .into_any()
}

/// What is in a part; nothing, if it is gone again.
pub(crate) async fn in_part(showing: Showing) -> AnyView {
    showing.await.unwrap_or_else(|NotLoaded| ().into_any())
}

/// Where it cannot be fetched, it may be that of a server that is another by now: the page is loaded again, and comes back into
/// a call by itself.
pub(crate) async fn fetch_or_reload(fetch: fn() -> Fetching) -> bool {
    for _ in 0..TRIES {
        if fetch().await.is_ok() {
            return true;
        }
        browser::pause(PAUSE).await;
    }
    browser::reload();
    false
}
