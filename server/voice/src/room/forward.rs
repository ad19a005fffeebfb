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
    /// What is taken off the track's packet numbers, so that they begin in the first round of 65 536 for them, which
    /// is what a receiver takes for granted (RFC 3711, 3.3.1).
    pub(crate) base: u64,
    /// Their number for Opus.
    pub(crate) opus: u8,
    /// Their number for redundant Opus, if they understand it.
    pub(crate) red: Option<u8>,
}

impl Listening {
    pub(crate) fn new(person: PersonId, ssrc: u32, next: u64, opus: u8, red: Option<u8>) -> Listening {
        Listening { person, ssrc, base: next & !0xffff, opus, red }
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
        let placed = track.stream.place(*packet.header.ssrc, *packet.seq_no, packet.header.timestamp);
        let Some((number, time)) = placed else { return };
        if track.info.muted || packet.payload.is_empty() {
            return;
        }
        if let Some(level) = packet.header.ext_vals.audio_level {
            track.loudness.note(level.unsigned_abs());
        }
        // Taken out for a moment, because the listeners are people of this room as well.
        let sid = track.info.sid.clone();
        let listeners = std::mem::take(&mut track.listeners);
        let audio = Audio { payload: &packet.payload, is_red, opus };
        let mut rewritten = vec![];
        for listener in &listeners {
            let Some(index) = number.checked_sub(listener.base) else { continue };
            let Some(peer) = self.people.get_mut(&listener.person).and_then(|person| person.peer.as_mut()) else {
                continue;
            };
            let Some((payload_type, payload)) = audio.for_listener(listener, &mut rewritten) else { continue };
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
