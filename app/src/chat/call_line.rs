//! A call in the timeline.

use crate::i18n::{call_length, t_string, use_i18n};
use crate::state::{Live, use_live, use_voice_calls};
use crate::ui::{Glyph, Icon, Moment};
use domain::{CallCard, CallStatus, ChannelId, ChannelKind, EndReason, MemberId, Message};
use leptos::prelude::*;

/// A call that is over: how it went, and a way to call again.
#[component]
pub(crate) fn CallLine(
    message: Message,
    card: CallCard,
    /// How many calls it stands for.
    times: u32,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let (author, channel) = (message.author, message.channel);
    let mine = untrack(|| live.me()) == Some(author);
    let CallCard { status, end_reason, duration, .. } = card;

    let (glyph, tone) = match status {
        CallStatus::Missed if !mine => (Glyph::PhoneMissed, "is-missed"),
        CallStatus::Missed => (Glyph::PhoneMissed, ""),
        CallStatus::Declined => (Glyph::PhoneOff, ""),
        CallStatus::Ringing | CallStatus::Active | CallStatus::Ended => (Glyph::Phone, ""),
    };
    let what = move || match (status, end_reason) {
        (CallStatus::Missed, Some(EndReason::Cancelled)) if mine => t_string!(i18n, call_line.cancelled).to_owned(),
        (CallStatus::Missed, _) if mine => t_string!(i18n, call_line.no_answer).to_owned(),
        (CallStatus::Missed, _) => t_string!(i18n, call_line.missed).to_owned(),
        (CallStatus::Declined, _) => t_string!(i18n, call_line.declined).to_owned(),
        _ => match duration {
            Some(seconds) => t_string!(i18n, call_line.talked, length = call_length(i18n, u64::from(seconds))),
            None => t_string!(i18n, call_line.call).to_owned(),
        },
    };
    let what = move || match times {
        1 => what(),
        _ => t_string!(i18n, call_line.times, what = what(), times),
    };
    let who = move || if mine { t_string!(i18n, timeline.me).to_owned() } else { live.name_of(author) };
    let can_call_back = Memo::new(move |_| callees(live, channel, author).is_some());
    view! {
        <li class="line-call">
            <div class=format!("call-card {tone}")>
                <span class="call-card-icon"><Icon glyph /></span>
                <div class="call-card-words">
                    <p class="call-card-what">{what}</p>
                    <p class="call-card-who">{who}" · "<Moment at=message.sent_at.0 /></p>
                </div>
                <Show when=move || can_call_back.get()>
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
