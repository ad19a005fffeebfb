use super::*;
use crate::call::sample::{call, member};

const ME: usize = 1;

fn prompted(what: Prompted, at: i64) -> CallSnapshot {
    let mut call = call(3);
    call.participants[ME].prompt = Some(Prompt { what, by: member(2), at: Timestamp(at) });
    call
}

#[test]
fn what_was_wanted_before_this_tab_came_in_is_not_wanted_of_it() {
    let mut prompts = Prompts::default();
    assert_eq!(prompts.hear(&prompted(Prompted::Mute, 10), member(ME)), None, "a page that was loaded again");
    prompts.come_in(&prompted(Prompted::Mute, 20), member(ME));
    assert_eq!(prompts.hear(&prompted(Prompted::Mute, 20), member(ME)), None, "a call that was taken over");
}

#[test]
fn each_wish_is_heard_once() {
    let mut prompts = Prompts::default();
    prompts.come_in(&call(3), member(ME));
    let heard = prompts.hear(&prompted(Prompted::Mute, 10), member(ME));
    assert_eq!(heard.map(|prompt| (prompt.what, prompt.by)), Some((Prompted::Mute, member(2))));
    assert_eq!(prompts.hear(&prompted(Prompted::Mute, 10), member(ME)), None);
    assert_eq!(prompts.hear(&prompted(Prompted::Unmute, 5), member(ME)), None, "told late");
    assert!(prompts.hear(&prompted(Prompted::Mute, 11), member(ME)).is_some());
}

#[test]
fn another_call_is_begun_anew() {
    let mut prompts = Prompts::default();
    prompts.come_in(&call(3), member(ME));
    let other =
        CallSnapshot { id: "01900000-0000-7000-8000-0000000000ff".parse().unwrap(), ..prompted(Prompted::Mute, 10) };
    assert_eq!(prompts.hear(&other, member(ME)), None);
    assert_eq!(prompts.hear(&call(3), member(0)), None);
}

#[test]
fn whoever_comes_to_a_crowd_is_muted_unless_they_called_it_together() {
    assert!(!starts_muted(&call(CROWD + 1), member(ME)), "so many, and oneself");
    assert!(starts_muted(&call(CROWD + 2), member(ME)));
    assert!(!starts_muted(&call(CROWD + 2), member(0)));
    let mut left = call(CROWD + 2);
    left.participants[5].status = ParticipantStatus::Disconnected;
    assert!(!starts_muted(&left, member(ME)));
}
