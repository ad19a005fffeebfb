//! The buttons of a call that goes on.

use super::active_call::Panel;
use super::call_sheet::Asks;
use super::control::{CallControl, Tone};
use super::signs::HandButton;
use super::sound_choice::Choices;
use crate::i18n::{t, use_i18n};
use crate::state::{Microphone, use_voice_calls};
use crate::ui::{Glyph, Icon, Show};
use leptos::ev::MouseEvent;
use leptos::prelude::*;

/// Mute, and the end. Between two, where the sound comes from and goes to, and somebody more; among many, a raised hand,
/// reactions, and whatever else there is.
#[component]
pub(crate) fn CallControls(panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let voice = use_voice_calls();
    let (muted, held, microphone) = (voice.muted(), voice.held_open(), voice.microphone());
    let can_be_heard =
        Memo::new(move |_| !matches!(microphone.get(), Microphone::Denied | Microphone::Missing | Microphone::Busy));
    let choices = Choices::here();
    let among_many = Memo::new(move |_| panel.talks.get() && panel.many.get());
    let has_more = move || among_many.get() && (choices.are_some() || panel.leads.get() || panel.may_end.get());
    let mute = move |event: MouseEvent| {
        voice.toggle_mute();
        // Pressed with a pointer: the next Space is to be held and talked into, not to press this again.
        if event.detail() > 0
            && let Some(panel) = panel.element.get_untracked()
        {
            // Fails only when it has left the page.
            _ = panel.focus();
        }
    };
    view! {
        <div class="call-controls">
            <Show when=move || can_be_heard.get()>
                <CallControl
                    tone=Tone::Plain
                    glyph=Signal::derive(move || {
                        if muted.get() && !held.get() { Glyph::MicOff } else { Glyph::Mic }
                    })
                    word=Signal::derive(move || {
                        if muted.get() { t!(i18n, call.unmute) } else { t!(i18n, call.mute) }.to_owned()
                    })
                    lit=Signal::derive(move || muted.get() && !held.get())
                    on_tap=mute
                />
            </Show>
            <Show when=move || !among_many.get() && choices.are_some()>
                <CallControl
                    tone=Tone::Plain
                    glyph=Glyph::Settings
                    word=t!(i18n, call.sound)
                    expanded=Signal::derive(move || Some(panel.chooses.get()))
                    lit=panel.chooses
                    on_tap=move |_| panel.chooses.update(|open| *open = !*open)
                />
            </Show>
            <Show when=move || !panel.many.get() && panel.may_add()>
                <CallControl
                    tone=Tone::Plain
                    glyph=Glyph::UserPlus
                    word=t!(i18n, call.add.title)
                    is_extra=true
                    on_tap=move |_| panel.ask(Asks::Add)
                />
            </Show>
            <Show when=move || among_many.get()>
                <HandButton panel />
                <CallControl
                    tone=Tone::Plain
                    glyph=Glyph::Smile
                    word=t!(i18n, call.react)
                    expanded=Signal::derive(move || Some(panel.reacts.get()))
                    lit=panel.reacts
                    is_extra=true
                    on_tap=move |_| panel.reacts.update(|open| *open = !*open)
                />
            </Show>
            <Show when=has_more>
                <CallControl
                    tone=Tone::Plain
                    glyph=Glyph::More
                    word=t!(i18n, call.more)
                    is_extra=true
                    on_tap=move |_| panel.ask(Asks::More)
                />
            </Show>
            <CallControl
                tone=Tone::No
                glyph=Glyph::PhoneOff
                word=t!(i18n, call.end)
                label=Some(t!(i18n, call.end_label).to_owned())
                on_tap=move |_| voice.end()
            />
        </div>
    }
    .into_any()
}

/// Makes the panel small, and large again.
#[component]
pub(crate) fn SizeButton(panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let small = panel.small;
    view! {
        <button
            type="button"
            class="button-round call-size"
            aria-label=move || if small.get() { t!(i18n, call.larger) } else { t!(i18n, call.smaller) }
            on:click=move |_| small.update(|small| *small = !*small)
        >
            {move || view! { <Icon glyph=if small.get() { Glyph::ChevronUp } else { Glyph::ChevronDown } /> }}
            <span class="call-size-word">{t!(i18n, call.back)}</span>
        </button>
    }
    .into_any()
}
