//! How often one member may ring another: so many times in any ten minutes, never more. A bucket that refills would let
//! twice as many through when they are unlucky.

use domain::{MemberId, Nonce, Timestamp};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(600);

/// Who rings, and who is rung.
pub(super) type Pair = (MemberId, MemberId);

/// When somebody was rung, and by which tap, if it is known.
type Ring = (Timestamp, Option<Nonce>);

/// The last rings of each pair.
pub(super) struct Rings {
    most: usize,
    /// Of each pair at most so many as are allowed, the oldest first.
    last: Mutex<HashMap<Pair, VecDeque<Ring>>>,
}

impl Rings {
    pub(super) fn new(most: u32) -> Self {
        Rings { most: usize::try_from(most).unwrap_or(usize::MAX), last: Mutex::default() }
    }

    /// Counts one for each for whom this tap was not counted before, and answers who they are; or, if that is too many for any
    /// of them, none: then it says how long to wait.
    pub(super) fn take(&self, pairs: &[Pair], tap: Option<Nonce>, now: Timestamp) -> Result<Vec<Pair>, Duration> {
        let mut last = self.last();
        let mut new = pairs.to_vec();
        new.retain(|pair| {
            let rings = last.entry(*pair).or_default();
            rings.retain(|(at, _)| counts(*at, now));
            tap.is_none() || rings.iter().all(|(_, by)| *by != tap)
        });
        let wait = new.iter().filter_map(|pair| {
            let (oldest, _) = last.get(pair).filter(|rings| rings.len() >= self.most)?.front()?;
            Some((*oldest + WITHIN).since(now))
        });
        if let Some(longest) = wait.max() {
            return Err(longest);
        }
        for pair in &new {
            last.entry(*pair).or_default().push_back((now, tap));
        }
        Ok(new)
    }

    /// They did not ring after all.
    pub(super) fn give_back(&self, pairs: &[Pair], at: Timestamp) {
        let mut last = self.last();
        for pair in pairs {
            if let Some(rings) = last.get_mut(pair)
                && let Some(place) = rings.iter().rposition(|(ring, _)| *ring == at)
            {
                rings.remove(place);
            }
        }
    }

    pub(super) fn forget_old(&self, now: Timestamp) {
        self.last().retain(|_, rings| rings.back().is_some_and(|(last, _)| counts(*last, now)));
    }

    fn last(&self) -> MutexGuard<'_, HashMap<Pair, VecDeque<Ring>>> {
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
        let rung: Vec<_> = times.filter(|now| rings.take(&[pair], None, *now).is_ok()).collect();
        assert_eq!(rung.len(), 18);
        assert!(rung.windows(4).all(|four| four[3].since(four[0]) >= 10 * MINUTE));
    }

    #[test]
    fn whoever_is_refused_hears_how_long_and_nobody_else_is_counted() {
        let rings = Rings::new(2);
        let (ben, clara) = ((member(1), member(2)), (member(1), member(3)));
        rings.take(&[ben], None, START).unwrap();
        rings.take(&[ben], None, START + MINUTE).unwrap();
        for _ in 0..5 {
            assert_eq!(rings.take(&[clara, ben], None, START + 2 * MINUTE), Err(8 * MINUTE));
        }
        // Neither did it count for Clara, nor does the other way round.
        rings.take(&[clara, (member(2), member(1))], None, START + 2 * MINUTE).unwrap();
        rings.take(&[clara, ben], None, START + 10 * MINUTE).unwrap();
        assert_eq!(rings.take(&[ben], None, START + 10 * MINUTE), Err(MINUTE));
    }

    #[test]
    fn a_ring_that_never_rang_does_not_count() {
        let rings = Rings::new(1);
        let (ben, clara) = ((member(1), member(2)), (member(1), member(3)));
        rings.take(&[clara], None, START).unwrap();
        rings.take(&[ben], None, START + MINUTE).unwrap();
        rings.give_back(&[ben, clara], START + MINUTE);
        assert_eq!(rings.take(&[clara], None, START + 2 * MINUTE), Err(8 * MINUTE), "hers did ring");
        rings.take(&[ben], None, START + 2 * MINUTE).unwrap();
        assert_eq!(rings.take(&[ben], None, START + 3 * MINUTE), Err(9 * MINUTE));
    }

    #[test]
    fn a_tap_that_is_sent_again_counts_once_and_is_never_one_too_many() {
        let rings = Rings::new(2);
        let (ben, clara) = ((member(1), member(2)), (member(1), member(3)));
        let [first, second, third] = [1, 2, 3].map(|number| Some(Nonce(uuid::Uuid::from_u128(number))));
        assert_eq!(rings.take(&[ben], first, START), Ok(vec![ben]));
        assert_eq!(rings.take(&[ben], second, START), Ok(vec![ben]));
        assert_eq!(rings.take(&[ben, clara], second, START + MINUTE), Ok(vec![clara]));
        assert_eq!(rings.take(&[ben], third, START + MINUTE), Err(9 * MINUTE));
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_from_ringing() {
        let rings = Rings::new(1);
        let pair = (member(1), member(2));
        rings.take(&[pair], None, START + 60 * MINUTE).unwrap();
        rings.take(&[pair], None, START).unwrap();
        assert_eq!(rings.take(&[pair], None, START), Err(10 * MINUTE));
    }

    #[test]
    fn who_rings_nobody_any_more_is_forgotten() {
        let rings = Rings::new(3);
        rings.take(&[(member(1), member(2)), (member(1), member(3))], None, START).unwrap();
        rings.take(&[(member(1), member(3))], None, START + MINUTE).unwrap();
        rings.forget_old(START + 10 * MINUTE);
        assert_eq!(rings.last().len(), 1);
        rings.forget_old(START + 11 * MINUTE);
        assert_eq!(rings.last().len(), 0);
    }
}
