//! How somebody comes from a card into the app, and back into a call they have turned away from.

use crate::browser::phone::tell_worker;
use crate::i18n::{t_string, use_i18n};
use crate::state::{Phase, use_live, use_reach, use_voice_calls};
use crate::{address, browser};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use serde_json::json;

/// Shows nothing: goes where a tap on a card leads, and answers if *Answer* was pressed. Cards lead to
/// `…?channel=…&callId=…`, with `&answer=1` where no page was open.
#[component]
pub(crate) fn Arrivals() -> impl IntoView {
    let reach = use_reach();
    let (arrival, navigate) = (reach.arrival(), use_navigate());
    let go = navigate.clone();
    Effect::new(move || {
        if let Some(to) = arrival.get() {
            arrival.set(None);
            let mark = if to.answer { "&answer=1" } else { "" };
            go(&format!("{}{mark}", to.url), NavigateOptions::default());
        }
    });
    let (query, path) = (use_query_map(), use_location().pathname);
    Effect::new(move || {
        let (call, answer) =
            query.with(|query| (query.get("callId").and_then(|id| id.parse().ok()), query.get("answer").is_some()));
        if let (Some(call), true) = (call, answer) {
            reach.answer(call);
            // Whoever reloads the page later answers nothing by it.
            let channel = query.with_untracked(|query| query.get("channel")).unwrap_or_default();
            let here = format!("{}?channel={channel}&callId={call}", path.get_untracked());
            navigate(&here, NavigateOptions { replace: true, scroll: false, ..Default::default() });
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
                "title": t_string!(i18n, call.goes_on),
                "body": live.channel(channel).map(|channel| channel.name).unwrap_or_default(),
                "url": address::channel(i18n.locale_untracked(), channel),
                "tag": "return-to-call",
            }),
            None if shown == Some(true) => json!({ "type": "out-of-call" }),
            None => return false,
        };
        spawn_local(tell_worker(said));
        needed.is_some()
    });
}
