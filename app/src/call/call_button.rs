//! The button in a channel's head that starts a call, or joins the one that goes on.

use super::call_picker::CallPicker;
use crate::api::Page;
use crate::browser::Voice;
use crate::help::HelpLink;
use crate::i18n::{t, use_i18n};
use crate::state::{Live, use_live, use_voice_calls};
use crate::ui::{Glyph, Icon, Show};
use crate::{address, browser, i18n};
use domain::{CallError, CallId, CallSnapshot, ChannelId, ChannelKind};
use leptos::either::EitherOf5;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What a tap would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offer {
    /// Nothing: there is no such channel any more.
    None,
    /// Nothing: this member may not call here, for this reason, and nobody else does.
    Refused(Refusal),
    /// Nothing: they are in a call here.
    Inside,
    Join(CallId, usize),
    Start(ChannelKind),
}

/// Why somebody may not call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// Only those who lead do here.
    Announcements,
    /// They may call nowhere.
    Blocked,
    /// Nobody new may come in.
    Locked,
    /// There is no room for one more.
    Full,
    /// Somebody who leads has taken them out.
    PutOut,
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
        let join = |call: &CallSnapshot| match live.check_way_in(call) {
            Err(CallError::Locked) => Offer::Refused(Refusal::Locked),
            Err(CallError::Full) => Offer::Refused(Refusal::Full),
            Err(CallError::PutOut) => Offer::Refused(Refusal::PutOut),
            _ => Offer::Join(call.id, call.connected()),
        };
        match (live.with_call_in(id, join), live.channel(id)) {
            (Some(offer), _) => offer,
            (None, Some(channel)) if channel.may_call => Offer::Start(channel.kind),
            (None, Some(channel)) if channel.announcements_only && !leads(live) => {
                Offer::Refused(Refusal::Announcements)
            }
            (None, Some(_)) => Offer::Refused(Refusal::Blocked),
            (None, None) => Offer::None,
        }
    });
    // The microphone and the sound are asked for inside the tap: browsers grant them only there.
    let start = move |kind| match kind {
        ChannelKind::Parish => picking.set(true),
        ChannelKind::Group | ChannelKind::Direct => voice.start(id, Vec::new()),
    };
    let join_words = move |people| t!(i18n, call_button.join, people = i18n::people(i18n, people));
    view! {
        {move || match offer.get() {
            Offer::None => EitherOf5::A(()),
            Offer::Refused(why) => EitherOf5::B(view! {
                <p class="call-refused">
                    {match why {
                        Refusal::Announcements => t!(i18n, call_button.leaders_only),
                        Refusal::Blocked => t!(i18n, call_button.not_allowed),
                        Refusal::Locked => t!(i18n, call_button.locked),
                        Refusal::Full => t!(i18n, call_button.full),
                        Refusal::PutOut => t!(i18n, call_button.put_out),
                    }}
                    " "
                    <HelpLink page=Page::Calls />
                </p>
            }),
            Offer::Inside => EitherOf5::C(view! {
                <p class="call-here">
                    <Icon glyph=Glyph::PhoneCall />
                    {t!(i18n, call_button.inside)}
                </p>
            }),
            Offer::Join(call, people) => EitherOf5::D(view! {
                <button type="button" class="button is-yes" on:click=move |_| voice.answer(call)>
                    <Icon glyph=Glyph::PhoneCall />
                    {move || join_words(people)}
                </button>
            }),
            Offer::Start(kind) => EitherOf5::E(view! {
                <Show when=move || kind == ChannelKind::Group>
                    <button
                        type="button"
                        class="button-round"
                        aria-label=t!(i18n, call_button.gather)
                        title=t!(i18n, call_button.gather)
                        disabled=move || busy_in.get().is_some()
                        on:click=move |_| voice.gather(id)
                    >
                        <Icon glyph=Glyph::Users />
                    </button>
                </Show>
                <button
                    type="button"
                    class="button is-call"
                    aria-label=t!(i18n, call_button.start)
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

fn leads(live: Live) -> bool {
    live.community().with(|community| community.as_ref().is_some_and(|community| community.me.role.leads()))
}

/// Tells whoever may call here that nobody would hear them, as long as the browser says so. They can call all the same.
#[component]
pub(crate) fn ListenOnlyNote(id: ChannelId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let phase = use_voice_calls().phase();
    let voice = RwSignal::new(Voice::Unknown);
    let look = move || {
        spawn_local(async move {
            let found = browser::agent::voice().await;
            // Somebody may have left the channel meanwhile.
            let _ = voice.try_set(found);
        });
    };
    Effect::new(move || {
        look();
        browser::on_return(look);
    });
    // In a call, the call itself says so.
    let shown = Memo::new(move |_| {
        voice.get() != Voice::Unknown
            && phase.with(|phase| phase.busy_in().is_none())
            && live.channel(id).is_some_and(|channel| channel.may_call)
    });
    view! {
        <Show when=move || shown.get()>
            <p class="listen-only">
                <Icon glyph=Glyph::MicOff />
                <span>
                    {move || match voice.get() {
                        Voice::Refused => t!(i18n, call_button.refused),
                        Voice::Missing | Voice::Unknown => t!(i18n, call_button.missing),
                    }}
                    " "
                    <a href=address::microphone_help(i18n.locale())>{t!(i18n, call_button.help)}</a>
                </span>
            </p>
        </Show>
    }
    .into_any()
}
