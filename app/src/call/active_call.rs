//! The call this browser is in.

use super::after_call::AfterCall;
use super::call_controls::{CallControls, SizeButton};
use super::focus::{FocusReturned, focus_unless_writing};
use super::loaded::LoadedPanel;
use super::moving::{MoveHandle, Moving};
use super::notes::Notes;
use super::participants::Participants;
use super::people::people_shown;
use super::phase_shown::phase_shown;
use super::picture::{PictureButton, Pictured};
use super::shortcuts::Shortcuts;
use super::sound_choice::SoundChoice;
use super::words::{announcement, state_words, title};
use crate::i18n::{clock, t_string, use_i18n};
use crate::state::{InRoom, Phase, use_live, use_voice_calls};
use domain::MemberId;
use leptos::either::Either;
use leptos::ev::MouseEvent;
use leptos::html::Section;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::Element;
use std::collections::HashMap;

/// The call this browser is in, on every page: the whole screen of a phone, a floating panel on a wider one. It can be
/// made small, so that the chat under it can be read.
#[component]
pub(crate) fn ActiveCallScreen() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let phase = phase_shown();
    let shown = Memo::new(move |_| phase.with(|phase| !matches!(phase, Phase::Idle | Phase::RingingIn(_))));
    let said = Memo::new(move |_| phase.with(|phase| announcement(i18n, live, phase)));
    let talks = Memo::new(move |_| phase.with(|phase| matches!(phase, Phase::InCall(_))));
    let muted = voice.muted();
    // Said when it changes, not when a call begins.
    let microphone = Memo::new(move |before: Option<&(bool, &'static str)>| {
        let muted = muted.get();
        let words = match before {
            Some((was, words)) if *was == muted => *words,
            Some(_) if !talks.get() => "",
            Some(_) if muted => t_string!(i18n, call.now_muted),
            Some(_) => t_string!(i18n, call.now_heard),
            None => "",
        };
        (muted, words)
    });
    view! {
        <p class="for-ears" role="status">{move || said.get()}</p>
        <p class="for-ears" role="status">{move || microphone.get().1}</p>
        <LoadedPanel shown phase />
    }
    .into_any()
}

/// How the panel stands, for everything in it. Cheap to copy; all copies are one.
#[derive(Clone, Copy)]
pub(crate) struct Panel {
    pub(crate) element: NodeRef<Section>,
    /// Made small, to see the page.
    pub(crate) small: RwSignal<bool>,
    /// Whether the choice of microphone and speaker is open.
    pub(crate) chooses: RwSignal<bool>,
    /// Who is in the call.
    pub(crate) people: Signal<HashMap<MemberId, InRoom>>,
}

#[component]
pub(super) fn CallPanel(#[prop(into)] phase: Signal<Phase>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let element = NodeRef::<Section>::new();
    let panel = Panel { element, small: RwSignal::new(false), chooses: RwSignal::new(false), people: people_shown() };
    let over = Memo::new(move |_| phase.with(|phase| matches!(phase, Phase::Ended(_))));
    let ending = Signal::derive(move || {
        phase.with(|phase| match phase {
            Phase::Ended(ending) => Some(ending.clone()),
            _ => None,
        })
    });
    let moving = Moving::of(element);
    let pictured = Pictured::of(element);
    let keys = Shortcuts::of(panel, pictured);
    // Whatever was pressed to get here is gone now: without this a keyboard would start again at the top of the page.
    Effect::new(move || {
        if let Some(panel) = element.get() {
            request_animation_frame(move || focus_unless_writing(&panel));
        }
    });
    // A bar is one large button for a finger; whoever uses a keyboard finds *Back* in it.
    let back = move |event: MouseEvent| {
        let target = event.target().map(|target| target.unchecked_into::<Element>());
        let on_its_own = target.is_some_and(|target| target.closest("a, button").ok().flatten().is_some());
        if panel.small.get_untracked() && !on_its_own {
            panel.small.set(false);
        }
    };
    view! {
        <FocusReturned />
        <div>
            <section
                node_ref=element
                tabindex="-1"
                class="call"
                class:is-small=move || panel.small.get() && !pictured.get()
                class:is-over=move || over.get()
                class:is-moved=move || moving.is_moved()
                class:is-pictured=move || pictured.get()
                aria-label=move || {
                    if over.get() { t_string!(i18n, call.over_label) } else { t_string!(i18n, call.label) }
                }
                on:click=back
                on:keydown=move |event| keys.press_in_picture(&event)
                on:keyup=move |event| keys.release_in_picture(&event)
                on:focusout=move |_| keys.let_go()
            >
                <header
                    class="call-head"
                    on:pointerdown=move |event| moving.begin(&event)
                    on:pointermove=move |event| moving.go_on(&event)
                    on:pointerup=move |_| moving.end()
                    on:pointercancel=move |_| moving.end()
                >
                    <MoveHandle moving />
                    <PictureButton pictured />
                    <SizeButton panel />
                </header>
                <div class="call-words">
                    <p class="call-title">{move || phase.with(|phase| title(i18n, live, phase))}</p>
                    <StateWords phase />
                </div>
                <div class="call-body">
                    <Participants people=panel.people />
                </div>
                <Notes panel phase />
                <Show when=move || !over.get() fallback=move || view! { <AfterCall ending /> }>
                    <SoundChoice panel />
                    <CallControls panel />
                </Show>
            </section>
        </div>
    }
    .into_any()
}

/// What is going on, in words, or the time that people have talked.
#[component]
fn StateWords(#[prop(into)] phase: Signal<Phase>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let talking = Memo::new(move |_| phase.with(|phase| matches!(phase, Phase::InCall(_))));
    move || {
        if talking.get() {
            let elapsed = voice.elapsed_seconds();
            Either::Left(view! { <p class="call-state" role="timer">{move || clock(elapsed.get())}</p> })
        } else {
            Either::Right(
                view! { <p class="call-state">{move || phase.with(|phase| state_words(i18n, live, phase))}</p> },
            )
        }
    }
}
