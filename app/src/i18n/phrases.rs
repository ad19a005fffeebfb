//! Sentences about things of the domain.

use crate::error::Problem;
use crate::i18n::{I18n, t_string};
use domain::text::Field;
use domain::{CallError, CallSnapshot, CallStatus, EndReason, MemberId};

/// What went wrong, as a person reads it.
pub(crate) fn problem(i18n: I18n, problem: Problem) -> String {
    match problem {
        Problem::SignedOut => t_string!(i18n, problem.signed_out),
        Problem::SignInRefused => t_string!(i18n, problem.sign_in_refused),
        Problem::NotFound => t_string!(i18n, problem.not_found),
        Problem::Forbidden => t_string!(i18n, problem.forbidden),
        Problem::Malformed => t_string!(i18n, problem.malformed),
        Problem::Invalid(Field::Name) => t_string!(i18n, problem.invalid.name),
        Problem::Invalid(Field::Login) => t_string!(i18n, problem.invalid.login),
        Problem::Invalid(Field::Password) => t_string!(i18n, problem.invalid.password),
        Problem::Invalid(Field::Message) => t_string!(i18n, problem.invalid.message),
        Problem::Invalid(Field::Targets) => t_string!(i18n, problem.invalid.targets),
        Problem::Invalid(Field::Subscription) | Problem::PushRefused => t_string!(i18n, problem.push_refused),
        Problem::TooLarge => t_string!(i18n, problem.too_large),
        Problem::LoginTaken => t_string!(i18n, problem.login_taken),
        Problem::LinkGone => t_string!(i18n, problem.link_gone),
        Problem::Call(CallError::NobodyToCall) => t_string!(i18n, problem.call.nobody_to_call),
        Problem::Call(CallError::Over) => t_string!(i18n, problem.call.over),
        Problem::Call(CallError::AlreadyAnswered) => t_string!(i18n, problem.call.already_answered),
        Problem::Call(CallError::AnsweredElsewhere) => t_string!(i18n, problem.call.answered_elsewhere),
        Problem::Call(CallError::NotRinging) => t_string!(i18n, problem.call.not_ringing),
        Problem::Call(CallError::NotInCall) => t_string!(i18n, problem.call.not_in_call),
        Problem::Call(CallError::NotInvited) => t_string!(i18n, problem.call.not_invited),
        Problem::InAnotherCall => t_string!(i18n, problem.in_another_call),
        Problem::Limited(seconds) if seconds < 2 => t_string!(i18n, problem.limited_a_moment),
        Problem::Limited(seconds) => return t_string!(i18n, problem.limited, seconds),
        Problem::VoiceServerDown => t_string!(i18n, problem.voice_server_down),
        Problem::Unavailable => t_string!(i18n, problem.unavailable),
        Problem::Offline => t_string!(i18n, problem.offline),
        Problem::Internal => t_string!(i18n, problem.internal),
    }
    .to_owned()
}

/// How long people talked, in words: *2m 34s*.
pub(crate) fn call_length(i18n: I18n, seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => t_string!(i18n, length.seconds, seconds = rest),
        (0, _) => t_string!(i18n, length.minutes, minutes, seconds = rest),
        _ => t_string!(i18n, length.hours, hours, minutes),
    }
}

/// How long a call has lasted, as a clock shows it: *2:34*, *1:02:34*.
pub(crate) fn clock(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest:02}") } else { format!("{minutes}:{rest:02}") }
}

/// How a call ended, for somebody who was in it.
pub(crate) fn ended(i18n: I18n, call: &CallSnapshot, me: Option<MemberId>) -> String {
    match (call.status, call.end_reason) {
        (CallStatus::Declined, _) => t_string!(i18n, call.ended.declined),
        (CallStatus::Missed, Some(EndReason::Missed)) => t_string!(i18n, call.ended.no_answer),
        (CallStatus::Missed, Some(EndReason::Cancelled)) if Some(call.initiator) == me => {
            t_string!(i18n, call.ended.cancelled)
        }
        (_, Some(EndReason::Failed | EndReason::MediaLost)) => t_string!(i18n, call.ended.failed),
        (CallStatus::Ended, _) => {
            let length = call_length(i18n, call.talked_ms.unwrap_or_default() / 1_000);
            return t_string!(i18n, call.ended.after, length);
        }
        _ => t_string!(i18n, call.ended.over),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn a_clock_shows_hours_only_when_there_are_some() {
        assert_eq!(clock(0), "0:00");
        assert_eq!(clock(154), "2:34");
        assert_eq!(clock(3_754), "1:02:34");
    }
}
