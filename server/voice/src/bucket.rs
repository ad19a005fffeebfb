//! How often somebody may do something: many times at once, and then as often as time allows.

use std::time::Instant;

/// Fills up as time passes; whoever does something takes out what it costs.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    per_second: f64,
    holds: f64,
    left: f64,
    at: Instant,
}

impl Bucket {
    /// A full one.
    pub(crate) fn new(holds: f64, per_second: f64, now: Instant) -> Bucket {
        Bucket { per_second, holds, left: holds, at: now }
    }

    /// Whether there was as much as this costs; if not, nothing is taken out.
    pub(crate) fn take(&mut self, cost: f64, now: Instant) -> bool {
        self.left = self.left_at(now);
        self.at = self.at.max(now);
        let enough = self.left >= cost;
        if enough {
            self.left -= cost;
        }
        enough
    }

    pub(crate) fn has(&self, cost: f64, now: Instant) -> bool {
        self.left_at(now) >= cost
    }

    pub(crate) fn is_full(&self, now: Instant) -> bool {
        self.has(self.holds, now)
    }

    fn left_at(&self, now: Instant) -> f64 {
        let earned = now.saturating_duration_since(self.at).as_secs_f64() * self.per_second;
        (self.left + earned).min(self.holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "time has to begin somewhere")]
    fn what_was_taken_out_comes_back_with_time_and_no_more_than_that() {
        let began = Instant::now();
        let after = |seconds| began + Duration::from_secs(seconds);
        let mut bucket = Bucket::new(10.0, 2.0, began);
        assert!((0..10).all(|_| bucket.take(1.0, began)));
        assert!(!bucket.take(1.0, began));
        assert!(bucket.has(2.0, after(1)) && !bucket.has(3.0, after(1)));
        assert!(!bucket.take(3.0, after(1)), "and what is too dear costs nothing");
        assert!(bucket.take(2.0, after(1)));
        assert!(!bucket.is_full(after(5)) && bucket.is_full(after(6)));
        assert!(bucket.take(10.0, after(1000)));
        assert!(!bucket.take(1.0, after(1000)));
    }
}
