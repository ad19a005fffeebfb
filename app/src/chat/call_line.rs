//! A call in the timeline.

use super::line::Line;
use crate::i18n::{self, call_length, t, t_string, use_i18n};
use crate::state::{Live, use_live, use_voice_calls};
use crate::ui::{Glyph, Icon, Moment, Show};
use domain::{CallCard, CallStatus, ChannelId, ChannelKind, EndReason, MemberId};
use leptos::either::EitherOf3;
use leptos::prelude::*;

/// A call: how it went, and a way to call again; or, while it goes on, a way to join.
#[component]
pub(crate) fn CallLine(channel: ChannelId, line: Line, card: CallCard) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let Line { author, times, since, sent_at, .. } = line;
    let mine = untrack(|| live.me()) == Some(author);
    let CallCard { id, status, end_reason, duration, people } = card;
    let goes_on = Memo::new(move |_| {
        live.with_call(id, |call| {
            let inside = live.me().is_some_and(|me| call.is_connected(me));
            (call.connected(), inside, live.check_way_in(call).is_ok())
        })
    });

    let (glyph, tone) = match status {
        CallStatus::Missed if !mine => (Glyph::PhoneMissed, "is-missed"),
        CallStatus::Missed => (Glyph::PhoneMissed, ""),
        CallStatus::Declined => (Glyph::PhoneOff, ""),
        CallStatus::Ringing | CallStatus::Active | CallStatus::Ended => (Glyph::Phone, ""),
    };
    let is_group = people > 2 || live.channel(channel).is_none_or(|channel| channel.kind != ChannelKind::Direct);
    let talked = move |seconds: u32| {
        let length = call_length(i18n, u64::from(seconds));
        match is_group && people > 1 {
            true => t_string!(i18n, call_line.group_lasted, people = i18n::people(i18n, people as usize), length),
            false => t_string!(i18n, call_line.talked, length),
        }
    };
    let what = move || match (status, end_reason) {
        (CallStatus::Missed, Some(EndReason::Cancelled)) if mine => t_string!(i18n, call_line.cancelled).to_owned(),
        (CallStatus::Missed, _) if mine => t_string!(i18n, call_line.no_answer).to_owned(),
        (CallStatus::Missed, _) => t_string!(i18n, call_line.missed).to_owned(),
        (CallStatus::Declined, _) => t_string!(i18n, call_line.declined).to_owned(),
        _ => match duration {
            Some(seconds) => talked(seconds),
            None if is_group => t_string!(i18n, call_line.group).to_owned(),
            None => t_string!(i18n, call_line.call).to_owned(),
        },
    };
    let what = move || match (times, goes_on.get()) {
        (_, Some((people, ..))) => t_string!(i18n, call_line.group_runs, people = i18n::people(i18n, people)),
        (1, None) => what(),
        _ if mine => t_string!(i18n, call_line.times_mine, times),
        _ => t_string!(i18n, call_line.times, name = live.name_of(author), times),
    };
    let who = move || if mine { t_string!(i18n, timeline.me).to_owned() } else { live.name_of(author) };
    let can_call_back = Memo::new(move |_| callees(live, channel, author).is_some());
    view! {
        <li class="line-call">
            <div class=format!("call-card {tone}") class:is-live=move || goes_on.get().is_some()>
                <span class="call-card-icon"><Icon glyph /></span>
                <div class="call-card-words">
                    <p class="call-card-what">{what}</p>
                    <p class="call-card-who">
                        {who}
                        " · "
                        {(times > 1).then(|| view! { <Moment at=since.0 time_only=true />"–" })}
                        <Moment at=sent_at.0 time_only=true />
                    </p>
                </div>
                {move || goes_on.get().map(|(_, inside, may_join)| match (inside, may_join) {
                    (true, _) => EitherOf3::A(view! { <p class="call-card-who">{t!(i18n, call_line.inside)}</p> }),
                    (false, true) => EitherOf3::B(view! {
                        <button type="button" class="button is-yes" on:click=move |_| voice.answer(id)>
                            {t!(i18n, call_line.join)}
                        </button>
                    }),
                    (false, false) => EitherOf3::C(()),
                })}
                <Show when=move || can_call_back.get() && goes_on.get().is_none()>
                    <button
                        type="button"
                        class="button is-quiet"
                        on:click=move |_| {
                            if let Some(callees) = callees(live, channel, author) {
                                voice.start(channel, callees);
                            }
                        }
                    >
                        {if mine { t_string!(i18n, call_line.again) } else { t_string!(i18n, call_line.back) }}
                    </button>
                </Show>
            </div>
        </li>
    }
    .into_any()
}

/// Whom *Call back* calls; none where it cannot. In the parish channel only the one who called: whoever else was picked
/// is not for everybody to know.
fn callees(live: Live, channel: ChannelId, author: MemberId) -> Option<Vec<MemberId>> {
    let channel = live.channel(channel).filter(|channel| channel.may_call)?;
    match channel.kind {
        ChannelKind::Direct | ChannelKind::Group => Some(Vec::new()),
        ChannelKind::Parish => (live.me() != Some(author)).then(|| vec![author]),
    }
}
