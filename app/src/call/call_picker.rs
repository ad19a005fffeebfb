//! Whom to call in a channel that everybody belongs to.

use super::pick_people::PickPeople;
use crate::i18n::{t, use_i18n};
use crate::state::{use_live, use_voice_calls};
use crate::ui::{Glyph, Icon, Sheet};
use domain::{ChannelId, MemberId};
use leptos::prelude::*;

/// Asks whom to call, and calls them; or opens a call that rings nobody.
#[component]
pub(crate) fn CallPicker(channel: ChannelId, open: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let call = move |targets: Vec<MemberId>| {
        voice.start(channel, targets);
        open.set(false);
    };
    let gather = move |_| {
        voice.gather(channel);
        open.set(false);
    };
    view! {
        <Sheet open id="call-picker" title=t!(i18n, call_picker.title)>
            <button type="button" class="choice-row" on:click=gather>
                <Icon glyph=Glyph::Users />
                <span>
                    <strong>{t!(i18n, call_picker.gather)}</strong>
                    <small>{t!(i18n, call_picker.gather_lead)}</small>
                </span>
            </button>
            <p class="sheet-lead">{t!(i18n, call_picker.lead)}</p>
            <PickPeople
                inside=Signal::derive(move || live.me().into_iter().collect::<Vec<_>>())
                words=|i18n, picked| match picked {
                    0 => t!(i18n, call_picker.call).to_owned(),
                    1 => t!(i18n, call_picker.call_one).to_owned(),
                    people => t!(i18n, call_picker.call_many, people),
                }
                on_ring=call
            />
        </Sheet>
    }
    .into_any()
}
