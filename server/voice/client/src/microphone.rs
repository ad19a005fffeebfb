//! Our own microphone: which packet comes after which.

use std::time::{Duration, Instant};
use str0m::media::{Mid, Pt};
use str0m::rtp::{ExtensionValues, RedEncoder, RedundantBlock, RtpWrite, SeqNo};

/// What one packet lasts.
const FRAME: Duration = Duration::from_millis(20);
/// The same in ticks of Opus' clock.
const FRAME_TICKS: u32 = 960;

/// A microphone that others hear.
#[derive(Debug)]
pub(crate) struct Microphone {
    pub mid: Mid,
    pub track: String,
    opus: u8,
    red: Option<u8>,
    next: SeqNo,
    began: Option<Instant>,
    spoken: Option<Spoken>,
}

/// What was said last.
#[derive(Debug)]
struct Spoken {
    frame: u64,
    payload: Vec<u8>,
}

impl Microphone {
    pub fn new(mid: Mid, track: String, opus: u8, red: Option<u8>) -> Microphone {
        Microphone { mid, track, opus, red, next: SeqNo::from(1000), began: None, spoken: None }
    }

    /// The packet that carries this. The clock of the stream stands still for nobody: after a pause it has gone on.
    pub fn packet(&mut self, now: Instant, opus: &[u8], level: i8) -> RtpWrite {
        let since = now.saturating_duration_since(*self.began.get_or_insert(now));
        let by_clock = (since.as_millis() / FRAME.as_millis()) as u64;
        let frame = self.spoken.as_ref().map_or(0, |spoken| by_clock.max(spoken.frame + 1));
        let time = (frame as u32).wrapping_mul(FRAME_TICKS);
        let talks_again = self.spoken.as_ref().is_none_or(|spoken| frame > spoken.frame + 1);

        let (pt, payload) = match self.red {
            Some(red) => {
                let before = self.spoken.iter().map(|spoken| RedundantBlock {
                    pt: self.opus,
                    timestamp_offset: ((frame - spoken.frame) * u64::from(FRAME_TICKS)) as u32,
                    payload: spoken.payload.clone(),
                });
                (red, RedEncoder::encode(self.opus, opus, &before.collect::<Vec<_>>()))
            }
            None => (self.opus, opus.to_vec()),
        };
        let heard = ExtensionValues {
            audio_level: Some(level.clamp(-127, 0)),
            voice_activity: Some(level > -50),
            ..ExtensionValues::default()
        };
        let packet = RtpWrite::new(Pt::from(pt), self.next, time, now, payload).marker(talks_again).ext_vals(heard);
        self.next.inc();
        self.spoken = Some(Spoken { frame, payload: opus.to_vec() });
        packet
    }
}
