//! The browser's side: `js/load.js` is part of the app, `js/voice.js` with the LiveKit client is loaded on call intent.

use crate::{NoMicrophone, NotConnected, RoomState};
use js_sys::{Function, Promise, Reflect};
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

#[wasm_bindgen(module = "/js/load.js")]
extern "C" {
    #[wasm_bindgen(js_name = load)]
    fn load_bundle(url: &str) -> Promise;
    #[wasm_bindgen(js_name = openMicrophone)]
    fn open_microphone(preferred: Option<&str>) -> Promise;
    #[wasm_bindgen(js_name = useAudioFor)]
    fn use_audio_for(what: &str);
}

#[wasm_bindgen]
extern "C" {
    /// `Voice` of `js/voice.js`.
    type Voice;
    #[wasm_bindgen(method)]
    fn connect(this: &Voice, url: &str, token: &str) -> Promise;
    #[wasm_bindgen(method)]
    fn publish(this: &Voice, track: &JsValue, muted: bool) -> Promise;
    #[wasm_bindgen(method, js_name = takeMicrophone)]
    fn take_microphone(this: &Voice) -> Option<Track>;
    #[wasm_bindgen(method, js_name = openAnew)]
    fn open_anew(this: &Voice) -> Promise;
    #[wasm_bindgen(method, js_name = setMuted)]
    fn set_muted(this: &Voice, muted: bool) -> Promise;
    #[wasm_bindgen(method, js_name = setVolume)]
    fn set_volume(this: &Voice, member: &str, volume: f64);
    #[wasm_bindgen(method, js_name = startAudio)]
    fn start_audio(this: &Voice) -> Promise;
    #[wasm_bindgen(method, js_name = chooseMicrophone)]
    fn choose_microphone(this: &Voice, id: &str) -> Promise;
    #[wasm_bindgen(method, js_name = chooseSpeaker)]
    fn choose_speaker(this: &Voice, id: &str) -> Promise;
    #[wasm_bindgen(method)]
    fn leave(this: &Voice) -> Promise;

    /// A `MediaStreamTrack`.
    type Track;
    #[wasm_bindgen(method)]
    fn stop(this: &Track);
}

/// The room this page is in, with the callback that it keeps alive.
struct Room {
    voice: Voice,
    _tell: Closure<dyn Fn(JsValue)>,
}

impl Drop for Room {
    fn drop(&mut self) {
        // Releases the microphone before it returns; the rest is a farewell to the server.
        ignore(self.voice.leave());
    }
}

thread_local! {
    static ROOM: RefCell<Option<Room>> = const { RefCell::new(None) };
    /// Rises whenever we join or leave: who was still loading then must not join any more.
    static INTENT: Cell<u32> = const { Cell::new(0) };
}

fn new_intent() -> u32 {
    INTENT.set(INTENT.get().wrapping_add(1));
    INTENT.get()
}

fn with_voice<T>(act: impl FnOnce(&Voice) -> T) -> Option<T> {
    ROOM.with_borrow(|room| room.as_ref().map(|room| act(&room.voice)))
}

/// Lets a promise run; what it rejects with shows in the next [`RoomState`], or not at all.
fn ignore(promise: Promise) {
    spawn_local(async move {
        let _ = JsFuture::from(promise).await;
    });
}

/// An open microphone. Dropping it releases it.
pub struct Microphone(Option<Track>);

impl Drop for Microphone {
    fn drop(&mut self) {
        if let Some(track) = &self.0 {
            track.stop();
        }
    }
}

/// A microphone that was asked for. If nobody waits for it any more when it comes, it is released.
struct Asked(Option<Promise>);

impl Asked {
    /// Somebody has taken the answer.
    fn settled(mut self) {
        self.0 = None;
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(answer) = self.0.take() {
            spawn_local(async move {
                if let Ok(track) = JsFuture::from(answer).await {
                    drop(Microphone(Some(track.unchecked_into())));
                }
            });
        }
    }
}

/// Asks for the microphone, at once: call it in the tap's own handler, await it later. The preferred one is taken if it is
/// there.
///
/// # Errors
/// See [`NoMicrophone`].
pub fn microphone(preferred: Option<&str>) -> impl Future<Output = Result<Microphone, NoMicrophone>> + use<> {
    let asked = Asked(Some(open_microphone(preferred)));
    async move {
        let Some(answer) = asked.0.clone() else { return Err(NoMicrophone::Busy) };
        let answer = JsFuture::from(answer).await;
        asked.settled();
        match answer {
            Ok(track) => Ok(Microphone(Some(track.unchecked_into()))),
            Err(why) => Err(reason(&why)),
        }
    }
}

fn reason(why: &JsValue) -> NoMicrophone {
    match why.as_string().as_deref() {
        Some("denied") => NoMicrophone::Denied,
        Some("missing") => NoMicrophone::Missing,
        _ => NoMicrophone::Busy,
    }
}

/// Takes the published microphone back, still open, to publish it in the next room. None if it is gone.
#[must_use]
pub fn take_microphone() -> Option<Microphone> {
    let track = with_voice(Voice::take_microphone).flatten()?;
    Some(Microphone(Some(track)))
}

/// Opens the published microphone again, after the system took it away. Call it in the tap's own handler, if there was one.
///
/// # Errors
/// See [`NoMicrophone`].
pub fn open_anew() -> impl Future<Output = Result<(), NoMicrophone>> {
    let opened = with_voice(Voice::open_anew);
    async move {
        let opened = opened.ok_or(NoMicrophone::Missing)?;
        JsFuture::from(opened).await.map(drop).map_err(|why| reason(&why))
    }
}

/// Loads the LiveKit client before it is needed.
pub fn preload(voice_bundle: &str) {
    ignore(load_bundle(voice_bundle));
}

/// Loads the LiveKit client, if it was not loaded yet.
///
/// # Errors
/// [`NotConnected`] if that failed. It may work the next time.
pub async fn load(voice_bundle: &str) -> Result<(), NotConnected> {
    JsFuture::from(load_bundle(voice_bundle)).await.map(drop).map_err(|_| NotConnected)
}

/// Joins a room, leaving the one this page was in. `tell` is called with the whole state at each change, until [`leave`].
///
/// # Errors
/// [`NotConnected`] if the client could not be loaded, the voice server did not let us in, or we left meanwhile.
pub async fn connect(
    voice_bundle: &str,
    url: &str,
    token: &str,
    tell: impl Fn(RoomState) + 'static,
) -> Result<(), NotConnected> {
    let intent = new_intent();
    let module = JsFuture::from(load_bundle(voice_bundle)).await.map_err(|_| NotConnected)?;
    if INTENT.get() != intent {
        return Err(NotConnected);
    }
    let class: Function =
        Reflect::get(&module, &"Voice".into()).ok().and_then(|class| class.dyn_into().ok()).ok_or(NotConnected)?;
    let tell = Closure::<dyn Fn(JsValue)>::new(move |state| {
        // A state that cannot be read is one of a newer client: the next one may be readable.
        if let Ok(state) = serde_wasm_bindgen::from_value(state) {
            tell(state);
        }
    });
    let voice = Reflect::construct(&class, &js_sys::Array::of1(tell.as_ref())).map_err(|_| NotConnected)?;
    let voice: Voice = voice.unchecked_into();
    let connected = voice.connect(url, token);
    // From here on, whoever leaves also stops this attempt.
    drop(ROOM.replace(Some(Room { voice, _tell: tell })));
    JsFuture::from(connected).await.map(drop).map_err(|_| NotConnected)
}

/// Lets the others hear this microphone, unless `muted`.
///
/// # Errors
/// [`NotConnected`] if we are in no room, or the voice server does not take it. The microphone is released then.
pub async fn publish(mut microphone: Microphone, muted: bool) -> Result<(), NotConnected> {
    let published = with_voice(|voice| microphone.0.take().map(|track| voice.publish(&track, muted)));
    let published = published.flatten().ok_or(NotConnected)?;
    JsFuture::from(published).await.map(drop).map_err(|_| NotConnected)
}

/// Mutes or unmutes our microphone.
pub fn set_muted(muted: bool) {
    if let Some(done) = with_voice(|voice| voice.set_muted(muted)) {
        ignore(done);
    }
}

/// Hears one member so loud from now on, 0 to 1, in this room and the next ones, where the browser can do that.
pub fn set_volume(member: &str, volume: f64) {
    with_voice(|voice| voice.set_volume(member, volume));
}

/// Speaks into this one from now on.
pub fn choose_microphone(id: &str) {
    if let Some(done) = with_voice(|voice| voice.choose_microphone(id)) {
        ignore(done);
    }
}

/// Hears from this one from now on.
pub fn choose_speaker(id: &str) {
    if let Some(done) = with_voice(|voice| voice.choose_speaker(id)) {
        ignore(done);
    }
}

/// Plays the others, where the browser wanted a tap first. Call it in the tap's own handler.
pub fn start_audio() {
    if let Some(done) = with_voice(Voice::start_audio) {
        ignore(done);
    }
}

/// Hangs up and releases the microphone.
pub fn leave() {
    new_intent();
    // Not dropped inside of the borrow: leaving may call back.
    let room = ROOM.take();
    drop(room);
    use_audio_for("auto");
}
