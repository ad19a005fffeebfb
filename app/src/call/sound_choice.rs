//! Which microphone and which speaker a call uses, and whether keys do something in it.

use super::active_call::Panel;
use super::shortcuts;
use crate::browser::Maker;
use crate::browser::agent::{is_phone, maker};
use crate::i18n::{I18n, t, use_i18n};
use crate::state::{Device, Devices, use_voice_calls};
use crate::ui::{Glyph, Icon, Show};
use leptos::prelude::*;

/// What there is to choose here. Cheap to copy; all copies are one.
#[derive(Clone, Copy)]
pub(crate) struct Choices(Signal<Devices>);

impl Choices {
    pub(crate) fn here() -> Self {
        Choices(use_voice_calls().devices())
    }

    /// Whether there is anything to choose at all: a computer has keys, at least.
    pub(crate) fn are_some(self) -> bool {
        self.microphones() || self.speakers() || !is_phone()
    }

    /// An iPhone has its own place for this, and changes the microphone by itself.
    fn microphones(self) -> bool {
        let apple = matches!(maker(), Maker::ApplePhone | Maker::AppleHomeScreen);
        !apple && self.0.with(|devices| devices.microphones.len() > 1)
    }

    fn speakers(self) -> bool {
        self.0.with(|devices| devices.speakers.len() > 1)
    }
}

/// The choice, while it is open.
#[component]
pub(crate) fn SoundChoice(panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let voice = use_voice_calls();
    let devices = voice.devices();
    let choices = Choices::here();
    // On Android the sound comes out where one speaks into.
    let both = is_phone();
    let spoken_into = if both { t!(i18n, call.choice.through) } else { t!(i18n, call.choice.microphone) };
    let all_microphones = Signal::derive(move || devices.with(|devices| devices.microphones.clone()));
    let all_speakers = Signal::derive(move || devices.with(|devices| devices.speakers.clone()));
    let microphone = Signal::derive(move || devices.with(|devices| devices.microphone.clone()));
    let speaker = Signal::derive(move || devices.with(|devices| devices.speaker.clone()));
    view! {
        <Show when=move || panel.chooses.get()>
            <div class="call-choice" role="group" aria-label=t!(i18n, call.sound)>
                <Show when=move || choices.microphones()>
                    <Choice
                        glyph=if both { Glyph::Volume } else { Glyph::Mic }
                        words=spoken_into
                        all=all_microphones
                        chosen=microphone
                        choose=move |id| voice.choose_microphone(id)
                    />
                </Show>
                <Show when=move || choices.speakers()>
                    <Choice
                        glyph=Glyph::Volume
                        words=t!(i18n, call.choice.speaker)
                        all=all_speakers
                        chosen=speaker
                        choose=move |id| voice.choose_speaker(id)
                    />
                </Show>
                <Show when=move || !both>
                    <Keys />
                </Show>
            </div>
        </Show>
    }
    .into_any()
}

#[component]
fn Choice(
    glyph: Glyph,
    words: &'static str,
    #[prop(into)] all: Signal<Vec<Device>>,
    #[prop(into)] chosen: Signal<Option<String>>,
    choose: impl Fn(String) + Send + 'static,
) -> impl IntoView {
    let i18n = use_i18n();
    let option = move |device: Device| {
        let id = device.id.clone();
        view! {
            <option value=device.id selected=move || chosen.with(|chosen| chosen.as_ref() == Some(&id))>
                {name(i18n, device.label)}
            </option>
        }
    };
    view! {
        <label class="choice">
            <span class="choice-words">
                <Icon glyph />
                {words}
            </span>
            <select on:change=move |event| choose(event_target_value(&event))>
                <For each=move || all.get() key=|device| (device.id.clone(), device.label.clone()) children=option />
            </select>
        </label>
    }
    .into_any()
}

/// Browsers name nothing before they let a page use the microphone.
fn name(i18n: I18n, label: String) -> String {
    if label.is_empty() { t!(i18n, call.choice.unnamed).to_owned() } else { label }
}

#[component]
fn Keys() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <label class="choice-keys">
            <input
                type="checkbox"
                prop:checked=shortcuts::are_on()
                on:change=move |event| shortcuts::turn(event_target_checked(&event))
            />
            <span>{t!(i18n, call.choice.keys)}</span>
        </label>
    }
    .into_any()
}
