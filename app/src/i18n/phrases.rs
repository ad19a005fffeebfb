//! Sentences about things of the domain.

use crate::api::Page;
use crate::browser::Maker;
use crate::error::Problem;
use crate::i18n::{Form, I18n, Locale, t, td_string};
use domain::text::Field;
use domain::{CallError, CallSnapshot, CallStatus, EndReason, MemberId};

/// What went wrong, as a person reads it.
pub(crate) fn problem(i18n: I18n, problem: Problem) -> String {
    match problem {
        Problem::SignedOut => t!(i18n, problem.signed_out),
        Problem::SignInRefused => t!(i18n, problem.sign_in_refused),
        Problem::WrongPassword => t!(i18n, problem.wrong_password),
        Problem::NotFound => t!(i18n, problem.not_found),
        Problem::Forbidden => t!(i18n, problem.forbidden),
        Problem::Malformed => t!(i18n, problem.malformed),
        Problem::Invalid(Field::Name) => t!(i18n, problem.invalid.name),
        Problem::Invalid(Field::Login) => t!(i18n, problem.invalid.login),
        Problem::Invalid(Field::GuessablePassword) => t!(i18n, problem.invalid.guessable),
        Problem::Invalid(Field::Password) => t!(i18n, problem.invalid.password),
        Problem::Invalid(Field::Search) => t!(i18n, problem.invalid.search),
        Problem::Invalid(Field::Message) => t!(i18n, problem.invalid.message),
        Problem::Invalid(Field::Targets) => t!(i18n, problem.invalid.targets),
        Problem::Invalid(Field::Subscription) | Problem::PushRefused => t!(i18n, problem.push_refused),
        Problem::Invalid(Field::TimeZone) => t!(i18n, problem.invalid.time_zone),
        Problem::Invalid(Field::Note) => t!(i18n, problem.invalid.note),
        Problem::Invalid(Field::Invite) => t!(i18n, problem.invalid.invite),
        Problem::LastAdmin => t!(i18n, problem.last_admin),
        Problem::NobodyElseLeads => t!(i18n, problem.nobody_else_leads),
        Problem::TooLarge => t!(i18n, problem.too_large),
        Problem::LoginTaken => t!(i18n, problem.login_taken),
        Problem::LinkGone => t!(i18n, problem.link_gone),
        Problem::Call(CallError::NobodyToCall) => t!(i18n, problem.call.nobody_to_call),
        Problem::Call(CallError::Over) => t!(i18n, problem.call.over),
        Problem::Call(CallError::AlreadyAnswered) => t!(i18n, problem.call.already_answered),
        Problem::Call(CallError::AnsweredElsewhere) => t!(i18n, problem.call.answered_elsewhere),
        Problem::Call(CallError::NotRinging) => t!(i18n, problem.call.not_ringing),
        Problem::Call(CallError::NotInCall) => t!(i18n, problem.call.not_in_call),
        Problem::Call(CallError::NotInvited) => t!(i18n, problem.call.not_invited),
        Problem::Call(CallError::Locked) => t!(i18n, problem.call.locked),
        Problem::Call(CallError::Full) => t!(i18n, problem.call.full),
        Problem::Call(CallError::PutOut) => t!(i18n, problem.call.put_out),
        Problem::InAnotherCall => t!(i18n, problem.in_another_call),
        Problem::Limited(seconds) if seconds < 2 => t!(i18n, problem.limited_a_moment),
        Problem::Limited(seconds) => return limited(i18n, seconds),
        Problem::VoiceServerDown => t!(i18n, problem.voice_server_down),
        Problem::Unavailable => t!(i18n, problem.unavailable),
        Problem::Offline => t!(i18n, problem.offline),
        Problem::Internal => t!(i18n, problem.internal),
    }
    .to_owned()
}

fn limited(i18n: I18n, seconds: u32) -> String {
    let minutes = seconds.div_ceil(60);
    match (seconds < 100, i18n.form(u64::from(if seconds < 100 { seconds } else { minutes }))) {
        (true, Form::Few) => t!(i18n, problem.limited_few, seconds),
        (true, _) => t!(i18n, problem.limited, seconds),
        (false, Form::Few) => t!(i18n, problem.limited_minutes_few, minutes),
        (false, _) => t!(i18n, problem.limited_minutes, minutes),
    }
}

/// How many people: *1 person*, *4 people*.
pub(crate) fn people(i18n: I18n, count: usize) -> String {
    match i18n.form(count as u64) {
        Form::One => t!(i18n, call.one_person).to_owned(),
        Form::Few => t!(i18n, call.few_people, count),
        Form::Many => t!(i18n, call.many_people, count),
    }
}

/// How long people talked, in words: *2m 34s*.
pub(crate) fn call_length(i18n: I18n, seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => t!(i18n, length.seconds, seconds = rest),
        (0, _) => t!(i18n, length.minutes, minutes, seconds = rest),
        _ => t!(i18n, length.hours, hours, minutes),
    }
}

/// How long a call has lasted, as a clock shows it: *2:34*, *1:02:34*.
pub(crate) fn clock(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest:02}") } else { format!("{minutes}:{rest:02}") }
}

/// How long people talked, roughly: *12 min*.
pub(crate) fn call_length_in_words(i18n: I18n, seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => t!(i18n, length.only_seconds, seconds),
        (0, _) => t!(i18n, length.only_minutes, minutes),
        _ => t!(i18n, length.hours_minutes, hours, minutes),
    }
}

/// How a call ended, for somebody who was in it.
pub(crate) fn ended(i18n: I18n, call: &CallSnapshot, me: Option<MemberId>) -> &'static str {
    if me.and_then(|me| call.participant(me)).is_some_and(|mine| mine.put_out) {
        return t!(i18n, call.ended.put_out);
    }
    let others = || call.connected() > usize::from(me.is_some_and(|me| call.is_connected(me)));
    if !call.is_over() && call.is_group() && others() {
        return t!(i18n, call.ended.goes_on);
    }
    match (call.status, call.end_reason) {
        (CallStatus::Declined, _) => t!(i18n, call.ended.declined),
        (CallStatus::Missed, Some(EndReason::Missed)) => t!(i18n, call.ended.no_answer),
        // Whoever gives up has seen it ring last.
        (CallStatus::Missed, Some(EndReason::Cancelled)) | (CallStatus::Ringing, _) if Some(call.initiator) == me => {
            t!(i18n, call.ended.cancelled)
        }
        (_, Some(EndReason::Failed)) => t!(i18n, call.ended.failed),
        (_, Some(EndReason::MediaLost | EndReason::Empty)) => t!(i18n, call.ended.lost),
        (_, Some(EndReason::Removed)) => t!(i18n, call.ended.removed),
        (_, Some(EndReason::Expired)) => t!(i18n, call.ended.expired),
        _ => t!(i18n, call.ended.over),
    }
}

/// What there is to do, step by step, so that this browser lets the app use the microphone. There are three steps.
pub(crate) fn microphone_step(i18n: I18n, browser: Maker, step: usize) -> &'static str {
    match (browser, step) {
        (Maker::Chrome, 0) => t!(i18n, help.chrome.one),
        (Maker::Chrome, 1) => t!(i18n, help.chrome.two),
        (Maker::Firefox, 0) => t!(i18n, help.firefox.one),
        (Maker::Firefox, 1) => t!(i18n, help.firefox.two),
        (Maker::Safari, 0) => t!(i18n, help.safari.one),
        (Maker::Safari, 1) => t!(i18n, help.safari.two),
        (Maker::ChromePhone, 0) => t!(i18n, help.chrome_phone.one),
        (Maker::ChromePhone, 1) => t!(i18n, help.chrome_phone.two),
        (Maker::FirefoxPhone, 0) => t!(i18n, help.firefox_phone.one),
        (Maker::FirefoxPhone, 1) => t!(i18n, help.firefox_phone.two),
        (Maker::ApplePhone, 0) => t!(i18n, help.apple_phone.one),
        (Maker::ApplePhone, 1) => t!(i18n, help.apple_phone.two),
        (Maker::AppleHomeScreen, 0) => t!(i18n, help.apple_home_screen.one),
        (Maker::AppleHomeScreen, 1) => t!(i18n, help.apple_home_screen.two),
        (Maker::AppleHomeScreen, _) => t!(i18n, help.open_again),
        (Maker::Chrome | Maker::Firefox | Maker::Safari, _) => t!(i18n, help.come_back),
        (Maker::ChromePhone | Maker::FirefoxPhone | Maker::ApplePhone, _) => t!(i18n, help.tap_back),
    }
}

/// What a page is called that is only read.
pub(crate) fn page_title(locale: Locale, page: Page) -> &'static str {
    match page {
        Page::Privacy => td_string!(locale, privacy.title),
        Page::Network => td_string!(locale, reading.network.title),
        Page::Sound => td_string!(locale, reading.sound.title),
        Page::Ringing => td_string!(locale, reading.ringing.title),
        Page::Calls => td_string!(locale, reading.calls.title),
        Page::SignIn => td_string!(locale, reading.sign_in.title),
    }
}

/// What people call a browser.
pub(crate) fn browser_name(i18n: I18n, browser: Maker) -> &'static str {
    match browser {
        Maker::Chrome => t!(i18n, help.chrome.name),
        Maker::Firefox => t!(i18n, help.firefox.name),
        Maker::Safari => t!(i18n, help.safari.name),
        Maker::ChromePhone => t!(i18n, help.chrome_phone.name),
        Maker::FirefoxPhone => t!(i18n, help.firefox_phone.name),
        Maker::ApplePhone => t!(i18n, help.apple_phone.name),
        Maker::AppleHomeScreen => t!(i18n, help.apple_home_screen.name),
    }
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
