//! What is told to whoever measures this process: that something happened, and how much of it. Never who, where or what was
//! said: no id, no name and no address goes through here, so that nothing private can come out of a measurement.

use crate::{Backend, Error};
use ::push::Answer;
use domain::{Call, EndReason, MemberId, Participation, RingChange, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// Counts what happens. It is told in the middle of use cases, and must not keep them waiting.
pub trait Meters: Send + Sync {
    /// This has happened.
    fn note(&self, noted: Noted);
}

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// A call has begun.
    CallStarted,
    /// A call is over.
    CallEnded(EndReason),
    /// A ring went out.
    Ring(RingPath),
    /// A device has confirmed that it rings, so long after its ring was written down. Only the first device of a ring counts.
    RingHeard(Duration),
    /// A push message was sent.
    Push {
        /// Whose service it was for.
        service: &'static str,
        /// What came of it.
        outcome: &'static str,
    },
}

/// How a ring goes to its member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RingPath {
    /// By the event stream of pages that are open.
    Stream,
    /// By a push service, which took the card; once for each device.
    Push,
}

/// What there is at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauges {
    /// Calls that ring or go on, in all processes.
    pub live_calls: usize,
    /// Jobs that are to be done and nobody is at, in all processes.
    pub jobs: u64,
    /// How long the first of them has waited.
    pub oldest_job: Duration,
}

impl Backend {
    /// Tells these meters from now on. Whoever asks first is told; there is one of them.
    pub fn be_measured_by(&self, meters: Arc<dyn Meters>) {
        let _ = self.inner.meters.set(meters);
    }

    /// What there is at this moment.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn gauges(&self) -> Result<Gauges, Error> {
        let now = self.now();
        let (jobs, since) = self.inner.store.waiting_jobs(now).await?;
        Ok(Gauges {
            live_calls: self.inner.store.live_call_ids().await?.len(),
            jobs,
            oldest_job: since.map_or(Duration::ZERO, |since| now.since(since)),
        })
    }

    /// How many devices this process tells of what happens.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.inner.hub.devices()
    }

    /// How many passwords are being hashed, or wait for it.
    #[must_use]
    pub fn passwords_in_hand(&self) -> usize {
        self.inner.passwords.in_hand()
    }

    pub(crate) fn note(&self, noted: Noted) {
        if let Some(meters) = self.inner.meters.get() {
            meters.note(noted);
        }
    }

    /// Rings that were just written down, as far as an open page is told of them.
    pub(crate) fn note_rings(&self, rings: &[RingChange]) {
        for ring in rings {
            if let RingChange::Begins { member, .. } = ring
                && self.inner.hub.reaches(*member)
            {
                self.note(Noted::Ring(RingPath::Stream));
            }
        }
    }

    /// A device has confirmed the ring of this member; `before` is the call as it was until then.
    pub(crate) fn note_ring_heard(&self, before: &Call, member: MemberId, now: Timestamp) {
        let participant = before.participant(member);
        if let Some(Participation::Invited { ring_until }) = participant.map(|participant| participant.participation) {
            self.note(Noted::RingHeard(now.since(ring_until - self.inner.settings.ring_for)));
        }
    }

    pub(crate) fn note_sent(&self, host: &str, answer: &Answer) {
        self.note(Noted::Push { service: family(host), outcome: outcome(answer) });
    }
}

/// Whose push service has this name. Whoever subscribes chooses the name, so it is none of ours to repeat.
fn family(host: &str) -> &'static str {
    let under = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    match () {
        () if under("googleapis.com") => "google",
        () if under("mozilla.com") => "mozilla",
        () if under("push.apple.com") => "apple",
        () if under("notify.windows.com") => "microsoft",
        () => "other",
    }
}

fn outcome(answer: &Answer) -> &'static str {
    match answer {
        Answer::Accepted => "2xx",
        Answer::Busy { .. } => "busy",
        Answer::Gone => "gone",
        Answer::Refused { .. } | Answer::Rejected { .. } | Answer::TooLarge => "refused",
        Answer::Failed(_) => "no answer",
        Answer::Unfit(_) => "unfit",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_service_is_counted_under_one_of_five_names_whatever_it_calls_itself() {
        let known = [
            ("fcm.googleapis.com", "google"),
            ("updates.push.services.mozilla.com", "mozilla"),
            ("web.push.apple.com", "apple"),
            ("wns2-par02p.notify.windows.com", "microsoft"),
            ("push.example.org", "other"),
            ("annas-phone.evilgoogleapis.com", "other"),
            ("?", "other"),
        ];
        assert_eq!(known.map(|(host, _)| family(host)), known.map(|(_, family)| family));
    }
}
