//! Many durations in little memory.

use std::time::Duration;

/// How fine it is.
const STEP: Duration = Duration::from_micros(10);
/// Longer ones count as this.
const LONGEST: Duration = Duration::from_secs(2);

/// Many durations, each to 10 µs.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Vec<u32>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram { counts: vec![0; (LONGEST.as_micros() / STEP.as_micros()) as usize + 1], total: 0 }
    }
}

impl Histogram {
    /// Counts one.
    pub fn add(&mut self, duration: Duration) {
        let step = (duration.as_micros() / STEP.as_micros()) as usize;
        let step = step.min(self.counts.len() - 1);
        self.counts[step] += 1;
        self.total += 1;
    }

    /// Counts those of another as well.
    pub fn merge(&mut self, other: &Histogram) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
    }

    /// The duration that this share of all do not exceed.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let rank = (share * self.total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        self.counts.iter().zip(0_u32..).find_map(|(count, step)| {
            seen += u64::from(*count);
            (seen >= rank).then(|| STEP * step)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Histogram;
    use std::time::Duration;

    #[test]
    fn quantiles_are_those_of_the_sorted_list() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        for millis in 1..=100 {
            histogram.add(Duration::from_millis(millis));
        }
        let mut both = Histogram::default();
        both.merge(&histogram);
        both.add(Duration::from_secs(3600));
        assert_eq!(histogram.quantile(0.5), Some(Duration::from_millis(50)));
        assert_eq!(histogram.quantile(0.99), Some(Duration::from_millis(99)));
        assert_eq!(histogram.quantile(1.0), Some(Duration::from_millis(100)));
        assert_eq!(both.quantile(1.0), Some(Duration::from_secs(2)));
    }
}
