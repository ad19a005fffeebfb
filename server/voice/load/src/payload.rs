//! What talkers say: who said it and when, so that whoever hears it can tell how long it took.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// As long as 20 ms of speech are.
pub const LENGTH: usize = 80;
/// The first byte of a real Opus packet for speech, then who we are.
const MARK: [u8; 4] = *b"\x78PXA";

/// One thing said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload {
    /// By whom.
    pub talker: u32,
    /// When, in nanoseconds of the machine's clock.
    pub at: u64,
}

impl Payload {
    /// As it travels.
    pub fn encode(self) -> [u8; LENGTH] {
        let mut bytes = [0x55; LENGTH];
        bytes[..4].copy_from_slice(&MARK);
        bytes[4..8].copy_from_slice(&self.talker.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.at.to_be_bytes());
        bytes
    }

    /// As it came; `None` if it is not what a talker says.
    pub fn decode(bytes: &[u8]) -> Option<Payload> {
        let bytes: &[u8; LENGTH] = bytes.try_into().ok()?;
        let (mark, rest) = bytes.split_first_chunk::<4>()?;
        let (talker, rest) = rest.split_first_chunk::<4>()?;
        let (at, rest) = rest.split_first_chunk::<8>()?;
        let ours = *mark == MARK && rest.iter().all(|byte| *byte == 0x55);
        ours.then(|| Payload { talker: u32::from_be_bytes(*talker), at: u64::from_be_bytes(*at) })
    }
}

/// The machine's clock, in nanoseconds: the one that the kernel stamps arriving packets with.
#[expect(clippy::disallowed_methods, reason = "the kernel's stamps can only be compared with this clock")]
pub fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{LENGTH, Payload};

    #[test]
    fn what_is_said_is_understood_and_nothing_else() {
        let said = Payload { talker: 7, at: 1_700_000_000_123_456_789 };
        assert_eq!(Payload::decode(&said.encode()), Some(said));
        assert_eq!(Payload::decode(&said.encode()[1..]), None);
        for byte in (0..4).chain(16..LENGTH) {
            let mut damaged = said.encode();
            damaged[byte] ^= 1;
            assert_eq!(Payload::decode(&damaged), None, "byte {byte}");
        }
    }
}
