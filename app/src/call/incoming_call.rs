//! The ring: somebody calls this member.

use super::control::{CallControl, Tone};
use super::focus::{FocusReturned, close_cards, focus, focus_unless_writing, is_writing};
use crate::i18n::{Form, I18n, t, use_i18n};
use crate::member::MemberAvatar;
use crate::state::{Live, use_live, use_ringer, use_voice_calls};
use crate::ui::{Glyph, Icon, Ring, Show, Size};
use domain::{CallSnapshot, ChannelKind, MemberId};
use leptos::ev::KeyboardEvent;
use leptos::html::{Button, Div};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};

/// Every call that rings here, on every page: the newest in front, the others listed under it. It steps back to a quiet
/// card while this member is in another call, and when they silence it.
#[component]
pub(crate) fn IncomingCallOverlay() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let (voice, ringer) = (use_voice_calls(), use_ringer());
    let (ringing, busy) = (ringer.ringing(), ringer.busy());
    let front = Memo::new(move |_| ringing.with(|calls| calls.first().map(|call| call.id)));
    let others = Memo::new(move |_| ringing.with(|calls| calls.iter().skip(1).cloned().collect::<Vec<_>>()));
    let quiet = Memo::new(move |_| busy.get() || front.get().is_some_and(|call| voice.is_silenced(call)));
    Effect::new(move || {
        if front.get().is_some() && !quiet.get() {
            close_cards();
        }
    });
    let card = NodeRef::<Div>::new();
    let keys = window_event_listener(leptos::ev::keydown, move |event| {
        let front = front.get_untracked().filter(|call| !voice.is_silenced(*call));
        match event.key().as_str() {
            _ if event.default_prevented() || front.is_none() => {}
            "Escape" => {
                // Nobody else is to make something small or shut by it.
                event.prevent_default();
                ringer.silence();
            }
            "Tab" if !quiet.get_untracked() => {
                if let Some(card) = card.get_untracked() {
                    keep_inside(&card, &event);
                }
            }
            _ => {}
        }
    });
    on_cleanup(move || keys.remove());
    // Whoever gets the focus hears of it by that; whoever is writing does not get it.
    let writes = Memo::new(move |_| front.get().is_some() && is_writing());
    let said = move || {
        let me = live.me()?;
        let caller = ringing.with(|calls| calls.first().map(|call| call.rung_by(me))).filter(|_| writes.get())?;
        Some(t!(i18n, incoming.said, name = live.name_of(caller)))
    };
    view! {
        <p class="for-ears" role="status">{said}</p>
        <Show when=move || front.get().is_some()>
            <FocusReturned />
        </Show>
        {move || front.get().map(|id| {
            let call = ringing.with_untracked(|calls| calls.iter().find(|call| call.id == id).cloned());
            view! {
                <div class="incoming" class:is-quiet=move || quiet.get() class:is-loud=move || !quiet.get()>
                    <div
                        node_ref=card
                        class="incoming-card"
                        class:is-alone=move || others.with(Vec::is_empty)
                        role="alertdialog"
                        aria-modal=move || (!quiet.get()).then_some("true")
                        aria-labelledby="incoming-who"
                        aria-describedby="incoming-where"
                    >
                        {call.map(|call| view! { <FrontCall call busy /> })}
                        <ul class="incoming-others" hidden=move || others.with(Vec::is_empty)>
                            <For each=move || others.get() key=|call| call.id let:call>
                                <OtherCall call />
                            </For>
                        </ul>
                    </div>
                </div>
            }
        })}
    }
    .into_any()
}

#[component]
fn FrontCall(call: CallSnapshot, busy: Signal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let (voice, ringer) = (use_voice_calls(), use_ringer());
    let (id, caller) = (call.id, caller(live, &call));
    let is_group = call.is_group();
    // Others may come in while it rings.
    let now = Memo::new(move |_| {
        ringer.ringing().with(|calls| calls.iter().find(|call| call.id == id).cloned()).unwrap_or_else(|| call.clone())
    });
    let accept = NodeRef::<Button>::new();
    Effect::new(move || {
        if let Some(accept) = accept.get() {
            focus_unless_writing(&accept);
        }
    });
    let ring = Signal::derive(move || if voice.is_silenced(id) { Ring::None } else { Ring::Ringing });
    view! {
        <div class="incoming-front">
            <p class="incoming-kind">
                {if is_group { t!(i18n, incoming.group_kind) } else { t!(i18n, incoming.kind) }}
            </p>
            <MemberAvatar member=caller size=Size::Large ring />
            <p class="incoming-who" id="incoming-who">{move || live.name_of(caller)}</p>
            <p class="incoming-where" id="incoming-where">
                {move || now.with(|call| place(i18n, live, call))}
                {move || now.with(|call| others_inside(i18n, live, call)).map(|words| view! { <br />{words} })}
            </p>
            <div class="incoming-controls">
                <CallControl
                    tone=Tone::No
                    glyph=Glyph::PhoneOff
                    word=t!(i18n, incoming.decline)
                    on_tap=move |_| ringer.decline(id)
                />
                <Show when=move || !voice.is_silenced(id)>
                    <CallControl
                        tone=Tone::Plain
                        glyph=Glyph::BellOff
                        word=t!(i18n, incoming.silence)
                        on_tap=move |_| ringer.silence()
                    />
                </Show>
                <CallControl
                    tone=Tone::Yes
                    glyph=Glyph::Phone
                    word=t!(i18n, incoming.accept)
                    pulses=true
                    node=accept
                    on_tap=move |_| voice.answer(id)
                />
            </div>
            <p class="incoming-note" hidden=move || !busy.get()>
                {t!(i18n, incoming.leaves_other)}
            </p>
        </div>
    }
    .into_any()
}

#[component]
fn OtherCall(call: CallSnapshot) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let (voice, ringer) = (use_voice_calls(), use_ringer());
    let (id, caller) = (call.id, caller(live, &call));
    let who = move || live.name_of(caller);
    view! {
        <li class="incoming-other">
            <MemberAvatar member=caller size=Size::Medium />
            <p class="incoming-other-who">
                <span>{who}</span>
                <small>{move || place(i18n, live, &call)}</small>
            </p>
            <button
                type="button"
                class="button-round is-no"
                aria-label=move || t!(i18n, incoming.decline_from, name = who())
                on:click=move |_| ringer.decline(id)
            >
                <Icon glyph=Glyph::PhoneOff />
            </button>
            <button
                type="button"
                class="button-round is-yes"
                aria-label=move || t!(i18n, incoming.accept_from, name = who())
                on:click=move |_| voice.answer(id)
            >
                <Icon glyph=Glyph::Phone />
            </button>
        </li>
    }
    .into_any()
}

/// Whose call it is to this member.
fn caller(live: Live, call: &CallSnapshot) -> MemberId {
    untrack(|| live.me()).map_or(call.initiator, |me| call.rung_by(me))
}

/// Where a call comes from, in words. Whoever was invited to a call outside their channels is told no more than that.
fn place(i18n: I18n, live: Live, call: &CallSnapshot) -> String {
    let picked = call.participants.iter().filter(|participant| participant.rung_by == Some(call.initiator)).count();
    match (call.kind, live.channel(call.channel_id)) {
        (ChannelKind::Group, Some(channel)) => t!(i18n, incoming.in_group, name = channel.name),
        (ChannelKind::Parish, _) if picked > 1 && call.connected() == 1 => {
            t!(i18n, incoming.with_others, count = picked - 1)
        }
        (ChannelKind::Parish | ChannelKind::Group | ChannelKind::Direct, _) => t!(i18n, incoming.calls_you).to_owned(),
    }
}

/// Who talks already, besides whoever calls.
fn others_inside(i18n: I18n, live: Live, call: &CallSnapshot) -> Option<String> {
    let caller = caller(live, call);
    let inside = call.participants.iter().map(|p| p.member).filter(|who| *who != caller && call.is_connected(*who));
    match &inside.collect::<Vec<_>>()[..] {
        [] => None,
        [one] => Some(t!(i18n, incoming.one_inside, name = live.name_of(*one))),
        [one, other] => Some(t!(i18n, incoming.two_inside, name = live.name_of(*one), other = live.name_of(*other))),
        [one, more @ ..] => {
            let (name, count) = (live.name_of(*one), more.len());
            Some(match i18n.form(count as u64) {
                Form::Few => t!(i18n, incoming.few_inside, name, count),
                Form::One | Form::Many => t!(i18n, incoming.many_inside, name, count),
            })
        }
    }
}

/// Takes Tab from the last button to the first one, from the first to the last, and in from anywhere else.
fn keep_inside(card: &HtmlElement, event: &KeyboardEvent) {
    let Ok(buttons) = card.query_selector_all("button") else { return };
    let button = |index| buttons.item(index).map(|button| button.unchecked_into::<Element>());
    let last = buttons.length().saturating_sub(1);
    let active = document().active_element();
    let inside = active.as_ref().is_some_and(|active| card.contains(Some(active)));
    let at = |index| button(index) == active;
    let to = match (inside, event.shift_key()) {
        (true, false) if at(last) => 0,
        (true, true) if at(0) => last,
        (true, _) => return,
        (false, false) => 0,
        (false, true) => last,
    };
    event.prevent_default();
    _ = button(to).map(focus);
}
