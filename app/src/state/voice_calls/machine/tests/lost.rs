//! Stories of calls whose audio was lost.

use super::super::Step;
use super::{Audio, Effect, Event, ONE, OTHER, Problem, Standing, State, Tab, access, call};
use domain::CallError;
use livekit::Link;

#[test]
fn a_connection_that_repairs_itself_is_believed_when_sound_comes() {
    let mut tab = Tab::in_call(ONE);
    tab.room(Link::SignalReconnecting, true);
    assert_eq!(tab.audio(), Some(Audio::Flowing), "audio flows on without the signalling");
    tab.room(Link::Reconnecting, false).room(Link::Connected, false);
    assert_eq!(tab.audio(), Some(Audio::Listening { fresh: false }));
    tab.room(Link::Connected, true);
    assert_eq!((tab.audio(), &tab.effects[..]), (Some(Audio::Flowing), &[][..]));
}

#[test]
fn a_connection_that_says_it_is_there_and_carries_nothing_is_made_anew_once() {
    let mut tab = Tab::in_call(ONE);
    tab.room(Link::Reconnecting, false).room(Link::Connected, false).pause_over();
    let attempt = tab.attempt();
    assert!(tab.wants(&Effect::AskToken { attempt, call: call(ONE) }));
    tab.token().joined(true);
    assert_eq!(tab.audio(), Some(Audio::Listening { fresh: true }));
    tab.pause_over();
    assert_eq!(tab.audio(), Some(Audio::Flowing), "perhaps there was nothing to hear");
}

#[test]
fn who_is_put_out_unasked_comes_back_with_a_fresh_token() {
    let mut tab = Tab::lost(ONE);
    let attempt = tab.attempt();
    assert!(tab.wants(&Effect::AskToken { attempt, call: call(ONE) }), "at once");
    tab.token();
    assert_eq!(tab.effects, [Effect::Connect { attempt, call: call(ONE), access: access() }]);
    tab.joined(true);
    assert!(tab.wants(&Effect::BeHeard { attempt }));
}

#[test]
fn without_a_network_it_is_tried_again_and_again_until_the_server_has_let_go() {
    let mut tab = Tab::lost(ONE);
    let mut tries = 1;
    while tab.audio().is_some() {
        tab.after(100.0).no_token(Problem::Offline);
        if let Some(Effect::Wait { millis, .. }) = tab.effects.last().cloned() {
            tab.after(millis.into()).pause_over();
            tries += 1;
        }
    }
    assert!((10..15).contains(&tries), "{tries}");
    assert!((90_000.0..105_000.0).contains(&tab.now), "{}", tab.now);
    assert_eq!(*tab.machine.state(), State::Ended(call(ONE)));
}

#[test]
fn a_network_that_is_back_is_not_waited_for() {
    let mut tab = Tab::lost(ONE);
    tab.no_token(Problem::Offline);
    assert!(matches!(tab.effects[..], [Effect::Wait { millis: 1_000, .. }]));
    let waited = tab.machine.timer;
    tab.hears(Event::Woken);
    let attempt = tab.attempt();
    assert!(tab.wants(&Effect::AskToken { attempt, call: call(ONE) }));
    tab.hears(Event::TimeUp { timer: waited });
    assert_eq!(tab.effects, [], "the pause was cut short");
}

#[test]
fn a_page_that_was_frozen_for_long_tries_when_it_wakes() {
    let mut tab = Tab::lost(ONE);
    tab.no_token(Problem::Offline).after(600_000.0).hears(Event::Woken);
    let attempt = tab.attempt();
    assert!(tab.wants(&Effect::AskToken { attempt, call: call(ONE) }));
    tab.no_token(Problem::Offline);
    assert!(tab.audio().is_some(), "it has only begun");
}

#[test]
fn a_request_without_an_answer_is_not_waited_for_but_taken_when_it_comes() {
    let mut tab = Tab::lost(ONE);
    tab.after(8_000.0).pause_over();
    assert!(matches!(tab.audio(), Some(Audio::Rejoining { step: Step::Pausing, .. })));
    let attempt = tab.attempt();
    tab.token();
    assert_eq!(tab.effects, [Effect::Connect { attempt, call: call(ONE), access: access() }]);
    tab.token();
    assert_eq!(tab.effects, [], "a second one is one too many");
}

#[test]
fn who_comes_back_too_late_is_shown_how_the_call_ended() {
    for problem in [Problem::Call(CallError::Over), Problem::NotFound, Problem::Forbidden] {
        let mut tab = Tab::lost(ONE);
        tab.no_token(problem);
        assert_eq!(*tab.machine.state(), State::Ended(call(ONE)), "{problem:?}");
        assert!(!tab.wants(&Effect::GiveUpSeat(call(ONE))), "there is none");
    }
    for standing in [Standing::Over, Standing::Out] {
        let mut tab = Tab::lost(ONE);
        tab.hears(Event::Told(standing));
        assert_eq!(*tab.machine.state(), State::Ended(call(ONE)), "{standing:?}");
    }
}

#[test]
fn who_comes_back_while_another_device_has_the_call_leaves_it_there() {
    let mut tab = Tab::lost(ONE);
    tab.no_token(Problem::Call(CallError::AnsweredElsewhere));
    assert_eq!(*tab.machine.state(), State::None);
}

#[test]
fn hanging_up_while_it_comes_back_ends_it() {
    let mut tab = Tab::lost(ONE);
    let attempt = tab.attempt();
    tab.hears(Event::HangUp);
    assert!(tab.wants(&Effect::GiveUpSeat(call(ONE))));
    tab.hears(Event::Token { attempt, access: access() });
    assert_eq!(tab.effects, []);
}

#[test]
fn a_reload_comes_back_by_itself_but_not_into_something_newer() {
    let mut tab = Tab::default();
    tab.hears(Event::Returned(call(ONE)));
    let attempt = tab.attempt();
    assert!(tab.wants(&Effect::AskToken { attempt, call: call(ONE) }));
    let mut tab = Tab::in_call(OTHER);
    tab.hears(Event::Returned(call(ONE)));
    assert_eq!(tab.effects, []);
    assert!(tab.is_in(OTHER));
}
