//! The call this browser is in.

use super::control::{CallControl, Tone};
use super::participants::Participants;
use crate::address;
use crate::i18n::{I18n, clock, ended, t, t_string, text, use_i18n};
use crate::state::is_unanswered;
use crate::state::{Ending, Live, Microphone, Phase, use_live, use_voice_calls};
use crate::ui::{Glyph, Icon};
use domain::{CallSnapshot, CallStatus, ChannelKind, MemberId, ParticipantStatus};
use leptos::either::Either;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};
use leptos_router::hooks::use_navigate;

/// The call this browser is in, on every page: the whole screen of a phone, a floating panel on a wider one. It can be
/// made small, so that the chat under it can be read.
#[component]
pub(crate) fn ActiveCallScreen() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let phase = voice.phase();
    let shown = Memo::new(move |_| phase.with(|phase| !matches!(phase, Phase::Idle | Phase::RingingIn(_))));
    let said = Memo::new(move |_| phase.with(|phase| announcement(i18n, live, phase)));
    view! {
        <p class="for-ears" role="status" aria-live="polite">{move || said.get()}</p>
        <Show when=move || shown.get()>
            <CallPanel />
        </Show>
    }
    .into_any()
}

#[component]
fn CallPanel() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let phase = voice.phase();
    let (muted, microphone) = (voice.muted(), voice.microphone());
    let can_be_heard =
        Memo::new(move |_| !matches!(microphone.get(), Microphone::Denied | Microphone::Missing | Microphone::Busy));
    let small = RwSignal::new(false);
    let call = Signal::derive(move || phase.with(|phase| phase.call().cloned()));
    let over = Memo::new(move |_| phase.with(|phase| matches!(phase, Phase::Ended(_))));
    let unanswered = Memo::new(move |_| {
        phase.with(|phase| match phase {
            Phase::Ended(Ending { call, .. }) if Some(call.initiator) == live.me() && is_unanswered(call) => {
                Some(call.clone())
            }
            _ => None,
        })
    });
    let title = move || phase.with(|phase| title(i18n, live, phase));
    // Whatever was pressed to get here is gone now: without this a keyboard would start again at the top of the page.
    let panel = NodeRef::<leptos::html::Section>::new();
    Effect::new(move || {
        if let Some(panel) = panel.get() {
            request_animation_frame(move || focus_if_lost(&panel));
        }
    });
    view! {
        <section
            node_ref=panel
            tabindex="-1"
            class="call"
            class:is-small=move || small.get()
            class:is-over=move || over.get()
            aria-label=move || if over.get() { t_string!(i18n, call.over_label) } else { t_string!(i18n, call.label) }
        >
            <header class="call-head">
                <div class="call-words">
                    <p class="call-title">{title}</p>
                    <StateWords />
                </div>
                <button
                    type="button"
                    class="button-round"
                    aria-expanded=move || (!small.get()).to_string()
                    aria-label=move || if small.get() { t_string!(i18n, call.larger) } else { t_string!(i18n, call.smaller) }
                    on:click=move |_| small.update(|small| *small = !*small)
                >
                    <Icon glyph=Signal::derive(move || if small.get() { Glyph::Maximize } else { Glyph::ChevronDown }) />
                </button>
            </header>
            <div class="call-body">
                <Participants call />
            </div>
            <Hints />
            <Show when=move || unanswered.get().is_some()>
                <AfterNoAnswer call=unanswered />
            </Show>
            <div class="call-controls" hidden=move || unanswered.get().is_some()>
                <Show when=move || can_be_heard.get()>
                <CallControl
                    tone=Tone::Plain
                    glyph=Signal::derive(move || if muted.get() { Glyph::MicOff } else { Glyph::Mic })
                    word=Signal::derive(move || {
                        if muted.get() { t_string!(i18n, call.unmute) } else { t_string!(i18n, call.mute) }.to_owned()
                    })
                    pressed=Signal::derive(move || Some(muted.get()))
                    on_tap=move |_| voice.toggle_mute()
                />
                </Show>
                <CallControl
                    tone=Tone::No
                    glyph=Glyph::PhoneOff
                    word=text!(i18n, call.end)
                    label=Signal::derive(move || Some(t_string!(i18n, call.end_label).to_owned()))
                    on_tap=move |_| voice.end()
                />
            </div>
        </section>
    }
    .into_any()
}

/// What a caller can do whom nobody answered.
#[component]
fn AfterNoAnswer(#[prop(into)] call: Signal<Option<CallSnapshot>>) -> impl IntoView {
    let i18n = use_i18n();
    let voice = use_voice_calls();
    let navigate = use_navigate();
    let again = move |_| {
        if let Some(call) = call.get_untracked() {
            // In the parish channel the same people are picked again.
            let picked = call.participants.iter().map(|p| p.member).filter(|member| *member != call.initiator);
            let picked = if call.kind == ChannelKind::Parish { picked.collect() } else { vec![] };
            voice.start(call.channel_id, picked);
        }
    };
    let write = move |_| {
        if let Some(call) = call.get_untracked() {
            voice.end();
            navigate(&address::channel(i18n.locale_untracked(), call.channel_id), Default::default());
            request_animation_frame(|| {
                // Fails only when nobody may write there.
                _ = document().query_selector(".composer textarea").ok().flatten().map(focus);
            });
        }
    };
    view! {
        <div class="call-controls is-afterwards">
            <CallControl tone=Tone::Yes glyph=Glyph::Phone word=text!(i18n, call.again) on_tap=again />
            <CallControl tone=Tone::Plain glyph=Glyph::SquarePen word=text!(i18n, call.leave_message) on_tap=write />
            <CallControl tone=Tone::Plain glyph=Glyph::X word=text!(i18n, call.close) on_tap=move |_| voice.end() />
        </div>
    }
    .into_any()
}

fn focus(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        // Fails only when it has left the page.
        _ = element.focus();
    }
}

/// What is going on, in words, or the time that people have talked.
#[component]
fn StateWords() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let phase = voice.phase();
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

/// What this member has to know or do to hear and to be heard.
#[component]
fn Hints() -> impl IntoView {
    let i18n = use_i18n();
    let voice = use_voice_calls();
    let (microphone, sound_blocked) = (voice.microphone(), voice.sound_blocked());
    let why = Memo::new(move |_| match microphone.get() {
        Microphone::Unasked | Microphone::Open | Microphone::Silent | Microphone::Asleep => None,
        Microphone::Denied => Some(t_string!(i18n, microphone.denied)),
        Microphone::Missing => Some(t_string!(i18n, microphone.missing)),
        Microphone::Busy => Some(t_string!(i18n, microphone.busy)),
    });
    view! {
        <Show when=move || sound_blocked.get()>
            <button type="button" class="button is-accent call-hear" on:click=move |_| voice.unblock_sound()>
                <Icon glyph=Glyph::Volume />
                {t!(i18n, call.tap_to_hear)}
            </button>
        </Show>
        <div role="status">
            <Show when=move || why.get().is_some()>
                <div class="call-hint">
                    <p class="call-hint-title">
                        <Icon glyph=Glyph::Headphones />
                        {t!(i18n, microphone.listen_only)}
                    </p>
                    <p>{move || why.get()}</p>
                    <button type="button" class="button is-quiet" on:click=move |_| voice.retry_microphone()>
                        {t!(i18n, microphone.try_again)}
                    </button>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

/// Who or where the call is with: the other of two, else the channel.
fn title(i18n: I18n, live: Live, phase: &Phase) -> String {
    if let Phase::Starting(channel) = phase {
        return live.channel(*channel).map(|channel| channel.name).unwrap_or_default();
    }
    let Some(call) = phase.call() else { return String::new() };
    let me = live.me();
    let others: Vec<_> = call.participants.iter().map(|p| p.member).filter(|member| Some(*member) != me).collect();
    match (call.kind, &others[..]) {
        (ChannelKind::Group, _) => live.channel(call.channel_id).map(|channel| channel.name).unwrap_or_default(),
        (_, []) => String::new(),
        (_, [other]) => live.name_of(*other),
        (_, [one, other]) => t_string!(i18n, call.with_two, one = live.name_of(*one), other = live.name_of(*other)),
        (_, [one, more @ ..]) => t_string!(i18n, call.with_many, one = live.name_of(*one), count = more.len()),
    }
}

fn state_words(i18n: I18n, live: Live, phase: &Phase) -> String {
    match phase {
        Phase::Idle | Phase::RingingIn(_) | Phase::InCall(_) => "",
        Phase::Starting(_) => t_string!(i18n, call.calling),
        // Answered a moment ago; the server has not heard of it yet.
        Phase::RingingOut(call) if Some(call.initiator) != live.me() => t_string!(i18n, call.connecting),
        Phase::RingingOut(call) => match heard_by(call) {
            Heard::Nobody => t_string!(i18n, call.calling),
            Heard::Busy(who) => return t_string!(i18n, call.on_another, name = live.name_of(who)),
            Heard::On(0 | 1) => t_string!(i18n, call.ringing),
            Heard::On(count) => return t_string!(i18n, call.ringing_on, count),
        },
        Phase::Connecting(_) => t_string!(i18n, call.connecting),
        Phase::Reconnecting(_) => t_string!(i18n, call.reconnecting),
        Phase::Ended(Ending { call, .. }) => {
            return match busy(call).filter(|_| call.status == CallStatus::Missed) {
                Some(who) => t_string!(i18n, call.on_another, name = live.name_of(who)),
                None => ended(i18n, call, live.me()),
            };
        }
    }
    .to_owned()
}

/// Where a call rings, as the caller is told.
enum Heard {
    /// Nowhere yet.
    Nobody,
    /// Whom it is for is in another call.
    Busy(MemberId),
    /// On so many devices; 0 where they are not counted.
    On(u32),
}

fn heard_by(call: &CallSnapshot) -> Heard {
    if let Some(who) = busy(call) {
        return Heard::Busy(who);
    }
    let ringing =
        || call.participants.iter().filter(|p| p.status == ParticipantStatus::Ringing && p.ring_left_ms.is_some());
    match ringing().next() {
        Some(_) => Heard::On(ringing().map(|p| p.devices).sum()),
        None => Heard::Nobody,
    }
}

/// The one person who was called, if they were in another call then.
fn busy(call: &CallSnapshot) -> Option<MemberId> {
    let mut called = call.participants.iter().filter(|p| p.member != call.initiator);
    match (called.next(), called.next()) {
        (Some(only), None) => only.busy.then_some(only.member),
        _ => None,
    }
}

/// What a screen reader says when the call changes.
fn announcement(i18n: I18n, live: Live, phase: &Phase) -> String {
    match phase {
        Phase::Idle | Phase::RingingIn(_) => String::new(),
        Phase::InCall(_) => t_string!(i18n, call.connected_with, name = title(i18n, live, phase)),
        _ => format!("{}: {}", title(i18n, live, phase), state_words(i18n, live, phase)),
    }
}

/// Moves the focus to `target` if nothing has it.
fn focus_if_lost(target: &HtmlElement) {
    if document().active_element().is_none_or(|active| active.tag_name() == "BODY") {
        // Fails only when it has left the page.
        _ = target.focus();
    }
}
