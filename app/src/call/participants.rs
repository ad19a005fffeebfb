//! Who is in a call, and where each of them stands.

use super::active_call::Panel;
use super::call_sheet::Asks;
use super::notes::{About, matter};
use super::order::{Order, Place, Presence, moves};
use super::signs::picture;
use crate::i18n::{I18n, people, t, t_string, use_i18n};
use crate::member::MemberAvatar;
use crate::state::{InRoom, Live, Phase, use_live, use_voice_calls};
use crate::ui::{Glyph, Icon, Ring, Show, Size};
use domain::{CallSnapshot, MemberId, ParticipantSnapshot, ParticipantStatus};
use leptos::html::Ul;
use leptos::prelude::*;
use leptos::web_sys::{Element, Node};
use std::iter::successors;

/// The attribute that says whose face it is.
const WHOSE: &str = "data-member";

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
    // A `For` moves everybody whom somebody passes. So it keeps them as they came, and they are put into order after it.
    let came = Memo::new(move |before: Option<&Vec<MemberId>>| {
        let mut came = before.cloned().unwrap_or_default();
        everybody.with(|everybody| {
            came.retain(|member| everybody.contains(member));
            let new: Vec<_> = everybody.iter().filter(|member| !came.contains(member)).copied().collect();
            came.extend(new);
        });
        came
    });
    let rows = move || came.get().into_iter().map(move |member| (member, is_pair.get()));
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
                <ParticipantFace member=row.0 panel in_pair=row.1 />
            </For>
        </ul>
    }
    .into_any()
}

/// Moves no face that can stay where it is: what is moved is drawn anew, and loses the focus.
fn put_in_order(list: &Element, wanted: &[MemberId]) {
    let faces: Vec<(MemberId, Element)> = successors(list.first_element_child(), Element::next_element_sibling)
        .filter_map(|face| Some((face.get_attribute(WHOSE)?.parse().ok()?, face)))
        .collect();
    let face = |whose: MemberId| faces.iter().find(|(member, _)| *member == whose).map(|(_, face)| face);
    // Behind the last one stands what Leptos knows the end of the list by.
    let end = list.last_element_child().and_then(|last| last.next_sibling());
    let shown: Vec<MemberId> = faces.iter().map(|(member, _)| *member).collect();
    for (who, before) in moves(&shown, wanted) {
        let before = before.and_then(face).map(|face| -> &Node { face }).or(end.as_ref());
        if let Some(face) = face(who) {
            // Fails only for what is not in the list.
            _ = list.insert_before(face, before);
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

#[component]
fn ParticipantFace(
    member: MemberId,
    panel: Panel,
    /// Between two, the other one fills the screen, and oneself is in the list for screen readers only.
    in_pair: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let Panel { call, people, reactions, .. } = panel;
    let phase = voice.phase();
    let is_over = Memo::new(move |_| phase.with(|phase| matches!(phase, Phase::Ended(_))));
    let is_me = untrack(|| live.me()) == Some(member);
    let speaking = voice.speaking();
    let standing = Memo::new(move |_| {
        let person = people.with(|people| people.get(&member).copied());
        let standing = call.with(|call| call.as_ref().and_then(|call| standing(call, member, person.as_ref())));
        // Whoever hung up saw it ring last, and knows that they have left.
        standing.filter(|standing| {
            !is_over.get() || !(is_me || matches!(standing, Standing::Called | Standing::Ringing | Standing::Quiet))
        })
    });
    // As long as we hear nobody, nobody speaks.
    let heard = move || people.with(|people| people.contains_key(&member));
    let speaks = Memo::new(move |_| heard() && speaking.with(|speaking| speaking.contains(&member)));
    let ring = Signal::derive(move || match standing.get() {
        Some(Standing::Here | Standing::Weak) if speaks.get() => Ring::Speaking,
        Some(Standing::Called | Standing::Ringing) => Ring::Ringing,
        _ => Ring::None,
    });
    let absent = Memo::new(move |_| {
        let gone = [Standing::Declined, Standing::Missed, Standing::Left, Standing::ComingBack];
        standing.get().is_some_and(|standing| gone.contains(&standing))
    });
    let there = Memo::new(move |_| standing.get().is_some_and(Standing::is_there));
    let mark = Memo::new(move |_| match standing.get()? {
        Standing::Muted => Some(Glyph::MicOff),
        Standing::Asleep => Some(Glyph::Sleep),
        Standing::Weak => Some(Glyph::TriangleAlert),
        Standing::ComingBack => Some(Glyph::WifiOff),
        _ => None,
    });
    let no_hand = Memo::new(move |_| {
        let is_up = |call: &CallSnapshot| call.participant(member).is_some_and(|p| p.hand.is_some());
        is_over.get() || !call.with(|call| call.as_ref().is_some_and(is_up))
    });
    let reaction = Signal::derive(move || {
        reactions
            .with(|seen| seen.iter().find(|(who, _)| *who == member).map_or("", |(_, new)| picture(new.with)))
            .to_owned()
    });
    let size = if in_pair { Size::Large } else { Size::Medium };
    let name =
        Signal::derive(move || if is_me { t_string!(i18n, timeline.me).to_owned() } else { live.name_of(member) });
    let standing_words = Signal::derive(move || {
        let hand = (!no_hand.get()).then(|| t_string!(i18n, call.standing.hand));
        let standing = standing.get().map(|standing| words(i18n, standing)).filter(|words| !words.is_empty());
        hand.into_iter().chain(standing).collect::<Vec<_>>().join(" · ")
    });
    let face = view! {
        <span class="participant-face">
            <MemberAvatar member size ring />
            {move || mark.get().map(|glyph| view! { <span class="participant-mark"><Icon glyph /></span> })}
            <span class="participant-hand" hidden=no_hand><Icon glyph=Glyph::Hand /></span>
            // Said by `Signs`.
            <span class="participant-reaction" aria-hidden="true">{reaction}</span>
        </span>
        <span class="participant-name">{name}</span>
        <span class="participant-standing">{standing_words}</span>
    }
    .into_any();
    let face = if in_pair || is_me {
        face
    } else {
        let nothing_to_do = Memo::new(move |_| panel.acts(member).is_empty());
        view! {
            <button
                type="button"
                class="participant-open"
                aria-haspopup="dialog"
                disabled=nothing_to_do
                on:click=move |_| panel.ask(Asks::Person(member))
            >
                {face}
            </button>
        }
        .into_any()
    };
    view! {
        <li
            data-member=member.to_string()
            class="participant"
            class:is-absent=absent
            class:is-there=there
            class:for-ears=in_pair && is_me
        >
            {face}
        </li>
    }
    .into_any()
}

/// Where somebody stands in a call, as the others see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Told to ring; no phone of theirs has confirmed it.
    Called,
    /// Told to ring, in their quiet hours: no phone of theirs does.
    Quiet,
    /// A phone of theirs rings.
    Ringing,
    Here,
    /// In the call, and cannot be heard.
    Muted,
    /// In the call, on a phone that sleeps.
    Asleep,
    /// In the call, over a weak connection.
    Weak,
    /// Their seat is kept for them.
    ComingBack,
    Left,
    Declined,
    /// Their ring ended without an answer.
    Missed,
}

impl Standing {
    /// In the call, however well.
    fn is_there(self) -> bool {
        matches!(self, Standing::Here | Standing::Muted | Standing::Asleep | Standing::Weak | Standing::ComingBack)
    }
}

fn standing(call: &CallSnapshot, member: MemberId, person: Option<&InRoom>) -> Option<Standing> {
    let participant = call.participants.iter().find(|participant| participant.member == member)?;
    Some(match (participant.status, participant.ring_left_ms) {
        (ParticipantStatus::Connected, _) => match matter(participant, person) {
            Some(About::Asleep) => Standing::Asleep,
            Some(About::ComingBack) => Standing::ComingBack,
            Some(About::Weak) => Standing::Weak,
            None if person.is_some_and(|person| person.muted) => Standing::Muted,
            None => Standing::Here,
        },
        (ParticipantStatus::Disconnected, _) => Standing::Left,
        (ParticipantStatus::Declined, _) => Standing::Declined,
        (ParticipantStatus::Invited | ParticipantStatus::Ringing, None) => Standing::Missed,
        (ParticipantStatus::Invited, Some(_)) if participant.quiet => Standing::Quiet,
        (ParticipantStatus::Invited, Some(_)) => Standing::Called,
        (ParticipantStatus::Ringing, Some(_)) => Standing::Ringing,
    })
}

fn words(i18n: I18n, standing: Standing) -> &'static str {
    match standing {
        Standing::Here => "",
        Standing::Asleep => t_string!(i18n, call.standing.asleep),
        Standing::Muted => t_string!(i18n, call.standing.muted),
        Standing::Weak => t_string!(i18n, call.standing.weak),
        Standing::ComingBack => t_string!(i18n, call.standing.coming_back),
        Standing::Called => t_string!(i18n, call.standing.called),
        Standing::Ringing => t_string!(i18n, call.standing.ringing),
        Standing::Quiet => t_string!(i18n, call.standing.quiet),
        Standing::Left => t_string!(i18n, call.standing.left),
        Standing::Declined => t_string!(i18n, call.standing.declined),
        Standing::Missed => t_string!(i18n, call.standing.missed),
    }
}
