//! The button in a channel's head that starts a call, or joins the one that goes on.

use super::call_picker::CallPicker;
use crate::i18n::{t, t_string, use_i18n};
use crate::state::{use_live, use_voice_calls};
use crate::ui::{Glyph, Icon};
use domain::{CallId, ChannelId, ChannelKind};
use leptos::either::EitherOf4;
use leptos::prelude::*;

/// What a tap would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offer {
    /// Nothing: this member may not call here, and nobody else does.
    None,
    /// Nothing: they are in a call here.
    Inside,
    Join(CallId, usize),
    Start(ChannelKind),
}

/// The call button of a channel.
#[component]
pub(crate) fn CallButton(id: ChannelId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let picking = RwSignal::new(false);
    let phase = voice.phase();
    let busy_in = Memo::new(move |_| phase.with(|phase| phase.busy_in()));
    let offer = Memo::new(move |_| {
        if busy_in.get() == Some(id) {
            return Offer::Inside;
        }
        match (live.call_in(id), live.channel(id)) {
            (Some(call), _) => Offer::Join(call.id, call.connected()),
            (None, Some(channel)) if channel.may_call => Offer::Start(channel.kind),
            _ => Offer::None,
        }
    });
    // The microphone and the sound are asked for inside the tap: browsers grant them only there.
    let start = move |kind| match kind {
        ChannelKind::Parish => picking.set(true),
        ChannelKind::Group | ChannelKind::Direct => voice.start(id, Vec::new()),
    };
    let join_words = move |people| match people {
        1 => t_string!(i18n, call_button.join_one).to_owned(),
        _ => t_string!(i18n, call_button.join_many, people),
    };
    view! {
        {move || match offer.get() {
            Offer::None => EitherOf4::A(()),
            Offer::Inside => EitherOf4::B(view! {
                <p class="call-here">
                    <Icon glyph=Glyph::PhoneCall />
                    {t!(i18n, call_button.inside)}
                </p>
            }),
            Offer::Join(call, people) => EitherOf4::C(view! {
                <button type="button" class="button is-yes" on:click=move |_| voice.answer(call)>
                    <Icon glyph=Glyph::PhoneCall />
                    {move || join_words(people)}
                </button>
            }),
            Offer::Start(kind) => EitherOf4::D(view! {
                <button
                    type="button"
                    class="button is-call"
                    aria-label=move || t_string!(i18n, call_button.start)
                    disabled=move || busy_in.get().is_some()
                    on:click=move |_| start(kind)
                >
                    <Icon glyph=Glyph::Phone />
                    <span class="call-button-word">{t!(i18n, call_button.word)}</span>
                </button>
            }),
        }}
        <CallPicker channel=id open=picking />
    }
    .into_any()
}
