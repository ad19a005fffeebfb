//! Who is speaking, from the audio levels that browsers write into their packets (RFC 6464).

/// How often it is looked at, in milliseconds.
pub(crate) const LOOK_EVERY_MS: u64 = 400;
/// Louder than this is a voice; in dB below the loudest possible.
const VOICE: u8 = 35;
/// So many of a hundred packets must be a voice for somebody to speak.
const SHARE: u32 = 40;
/// Packets of 20 ms in one look.
const PACKETS: u32 = (LOOK_EVERY_MS / 20) as u32;

/// One microphone.
#[derive(Debug, Default)]
pub(crate) struct Loudness {
    voiced: u32,
    sum: u32,
    level: f32,
}

impl Loudness {
    /// A packet of 20 ms and its level in dB below the loudest possible: 0 is loudest, 127 is silence.
    pub(crate) fn note(&mut self, below: u8) {
        if below <= VOICE {
            self.voiced += 1;
            self.sum += u32::from(below);
        }
    }

    /// How loud the voice was at the last look: 0 nobody spoke, 1 loudest possible.
    pub(crate) fn level(&self) -> f32 {
        self.level
    }

    /// Takes in what was noted since the last look; whether that is worth telling.
    pub(crate) fn look(&mut self) -> bool {
        let was = self.level;
        self.level = if self.voiced * 100 >= PACKETS * SHARE {
            let below = self.sum as f32 / self.voiced as f32;
            // An eighth of the loudest possible is the least that is shown, so that a quiet voice is one.
            (1.0 - below / f32::from(VOICE)).clamp(0.125, 1.0)
        } else {
            0.0
        };
        (self.voiced, self.sum) = (0, 0);
        let steps = |level: f32| (level * 8.0).round() as i32;
        steps(was) != steps(self.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_is_told_once_and_silence_is_told_once() {
        let mut loudness = Loudness::default();
        (0..PACKETS).for_each(|_| loudness.note(20));
        assert!(loudness.look());
        let level = loudness.level();
        assert!(level > 0.3, "{level}");
        (0..PACKETS).for_each(|_| loudness.note(20));
        assert_eq!((loudness.look(), loudness.level()), (false, level));
        (0..PACKETS).for_each(|_| loudness.note(127));
        assert_eq!((loudness.look(), loudness.level()), (true, 0.0));
        assert_eq!((loudness.look(), loudness.level()), (false, 0.0));
    }

    #[test]
    fn a_cough_is_no_voice() {
        let mut loudness = Loudness::default();
        (0..4).for_each(|_| loudness.note(5));
        assert_eq!((loudness.look(), loudness.level()), (false, 0.0));
    }
}
