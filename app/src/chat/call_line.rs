//! A call in the timeline.

use super::call_back::CallBack;
use super::line::Line;
use crate::address;
use crate::i18n::{self, call_length, t, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Moment};
use domain::{CallCard, CallSnapshot, CallStatus, ChannelId, ChannelKind, EndReason};
use leptos::prelude::*;

/// A call: how it went, and a way to call again; or, while it goes on, a way to join.
#[component]
pub(crate) fn CallLine(channel: ChannelId, line: Line, card: CallCard) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let Line { author, times, since, sent_at, .. } = line;
    let mine = untrack(|| live.me()) == Some(author);
    let CallCard { id, status, end_reason, duration, people } = card;
    let goes_on = Memo::new(move |_| live.with_call(id, CallSnapshot::connected));

    let (glyph, tone) = match status {
        CallStatus::Missed if !mine => (Glyph::PhoneMissed, "is-missed"),
        CallStatus::Missed => (Glyph::PhoneMissed, ""),
        CallStatus::Declined => (Glyph::PhoneOff, ""),
        CallStatus::Ringing | CallStatus::Active | CallStatus::Ended => (Glyph::Phone, ""),
    };
    let is_group =
        people > 2 || untrack(|| live.channel(channel)).is_none_or(|channel| channel.kind != ChannelKind::Direct);
    let talked = move |seconds: u32| {
        let length = call_length(i18n, u64::from(seconds));
        match is_group && people > 1 {
            true => t!(i18n, call_line.group_lasted, people = i18n::people(i18n, people as usize), length),
            false => t!(i18n, call_line.talked, length),
        }
    };
    let became = match (status, end_reason) {
        (CallStatus::Missed, Some(EndReason::Cancelled)) if mine => t!(i18n, call_line.cancelled).to_owned(),
        (CallStatus::Missed, _) if mine => t!(i18n, call_line.no_answer).to_owned(),
        (CallStatus::Missed, _) => t!(i18n, call_line.missed).to_owned(),
        (CallStatus::Declined, _) => t!(i18n, call_line.declined).to_owned(),
        _ => match duration {
            Some(seconds) => talked(seconds),
            None if is_group => t!(i18n, call_line.group).to_owned(),
            None => t!(i18n, call_line.call).to_owned(),
        },
    };
    let what = move || match (times, goes_on.get()) {
        (_, Some(people)) => t!(i18n, call_line.group_runs, people = i18n::people(i18n, people)),
        (1, None) => became.clone(),
        _ if mine => t!(i18n, call_line.times_mine, times),
        _ => t!(i18n, call_line.times, name = live.name_of(author), times),
    };
    let who = move || if mine { t!(i18n, timeline.me).to_owned() } else { live.name_of(author) };
    view! {
        <li class="line-call">
            <div class=format!("call-card {tone}") class:is-live=move || goes_on.get().is_some()>
                <span class="call-card-icon"><Icon glyph /></span>
                <a class="call-card-words" href=address::calls(i18n.locale(), Some(channel), false)>
                    <span class="call-card-what">{what}</span>
                    <span class="call-card-who">
                        {who}
                        " · "
                        {(times > 1).then(|| view! { <Moment at=since.0 time_only=true />"–" })}
                        <Moment at=sent_at.0 time_only=true />
                    </span>
                </a>
                <CallBack id channel caller=author />
            </div>
        </li>
    }
    .into_any()
}
