//! Whom to call in a channel that everybody belongs to.

use crate::chat::PersonList;
use crate::i18n::{t, t_string, text, use_i18n};
use crate::member::MemberAvatar;
use crate::state::use_voice_calls;
use crate::ui::{Glyph, Icon, Sheet, Size};
use domain::{ChannelId, MemberId};
use leptos::prelude::*;

/// Asks whom to call, and calls them.
#[component]
pub(crate) fn CallPicker(channel: ChannelId, open: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let voice = use_voice_calls();
    let picked = RwSignal::new(Vec::<MemberId>::new());
    let count = Memo::new(move |_| picked.with(Vec::len));
    // Every asking begins with nobody picked.
    Effect::new(move || {
        if open.get() {
            picked.set(Vec::new());
        }
    });
    let toggle = move |member: MemberId, wanted: bool| {
        picked.update(|picked| {
            picked.retain(|other| *other != member);
            if wanted {
                picked.push(member);
            }
        });
    };
    let call = move |_| {
        voice.start(channel, picked.get_untracked());
        open.set(false);
    };
    let words = move || match count.get() {
        0 => t_string!(i18n, call_picker.call).to_owned(),
        1 => t_string!(i18n, call_picker.call_one).to_owned(),
        people => t_string!(i18n, call_picker.call_many, people),
    };
    view! {
        <Sheet open id="call-picker" title=text!(i18n, call_picker.title)>
            <p class="sheet-lead">{t!(i18n, call_picker.lead)}</p>
            <PersonList row=move |member| {
                let id = member.id;
                view! {
                    <label class="person">
                        <MemberAvatar member=id size=Size::Medium />
                        <span class="person-name">{member.name}</span>
                        <input
                            type="checkbox"
                            prop:checked=move || picked.with(|picked| picked.contains(&id))
                            on:change=move |event| toggle(id, event_target_checked(&event))
                        />
                    </label>
                }
            } />
            <footer class="sheet-foot">
                <button type="button" class="button is-yes" disabled=move || count.get() == 0 on:click=call>
                    <Icon glyph=Glyph::Phone />
                    {words}
                </button>
            </footer>
        </Sheet>
    }
    .into_any()
}
