//! How well the others could be heard, from what the browser counted and how long the connection was away.

use super::phase::Sound;
use livekit::Hearing;

/// So many samples are a millisecond.
const SAMPLES: f64 = 48.0;
/// Less than this many samples, three seconds, say nothing.
const ENOUGH: f64 = 3_000.0 * SAMPLES;

/// What was counted over a whole call: each connection counts from nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Heard {
    /// Of the connections before.
    before: Hearing,
    /// Of this one.
    now: Hearing,
    /// How long the connection was away in all, in milliseconds: a new one counts nothing of that.
    away: f64,
    link: Link,
}

/// Whether the connection carries sound.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Link {
    /// Not for the first time.
    #[default]
    Begins,
    Carries,
    /// Not any more, since then.
    Away(f64),
}

impl Heard {
    /// This connection has counted so much.
    pub(super) fn count(&mut self, now: Hearing) {
        self.now = now;
    }

    /// A new connection begins.
    pub(super) fn connect(&mut self) {
        self.before = self.whole();
        self.now = Hearing::default();
    }

    /// The connection carries sound at `now`, or does not.
    pub(super) fn follow(&mut self, carries: bool, now: f64) {
        self.link = match (self.link, carries) {
            (Link::Carries, false) => Link::Away(now),
            (Link::Away(since), true) => {
                self.away += now - since;
                Link::Carries
            }
            (_, true) => Link::Carries,
            (link, false) => link,
        };
    }

    /// How it was; none where nobody was heard.
    pub(super) fn sound(&self) -> Option<Sound> {
        let whole = self.whole();
        if whole.samples < ENOUGH {
            return None;
        }
        // What the ear notices is what had to be made up. Lost packets alone are repaired by the copies in the next ones.
        let away = (self.away + whole.gaps) * SAMPLES;
        let made_up = (whole.concealed + away) / (whole.samples + away);
        let lost = whole.lost / (whole.received + whole.lost).max(1.0);
        Some(if made_up < 0.02 && lost < 0.1 {
            Sound::Good
        } else if made_up < 0.08 && lost < 0.25 {
            Sound::Fair
        } else {
            Sound::Poor
        })
    }

    fn whole(&self) -> Hearing {
        let (a, b) = (self.before, self.now);
        Hearing {
            received: a.received + b.received,
            lost: a.lost + b.lost,
            samples: a.samples + b.samples,
            concealed: a.concealed + b.concealed,
            gaps: a.gaps + b.gaps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: f64 = 60_000.0 * SAMPLES;

    fn hearing(lost: f64, concealed: f64) -> Hearing {
        Hearing { received: 3_000.0, lost, samples: MINUTE, concealed: concealed * MINUTE, gaps: 0.0 }
    }

    fn sound_of(hearing: Hearing) -> Option<Sound> {
        let mut heard = Heard::default();
        heard.count(hearing);
        heard.sound()
    }

    #[test]
    fn nothing_is_said_of_a_call_in_which_nobody_was_heard() {
        assert_eq!(sound_of(Hearing::default()), None);
    }

    #[test]
    fn gaps_that_were_made_up_decide_and_a_few_lost_packets_do_not() {
        assert_eq!(sound_of(hearing(0.0, 0.0)), Some(Sound::Good));
        assert_eq!(sound_of(hearing(150.0, 0.005)), Some(Sound::Good), "the copies repaired it");
        assert_eq!(sound_of(hearing(150.0, 0.04)), Some(Sound::Fair));
        assert_eq!(sound_of(hearing(150.0, 0.2)), Some(Sound::Poor));
        assert_eq!(sound_of(hearing(1_500.0, 0.0)), Some(Sound::Poor));
    }

    #[test]
    fn a_silence_in_which_nothing_came_counts_though_no_packet_was_missed() {
        let sound_after = |gaps| sound_of(Hearing { gaps, ..hearing(0.0, 0.0) });
        assert_eq!(sound_after(1_000.0), Some(Sound::Good));
        assert_eq!(sound_after(6_000.0), Some(Sound::Poor));
    }

    #[test]
    fn the_time_without_a_connection_counts_though_no_connection_counts_it() {
        let sound_after = |away_ms: f64| {
            let mut heard = Heard::default();
            // Before anybody could be heard, nothing was missed.
            heard.follow(false, 0.0);
            heard.follow(true, 60_000.0);
            heard.follow(false, 70_000.0);
            heard.follow(false, 70_500.0);
            heard.follow(true, 70_000.0 + away_ms);
            heard.count(hearing(0.0, 0.0));
            heard.sound()
        };
        assert_eq!(sound_after(1_000.0), Some(Sound::Good));
        assert_eq!(sound_after(3_000.0), Some(Sound::Fair));
        assert_eq!(sound_after(6_000.0), Some(Sound::Poor));
    }

    #[test]
    fn a_call_that_was_lost_and_came_back_counts_as_a_whole() {
        let mut heard = Heard::default();
        heard.count(hearing(0.0, 0.1));
        heard.connect();
        assert_eq!(heard.sound(), Some(Sound::Poor), "what was before counts on");
        heard.count(hearing(0.0, 0.0));
        assert_eq!(heard.sound(), Some(Sound::Fair));
    }
}
