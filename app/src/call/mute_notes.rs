//! That somebody else has muted us, or asks us not to be, and what can be done about it.

use crate::i18n::{t, use_i18n};
use crate::state::{MuteNews, use_live, use_voice_calls};
use crate::ui::{Glyph, Icon};
use leptos::prelude::*;

/// Why we are muted without a tap of ours. To unmute takes one.
#[component]
pub(crate) fn MuteNote(news: MuteNews) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let words = Signal::derive(move || match news {
        MuteNews::MutedBy(who) => t!(i18n, call.note.muted_by, name = live.name_of(who)),
        MuteNews::AskedBy(who) => t!(i18n, call.note.asked_by, name = live.name_of(who)),
        MuteNews::ManyHere => t!(i18n, call.note.many_here).to_owned(),
    });
    let asked = matches!(news, MuteNews::AskedBy(_));
    view! {
        <div class="note-card is-mute">
            <p class="note-title">
                <Icon glyph=if asked { Glyph::Mic } else { Glyph::MicOff } />
                <span>{words}</span>
            </p>
            <p class="note-choices">
                <button type="button" class="button is-accent" on:click=move |_| voice.toggle_mute()>
                    {t!(i18n, call.unmute)}
                </button>
                {asked.then(|| view! {
                    <button type="button" class="button is-quiet" on:click=move |_| voice.dismiss_mute_news()>
                        {t!(i18n, call.note.not_now)}
                    </button>
                })}
            </p>
        </div>
    }
    .into_any()
}
