//! The call this browser is in.

use super::after_call::AfterCall;
use super::call_controls::{CallControls, SizeButton};
use super::call_sheet::{Asks, CallSheet};
use super::focus::{FocusReturned, close_cards, focus_unless_writing};
use super::loaded::LoadedPanel;
use super::moving::{MoveHandle, Moving};
use super::notes::Notes;
use super::participants::Participants;
use super::people::people_shown;
use super::person_sheet::{self, Act};
use super::phase_shown::phase_shown;
use super::picture::{PictureButton, Pictured};
use super::shortcuts::Shortcuts;
use super::signs::{ReactionChoice, Reactions, Signs};
use super::sound_choice::SoundChoice;
use super::words::{announcement, state_words, title};
use crate::i18n::{clock, t, use_i18n};
use crate::state::{InRoom, Phase, use_live, use_voice_calls};
use crate::ui::Show;
use domain::{CallSnapshot, Lead, MemberId, Role, may_lead};
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
            Some(_) if muted => t!(i18n, call.now_muted),
            Some(_) => t!(i18n, call.now_heard),
            None => "",
        };
        (muted, words)
    });
    view! {
        <p class="for-ears" role="status">{said}</p>
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
    /// The call, also one that is over.
    pub(crate) call: Memo<Option<CallSnapshot>>,
    /// People talk, and we are among them.
    pub(crate) talks: Memo<bool>,
    /// There may be more than two.
    pub(crate) many: Memo<bool>,
    /// Whether we lead the call.
    pub(crate) leads: Memo<bool>,
    /// Whether we may end it for everybody.
    pub(crate) may_end: Memo<bool>,
    /// Whether the sheet is open, and what it asks.
    pub(crate) sheet: RwSignal<bool>,
    pub(crate) asks: RwSignal<Asks>,
    /// Whether the choice of reactions is open.
    pub(crate) reacts: RwSignal<bool>,
    /// The reactions that are seen right now.
    pub(crate) reactions: Reactions,
}

impl Panel {
    fn of(phase: Signal<Phase>, element: NodeRef<Section>) -> Panel {
        let live = use_live();
        let call = Memo::new(move |_| phase.with(|phase| phase.call().cloned()));
        let talks = Memo::new(move |_| phase.with(|phase| matches!(phase, Phase::InCall(_) | Phase::Reconnecting(_))));
        let many = Memo::new(move |_| {
            call.with(|call| call.as_ref().is_some_and(|call| call.is_group() || call.participants.len() > 2))
        });
        let may = move |act: Lead| {
            let me = live.me();
            let role = me.and_then(|me| live.role_of(me)).unwrap_or(Role::Member);
            let may = |call: &CallSnapshot| may_lead(role, Some(call.initiator) == me, call.is_group(), act);
            talks.get() && call.with(|call| call.as_ref().is_some_and(may))
        };
        Panel {
            element,
            small: RwSignal::new(false),
            chooses: RwSignal::new(false),
            people: people_shown(),
            call,
            talks,
            many,
            leads: Memo::new(move |_| may(Lead::MuteOthers)),
            may_end: Memo::new(move |_| may(Lead::EndForAll)),
            sheet: RwSignal::new(false),
            asks: RwSignal::new(Asks::More),
            reacts: RwSignal::new(false),
            reactions: RwSignal::default(),
        }
    }

    /// Opens the sheet.
    pub(crate) fn ask(self, what: Asks) {
        self.asks.set(what);
        self.sheet.set(true);
    }

    pub(crate) fn is_locked(self) -> bool {
        self.call.with(|call| call.as_ref().is_some_and(|call| call.locked))
    }

    /// Whether we may ring more people.
    pub(crate) fn may_add(self) -> bool {
        self.talks.get() && (self.leads.get() || !self.is_locked())
    }

    /// What we may do about somebody else.
    pub(crate) fn acts(self, them: MemberId) -> Vec<Act> {
        let muted = self.people.with(|people| people.get(&them).is_some_and(|person| person.muted));
        let leads = self.leads.get();
        let acts = |call: &CallSnapshot| person_sheet::acts(call, them, muted, leads);
        self.call.with(|call| call.as_ref().filter(|_| self.talks.get()).map(acts)).unwrap_or_default()
    }
}

#[component]
pub(super) fn CallPanel(#[prop(into)] phase: Signal<Phase>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let element = NodeRef::<Section>::new();
    let panel = Panel::of(phase, element);
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
            close_cards();
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
    // Of two opposites each has a class of its own where the page around the panel asks for it (app/tests/style.rs).
    let is_small = move || panel.small.get() && !pictured.get();
    view! {
        <FocusReturned />
        <div>
            <section
                node_ref=element
                tabindex="-1"
                class="call"
                class:is-small=is_small
                class:is-large=move || !is_small()
                class:is-over=over
                class:is-many=panel.many
                class:is-moved=move || moving.is_moved()
                class:is-docked=move || !moving.is_moved()
                class:is-pictured=move || pictured.get()
                class:is-here=move || !pictured.get()
                aria-label=move || {
                    if over.get() { t!(i18n, call.over_label) } else { t!(i18n, call.label) }
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
                    <Participants panel />
                </div>
                <Notes panel phase />
                <Signs panel />
                <Show when=move || !over.get() fallback=move || view! { <AfterCall ending /> }>
                    <Show when=move || !panel.many.get()>
                        <SoundChoice panel />
                    </Show>
                    <ReactionChoice panel />
                    <CallControls panel />
                    <CallSheet panel />
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
