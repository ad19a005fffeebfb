//! How somebody comes from a card into the app, and back into a call they have turned away from.

use crate::browser::phone::tell_worker;
use crate::i18n::{t, use_i18n};
use crate::state::{Phase, use_live, use_reach, use_voice_calls};
use crate::{address, browser};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde_json::json;

/// Shows nothing: goes where a tap on a card leads, and answers if *Answer* was pressed.
#[component]
pub(crate) fn Arrivals() -> impl IntoView {
    let reach = use_reach();
    let (arrival, go) = (reach.arrival(), use_navigate());
    Effect::new(move || {
        if let Some(to) = arrival.get() {
            arrival.set(None);
            if let Some(call) = to.answer {
                reach.answer(call);
            }
            go(&to.url, NavigateOptions::default());
        }
    });
}

/// Shows nothing on the page: while a call goes on in a page that nobody looks at, a card leads back to it.
#[component]
pub(crate) fn ReturnNotice() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let phase = use_voice_calls().phase();
    let hidden = RwSignal::new(false);
    Effect::new(move || {
        let turned = window_event_listener(leptos::ev::visibilitychange, move |_| hidden.set(browser::is_hidden()));
        let left = window_event_listener_untyped("pagehide", move |_| hidden.set(false));
        on_cleanup(move || {
            turned.remove();
            left.remove();
        });
    });
    let needed = Memo::new(move |_| {
        let call = phase.with(|phase| match phase {
            Phase::InCall(call) | Phase::Reconnecting(call) => Some((call.id, call.channel_id)),
            _ => None,
        });
        call.filter(|_| hidden.get())
    });
    Effect::new(move |shown: Option<bool>| {
        let needed = needed.get();
        let said = match needed {
            Some((call, channel)) => json!({
                "type": "in-call",
                "callId": call,
                "title": t!(i18n, call.goes_on),
                "body": live.channel(channel).map(|channel| channel.name).unwrap_or_default(),
                "url": address::channel(i18n.locale(), channel),
                "tag": "return-to-call",
            }),
            None if shown == Some(true) => json!({ "type": "out-of-call" }),
            None => return false,
        };
        spawn_local(tell_worker(said));
        needed.is_some()
    });
}
