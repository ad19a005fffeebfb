//! The keys of a call: M mutes, Space is held to talk while muted, Escape makes the call small.

use super::active_call::Panel;
use super::picture::Pictured;
use crate::browser;
use crate::state::{Phase, VoiceCalls, use_ringer, use_voice_calls};
use domain::CallSnapshot;
use leptos::ev::{KeyboardEvent, blur, keydown, keyup, visibilitychange};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::Element;

/// Under this name a browser remembers that somebody wants no keys of one letter.
const NO_KEYS: &str = "paxora-no-call-keys";
/// What takes letters.
const WRITING: &str = "input, textarea, select, [contenteditable]";
/// What Space presses.
const PRESSED: &str = "a, button, label, summary";

/// Whether the keys of one letter are in use.
pub(crate) fn are_on() -> bool {
    !browser::remembers(NO_KEYS)
}

/// Whoever dictates, or whose hand is not steady, may want none.
pub(crate) fn turn(on: bool) {
    if on {
        browser::forget(NO_KEYS);
    } else {
        browser::remember(NO_KEYS);
    }
}

/// What the keys do. Cheap to copy; all copies are one.
#[derive(Clone, Copy)]
pub(crate) struct Shortcuts {
    panel: Panel,
    pictured: Pictured,
    voice: VoiceCalls,
    ringing: Signal<Vec<CallSnapshot>>,
}

impl Shortcuts {
    /// Hears the keys, wherever on the page somebody is, as long as the panel is there.
    pub(crate) fn of(panel: Panel, pictured: Pictured) -> Self {
        let keys = Shortcuts { panel, pictured, voice: use_voice_calls(), ringing: use_ringer().ringing() };
        Effect::new(move || {
            let page = [
                window_event_listener(keydown, move |event| keys.press(&event)),
                window_event_listener(keyup, move |event| keys.release(&event)),
                window_event_listener(blur, move |_| keys.let_go()),
                window_event_listener(visibilitychange, move |_| keys.let_go()),
                window_event_listener_untyped("pagehide", move |_| keys.let_go()),
            ];
            on_cleanup(move || page.into_iter().for_each(|listener| listener.remove()));
        });
        on_cleanup(move || keys.let_go());
        keys
    }

    /// In a window of its own the panel is all there is, and has the focus; the page hears nothing of it.
    pub(crate) fn press_in_picture(&self, event: &KeyboardEvent) {
        if self.pictured.get_untracked() {
            self.press(event);
        }
    }

    pub(crate) fn release_in_picture(&self, event: &KeyboardEvent) {
        if self.pictured.get_untracked() {
            self.release(event);
        }
    }

    /// Whatever was held is held no more.
    pub(crate) fn let_go(&self) {
        self.voice.hold_open(false);
    }

    fn release(&self, event: &KeyboardEvent) {
        if event.key() == " " {
            self.let_go();
        }
    }

    fn press(&self, event: &KeyboardEvent) {
        if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let talks =
            self.voice.phase().with_untracked(|phase| matches!(phase, Phase::InCall(_) | Phase::Reconnecting(_)));
        let letters = talks && are_on() && !is_on(event, WRITING);
        match event.key().as_str() {
            "Escape" => self.escape(),
            "m" | "M" if letters && !event.repeat() => self.voice.toggle_mute(),
            " " if letters && !is_on(event, PRESSED) && self.voice.muted().get_untracked() => {
                // Not down the page as well.
                event.prevent_default();
                self.voice.hold_open(true);
            }
            _ => {}
        }
    }

    fn escape(&self) {
        // What rings, and the card in front of us, come first.
        let is_heard = |call: &CallSnapshot| !untrack(|| self.voice.is_silenced(call.id));
        let rings = self.ringing.with_untracked(|calls| calls.iter().any(is_heard));
        let asked = document().query_selector("dialog[open]").ok().flatten().is_some();
        if asked {
            // Closes by itself.
        } else if self.panel.chooses.get_untracked() {
            self.panel.chooses.set(false);
        } else if self.panel.reacts.get_untracked() {
            self.panel.reacts.set(false);
        } else if !rings && !self.pictured.get_untracked() {
            self.panel.small.set(true);
        }
    }
}

fn is_on(event: &KeyboardEvent, what: &str) -> bool {
    // Never the document: where nothing has the focus, the body has it.
    let target = event.target().map(|target| target.unchecked_into::<Element>());
    target.is_some_and(|target| target.closest(what).ok().flatten().is_some())
}
