//! Sounds: one player for the whole page. Browsers keep a page silent until somebody has touched it.

use super::{on_return, pause};
use crate::browser::Sound;
use js_sys::ArrayBuffer;
use leptos::prelude::{on_cleanup, window, window_event_listener_untyped};
use leptos::task::spawn_local;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AudioBuffer, AudioBufferSourceNode, AudioContext, AudioContextState, AudioScheduledSourceNode, GainNode, Response,
};

/// What counts as a touch, for one browser or another.
const TOUCHES: [&str; 5] = ["pointerdown", "pointerup", "touchend", "keydown", "click"];
/// How long a sound takes to come and to go, in seconds.
const FADE: f64 = 0.06;
/// After so long a player that was woken is awake, in milliseconds, or may not be.
const AWAKE_WITHIN: u32 = 1_000;

impl Sound {
    fn address(self) -> &'static str {
        match self {
            Sound::Ring => "/sounds/ringtone.mp3",
            Sound::GroupRing => "/sounds/ringtone-group.mp3",
            Sound::Ringback => "/sounds/ringback.mp3",
            Sound::Busy => "/sounds/busy.mp3",
            Sound::Ended => "/sounds/ended.mp3",
        }
    }

    fn repeats(self) -> bool {
        matches!(self, Sound::Ring | Sound::GroupRing | Sound::Ringback)
    }

    /// The file is 1. Whoever waits has the phone at the ear.
    fn loudness(self) -> f32 {
        match self {
            Sound::Ring | Sound::GroupRing => 0.9,
            Sound::Ringback | Sound::Busy => 0.15,
            Sound::Ended => 0.25,
        }
    }
}

thread_local! {
    /// The page's one player. Lives as long as the page.
    static PLAYER: RefCell<Option<Rc<Player>>> = const { RefCell::new(None) };
}

fn player() -> Option<Rc<Player>> {
    PLAYER.with_borrow(Clone::clone)
}

struct Player {
    context: AudioContext,
    /// The browser lets us be heard.
    on: Cell<bool>,
    told: Box<dyn Fn(bool)>,
    /// How many sounds play, or wait to.
    playing: Cell<u32>,
    sounds: RefCell<HashMap<Sound, AudioBuffer>>,
    _changed: Closure<dyn Fn()>,
}

impl Player {
    fn is_awake(&self) -> bool {
        self.context.state() == AudioContextState::Running
    }

    /// Works within a touch, or after one.
    fn wake(&self) {
        if let Ok(awake) = self.context.resume() {
            ignore(awake);
        }
    }

    /// A player that runs costs power even when it plays nothing.
    fn rest(&self) {
        if self.playing.get() == 0
            && let Ok(resting) = self.context.suspend()
        {
            ignore(resting);
        }
    }

    fn set_on(&self, on: bool) {
        if self.on.replace(on) != on {
            (self.told)(on);
        }
    }

    /// A sound, fetched and decoded once.
    async fn sound(&self, sound: Sound) -> Option<AudioBuffer> {
        if let Some(known) = self.sounds.borrow().get(&sound) {
            return Some(known.clone());
        }
        let response = JsFuture::from(window().fetch_with_str(sound.address())).await.ok()?;
        let response: Response = response.dyn_into().ok()?;
        let bytes: ArrayBuffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?.unchecked_into();
        let decoded: AudioBuffer =
            JsFuture::from(self.context.decode_audio_data(&bytes).ok()?).await.ok()?.unchecked_into();
        self.sounds.borrow_mut().insert(sound, decoded.clone());
        Some(decoded)
    }
}

fn ignore(promise: js_sys::Promise) {
    spawn_local(async move {
        let _ = JsFuture::from(promise).await;
    });
}

/// Finds out whether this page may be heard: at once, since it may if the page before it was touched, and with each touch.
/// `told` hears of every change; before the first, the page may not be heard.
pub(crate) fn watch(told: impl Fn(bool) + 'static) {
    // No sound in this browser.
    let Ok(context) = AudioContext::new() else { return };
    let changed = Closure::<dyn Fn()>::new(|| {
        let Some(player) = player().filter(|player| player.is_awake()) else { return };
        if !player.on.get() {
            player.set_on(true);
            // A ring must not wait for them.
            spawn_local(async move {
                for ring in [Sound::Ring, Sound::GroupRing] {
                    player.sound(ring).await;
                }
                player.rest();
            });
        }
    });
    context.set_onstatechange(Some(changed.as_ref().unchecked_ref()));
    let player = Rc::new(Player {
        context,
        on: Cell::new(false),
        told: Box::new(told),
        playing: Cell::new(0),
        sounds: RefCell::default(),
        _changed: changed,
    });
    PLAYER.set(Some(Rc::clone(&player)));
    for touch in TOUCHES {
        let heard = window_event_listener_untyped(touch, |_| unlock());
        on_cleanup(move || heard.remove());
    }
    on_return(move || {
        if player.playing.get() > 0 {
            player.wake();
        }
    });
}

/// Lets this page be heard. Call it in the tap's own handler.
pub(crate) fn unlock() {
    if let Some(player) = player().filter(|player| !player.on.get()) {
        player.wake();
    }
}

/// A sound that plays until it is over or this is dropped.
pub(crate) struct Playing(Rc<Tape>);

#[derive(Default)]
struct Tape {
    over: Cell<bool>,
    nodes: RefCell<Option<(AudioBufferSourceNode, GainNode)>>,
}

/// Plays a sound, as soon as it is here.
pub(crate) fn play(sound: Sound) -> Playing {
    let tape = Rc::new(Tape::default());
    if let Some(player) = player() {
        player.playing.set(player.playing.get() + 1);
        player.wake();
        let tape = Rc::clone(&tape);
        spawn_local(async move {
            if let Some(buffer) = player.sound(sound).await
                && !tape.over.get()
            {
                // Fails only when the page is on its way out.
                _ = start(&player.context, &buffer, sound, &tape);
            }
            pause(AWAKE_WITHIN).await;
            if !tape.over.get() && !player.is_awake() {
                player.set_on(false);
            }
        });
    }
    Playing(tape)
}

fn start(context: &AudioContext, buffer: &AudioBuffer, sound: Sound, tape: &Tape) -> Result<(), JsValue> {
    let (source, volume) = (context.create_buffer_source()?, context.create_gain()?);
    source.set_buffer(Some(buffer));
    source.set_loop(sound.repeats());
    source.connect_with_audio_node(&volume)?.connect_with_audio_node(&context.destination())?;
    let now = context.current_time();
    volume.gain().set_value_at_time(0.0, now)?;
    volume.gain().linear_ramp_to_value_at_time(sound.loudness(), now + FADE)?;
    source.start()?;
    tape.nodes.replace(Some((source, volume)));
    Ok(())
}

fn stop(context: &AudioContext, source: &AudioBufferSourceNode, volume: &GainNode) -> Result<(), JsValue> {
    let (gain, now) = (volume.gain(), context.current_time());
    let level = gain.value();
    gain.cancel_scheduled_values(now)?;
    gain.set_value_at_time(level, now)?;
    gain.linear_ramp_to_value_at_time(0.0, now + FADE)?;
    let source: &AudioScheduledSourceNode = source;
    source.stop_with_when(now + FADE)
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.0.over.set(true);
        let Some(player) = player() else { return };
        if let Some((source, volume)) = self.0.nodes.take() {
            // Fails only for what was never started.
            _ = stop(&player.context, &source, &volume);
        }
        spawn_local(async move {
            pause((FADE * 2_000.0) as u32).await;
            player.playing.set(player.playing.get().saturating_sub(1));
            player.rest();
        });
    }
}
