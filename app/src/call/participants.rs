//! Who is in a call, and where each of them stands.

use super::notes::{About, matter};
use crate::i18n::{I18n, t_string, use_i18n};
use crate::member::MemberAvatar;
use crate::state::{InRoom, Phase, use_live, use_voice_calls};
use crate::ui::{Glyph, Icon, Ring, Size};
use domain::{CallSnapshot, MemberId, ParticipantStatus};
use leptos::prelude::*;
use std::collections::HashMap;

/// Everybody in this tab's call; before there is one, whom it is going to be with.
#[component]
pub(crate) fn Participants(#[prop(into)] people: Signal<HashMap<MemberId, InRoom>>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let phase = use_voice_calls().phase();
    let call = Signal::derive(move || phase.with(|phase| phase.call().cloned()));
    let everybody = Memo::new(move |_| {
        phase.with(|phase| match (phase, phase.call()) {
            (Phase::Starting(channel), _) => {
                live.channel(*channel).and_then(|channel| channel.other).into_iter().collect()
            }
            (_, call) => call.iter().flat_map(|call| call.participants.iter().map(|p| p.member)).collect::<Vec<_>>(),
        })
    });
    let is_pair = Memo::new(move |_| everybody.with(Vec::len) <= 2);
    let rows = move || everybody.get().into_iter().map(move |member| (member, is_pair.get()));
    view! {
        <ul
            class="participants"
            class:is-pair=move || is_pair.get()
            aria-label=move || t_string!(i18n, call.participants)
        >
            <For each=rows key=|row| *row let:row>
                <ParticipantFace member=row.0 call people in_pair=row.1 />
            </For>
        </ul>
    }
    .into_any()
}

#[component]
fn ParticipantFace(
    member: MemberId,
    #[prop(into)] call: Signal<Option<CallSnapshot>>,
    #[prop(into)] people: Signal<HashMap<MemberId, InRoom>>,
    /// Between two, the other one fills the screen, and oneself is in the list for screen readers only.
    in_pair: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let phase = voice.phase();
    let is_over = Memo::new(move |_| phase.with(|phase| matches!(phase, Phase::Ended(_))));
    let is_me = untrack(|| live.me()) == Some(member);
    let speaking = voice.speaking();
    let standing = Memo::new(move |_| {
        let person = people.with(|people| people.get(&member).copied());
        let standing = call.with(|call| call.as_ref().and_then(|call| standing(call, member, person.as_ref())));
        // Whoever hung up saw it ring last, and knows that they have left.
        standing
            .filter(|standing| !is_over.get() || !(is_me || matches!(standing, Standing::Called | Standing::Ringing)))
    });
    // As long as we hear nobody, nobody speaks.
    let heard = move || people.with(|people| people.contains_key(&member));
    let speaks = Memo::new(move |_| heard() && speaking.with(|speaking| speaking.contains(&member)));
    let ring = Signal::derive(move || match standing.get() {
        Some(Standing::Here | Standing::Weak) if speaks.get() => Ring::Speaking,
        Some(Standing::Called | Standing::Ringing) => Ring::Ringing,
        _ => Ring::None,
    });
    let absent = move || {
        let gone = [Standing::Declined, Standing::Missed, Standing::Left, Standing::ComingBack];
        standing.get().is_some_and(|standing| gone.contains(&standing))
    };
    let mark = Memo::new(move |_| match standing.get()? {
        Standing::Muted => Some(Glyph::MicOff),
        Standing::Asleep => Some(Glyph::Sleep),
        Standing::Weak => Some(Glyph::TriangleAlert),
        Standing::ComingBack => Some(Glyph::WifiOff),
        _ => None,
    });
    let size = if in_pair { Size::Large } else { Size::Medium };
    let name = move || {
        if is_me { t_string!(i18n, timeline.me).to_owned() } else { live.name_of(member) }
    };
    view! {
        <li
            class="participant"
            class:is-absent=absent
            class:is-there=move || standing.get().is_some_and(Standing::is_there)
            class:for-ears=in_pair && is_me
        >
            <span class="participant-face">
                <MemberAvatar member size ring />
                {move || mark.get().map(|glyph| view! { <span class="participant-mark"><Icon glyph /></span> })}
            </span>
            <span class="participant-name">{name}</span>
            <span class="participant-standing">{move || standing.get().map(|standing| words(i18n, standing))}</span>
        </li>
    }
    .into_any()
}

/// Where somebody stands in a call, as the others see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Told to ring; no phone of theirs has confirmed it.
    Called,
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
        Standing::Left => t_string!(i18n, call.standing.left),
        Standing::Declined => t_string!(i18n, call.standing.declined),
        Standing::Missed => t_string!(i18n, call.standing.missed),
    }
}
