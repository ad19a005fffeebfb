//! What stands where the call was, when it is over.

use super::control::{CallControl, Tone};
use super::focus::focus;
use super::words::summary;
use crate::address;
use crate::api::Page;
use crate::i18n::{t, use_i18n};
use crate::state::{Ending, Sound, is_unanswered, use_live, use_voice_calls};
use crate::ui::{Glyph, Show};
use domain::{CallSnapshot, ChannelKind, EndReason};
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// How the call was, and what can be done now: call again, leave a message to whom did not answer, go on.
#[component]
pub(crate) fn AfterCall(#[prop(into)] ending: Signal<Option<Ending>>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let navigate = use_navigate();
    let go = navigate.clone();
    let call = move || ending.with(|ending| ending.as_ref().map(|ending| ending.call.clone()));
    let nobody_came =
        Memo::new(move |_| call().is_some_and(|call| Some(call.initiator) == live.me() && is_unanswered(&call)));
    // Whoever was invited to a call outside of their channels cannot begin another one there.
    let can_call = Memo::new(move |_| {
        let put_out =
            |call: &CallSnapshot| live.me().and_then(|me| call.participant(me)).is_some_and(|mine| mine.put_out);
        let call = call().filter(|call| !put_out(call));
        call.and_then(|call| live.channel(call.channel_id)).is_some_and(|channel| channel.may_call)
    });
    let how = Memo::new(move |_| ending.with(|ending| ending.as_ref().and_then(|ending| summary(i18n, ending))));
    let again = move |_| {
        if let Some(call) = untrack(call) {
            // In the parish channel the same people are picked again.
            let others = |call: &CallSnapshot| {
                let me = untrack(|| live.me());
                call.participants.iter().map(|p| p.member).filter(|member| Some(*member) != me).collect()
            };
            let picked = if call.kind == ChannelKind::Parish { others(&call) } else { vec![] };
            voice.start(call.channel_id, picked);
        }
    };
    let write = move |_| {
        if let Some(call) = untrack(call) {
            voice.end();
            navigate(&address::channel(i18n.locale(), call.channel_id), Default::default());
            request_animation_frame(|| {
                // Fails only when nobody may write there.
                _ = document().query_selector(".composer textarea").ok().flatten().map(focus);
            });
        }
    };
    let write = StoredValue::new(write);
    // The connection, or the voice server, and not a person, made it end, or made it hard to follow.
    let was_lost = |ending: &Ending| {
        let lost = [EndReason::Empty, EndReason::Failed, EndReason::MediaLost];
        ending.sound == Some(Sound::Poor) || ending.call.end_reason.is_some_and(|reason| lost.contains(&reason))
    };
    let troubled = Memo::new(move |_| ending.with(|ending| ending.as_ref().is_some_and(was_lost)));
    let help = move || address::page(i18n.locale(), Page::Network);
    let read = StoredValue::new(move |event: MouseEvent| {
        event.prevent_default();
        voice.end();
        go(&help(), Default::default());
    });
    view! {
        <p class="call-summary" hidden=move || how.with(Option::is_none)>{how}</p>
        <Show when=move || troubled.get()>
            <p class="call-summary">
                <a class="help-link" href=help() on:click=move |event| read.with_value(|read| read(event))>
                    {t!(i18n, call_button.help)}
                </a>
            </p>
        </Show>
        <div class="call-controls is-afterwards">
            <Show when=move || can_call.get()>
                <CallControl tone=Tone::Yes glyph=Glyph::Phone word=t!(i18n, call.again) on_tap=again />
            </Show>
            <Show when=move || nobody_came.get()>
                <CallControl
                    tone=Tone::Plain
                    glyph=Glyph::SquarePen
                    word=t!(i18n, call.leave_message)
                    on_tap=move |event| write.with_value(|write| write(event))
                />
            </Show>
            <CallControl tone=Tone::Plain glyph=Glyph::X word=t!(i18n, call.close) on_tap=move |_| voice.end() />
        </div>
    }
    .into_any()
}
