//! What was counted.

use crate::life::Moment;
use crate::people::{Asked, Reply};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

#[derive(Default)]
pub(crate) struct Tally {
    kills: BTreeMap<Moment, u32>,
    acknowledged: usize,
    refused: usize,
    unanswered: usize,
    pub(crate) written_and_not_answered: u32,
    /// Jobs that a server had in hand when it died. They wait until its lease on them is over.
    pub(crate) in_dead_hands: i64,
    /// How long after each start everything was in order.
    pub(crate) converged: Vec<Duration>,
}

impl Tally {
    pub(crate) fn kill(&mut self, moment: Moment) {
        *self.kills.entry(moment).or_default() += 1;
    }

    pub(crate) fn count(&mut self, asked: &[Asked]) {
        for asked in asked {
            match asked.reply {
                Some(Reply::Seat(_) | Reply::Done) => self.acknowledged += 1,
                Some(Reply::Refused(_)) => self.refused += 1,
                None => self.unanswered += 1,
            }
        }
    }

    pub(crate) fn kills(&self) -> u32 {
        self.kills.values().sum()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        for (moment, kills) in other.kills {
            *self.kills.entry(moment).or_default() += kills;
        }
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.unanswered += other.unanswered;
        self.written_and_not_answered += other.written_and_not_answered;
        self.in_dead_hands += other.in_dead_hands;
        self.converged.extend(other.converged);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut took = self.converged.clone();
        took.sort_unstable();
        let (half, last) = (took.get(took.len() / 2).copied(), took.last().copied());
        write!(
            f,
            "{} crashes {:?}; requests: {} acknowledged, {} refused, {} unanswered ({} of them written down); in order \
             after a start: half within {:?}, all within {:?}; {} jobs left to a lease",
            self.kills(),
            self.kills,
            self.acknowledged,
            self.refused,
            self.unanswered,
            self.written_and_not_answered,
            half.unwrap_or_default(),
            last.unwrap_or_default(),
            self.in_dead_hands,
        )
    }
}
