//! Who is in a call, and where each of them stands.

use super::active_call::Panel;
use super::call_sheet::Asks;
use super::face::{ParticipantFace, WHOSE};
use super::order::{Order, Place, Presence, sorted};
use super::seen::Faces;
use crate::i18n::{people, t, use_i18n};
use crate::state::{Live, Phase, use_live, use_voice_calls};
use crate::ui::{Glyph, Icon, Show};
use domain::{CallSnapshot, MemberId, ParticipantSnapshot, ParticipantStatus};
use leptos::html::Ul;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};
use std::iter::successors;

/// Everybody in this tab's call; before there is one, whom it is going to be with.
#[component]
pub(crate) fn Participants(panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let (phase, speaking, now) = (voice.phase(), voice.speaking(), live.now());
    let call = panel.call;
    let is_pair = Memo::new(move |_| !panel.many.get());
    let order = Memo::new(move |before: Option<&Order>| {
        let Some(places) = call.with(|call| call.as_ref().map(|call| places(call, live))) else {
            return phase.with(|phase| match phase {
                Phase::Starting(channel) => Order::of(live.channel(*channel).and_then(|channel| channel.other)),
                _ => Order::default(),
            });
        };
        speaking.with(|speaking| before.unwrap_or(&Order::default()).next(places, speaking, now.get()))
    });
    let everybody = Memo::new(move |_| order.with(|order| order.shown.clone()));
    // In the page they stand by name, and keep that place: who reads with the ears, or goes from one to the next by keyboard,
    // is not to lose them. Where each of them is seen is a matter of style (decision 16).
    let by_name = Memo::new(move |_| {
        everybody
            .with(|everybody| sorted(everybody.iter().map(|member| (live.name_of(*member).to_lowercase(), *member))))
    });
    let faces = Faces::of(panel);
    let rows = move || by_name.get().into_iter().map(move |(_, member)| (member, is_pair.get()));
    let list = NodeRef::<Ul>::new();
    Effect::new(move || {
        is_pair.track();
        let Some(list) = list.get() else { return };
        let wanted = everybody.get();
        // Everybody is drawn by then.
        queue_microtask(move || put_in_order(&list, &wanted));
    });
    let heading =
        Signal::derive(move || people(i18n, call.with(|call| call.as_ref().map_or(0, CallSnapshot::connected))));
    view! {
        <Show when=move || panel.many.get() && panel.talks.get()>
            <header class="participants-head">
                <h2>{heading}</h2>
                <Show when=move || panel.may_add()>
                    <button type="button" class="button is-quiet" on:click=move |_| panel.ask(Asks::Add)>
                        <Icon glyph=Glyph::UserPlus />
                        {t!(i18n, call.add.title)}
                    </button>
                </Show>
            </header>
        </Show>
        <ul
            node_ref=list
            class="participants"
            class:is-pair=is_pair
            aria-label=t!(i18n, call.participants)
        >
            <For each=rows key=|row| *row let:row>
                <ParticipantFace member=row.0 faces panel in_pair=row.1 />
            </For>
        </ul>
    }
    .into_any()
}

/// Moves nothing in the page: what is moved there is made anew, with all that is in it.
fn put_in_order(list: &Element, wanted: &[MemberId]) {
    for face in successors(list.first_element_child(), Element::next_element_sibling) {
        let whose = face.get_attribute(WHOSE).and_then(|whose| whose.parse().ok());
        let place = wanted.iter().position(|member| Some(*member) == whose);
        if let (Some(place), Ok(face)) = (place, face.dyn_into::<HtmlElement>()) {
            // Fails only for what is no style.
            _ = face.style().set_property("order", &place.to_string());
        }
    }
}

/// What decides on everybody's place.
fn places(call: &CallSnapshot, live: Live) -> Vec<Place> {
    let place = |p: &ParticipantSnapshot| Place {
        member: p.member,
        name: live.name_of(p.member),
        presence: match p.status {
            ParticipantStatus::Connected => Presence::Here,
            _ if p.ring_left_ms.is_some() => Presence::Rung,
            _ => Presence::Gone,
        },
        hand: p.hand,
    };
    call.participants.iter().map(place).collect()
}
