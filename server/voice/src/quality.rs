//! How good somebody's connection is, in three words, from what gets lost on it.

use livekit_protocol::ConnectionQuality;
use std::time::Duration;

/// More than this is heard.
const GOOD: f32 = 0.06;
/// More than this makes words incomprehensible, redundancy or not.
const POOR: f32 = 0.20;
/// Nothing at all came for so long: browsers check the path every few seconds.
const SILENT_FOR: Duration = Duration::from_secs(7);

/// No browser hears more than a room has people; who invents streams is not listened to.
const STREAMS_AT_MOST: usize = 512;

/// One person's connection.
#[derive(Debug, Default)]
pub(crate) struct Quality {
    reports: Vec<(u32, u8)>,
    told: Option<ConnectionQuality>,
}

impl Quality {
    /// A browser reports how much of a stream (SSRC) got lost on the way to it, in 1/256 (RFC 3550, 6.4.1).
    pub(crate) fn note_lost(&mut self, ssrc: u32, share: u8) {
        if let Some(report) = self.reports.iter_mut().find(|(of, _)| *of == ssrc) {
            report.1 = report.1.max(share);
        } else if self.reports.len() < STREAMS_AT_MOST {
            self.reports.push((ssrc, share));
        }
    }

    /// How it was since the last look, and whether that is new. `silent` is since when nothing came, `uplink` the share
    /// that got lost on the way to us.
    pub(crate) fn look(&mut self, silent: Option<Duration>, uplink: f32) -> (ConnectionQuality, bool) {
        let sum: f32 = self.reports.iter().map(|(_, share)| f32::from(*share) / 256.0).sum();
        let downlink = if self.reports.is_empty() { 0.0 } else { sum / self.reports.len() as f32 };
        self.reports.clear();
        let quality = match uplink.max(downlink) {
            _ if silent.is_some_and(|silent| silent > SILENT_FOR) => ConnectionQuality::Lost,
            lost if lost > POOR => ConnectionQuality::Poor,
            lost if lost > GOOD => ConnectionQuality::Good,
            _ => ConnectionQuality::Excellent,
        };
        (quality, self.told.replace(quality) != Some(quality))
    }
}

/// The same as a number, as LiveKit's clients show it.
pub(crate) fn score(quality: ConnectionQuality) -> f32 {
    match quality {
        ConnectionQuality::Excellent => 4.5,
        ConnectionQuality::Good => 3.5,
        ConnectionQuality::Poor => 2.0,
        ConnectionQuality::Lost => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_in_either_direction_is_told_once() {
        let mut quality = Quality::default();
        assert_eq!(quality.look(None, 0.0), (ConnectionQuality::Excellent, true));
        assert_eq!(quality.look(None, 0.01), (ConnectionQuality::Excellent, false));
        quality.note_lost(1, 64);
        assert_eq!(quality.look(None, 0.0), (ConnectionQuality::Poor, true));
        assert_eq!(quality.look(None, 0.1), (ConnectionQuality::Good, true));
        assert_eq!(quality.look(Some(Duration::from_secs(20)), 0.0), (ConnectionQuality::Lost, true));
    }

    #[test]
    fn one_bad_stream_of_many_is_not_a_bad_connection() {
        let mut quality = Quality::default();
        (0..10).for_each(|ssrc| quality.note_lost(ssrc, if ssrc == 0 { 100 } else { 0 }));
        assert_eq!(quality.look(None, 0.0).0, ConnectionQuality::Excellent);
    }
}
