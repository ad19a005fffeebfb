//! What can be done about one person in a call.

use super::active_call::Panel;
use super::call_sheet::{Asks, choice};
use crate::browser::Maker;
use crate::browser::agent::maker;
use crate::i18n::{t, use_i18n};
use crate::state::{use_live, use_voice_calls};
use crate::ui::{Glyph, Icon};
use domain::{CallSnapshot, Lead, MemberId, ParticipantStatus};
use leptos::prelude::*;

/// Something that can be done about somebody in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Ring them again.
    Ring,
    /// Hear them louder or less loud.
    Loudness,
    Mute,
    AskToUnmute,
    LowerHand,
    PutOut,
}

/// What somebody may do about another one. `leads`: the call is one of many, and they lead it.
pub(super) fn acts(call: &CallSnapshot, them: MemberId, muted: bool, leads: bool) -> Vec<Act> {
    let Some(they) = call.participant(them) else { return vec![] };
    let here = they.status == ParticipantStatus::Connected;
    let rings = !here && they.ring_left_ms.is_some();
    let may_come_back = they.status == ParticipantStatus::Disconnected && !they.put_out;
    let may_ring = leads || !(call.locked || they.put_out);
    let all = [
        (Act::Ring, !here && !rings && may_ring),
        (Act::Loudness, here),
        (Act::Mute, here && leads && !muted),
        (Act::AskToUnmute, here && leads && muted),
        (Act::LowerHand, leads && they.hand.is_some()),
        (Act::PutOut, leads && (here || rings || may_come_back)),
    ];
    all.into_iter()
        .filter(|(act, possible)| *possible && (*act != Act::Loudness || can_turn()))
        .map(|(act, _)| act)
        .collect()
}

/// An iPhone lets no page decide how loud something is.
fn can_turn() -> bool {
    !matches!(maker(), Maker::ApplePhone | Maker::AppleHomeScreen)
}

/// What can be done about `them`, one under the other.
#[component]
pub(crate) fn PersonSheet(panel: Panel, them: MemberId) -> impl IntoView {
    let i18n = use_i18n();
    let voice = use_voice_calls();
    let acts = Memo::new(move |_| panel.acts(them));
    let lead = move |act: Lead| {
        panel.sheet.set(false);
        voice.lead(act);
    };
    let one = move |act: Act| match act {
        Act::Ring => choice(Glyph::Phone, t!(i18n, call.person.ring), false, move || {
            panel.sheet.set(false);
            voice.ring(vec![them]);
        }),
        Act::Loudness => view! { <Loudness them /> }.into_any(),
        Act::Mute => choice(Glyph::MicOff, t!(i18n, call.person.mute), false, move || lead(Lead::Mute(them))),
        Act::AskToUnmute => {
            choice(Glyph::Mic, t!(i18n, call.person.ask_to_unmute), false, move || lead(Lead::AskToUnmute(them)))
        }
        Act::LowerHand => {
            choice(Glyph::Hand, t!(i18n, call.person.lower_hand), false, move || lead(Lead::LowerHand(them)))
        }
        Act::PutOut => choice(Glyph::UserMinus, t!(i18n, call.person.put_out), true, move || {
            panel.asks.set(Asks::Sure(Lead::PutOut(them)));
        }),
    };
    view! { <div class="choices">{move || acts.get().into_iter().map(one).collect_view()}</div> }.into_any()
}

/// How loud one hears somebody.
#[component]
fn Loudness(them: MemberId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let turn = move |event| {
        if let Ok(percent) = event_target_value(&event).parse() {
            voice.set_loudness(them, percent);
        }
    };
    view! {
        <label class="choice">
            <span class="choice-words">
                <Icon glyph=Glyph::Volume />
                {move || t!(i18n, call.person.loudness, name = live.name_of(them))}
            </span>
            <input type="range" min="0" max="100" step="5" prop:value=voice.loudness(them).to_string() on:input=turn />
        </label>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::sample::{call, member};
    use domain::Timestamp;

    #[test]
    fn who_leads_nothing_may_only_turn_somebody_down_and_ring_them_again() {
        let mut call = call(3);
        call.participants[1].hand = Some(Timestamp(1));
        assert_eq!(acts(&call, member(1), false, false), [Act::Loudness]);
        call.participants[1].status = ParticipantStatus::Declined;
        assert_eq!(acts(&call, member(1), true, false), [Act::Ring]);
        call.participants[1].ring_left_ms = Some(5_000);
        assert_eq!(acts(&call, member(1), true, false), [], "their phone rings already");
    }

    #[test]
    fn who_leads_may_mute_or_ask_and_take_hands_down_and_put_out() {
        let mut call = call(3);
        assert_eq!(acts(&call, member(1), false, true), [Act::Loudness, Act::Mute, Act::PutOut]);
        call.participants[1].hand = Some(Timestamp(1));
        let muted = acts(&call, member(1), true, true);
        assert_eq!(muted, [Act::Loudness, Act::AskToUnmute, Act::LowerHand, Act::PutOut]);
    }

    #[test]
    fn a_lock_and_having_been_put_out_stop_only_who_does_not_lead() {
        let mut call = call(3);
        call.participants[1].status = ParticipantStatus::Disconnected;
        for (locked, put_out) in [(true, false), (false, true)] {
            call.locked = locked;
            call.participants[1].put_out = put_out;
            assert_eq!(acts(&call, member(1), true, false), []);
            let for_leader = acts(&call, member(1), true, true);
            assert_eq!(
                for_leader.contains(&Act::PutOut),
                locked,
                "whoever has left can be kept from coming back, once"
            );
            assert_eq!(for_leader[0], Act::Ring);
        }
    }

    #[test]
    fn about_somebody_who_is_not_in_it_nothing_can_be_done() {
        assert_eq!(acts(&call(3), member(9), false, true), []);
    }
}
