//! Whom to ring as well, in a call that goes on.

use super::active_call::Panel;
use crate::chat::PersonList;
use crate::i18n::{t, t_string, use_i18n};
use crate::member::MemberAvatar;
use crate::state::use_voice_calls;
use crate::ui::{Glyph, Icon, Size};
use domain::{CallSnapshot, Member, MemberId, ParticipantStatus};
use leptos::prelude::*;

/// Whether somebody is in the call, or being rung for it.
fn is_inside(call: &CallSnapshot, member: MemberId) -> bool {
    call.participant(member).is_some_and(|p| p.status == ParticipantStatus::Connected || p.ring_left_ms.is_some())
}

/// Everybody of the parish who is not in the call, to be picked and rung.
#[component]
pub(crate) fn AddPeople(panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let voice = use_voice_calls();
    let picked = RwSignal::new(Vec::<MemberId>::new());
    let nobody = Memo::new(move |_| picked.with(Vec::is_empty));
    let toggle = move |member: MemberId| {
        picked.update(|picked| match picked.iter().position(|other| *other == member) {
            Some(at) => _ = picked.remove(at),
            None => picked.push(member),
        });
    };
    let row = move |member: Member| {
        let id = member.id;
        let inside = Memo::new(move |_| panel.call.with(|call| call.as_ref().is_some_and(|call| is_inside(call, id))));
        let outside = Memo::new(move |_| !inside.get());
        let is_picked = Memo::new(move |_| picked.with(|picked| picked.contains(&id)));
        view! {
            <label class="person">
                <MemberAvatar member=id size=Size::Medium />
                <span class="person-name">{member.name}</span>
                <span class="person-inside" hidden=outside>{t!(i18n, call.add.inside)}</span>
                <input
                    type="checkbox"
                    hidden=inside
                    prop:checked=is_picked
                    on:change=move |_| toggle(id)
                />
            </label>
        }
        .into_any()
    };
    let ring = move |_| {
        panel.sheet.set(false);
        voice.ring(picked.get_untracked());
    };
    let words = Signal::derive(move || match picked.with(Vec::len) {
        0 => t_string!(i18n, call.add.ring).to_owned(),
        1 => t_string!(i18n, call.add.ring_one).to_owned(),
        people => t_string!(i18n, call.add.ring_many, people),
    });
    view! {
        <p class="sheet-lead">{t!(i18n, call.add.lead)}</p>
        <PersonList row />
        <footer class="sheet-foot">
            <button type="button" class="button is-yes" disabled=nobody on:click=ring>
                <Icon glyph=Glyph::Phone />
                {words}
            </button>
        </footer>
    }
    .into_any()
}
