//! The real one.

pub(crate) mod agent;
pub(crate) mod attention;
pub(crate) mod floating;
pub(crate) mod phone;
pub(crate) mod picture;
pub(crate) mod presence;
pub(crate) mod sound;
pub(crate) mod tabs;

use domain::Nonce;
use js_sys::Promise;
use leptos::prelude::{document, on_cleanup, set_timeout_with_handle, window, window_event_listener_untyped};
use send_wrapper::SendWrapper;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal, EventSource, MessageEvent, RequestInit, Response};

/// How long we wait for an answer, in milliseconds.
const ANSWER_WITHIN: u32 = 5_000;

/// A stream of server-sent events. Dropping it closes the connection.
pub(crate) struct EventStream {
    source: Option<EventSource>,
    _told: Closure<dyn Fn(MessageEvent)>,
    _broken: Closure<dyn Fn()>,
}

impl EventStream {
    /// Listens to the named events at `url`. `told` gets each one's data; `broken` is called whenever the connection is
    /// lost, also when the browser goes on trying by itself.
    pub(crate) fn open(
        url: &str,
        names: &[&str],
        told: impl Fn(String) + 'static,
        broken: impl Fn() + 'static,
    ) -> Self {
        let told = Closure::new(move |event: MessageEvent| told(event.data().as_string().unwrap_or_default()));
        let broken = Closure::new(broken);
        let source = EventSource::new(url).ok();
        if let Some(source) = &source {
            for name in names {
                let _ = source.add_event_listener_with_callback(name, told.as_ref().unchecked_ref());
            }
            source.set_onerror(Some(broken.as_ref().unchecked_ref()));
        }
        EventStream { source, _told: told, _broken: broken }
    }

    /// The browser has given up: only a new stream helps.
    pub(crate) fn is_closed(&self) -> bool {
        self.source.as_ref().is_none_or(|source| source.ready_state() == EventSource::CLOSED)
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        if let Some(source) = &self.source {
            source.set_onerror(None);
            source.close();
        }
    }
}

/// Milliseconds since the page was loaded; never goes back.
pub(crate) fn now() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// Waits so many milliseconds.
pub(crate) async fn pause(millis: u32) {
    let waited = Promise::new(&mut |done, _| {
        let millis = i32::try_from(millis).unwrap_or(i32::MAX);
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&done, millis);
    });
    let _ = JsFuture::from(waited).await;
}

/// Calls `back` whenever the page becomes visible again, for as long as the app lives.
pub(crate) fn on_return(back: impl Fn() + 'static) {
    let heard = window_event_listener_untyped("visibilitychange", move |_| {
        if !is_hidden() {
            back();
        }
    });
    on_cleanup(move || heard.remove());
}

/// Calls `awake` whenever the page may have missed something: it is visible again, it was frozen, or the network is back.
/// For as long as the app lives.
pub(crate) fn on_wake(awake: impl Fn() + Clone + 'static) {
    on_return(awake.clone());
    for event in ["online", "pageshow"] {
        let awake = awake.clone();
        let heard = window_event_listener_untyped(event, move |_| awake());
        on_cleanup(move || heard.remove());
    }
    // This one stays at the document.
    let resumed = Closure::<dyn Fn()>::new(awake);
    let _ = document().add_event_listener_with_callback("resume", resumed.as_ref().unchecked_ref());
    let resumed = SendWrapper::new(resumed);
    on_cleanup(move || {
        let _ = document().remove_event_listener_with_callback("resume", resumed.as_ref().unchecked_ref());
    });
}

/// Whether nobody can see the page.
pub(crate) fn is_hidden() -> bool {
    document().hidden()
}

/// Status and text at an address of ours; none if the server could not be reached in time.
pub(crate) async fn fetch(url: &str) -> Option<(u16, String)> {
    fetch_until(url, &AbortSignal::timeout_with_u32(ANSWER_WITHIN)).await
}

/// As [`fetch`], for an answer that the server may hold back for so many seconds. Given up when the page becomes visible.
pub(crate) async fn fetch_in_hiding(url: &str, seconds: u32) -> Option<(u16, String)> {
    let enough = AbortController::new().ok()?;
    let give_up = {
        let enough = enough.clone();
        move || enough.abort()
    };
    let within = Duration::from_millis((seconds * 1_000 + ANSWER_WITHIN).into());
    let late = set_timeout_with_handle(give_up.clone(), within).ok()?;
    let back = window_event_listener_untyped("visibilitychange", move |_| {
        if !is_hidden() {
            give_up();
        }
    });
    let answer = fetch_until(url, &enough.signal()).await;
    late.clear();
    back.remove();
    answer
}

async fn fetch_until(url: &str, enough: &AbortSignal) -> Option<(u16, String)> {
    let options = RequestInit::new();
    options.set_signal(Some(enough));
    let response = JsFuture::from(window().fetch_with_str_and_init(url, &options)).await.ok()?;
    let response: Response = response.dyn_into().ok()?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    Some((response.status(), text.as_string().unwrap_or_default()))
}

/// Loads another page.
pub(crate) fn go_to(path: &str) {
    let _ = window().location().assign(path);
}

/// Where this tab is.
pub(crate) fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

/// Puts words where they can be pasted from. False if the browser does not let us, as where a page comes by plain http.
pub(crate) async fn copy(words: &str) -> bool {
    let clipboard = window().navigator().clipboard();
    !clipboard.is_undefined() && JsFuture::from(clipboard.write_text(words)).await.is_ok()
}

/// Loads the page again.
pub(crate) fn reload() {
    let _ = window().location().reload();
}

/// Remembers a word for this tab, across reloads; `None` forgets it.
pub(crate) fn keep(key: &str, word: Option<&str>) {
    if let Ok(Some(storage)) = window().session_storage() {
        let _ = match word {
            Some(word) => storage.set_item(key, word),
            None => storage.remove_item(key),
        };
    }
}

/// What [`keep`] remembered.
pub(crate) fn kept(key: &str) -> Option<String> {
    window().session_storage().ok()??.get_item(key).ok()?
}

/// Remembers for all tabs, and for good, that something was said or done.
pub(crate) fn remember(what: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(what, "yes");
    }
}

/// Forgets what [`remember`] was told.
pub(crate) fn forget(what: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.remove_item(what);
    }
}

/// Whether somebody told us to [`remember`] this.
pub(crate) fn remembers(what: &str) -> bool {
    window().local_storage().ok().flatten().and_then(|storage| storage.get_item(what).ok()?).is_some()
}

/// Remembers a word for all tabs, and for good.
pub(crate) fn remember_word(key: &str, word: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(key, word);
    }
}

/// What [`remember_word`] remembered.
pub(crate) fn remembered_word(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// A fresh nonce, which nobody else has.
pub(crate) fn nonce() -> Nonce {
    let mut bytes = [0; 16];
    let strong = window().crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    if strong.is_err() {
        // Nobody needs to guess wrong: it only has to be another one each time.
        bytes = std::array::from_fn(|_| (js_sys::Math::random() * 256.0) as u8);
    }
    Nonce::from_random(bytes)
}

/// Where the voice bundle is: the server wrote it into the page.
pub(crate) fn voice_bundle() -> String {
    written("paxora-voice")
}

/// Where the sprite of the icons is: the server wrote it into the page.
pub(crate) fn icons() -> String {
    thread_local! {
        static ICONS: String = written("paxora-icons");
    }
    ICONS.with(String::clone)
}

/// What the server wrote into the head of the page under this name.
fn written(name: &str) -> String {
    let meta = document().query_selector(&format!("meta[name={name}]")).ok().flatten();
    meta.and_then(|meta| meta.get_attribute("content")).unwrap_or_default()
}
