//! Whom to ring as well, in a call that goes on.

use super::active_call::Panel;
use super::pick_people::PickPeople;
use crate::i18n::{t, use_i18n};
use crate::state::use_voice_calls;
use domain::{CallSnapshot, MemberId, ParticipantSnapshot, ParticipantStatus};
use leptos::prelude::*;

/// Who is in the call, or being rung for it.
fn inside(call: &CallSnapshot) -> Vec<MemberId> {
    let is_inside = |p: &&ParticipantSnapshot| p.status == ParticipantStatus::Connected || p.ring_left_ms.is_some();
    call.participants.iter().filter(is_inside).map(|p| p.member).collect()
}

/// Everybody of the parish who is not in the call, to be picked and rung.
#[component]
pub(crate) fn AddPeople(panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let voice = use_voice_calls();
    let ring = move |members: Vec<MemberId>| {
        panel.sheet.set(false);
        voice.ring(members);
    };
    view! {
        <p class="sheet-lead">{t!(i18n, call.add.lead)}</p>
        <PickPeople
            inside=Memo::new(move |_| panel.call.with(|call| call.as_ref().map(inside).unwrap_or_default()))
            words=|i18n, picked| match picked {
                0 => t!(i18n, call.add.ring).to_owned(),
                1 => t!(i18n, call.add.ring_one).to_owned(),
                people => t!(i18n, call.add.ring_many, people),
            }
            on_ring=ring
        />
    }
    .into_any()
}
