//! Stories. A tab is told one thing after the other, and its last effects are looked at.

mod lost;

use super::{Audio, Effect, Event, Machine, Standing, State, Wanted};
use crate::error::Problem;
use domain::{Access, CallError, CallId, ChannelId};
use livekit::Link;

const CHOIR: &str = "01900000-0000-7000-8000-0000000000c1";
const BEN: &str = "01900000-0000-7000-8000-0000000000c2";
const ONE: &str = "01900000-0000-7000-8000-000000000001";
const OTHER: &str = "01900000-0000-7000-8000-000000000002";

fn call(id: &str) -> CallId {
    id.parse().unwrap()
}

fn channel(id: &str) -> ChannelId {
    id.parse().unwrap()
}

fn access() -> Access {
    Access { token: "token".to_owned(), url: "/rtc".to_owned() }
}

fn start(id: &str) -> Event {
    let wanted = Wanted::Start { channel: channel(id), targets: Some(vec![]) };
    Event::Want { wanted, channel: None, switch: false }
}

fn answer(id: &str) -> Event {
    Event::Want { wanted: Wanted::Answer(call(id)), channel: None, switch: false }
}

/// A tab, its clock, and what it wanted done last.
#[derive(Default)]
struct Tab {
    machine: Machine,
    now: f64,
    effects: Vec<Effect>,
}

impl Tab {
    fn hears(&mut self, event: Event) -> &mut Self {
        let (machine, effects) = std::mem::take(&mut self.machine).apply(event, self.now);
        (self.machine, self.effects) = (machine, effects);
        self
    }

    fn after(&mut self, millis: f64) -> &mut Self {
        self.now += millis;
        self
    }

    /// The attempt that is under way.
    fn attempt(&self) -> u32 {
        self.machine.attempt()
    }

    fn seated(&mut self, attempt: u32, id: &str) -> &mut Self {
        self.hears(Event::Seated { attempt, call: call(id), channel: channel(CHOIR), access: access() })
    }

    fn joined(&mut self, worked: bool) -> &mut Self {
        self.hears(Event::Joined { attempt: self.attempt(), worked })
    }

    fn room(&mut self, link: Link, flows: bool) -> &mut Self {
        self.hears(Event::Room { attempt: self.attempt(), link, taken_over: false, flows })
    }

    fn token(&mut self) -> &mut Self {
        self.hears(Event::Token { attempt: self.attempt(), access: access() })
    }

    fn no_token(&mut self, problem: Problem) -> &mut Self {
        self.hears(Event::NoToken { attempt: self.attempt(), problem })
    }

    /// The pause that the tab waits for is over.
    fn pause_over(&mut self) -> &mut Self {
        self.hears(Event::TimeUp { timer: self.machine.timer })
    }

    /// A tab that talks in a call.
    fn in_call(id: &str) -> Tab {
        let mut tab = Tab::default();
        tab.hears(answer(id));
        let attempt = tab.attempt();
        tab.seated(attempt, id).joined(true);
        assert_eq!(tab.audio(), Some(Audio::Flowing));
        tab
    }

    /// As above, until the voice server let go of it.
    fn lost(id: &str) -> Tab {
        let mut tab = Tab::in_call(id);
        tab.room(Link::Disconnected, false);
        tab
    }

    fn audio(&self) -> Option<Audio> {
        match self.machine.state() {
            State::In { audio, .. } => Some(*audio),
            State::None | State::Asking { .. } | State::Ended(_) => None,
        }
    }

    fn wants(&self, effect: &Effect) -> bool {
        self.effects.contains(effect)
    }

    fn is_in(&self, id: &str) -> bool {
        matches!(self.machine.state(), State::In { call: other, .. } if *other == call(id))
    }
}

#[test]
fn a_call_is_begun_joined_and_hung_up() {
    let mut tab = Tab::default();
    tab.hears(start(CHOIR));
    assert!(matches!(&tab.effects[..], [Effect::LeaveRoom, Effect::Keep(None), Effect::AskSeat { .. }]));
    let attempt = tab.attempt();
    tab.seated(attempt, ONE);
    assert!(tab.wants(&Effect::Keep(Some(call(ONE)))));
    assert!(tab.wants(&Effect::Connect { attempt, call: call(ONE), access: access() }));
    tab.joined(true);
    assert_eq!(tab.effects, [Effect::BeHeard { attempt }]);
    tab.hears(Event::HangUp);
    assert!(tab.wants(&Effect::LeaveRoom) && tab.wants(&Effect::GiveUpSeat(call(ONE))));
    assert_eq!(*tab.machine.state(), State::Ended(call(ONE)));
    tab.pause_over();
    assert_eq!(*tab.machine.state(), State::None);
}

#[test]
fn a_second_tap_on_call_changes_nothing() {
    let mut tab = Tab::default();
    tab.hears(start(CHOIR)).hears(start(BEN));
    assert_eq!(tab.effects, []);
    let mut tab = Tab::in_call(ONE);
    tab.hears(start(CHOIR)).hears(answer(ONE));
    assert_eq!(tab.effects, []);
    assert!(tab.is_in(ONE));
}

#[test]
fn who_hangs_up_while_the_answer_is_under_way_gives_the_seat_back_when_it_comes() {
    let mut tab = Tab::default();
    tab.hears(answer(ONE));
    let attempt = tab.attempt();
    tab.hears(Event::HangUp);
    assert_eq!(*tab.machine.state(), State::None);
    tab.seated(attempt, ONE);
    assert_eq!(tab.effects, [Effect::GiveUpSeat(call(ONE))]);
    assert_eq!(*tab.machine.state(), State::None);
}

#[test]
fn who_hangs_up_and_answers_the_same_call_again_keeps_the_seat_that_comes_late() {
    let mut tab = Tab::default();
    tab.hears(answer(ONE));
    let stale = tab.attempt();
    tab.hears(Event::HangUp).hears(answer(ONE)).seated(stale, ONE);
    assert_eq!(tab.effects, []);
    let attempt = tab.attempt();
    tab.seated(attempt, ONE).seated(stale, ONE);
    assert_eq!(tab.effects, []);
    assert!(tab.is_in(ONE));
}

#[test]
fn who_hangs_up_and_calls_the_same_channel_again_is_not_hung_up_by_the_first_call_coming_home() {
    let mut tab = Tab::default();
    tab.hears(start(CHOIR));
    let stale = tab.attempt();
    tab.hears(Event::HangUp).hears(start(CHOIR)).seated(stale, ONE);
    assert_eq!(tab.effects, []);
}

#[test]
fn what_a_stale_attempt_brings_home_late_changes_nothing() {
    let mut tab = Tab::default();
    tab.hears(answer(OTHER));
    let attempt = tab.attempt();
    tab.hears(answer(ONE));
    let before = tab.machine.clone();
    tab.hears(Event::Refused { attempt, problem: Problem::Offline });
    tab.hears(Event::Joined { attempt, worked: false });
    tab.hears(Event::Room { attempt, link: Link::Disconnected, taken_over: true, flows: false });
    tab.hears(Event::Token { attempt, access: access() });
    tab.hears(Event::TimeUp { timer: 0 });
    assert_eq!((tab.machine.clone(), &tab.effects[..]), (before, &[][..]));
    // But for a seat, which nobody sits on.
    tab.seated(attempt, OTHER);
    assert_eq!(tab.effects, [Effect::GiveUpSeat(call(OTHER))]);
}

#[test]
fn a_caller_who_gives_up_before_the_answer_gets_there_leaves_nobody_waiting() {
    let mut tab = Tab::default();
    tab.hears(answer(ONE));
    let attempt = tab.attempt();
    tab.hears(Event::Told(Standing::Out));
    assert_eq!(tab.effects, [], "an answer that is under way is in no snapshot yet");
    tab.hears(Event::Told(Standing::Over));
    assert_eq!(*tab.machine.state(), State::Ended(call(ONE)));
    assert!(tab.wants(&Effect::LeaveRoom));
    tab.hears(Event::Refused { attempt, problem: Problem::Call(CallError::Over) });
    assert_eq!(tab.effects, [], "they know already");
}

#[test]
fn two_people_who_call_each_other_are_not_torn_apart_by_an_answer() {
    let mut tab = Tab::default();
    tab.hears(start(CHOIR));
    let theirs = Wanted::Answer(call(ONE));
    tab.hears(Event::Want { wanted: theirs, channel: Some(channel(CHOIR)), switch: false });
    assert_eq!(tab.effects, [], "the start that is under way joins this very call");
}

#[test]
fn answered_elsewhere_the_tab_steps_back_and_says_why() {
    let mut tab = Tab::default();
    tab.hears(answer(ONE));
    let (attempt, problem) = (tab.attempt(), Problem::Call(CallError::AnsweredElsewhere));
    tab.hears(Event::Refused { attempt, problem });
    assert_eq!(*tab.machine.state(), State::None);
    assert!(tab.wants(&Effect::Tell { problem, offer: None }) && tab.wants(&Effect::LeaveRoom));
}

#[test]
fn who_is_in_another_call_elsewhere_is_offered_to_leave_it() {
    let mut tab = Tab::default();
    tab.hears(answer(ONE));
    let (attempt, problem) = (tab.attempt(), Problem::InAnotherCall);
    tab.hears(Event::Refused { attempt, problem });
    assert!(tab.wants(&Effect::Tell { problem, offer: Some(Wanted::Answer(call(ONE))) }));
    tab.hears(Event::Want { wanted: Wanted::Answer(call(ONE)), channel: None, switch: true });
    let (attempt, wanted) = (tab.attempt(), Wanted::Answer(call(ONE)));
    assert!(tab.wants(&Effect::AskSeat { attempt, wanted, switch: true }));
}

#[test]
fn answering_another_call_leaves_the_first_and_a_refusal_brings_it_back() {
    let mut tab = Tab::in_call(ONE);
    tab.hears(answer(OTHER));
    let (attempt, wanted) = (tab.attempt(), Wanted::Answer(call(OTHER)));
    assert!(tab.wants(&Effect::LeaveRoom) && tab.wants(&Effect::AskSeat { attempt, wanted, switch: true }));
    assert!(!tab.wants(&Effect::GiveUpSeat(call(ONE))), "the server switches by itself");
    tab.hears(Event::Refused { attempt, problem: Problem::Unavailable });
    assert!(tab.is_in(ONE));
    let attempt = tab.attempt();
    assert!(tab.wants(&Effect::AskToken { attempt, call: call(ONE) }));
    assert!(tab.wants(&Effect::Keep(Some(call(ONE)))));
    tab.token().joined(true).room(Link::Connected, true);
    assert_eq!(tab.audio(), Some(Audio::Flowing));
}

#[test]
fn a_second_switch_before_the_first_came_home_still_comes_back_to_where_one_was() {
    let mut tab = Tab::in_call(ONE);
    tab.hears(answer(OTHER)).hears(answer(BEN));
    let attempt = tab.attempt();
    tab.hears(Event::Refused { attempt, problem: Problem::Unavailable });
    assert!(tab.is_in(ONE));
}

#[test]
fn when_the_other_call_is_over_before_the_switch_one_is_back_in_the_first() {
    let mut tab = Tab::in_call(ONE);
    tab.hears(answer(OTHER)).hears(Event::Told(Standing::Over));
    assert!(tab.is_in(ONE));
}

#[test]
fn another_tab_that_takes_over_is_given_way_without_a_word_to_the_server() {
    let mut tab = Tab::in_call(ONE);
    let attempt = tab.attempt();
    tab.hears(Event::Room { attempt, link: Link::Disconnected, taken_over: true, flows: false });
    assert_eq!(*tab.machine.state(), State::None);
    assert_eq!(tab.effects, [Effect::LeaveRoom, Effect::Keep(None)]);
}

#[test]
fn the_room_says_nothing_to_who_is_still_joining() {
    let mut tab = Tab::default();
    tab.hears(answer(ONE));
    let attempt = tab.attempt();
    tab.seated(attempt, ONE);
    tab.room(Link::Disconnected, false);
    assert_eq!(tab.effects, [], "whoever joins hears by itself whether that works");
    tab.joined(false);
    assert_eq!(*tab.machine.state(), State::Ended(call(ONE)));
    assert!(tab.wants(&Effect::GiveUpSeat(call(ONE))));
    assert!(tab.wants(&Effect::Tell { problem: Problem::VoiceServerDown, offer: None }));
}

#[test]
fn a_room_that_ends_while_one_joins_ends_the_call_for_this_tab() {
    let mut tab = Tab::default();
    tab.hears(answer(ONE));
    let attempt = tab.attempt();
    tab.seated(attempt, ONE).hears(Event::Told(Standing::Over)).hears(Event::Joined { attempt, worked: true });
    assert_eq!(tab.effects, []);
    assert_eq!(*tab.machine.state(), State::Ended(call(ONE)));
}

#[test]
fn a_farewell_is_cut_short_by_the_next_call() {
    let mut tab = Tab::in_call(ONE);
    tab.hears(Event::HangUp);
    let farewell = tab.machine.timer;
    tab.hears(start(CHOIR)).hears(Event::TimeUp { timer: farewell });
    assert!(matches!(tab.machine.state(), State::Asking { .. }));
}
