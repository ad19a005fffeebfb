//! One person in a call, as the others see them.

use super::active_call::Panel;
use super::call_sheet::Asks;
use super::seen::Faces;
use super::signs::picture;
use super::standing::{Standing, words};
use crate::i18n::{t, use_i18n};
use crate::member::MemberAvatar;
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Ring, Size};
use domain::MemberId;
use leptos::prelude::*;

/// The attribute that says whose face it is.
pub(super) const WHOSE: &str = "data-member";

#[component]
pub(super) fn ParticipantFace(
    member: MemberId,
    faces: Faces,
    panel: Panel,
    /// Between two, the other one fills the screen, and oneself is in the list for screen readers only.
    in_pair: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let seen = faces.seen(member);
    let is_me = untrack(|| live.me()) == Some(member);
    let ring = Signal::derive(move || {
        let seen = seen.get();
        match seen.standing {
            Some(Standing::Here | Standing::Weak) if seen.speaks => Ring::Speaking,
            Some(Standing::Called | Standing::Ringing) => Ring::Ringing,
            _ => Ring::None,
        }
    });
    let mark = Memo::new(move |_| seen.get().standing.and_then(Standing::mark));
    let no_hand = move || !seen.get().hand;
    let reaction = move || seen.get().reaction.map_or("", picture);
    let size = if in_pair { Size::Large } else { Size::Medium };
    let name = Signal::derive(move || if is_me { t!(i18n, timeline.me).to_owned() } else { live.name_of(member) });
    let standing_words = Signal::derive(move || {
        let seen = seen.get();
        let hand = seen.hand.then(|| t!(i18n, call.standing.hand));
        let standing = seen.standing.map(|standing| words(i18n, standing)).filter(|words| !words.is_empty());
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
        view! {
            <button
                type="button"
                class="participant-open"
                aria-haspopup="dialog"
                disabled=move || !seen.get().can_act
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
            class:is-absent=move || seen.get().standing.is_some_and(Standing::is_absent)
            class:is-there=move || seen.get().standing.is_some_and(Standing::is_there)
            class:for-ears=in_pair && is_me
        >
            {face}
        </li>
    }
    .into_any()
}
