//! A call in words: who it is with, how it stands, how it was.

use crate::i18n::{Form, I18n, call_length_in_words, ended, t};
use crate::state::{Ending, Live, Phase, Sound};
use domain::{CallSnapshot, CallStatus, ChannelKind, MemberId, ParticipantSnapshot, ParticipantStatus};

/// Who or where the call is with: the other of two, else the channel.
pub(super) fn title(i18n: I18n, live: Live, phase: &Phase) -> String {
    if let Phase::Starting(channel) = phase {
        return live.channel(*channel).map(|channel| channel.name).unwrap_or_default();
    }
    let Some(call) = phase.call() else { return String::new() };
    let me = live.me();
    let others: Vec<_> = call.participants.iter().map(|p| p.member).filter(|member| Some(*member) != me).collect();
    match (call.kind, &others[..]) {
        (ChannelKind::Group, _) | (ChannelKind::Parish, []) => {
            live.channel(call.channel_id).map(|channel| channel.name).unwrap_or_default()
        }
        (_, []) => String::new(),
        (_, [other]) => live.name_of(*other),
        (_, [one, other]) => t!(i18n, call.with_two, one = live.name_of(*one), other = live.name_of(*other)),
        (_, [one, more @ ..]) => {
            let (one, count) = (live.name_of(*one), more.len());
            match i18n.form(count as u64) {
                Form::Few => t!(i18n, call.with_few, one, count),
                Form::One | Form::Many => t!(i18n, call.with_many, one, count),
            }
        }
    }
}

/// How it stands.
pub(super) fn state_words(i18n: I18n, live: Live, phase: &Phase) -> String {
    match phase {
        Phase::Idle | Phase::RingingIn(_) | Phase::InCall(_) => "",
        Phase::Starting(_) => t!(i18n, call.calling),
        // Answered a moment ago; the server has not heard of it yet.
        Phase::RingingOut(call) if Some(call.initiator) != live.me() => t!(i18n, call.connecting),
        Phase::RingingOut(call) => match heard_by(call) {
            Heard::Nobody => t!(i18n, call.calling),
            Heard::Quiet(who) => return t!(i18n, call.on_quiet, name = live.name_of(who)),
            Heard::Busy(who) => return t!(i18n, call.on_another, name = live.name_of(who)),
            Heard::On(0 | 1) => t!(i18n, call.ringing),
            Heard::On(count) => return t!(i18n, call.ringing_on, count),
        },
        Phase::Connecting(_) => t!(i18n, call.connecting),
        Phase::Reconnecting(_) => t!(i18n, call.reconnecting),
        Phase::Ended(Ending { call, .. }) => {
            let missed = call.status == CallStatus::Missed;
            return match heard_by(call) {
                Heard::Quiet(who) if missed => t!(i18n, call.on_quiet, name = live.name_of(who)),
                Heard::Busy(who) if missed => t!(i18n, call.on_another, name = live.name_of(who)),
                _ => ended(i18n, call, live.me()).to_owned(),
            };
        }
    }
    .to_owned()
}

/// How a call was that people talked in: *Rang 1.4 s · 12 min · sound good*.
pub(super) fn summary(i18n: I18n, ending: &Ending) -> Option<String> {
    let rang = ending.rang_ms.map(|rang| {
        let tenths = (rang + 50) / 100;
        let seconds = t!(i18n, length.tenths, whole = tenths / 10, tenths = tenths % 10);
        t!(i18n, call.summary.rang, seconds)
    });
    let length = call_length_in_words(i18n, ending.call.talked_ms? / 1_000);
    let sound = ending.sound.map(|sound| match sound {
        Sound::Good => t!(i18n, call.summary.good),
        Sound::Fair => t!(i18n, call.summary.fair),
        Sound::Poor => t!(i18n, call.summary.poor),
    });
    let parts: Vec<_> = rang.into_iter().chain([length]).chain(sound.map(str::to_owned)).collect();
    Some(parts.join(" · "))
}

/// What a screen reader says when the call changes.
pub(super) fn announcement(i18n: I18n, live: Live, phase: &Phase) -> String {
    match phase {
        Phase::Idle | Phase::RingingIn(_) => String::new(),
        Phase::InCall(_) => t!(i18n, call.connected_with, name = title(i18n, live, phase)),
        Phase::Reconnecting(_) => t!(i18n, call.note.lost).to_owned(),
        Phase::Ended(ending) => {
            let how = summary(i18n, ending).map(|how| format!(". {how}")).unwrap_or_default();
            format!("{}: {}{how}", title(i18n, live, phase), state_words(i18n, live, phase))
        }
        _ => format!("{}: {}", title(i18n, live, phase), state_words(i18n, live, phase)),
    }
}

/// Where a call rings, as the caller is told.
enum Heard {
    /// Nowhere yet.
    Nobody,
    /// Whom it is for has quiet hours.
    Quiet(MemberId),
    /// Whom it is for is in another call.
    Busy(MemberId),
    /// On so many devices; 0 where they are not counted.
    On(u32),
}

fn heard_by(call: &CallSnapshot) -> Heard {
    match only_one(call) {
        Some(only) if only.quiet => return Heard::Quiet(only.member),
        Some(only) if only.busy => return Heard::Busy(only.member),
        _ => {}
    }
    let ringing =
        || call.participants.iter().filter(|p| p.status == ParticipantStatus::Ringing && p.ring_left_ms.is_some());
    match ringing().next() {
        Some(_) => Heard::On(ringing().map(|p| p.devices).sum()),
        None => Heard::Nobody,
    }
}

/// The one person who was called, if it was only one.
fn only_one(call: &CallSnapshot) -> Option<&ParticipantSnapshot> {
    let mut called = call.participants.iter().filter(|p| p.member != call.initiator);
    called.next().filter(|_| called.next().is_none())
}
