//! That somebody who is called has quiet hours, and what whoever leads can do about it.

use crate::i18n::{t, use_i18n};
use crate::state::{use_live, use_voice_calls};
use crate::ui::{Glyph, Icon, Show};
use domain::quiet::may_ring_urgently;
use domain::{CallSnapshot, MemberId};
use leptos::prelude::*;

/// Who is called, and has quiet hours.
pub(super) fn keep_quiet(call: &CallSnapshot) -> Vec<MemberId> {
    let still = call.participants.iter().filter(|p| p.quiet && p.ring_left_ms.is_some());
    still.map(|participant| participant.member).collect()
}

/// Whose phones stay still; for who leads, with a button that rings them.
#[component]
pub(super) fn QuietNote(them: Vec<MemberId>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let may = Memo::new(move |_| {
        live.me().and_then(|me| live.role_of(me)).is_some_and(|role| may_ring_urgently(role, false))
    });
    let words = Signal::derive(move || match &them[..] {
        [one] => t!(i18n, call.note.quiet, name = live.name_of(*one)),
        many => t!(i18n, call.note.many_quiet, count = many.len()),
    });
    view! {
        <div class="note-card">
            <p class="note-title">
                <Icon glyph=Glyph::Sleep />
                <span>{words}</span>
            </p>
            <Show when=move || may.get()>
                <p class="note-choices">
                    <button type="button" class="button is-accent" on:click=move |_| voice.ring_urgently()>
                        <Icon glyph=Glyph::PhoneCall />
                        {t!(i18n, call.note.urgent)}
                    </button>
                </p>
            </Show>
        </div>
    }
    .into_any()
}
