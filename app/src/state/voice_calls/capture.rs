//! Whether our microphone is really heard: a state machine without a browser.
//!
//! What a browser says of a microphone (live, not muted) is not believed on phones: after another call it says so of one
//! that stays dead. Only samples are believed, where the browser tells of them. A microphone that came back without any is
//! opened anew once; if that does not help, it takes a tap.

use super::phase::Microphone;
use livekit::Capture;

#[cfg(test)]
mod tests;

/// A fresh microphone that has given nothing for so long, in milliseconds, is silent. Any room has some noise.
const SILENT_AFTER: f64 = 6_000.0;
/// The same for one that was heard before: browsers take the noise out of a quiet room.
const SILENT_AGAIN_AFTER: f64 = 30_000.0;
/// The system may take a microphone away for so long, in milliseconds, before anybody is told: switching devices does it.
const TAKEN_FOR: f64 = 1_500.0;
/// So long after somebody came back to the page, in milliseconds, the microphone must have given something.
const HEARD_WITHIN: f64 = 2_000.0;
/// A microphone that was opened anew must give something within this time, in milliseconds.
const REVIVED_WITHIN: f64 = 4_000.0;
/// So long the sound of the opening before may still be counted, in milliseconds.
const SETTLED_AFTER: f64 = 1_500.0;
/// Less than this is nothing: rounding, not sound.
const NOTHING: f64 = 1e-9;

/// What an event wants done: the microphone is to be opened anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OpenAnew;

/// What we know of the microphone, and since when.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Watch {
    microphone: Microphone,
    /// All the sound it has given, as we saw last.
    energy: Option<f64>,
    /// Since when we wait for the first or the next sound.
    waiting_since: f64,
    /// It has given some since it was opened.
    was_heard: bool,
    /// The browser counts the sound, though not at each moment.
    counts: bool,
    doubt: Doubt,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Doubt {
    None,
    /// The system has it, since then.
    Taken(f64),
    /// Somebody came back to the page then: it may be dead without a word.
    Returned(f64),
    /// It is being opened anew.
    Reviving,
    /// It was opened anew then.
    Revived(f64),
}

impl Default for Watch {
    fn default() -> Self {
        Watch {
            microphone: Microphone::Unasked,
            energy: None,
            waiting_since: 0.0,
            was_heard: false,
            counts: false,
            doubt: Doubt::None,
        }
    }
}

impl Watch {
    pub(super) fn microphone(&self) -> Microphone {
        self.microphone
    }

    /// It was asked for: nothing is known of it yet.
    pub(super) fn ask(&mut self) {
        *self = Watch::default();
    }

    /// It was opened and published, or why not.
    pub(super) fn open(&mut self, outcome: Result<(), Microphone>, now: f64) {
        let microphone = outcome.map_or_else(|why| why, |()| Microphone::Open);
        *self = Watch { microphone, waiting_since: now, ..Watch::default() };
    }

    /// A look at it, `hidden` if nobody sees the page.
    pub(super) fn look(&mut self, seen: Capture, hidden: bool, now: f64) -> Option<OpenAnew> {
        if !self.is_open() {
            return None;
        }
        let heard = self.hear(seen, now);
        self.counts |= seen.energy.is_some();
        if seen.taken || seen.ended {
            return self.miss(seen.ended, hidden, now);
        }
        match self.doubt {
            Doubt::Taken(_) if !hidden => return self.revive(),
            // Opened anew in hiding, it would be taken again.
            Doubt::Taken(_) | Doubt::Reviving => return None,
            Doubt::Returned(_) | Doubt::Revived(_) if heard || seen.muted || !self.counts => self.trust(now),
            Doubt::Returned(since) if now - since >= HEARD_WITHIN => return self.revive(),
            // One that was silent before is silent still.
            Doubt::Revived(since) if now - since >= REVIVED_WITHIN => {
                if self.microphone != Microphone::Silent {
                    self.microphone = Microphone::Asleep;
                }
            }
            Doubt::Returned(_) | Doubt::Revived(_) => {}
            Doubt::None if seen.muted => self.trust(now),
            Doubt::None if heard => self.microphone = Microphone::Open,
            Doubt::None => {
                let patience = if self.was_heard { SILENT_AGAIN_AFTER } else { SILENT_AFTER };
                let unheard = self.counts && now - self.waiting_since >= patience;
                if unheard || seen.silent {
                    self.microphone = Microphone::Silent;
                }
            }
        }
        None
    }

    /// Somebody came back to the page.
    pub(super) fn come_back(&mut self, now: f64) -> Option<OpenAnew> {
        match self.doubt {
            _ if !self.is_open() => None,
            Doubt::Taken(_) => self.revive(),
            Doubt::None | Doubt::Revived(_) if self.microphone == Microphone::Asleep => self.revive(),
            Doubt::None if self.was_heard => {
                self.doubt = Doubt::Returned(now);
                None
            }
            Doubt::None | Doubt::Returned(_) | Doubt::Reviving | Doubt::Revived(_) => None,
        }
    }

    /// The person wants it back, in a tap.
    pub(super) fn tap(&mut self) -> Option<OpenAnew> {
        self.revive()
    }

    /// It was opened anew, or could not be.
    pub(super) fn reopen(&mut self, worked: bool, now: f64) {
        if matches!(self.doubt, Doubt::Reviving) {
            self.energy = None;
            self.waiting_since = now;
            self.doubt = if worked { Doubt::Revived(now) } else { Doubt::None };
            if !worked {
                self.microphone = Microphone::Asleep;
            }
        }
    }

    fn is_open(&self) -> bool {
        matches!(self.microphone, Microphone::Open | Microphone::Silent | Microphone::Asleep)
    }

    /// Whether it has given any sound since the last look.
    fn hear(&mut self, seen: Capture, now: f64) -> bool {
        let before = std::mem::replace(&mut self.energy, seen.energy);
        let settling = matches!(self.doubt, Doubt::Revived(since) if now - since < SETTLED_AFTER);
        let heard = match (before, seen.energy) {
            _ if settling => false,
            (Some(before), Some(energy)) => energy - before > NOTHING,
            // The first look at it, or nothing to look at.
            (None, _) | (_, None) => false,
        };
        if heard {
            self.was_heard = true;
            self.waiting_since = now;
        }
        heard
    }

    /// The system has it; what has `ended` does not come back by itself.
    fn miss(&mut self, ended: bool, hidden: bool, now: f64) -> Option<OpenAnew> {
        match self.doubt {
            Doubt::Taken(since) if !hidden && now - since < TAKEN_FOR => {}
            // A headset that was plugged out, for one. Only once: who is asleep waits for a tap.
            Doubt::Taken(_) if ended && !hidden && self.microphone != Microphone::Asleep => return self.revive(),
            Doubt::Taken(_) => self.microphone = Microphone::Asleep,
            Doubt::Reviving => {}
            // What was opened anew is taken at once: only a tap helps.
            Doubt::Revived(_) => {
                self.microphone = Microphone::Asleep;
                self.doubt = Doubt::Taken(now);
            }
            Doubt::None | Doubt::Returned(_) => self.doubt = Doubt::Taken(now),
        }
        None
    }

    fn revive(&mut self) -> Option<OpenAnew> {
        self.doubt = Doubt::Reviving;
        Some(OpenAnew)
    }

    fn trust(&mut self, now: f64) {
        self.doubt = Doubt::None;
        self.microphone = Microphone::Open;
        self.waiting_since = now;
    }
}
