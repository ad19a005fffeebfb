//! A call in the list of calls.

use super::call_back::CallBack;
use super::channel_emblem::ChannelEmblem;
use crate::address;
use crate::i18n::{call_length, people, t, use_i18n};
use crate::member::MemberAvatar;
use crate::state::{Live, use_live};
use crate::ui::{Glyph, Icon, Moment, Show, Size};
use domain::{Audience, CallRecord, CallStatus, ChannelKind, EndReason, MemberId, Part};
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;

/// With whom, what came of it and when; and a way to call again, or to join while it goes on.
#[component]
pub(crate) fn CallRow(
    record: CallRecord,
    /// Whether it leads to its channel: the calls around it are of several.
    with_channel: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let CallRecord { id, channel, caller, part, .. } = record;
    let is_over = record.is_over();
    let at = record.began_at.0;
    let goes_on = Memo::new(move |_| {
        live.with_call(id, |call| (call.connected(), live.me().is_some_and(|me| call.rings_for(me).is_some())))
    });
    let (glyph, tone) = match part {
        Part::Outgoing => (Glyph::PhoneOutgoing, ""),
        Part::Incoming => (Glyph::PhoneIncoming, ""),
        Part::Missed => (Glyph::PhoneMissed, "is-missed"),
        Part::Declined => (Glyph::PhoneOff, ""),
        Part::Apart => (Glyph::Phone, ""),
    };
    let is_group = record.kind != ChannelKind::Direct || record.people > 2;
    let with_link = with_channel && untrack(|| live.channel(channel)).is_some();
    let face = faces(live, &record);
    let (whose, peopled) = (record.clone(), record.clone());
    let title = Signal::derive(move || match face {
        Face::Channel => live.channel(channel).map(|channel| channel.name).unwrap_or_default(),
        Face::Member(member) => name(live, member, t!(i18n, calls.somebody)),
        Face::Picked => names(live, &whose, t!(i18n, calls.somebody)),
    });
    let direction = match part {
        Part::Outgoing => t!(i18n, calls.outgoing),
        Part::Incoming => t!(i18n, calls.incoming),
        Part::Missed => t!(i18n, calls.missed),
        Part::Declined => t!(i18n, calls.declined),
        Part::Apart => t!(i18n, calls.apart),
    };
    let outcome = match (record.status, record.end_reason, part) {
        (CallStatus::Missed, Some(EndReason::Cancelled), Part::Outgoing) => t!(i18n, calls.cancelled).to_owned(),
        (CallStatus::Missed, _, Part::Outgoing) => t!(i18n, calls.no_answer).to_owned(),
        (CallStatus::Declined, _, Part::Outgoing) => t!(i18n, calls.was_declined).to_owned(),
        _ => record.duration.map(|seconds| call_length(i18n, u64::from(seconds))).unwrap_or_default(),
    };
    let what = move || match goes_on.get() {
        Some((_, true)) => t!(i18n, calls.rings).to_owned(),
        Some((count, _)) => t!(i18n, calls.now, people = people(i18n, count)),
        None if outcome.is_empty() => direction.to_owned(),
        None => format!("{direction} · {outcome}"),
    };
    let people = move || {
        let somebody = t!(i18n, calls.somebody);
        let names = names(live, &peopled, somebody);
        let names = match peopled.more {
            0 => names,
            more => t!(i18n, calls.and_more, names, more),
        };
        match peopled.people {
            0 | 1 => names,
            count => t!(i18n, calls.people, people = people(i18n, count as usize), names),
        }
    };
    let named_above = match face {
        Face::Channel => false,
        Face::Member(member) => record.others == [member],
        Face::Picked => true,
    };
    let with_people = is_group && !record.others.is_empty() && !named_above;
    let words = view! {
        <span class="call-row-title">{title}</span>
        <span class="call-row-what"><Icon glyph />{what}</span>
        <span class="call-row-more">
            <Moment at time_only=true />
            {with_people.then(|| view! { " · "{people} })}
        </span>
    };
    view! {
        <li class=format!("call-row {tone}") class:is-live=move || goes_on.get().is_some()>
            {match (face, untrack(|| live.channel(channel))) {
                (Face::Channel, Some(channel)) => EitherOf3::A(view! { <ChannelEmblem channel size=Size::Medium /> }),
                (Face::Member(member), _) => EitherOf3::B(view! { <MemberAvatar member size=Size::Medium /> }),
                _ => EitherOf3::C(view! { <MemberAvatar member=caller size=Size::Medium /> }),
            }}
            {if with_link {
                let address = address::channel(i18n.locale(), channel);
                Either::Left(view! { <a class="call-row-words" href=address>{words}</a> })
            } else {
                Either::Right(view! { <div class="call-row-words">{words}</div> })
            }}
            <Show when=move || is_over || goes_on.get().is_some()>
                <CallBack id channel caller whom=title />
            </Show>
        </li>
    }
    .into_any()
}

/// Whom or what a call is listed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Face {
    /// Its channel.
    Channel,
    /// The one who called, or was called.
    Member(MemberId),
    /// Those whom this member picked.
    Picked,
}

/// A call for a whole group is the group's, one between picked people theirs, and so is one that somebody was picked for
/// outside of their channels.
fn faces(live: Live, record: &CallRecord) -> Face {
    let known = untrack(|| live.channel(record.channel)).is_some();
    match (known, record.kind, record.audience, record.part) {
        (true, ChannelKind::Direct | ChannelKind::Group, ..) | (true, _, Audience::Channel, _) => Face::Channel,
        (_, _, _, Part::Outgoing) => match &*record.others {
            [other] => Face::Member(*other),
            _ => Face::Picked,
        },
        _ => Face::Member(record.caller),
    }
}

fn name(live: Live, member: MemberId, somebody: &str) -> String {
    match live.name_of(member) {
        unknown if unknown.is_empty() => somebody.to_owned(),
        name => name,
    }
}

fn names(live: Live, record: &CallRecord, somebody: &str) -> String {
    record.others.iter().map(|other| name(live, *other, somebody)).collect::<Vec<_>>().join(", ")
}
