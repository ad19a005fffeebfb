//! Who hears whom: packets of a microphone go to everybody who listens to it.

use super::Room;
use crate::loudness::Loudness;
use crate::names::PersonId;
use crate::out::Out;
use crate::stream::Stream;
use crate::{red, srtp};
use livekit_protocol as proto;
use str0m::rtp::RtpPacket;

/// A microphone that others may hear.
pub(crate) struct Track {
    /// As everybody is told. Nothing of a muted one is passed on.
    pub(crate) info: proto::TrackInfo,
    /// What the browser calls it.
    pub(crate) cid: String,
    /// The section of the publisher's offer that it is sent in, once it is.
    pub(crate) mid: Option<String>,
    pub(crate) stream: Stream,
    pub(crate) loudness: Loudness,
    pub(crate) listeners: Vec<Listening>,
}

/// Somebody who hears a track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listening {
    pub(crate) person: PersonId,
    /// Under which number the track comes to them.
    pub(crate) ssrc: u32,
    /// How the track's packets are counted for them.
    count: Count,
    /// Their number for Opus.
    pub(crate) opus: u8,
    /// Their number for redundant Opus, if they understand it.
    pub(crate) red: Option<u8>,
}

impl Listening {
    pub(crate) fn new(person: PersonId, ssrc: u32, opus: u8, red: Option<u8>) -> Listening {
        Listening { person, ssrc, count: Count::default(), opus, red }
    }
}

/// A leap in a track's numbers that is not passed on. Receivers can follow half a round of 65 536.
const LEAP: u64 = 1 << 14;

/// Counts what is really sent to one listener. A receiver sees 16 bits of a packet's number and decrypts by all 48: it
/// takes for granted that they begin in the first round, and that none is far from the one before (RFC 3711, 3.3.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Count {
    /// What is taken off the track's numbers since the last leap, and the first of them.
    offset: u64,
    first: u64,
    highest: u64,
    next: u64,
}

impl Count {
    /// The index of a packet that is sent now. `None` for one from before a leap: its index may be taken.
    fn index(&mut self, number: u64) -> Option<u64> {
        // The first packet is a leap as well: a track's numbers begin far above zero.
        if number > self.highest + LEAP {
            (self.offset, self.first) = (number - self.next, number);
        } else if number < self.first {
            return None;
        }
        let index = number - self.offset;
        self.highest = self.highest.max(number);
        self.next = self.next.max(index + 1);
        Some(index)
    }
}

impl Room {
    /// Passes a packet on to everybody who listens to the microphone it comes from.
    pub(super) fn forward(&mut self, from: PersonId, packet: &RtpPacket, out: &mut Out) {
        let Some(speaker) = self.people.get_mut(&from) else { return };
        let Some(mid) = speaker.peer.as_mut().and_then(|peer| peer.section_of(packet.header.ssrc)) else { return };
        let (opus, red) = speaker.payload_types;
        let payload_type = *packet.header.payload_type;
        let is_red = red == Some(payload_type);
        let Some(opus) = opus.filter(|opus| is_red || *opus == payload_type) else { return };
        let sent_in = |track: &&mut Track| track.mid.as_deref() == Some(&*mid);
        let Some(track) = speaker.tracks.iter_mut().find(sent_in) else { return };
        if track.info.muted {
            track.stream.pause();
            return;
        }
        let placed = track.stream.place(*packet.header.ssrc, *packet.seq_no, packet.header.timestamp);
        let Some((number, time)) = placed else { return };
        if packet.payload.is_empty() {
            return;
        }
        if let Some(level) = packet.header.ext_vals.audio_level {
            track.loudness.note(level.unsigned_abs());
        }
        // Taken out for a moment, because the listeners are people of this room as well.
        let sid = track.info.sid.clone();
        let mut listeners = std::mem::take(&mut track.listeners);
        let audio = Audio { payload: &packet.payload, is_red, opus };
        let mut rewritten = vec![];
        for listener in &mut listeners {
            let Some(peer) = self.people.get_mut(&listener.person).and_then(|person| person.peer.as_mut()) else {
                continue;
            };
            if !peer.is_reached() {
                continue;
            }
            let Some((payload_type, payload)) = audio.for_listener(listener, &mut rewritten) else { continue };
            let Some(index) = listener.count.index(number) else { continue };
            let header = srtp::Header {
                payload_type,
                marker: packet.header.marker,
                timestamp: time,
                ssrc: listener.ssrc,
                extension: None,
            };
            peer.send(&header, index, payload, &mut out.datagrams);
        }
        if let Some(speaker) = self.people.get_mut(&from)
            && let Some(track) = speaker.tracks.iter_mut().find(|track| track.info.sid == sid)
        {
            track.listeners = listeners;
        }
    }
}

/// A payload, and what it is for its sender.
struct Audio<'a> {
    payload: &'a [u8],
    is_red: bool,
    opus: u8,
}

impl Audio<'_> {
    /// The same for somebody who has other numbers, or does not understand redundancy.
    fn for_listener<'a>(&'a self, listener: &Listening, rewritten: &'a mut Vec<u8>) -> Option<(u8, &'a [u8])> {
        match (self.is_red, listener.red) {
            (false, _) => Some((listener.opus, self.payload)),
            (true, None) => Some((listener.opus, red::primary(self.payload)?)),
            (true, Some(red)) if listener.opus == self.opus => Some((red, self.payload)),
            (true, Some(red)) => {
                rewritten.clear();
                red::with_payload_type(self.payload, listener.opus, rewritten)?;
                Some((red, rewritten))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    /// What a receiver takes the whole index to be, by the highest one so far and the 16 bits it sees (RFC 3711, 3.3.1).
    fn guess(highest: u64, seen: u16) -> u64 {
        let round = highest >> 16;
        let near = |round: u64| round << 16 | u64::from(seen);
        let (low, high) = (highest as u16, seen);
        if low < 1 << 15 && high > low && high - low > 1 << 15 {
            near(round.wrapping_sub(1))
        } else if low >= 1 << 15 && high < low - (1 << 15) {
            near(round + 1)
        } else {
            near(round)
        }
    }

    proptest! {
        #[test]
        fn a_listener_always_knows_what_round_it_is_and_no_index_comes_twice(
            begin in 1_u64 << 17..1 << 40,
            steps in prop::collection::vec(prop_oneof![
                8 => 1..100_u64,
                1 => LEAP - 100..LEAP + 100,
                1 => (1_u64 << 15) - 100..(1 << 15) + 100,
                1 => 0..1_u64 << 20,
            ], 1..200),
            late in prop::collection::vec(0..64_u64, 200),
        ) {
            let (mut count, mut number) = (Count::default(), begin);
            let (mut numbers, mut indices, mut highest) = (HashSet::new(), HashSet::new(), None);
            for (step, late) in steps.iter().zip(late) {
                number += step;
                // A track gives each number once; some come a little late.
                for number in [number, number - late].into_iter().filter(|number| numbers.insert(*number)) {
                    let Some(index) = count.index(number) else { continue };
                    prop_assert!(indices.insert(index), "{index} comes twice");
                    prop_assert_eq!(guess(highest.unwrap_or(u64::from(index as u16)), index as u16), index);
                    highest = highest.max(Some(index));
                }
            }
        }
    }
}
