//! One microphone as its listeners see it: numbers that go on without a jump, whatever the sender does.

/// Opus counts 48 000 a second: 20 ms.
const FRAME: u32 = 960;
/// Numbers begin well above zero, at the start of a round of 65 536.
const FIRST: u64 = 1 << 17;
/// What comes later than this many packets is of no use to a listener any more.
const WINDOW: u64 = 64;

/// Gives each packet of a microphone its number and time, and no number twice: packets are encrypted under their
/// numbers, and two under one would give their contents away.
///
/// A browser may start a new stream (another SSRC) for the same microphone: its listeners must not notice.
#[derive(Debug)]
pub(crate) struct Stream {
    source: Option<Source>,
    paused: bool,
    /// The highest number given so far, its time, and which of the [`WINDOW`] up to it were given.
    highest: u64,
    time: u32,
    given: u64,
    received: u64,
    expected_from: u64,
}

#[derive(Debug, Clone, Copy)]
struct Source {
    ssrc: u32,
    first: u64,
    number_offset: u64,
    time_offset: u32,
}

impl Default for Stream {
    fn default() -> Self {
        Stream { source: None, paused: false, highest: FIRST - 1, time: 0, given: 0, received: 0, expected_from: FIRST }
    }
}

impl Stream {
    /// The number and the time for listeners of a packet with this SSRC, extended sequence number and timestamp.
    /// `None` for one that came before or comes too late.
    pub(crate) fn place(&mut self, ssrc: u32, number: u64, time: u32) -> Option<(u64, u32)> {
        let source = match self.source {
            Some(source) if source.ssrc == ssrc && !self.paused => source,
            before => {
                let first = self.highest + 1;
                let time_offset = match before {
                    // Time went on during the pause.
                    Some(source) if source.ssrc == ssrc => source.time_offset,
                    Some(_) => self.time.wrapping_add(FRAME).wrapping_sub(time),
                    None => 0,
                };
                self.paused = false;
                *self.source.insert(Source { ssrc, first, number_offset: first.wrapping_sub(number), time_offset })
            }
        };
        let number = number.wrapping_add(source.number_offset);
        let time = time.wrapping_add(source.time_offset);
        if number < source.first {
            return None;
        }
        if number > self.highest {
            let by = number - self.highest;
            self.given = if by < WINDOW { self.given << by | 1 } else { 1 };
            (self.highest, self.time) = (number, time);
        } else {
            let back = self.highest - number;
            if back >= WINDOW || self.given >> back & 1 == 1 {
                return None;
            }
            self.given |= 1 << back;
        }
        self.received += 1;
        Some((number, time))
    }

    /// What comes from now on is not passed on. What is, later, goes on without a gap.
    pub(crate) fn pause(&mut self) {
        self.paused = true;
    }

    /// One that gave numbers until so many were left of a round of 65 536.
    #[cfg(test)]
    pub(crate) fn shortly_before_a_round(left: u64) -> Stream {
        let highest = FIRST + 65_535 - left;
        Stream { highest, expected_from: highest + 1, ..Stream::default() }
    }

    /// How much got lost on the way to us since this was last asked, between 0 and 1.
    pub(crate) fn lost(&mut self) -> f32 {
        let next = self.highest + 1;
        let expected = next - self.expected_from;
        let missing = expected.saturating_sub(self.received);
        self.expected_from = next;
        self.received = 0;
        if expected == 0 { 0.0 } else { missing as f32 / expected as f32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_sender() {
        let mut stream = Stream::default();
        assert_eq!(stream.place(7, 65_534, 1000), Some((FIRST, 1000)));
        assert_eq!(stream.place(7, 65_535, 1960), Some((FIRST + 1, 1960)));
        assert_eq!(stream.place(7, 65_537, 3880), Some((FIRST + 3, 3880)), "a gap stays one: it is a loss");
        assert_eq!(stream.place(7, 65_536, 2920), Some((FIRST + 2, 2920)), "what comes late keeps its place");
    }

    #[test]
    fn a_pause_is_no_loss_and_time_goes_on_during_it() {
        let mut stream = Stream::default();
        assert_eq!(stream.place(7, 100, 1000), Some((FIRST, 1000)));
        stream.pause();
        assert_eq!(stream.place(7, 40_000, 961_000), Some((FIRST + 1, 961_000)));
        assert_eq!(stream.place(7, 39_999, 960_040), None, "what was said during the pause");
        assert_eq!(stream.place(7, 40_001, 961_960), Some((FIRST + 2, 961_960)));
        assert_eq!(stream.lost(), 0.0);
    }

    #[test]
    fn a_new_stream_of_the_same_microphone_goes_on_where_the_old_one_ended() {
        let mut stream = Stream::default();
        stream.place(7, 100, 1000).unwrap();
        assert_eq!(stream.place(8, 9, 500_000), Some((FIRST + 1, 1000 + FRAME)));
        assert_eq!(stream.place(8, 10, 500_960), Some((FIRST + 2, 1000 + 2 * FRAME)));
    }

    #[test]
    fn no_number_is_given_twice() {
        let mut stream = Stream::default();
        let mut given = std::collections::HashSet::new();
        // Repeats, packets overtaken before the first, jumps, an old stream that comes back.
        let packets = [(7, 100), (7, 101), (7, 101), (7, 99), (8, 50), (8, 49), (8, 48), (7, 102), (7, 101), (8, 51)];
        let more = (0..400).map(|n| (7, 103 + n * 7 % 90));
        for (ssrc, number) in packets.into_iter().chain(more) {
            if let Some((number, _)) = stream.place(ssrc, number, 0) {
                assert!(given.insert(number), "{number}");
            }
        }
    }

    #[test]
    fn losses_are_counted_once() {
        let mut stream = Stream::default();
        for number in (0..100).filter(|number| number % 4 != 3) {
            stream.place(7, 1000 + number, 0);
        }
        let lost = stream.lost();
        assert!((lost - 24.0 / 99.0).abs() < 0.01, "{lost}");
        assert_eq!(stream.lost(), 0.0);
    }
}
