//! How often one member may ring another: so many times in any ten minutes, never more. A bucket that refills would let
//! twice as many through when they are unlucky.

use domain::{MemberId, Timestamp};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(600);

/// Who rings, and who is rung.
type Pair = (MemberId, MemberId);

/// The last rings of each pair.
pub(super) struct Rings {
    most: usize,
    /// Of each pair at most so many as are allowed, the oldest first.
    last: Mutex<HashMap<Pair, VecDeque<Timestamp>>>,
}

impl Rings {
    pub(super) fn new(most: u32) -> Self {
        Rings { most: usize::try_from(most).unwrap_or(usize::MAX), last: Mutex::default() }
    }

    /// Counts one for each, or, if that is too many for any of them, none: then it says how long to wait.
    pub(super) fn take(&self, pairs: &[Pair], now: Timestamp) -> Result<(), Duration> {
        let mut last = self.last();
        let wait = pairs.iter().filter_map(|pair| {
            let rings = last.get_mut(pair)?;
            rings.retain(|at| counts(*at, now));
            let oldest = rings.front().filter(|_| rings.len() >= self.most)?;
            Some((*oldest + WITHIN).since(now))
        });
        if let Some(longest) = wait.max() {
            return Err(longest);
        }
        for pair in pairs {
            last.entry(*pair).or_default().push_back(now);
        }
        Ok(())
    }

    /// They did not ring after all.
    pub(super) fn give_back(&self, pairs: &[Pair], at: Timestamp) {
        let mut last = self.last();
        for pair in pairs {
            if let Some(rings) = last.get_mut(pair)
                && let Some(place) = rings.iter().rposition(|ring| *ring == at)
            {
                rings.remove(place);
            }
        }
    }

    pub(super) fn forget_old(&self, now: Timestamp) {
        self.last().retain(|_, rings| rings.back().is_some_and(|last| counts(*last, now)));
    }

    fn last(&self) -> MutexGuard<'_, HashMap<Pair, VecDeque<Timestamp>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a clock that was set back says to be in the future keeps nobody from ringing.
fn counts(ring: Timestamp, now: Timestamp) -> bool {
    ring <= now && now < ring + WITHIN
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_700_000_000_000);
    const MINUTE: Duration = Duration::from_secs(60);

    fn member(number: u128) -> MemberId {
        MemberId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn in_no_ten_minutes_somebody_is_rung_more_often_by_the_same_member() {
        let rings = Rings::new(3);
        let pair = (member(1), member(2));
        // Whoever tries again every few seconds for an hour.
        let times = (0..1_000).map(|turn| START + turn * Duration::from_millis(3_600));
        let rung: Vec<_> = times.filter(|now| rings.take(&[pair], *now).is_ok()).collect();
        assert_eq!(rung.len(), 18);
        assert!(rung.windows(4).all(|four| four[3].since(four[0]) >= 10 * MINUTE));
    }

    #[test]
    fn whoever_is_refused_hears_how_long_and_nobody_else_is_counted() {
        let rings = Rings::new(2);
        let (ben, clara) = ((member(1), member(2)), (member(1), member(3)));
        rings.take(&[ben], START).unwrap();
        rings.take(&[ben], START + MINUTE).unwrap();
        for _ in 0..5 {
            assert_eq!(rings.take(&[clara, ben], START + 2 * MINUTE), Err(8 * MINUTE));
        }
        // Neither did it count for Clara, nor does the other way round.
        rings.take(&[clara, (member(2), member(1))], START + 2 * MINUTE).unwrap();
        rings.take(&[clara, ben], START + 10 * MINUTE).unwrap();
        assert_eq!(rings.take(&[ben], START + 10 * MINUTE), Err(MINUTE));
    }

    #[test]
    fn a_ring_that_never_rang_does_not_count() {
        let rings = Rings::new(1);
        let (ben, clara) = ((member(1), member(2)), (member(1), member(3)));
        rings.take(&[clara], START).unwrap();
        rings.take(&[ben], START + MINUTE).unwrap();
        rings.give_back(&[ben, clara], START + MINUTE);
        assert_eq!(rings.take(&[clara], START + 2 * MINUTE), Err(8 * MINUTE), "hers did ring");
        rings.take(&[ben], START + 2 * MINUTE).unwrap();
        assert_eq!(rings.take(&[ben], START + 3 * MINUTE), Err(9 * MINUTE));
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_from_ringing() {
        let rings = Rings::new(1);
        let pair = (member(1), member(2));
        rings.take(&[pair], START + 60 * MINUTE).unwrap();
        rings.take(&[pair], START).unwrap();
        assert_eq!(rings.take(&[pair], START), Err(10 * MINUTE));
    }

    #[test]
    fn who_rings_nobody_any_more_is_forgotten() {
        let rings = Rings::new(3);
        rings.take(&[(member(1), member(2)), (member(1), member(3))], START).unwrap();
        rings.take(&[(member(1), member(3))], START + MINUTE).unwrap();
        rings.forget_old(START + 10 * MINUTE);
        assert_eq!(rings.last().len(), 1);
        rings.forget_old(START + 11 * MINUTE);
        assert_eq!(rings.last().len(), 0);
    }
}
