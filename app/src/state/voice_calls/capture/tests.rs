//! Stories about a microphone, second by second.

use super::{Capture, Microphone, OpenAnew, Watch};

/// A microphone that is looked at every second.
struct Story {
    watch: Watch,
    now: f64,
    energy: f64,
    asked: usize,
    hidden: bool,
}

/// What it is like in one second.
#[derive(Clone, Copy)]
enum Is {
    Speaking,
    Quiet,
    Muted,
    Taken,
    Ended,
    /// The browser does not count sound.
    Uncounted,
}

impl Story {
    fn open() -> Story {
        let mut watch = Watch::default();
        watch.ask();
        watch.open(Ok(()), 0.0);
        Story { watch, now: 0.0, energy: 0.0, asked: 0, hidden: false }
    }

    fn goes(&mut self, is: Is, seconds: u32) -> &mut Self {
        for _ in 0..seconds {
            self.now += 1_000.0;
            if matches!(is, Is::Speaking) {
                self.energy += 0.01;
            }
            let seen = Capture {
                muted: matches!(is, Is::Muted),
                taken: matches!(is, Is::Taken),
                ended: matches!(is, Is::Ended),
                silent: false,
                energy: (!matches!(is, Is::Uncounted)).then_some(self.energy),
            };
            self.asked += usize::from(self.watch.look(seen, self.hidden, self.now) == Some(OpenAnew));
        }
        self
    }

    fn reopened(&mut self, worked: bool) -> &mut Self {
        self.watch.reopen(worked, self.now);
        self
    }

    fn microphone(&self) -> Microphone {
        self.watch.microphone()
    }
}

#[test]
fn whoever_speaks_now_and_then_is_heard() {
    let mut story = Story::open();
    for _ in 0..10 {
        story.goes(Is::Speaking, 2).goes(Is::Quiet, 20);
        assert_eq!((story.microphone(), story.asked), (Microphone::Open, 0));
    }
}

#[test]
fn a_microphone_that_never_gave_anything_is_silent_until_it_does() {
    let mut story = Story::open();
    story.goes(Is::Quiet, 5);
    assert_eq!(story.microphone(), Microphone::Open);
    story.goes(Is::Quiet, 2);
    assert_eq!(story.microphone(), Microphone::Silent);
    story.goes(Is::Speaking, 1);
    assert_eq!(story.microphone(), Microphone::Open);
}

#[test]
fn a_headset_that_is_switched_off_in_the_middle_is_noticed_too() {
    let mut story = Story::open();
    story.goes(Is::Speaking, 10).goes(Is::Quiet, 29);
    assert_eq!(story.microphone(), Microphone::Open);
    story.goes(Is::Quiet, 2);
    assert_eq!(story.microphone(), Microphone::Silent);
}

#[test]
fn nobody_is_called_silent_who_is_muted_or_was_a_moment_ago() {
    let mut story = Story::open();
    story.goes(Is::Muted, 60).goes(Is::Quiet, 5);
    assert_eq!(story.microphone(), Microphone::Open);
}

#[test]
fn what_the_browser_does_not_count_is_not_judged() {
    let mut story = Story::open();
    story.goes(Is::Uncounted, 120);
    assert_eq!(story.microphone(), Microphone::Open);
}

#[test]
fn a_phone_call_takes_the_microphone_and_it_is_opened_anew_when_it_is_over() {
    let mut story = Story::open();
    story.goes(Is::Speaking, 5).goes(Is::Taken, 3);
    assert_eq!((story.microphone(), story.asked), (Microphone::Asleep, 0));
    story.goes(Is::Quiet, 1);
    assert_eq!(story.asked, 1, "the browser says it is back; that is not believed");
    story.reopened(true).goes(Is::Speaking, 2);
    assert_eq!(story.microphone(), Microphone::Open);
    assert_eq!(story.asked, 1);
}

#[test]
fn a_microphone_that_stays_dead_after_all_waits_for_a_tap() {
    let mut story = Story::open();
    story.goes(Is::Speaking, 5).goes(Is::Taken, 3).goes(Is::Quiet, 1).reopened(true).goes(Is::Quiet, 5);
    assert_eq!((story.microphone(), story.asked), (Microphone::Asleep, 1));
    assert_eq!(story.watch.tap(), Some(OpenAnew));
    story.reopened(true).goes(Is::Speaking, 2);
    assert_eq!(story.microphone(), Microphone::Open);
}

#[test]
fn the_last_sound_of_before_is_not_taken_for_the_first_of_the_new_opening() {
    let mut story = Story::open();
    story.goes(Is::Speaking, 5).goes(Is::Taken, 3).goes(Is::Quiet, 1).reopened(true);
    story.goes(Is::Speaking, 1).goes(Is::Quiet, 4);
    assert_eq!(story.microphone(), Microphone::Asleep);
}

#[test]
fn a_microphone_that_cannot_be_opened_anew_waits_for_a_tap() {
    let mut story = Story::open();
    story.goes(Is::Speaking, 5).goes(Is::Taken, 3).goes(Is::Quiet, 1).reopened(false);
    assert_eq!(story.microphone(), Microphone::Asleep);
}

#[test]
fn switching_a_headset_on_is_not_worth_a_word() {
    let mut story = Story::open();
    story.goes(Is::Speaking, 5).goes(Is::Taken, 1);
    assert_eq!(story.microphone(), Microphone::Open);
}

#[test]
fn a_headset_that_is_plugged_out_is_replaced_once_and_then_waits_for_a_tap() {
    let mut story = Story::open();
    story.goes(Is::Speaking, 5).goes(Is::Ended, 1);
    assert_eq!(story.asked, 0, "perhaps the browser does it by itself");
    story.goes(Is::Ended, 3);
    assert_eq!(story.asked, 1);
    story.reopened(false).goes(Is::Ended, 20);
    assert_eq!((story.microphone(), story.asked), (Microphone::Asleep, 1));
    assert_eq!(story.watch.tap(), Some(OpenAnew));
}

#[test]
fn who_comes_back_to_a_microphone_that_fell_asleep_gets_it_back_without_a_tap_if_that_works() {
    let mut story = Story::open();
    story.goes(Is::Speaking, 5).goes(Is::Taken, 3).goes(Is::Quiet, 1).reopened(true).goes(Is::Quiet, 5);
    assert_eq!(story.microphone(), Microphone::Asleep);
    assert_eq!(story.watch.come_back(story.now), Some(OpenAnew));
    story.reopened(true).goes(Is::Speaking, 2);
    assert_eq!(story.microphone(), Microphone::Open);
}

#[test]
fn what_is_taken_in_hiding_is_asleep_and_is_opened_anew_when_somebody_looks() {
    let mut story = Story::open();
    story.goes(Is::Speaking, 5);
    story.hidden = true;
    story.goes(Is::Taken, 10);
    assert_eq!((story.microphone(), story.asked), (Microphone::Asleep, 0));
    story.goes(Is::Quiet, 3);
    assert_eq!(story.asked, 0, "it would be taken again");
    story.hidden = false;
    assert_eq!(story.watch.come_back(story.now), Some(OpenAnew));
    story.reopened(true).goes(Is::Speaking, 2);
    assert_eq!((story.microphone(), story.asked), (Microphone::Open, 0));
}

#[test]
fn a_microphone_that_died_in_hiding_without_a_word_is_opened_anew() {
    let mut story = Story::open();
    story.goes(Is::Speaking, 5);
    assert_eq!(story.watch.come_back(story.now), None);
    story.goes(Is::Quiet, 3);
    assert_eq!(story.asked, 1);
}

#[test]
fn who_comes_back_and_speaks_keeps_the_microphone() {
    let mut story = Story::open();
    story.goes(Is::Speaking, 5);
    assert_eq!(story.watch.come_back(story.now), None);
    story.goes(Is::Speaking, 1).goes(Is::Quiet, 20);
    assert_eq!((story.microphone(), story.asked), (Microphone::Open, 0));
}

#[test]
fn a_silent_one_that_is_opened_anew_and_stays_silent_is_silent() {
    let mut story = Story::open();
    story.goes(Is::Quiet, 7);
    assert_eq!(story.watch.tap(), Some(OpenAnew));
    story.reopened(true).goes(Is::Quiet, 10);
    assert_eq!(story.microphone(), Microphone::Silent);
    story.goes(Is::Speaking, 1);
    assert_eq!(story.microphone(), Microphone::Open);
}

#[test]
fn where_there_is_no_microphone_there_is_nothing_to_look_at() {
    let mut story = Story::open();
    story.watch.open(Err(Microphone::Denied), 0.0);
    story.goes(Is::Taken, 10);
    assert_eq!((story.microphone(), story.asked), (Microphone::Denied, 0));
}
