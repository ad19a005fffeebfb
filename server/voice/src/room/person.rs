//! Somebody in a room.

use super::forward::Track;
use super::{Now, state};
use crate::bucket::Bucket;
use crate::link::{self, Link};
use crate::names::PersonId;
use crate::peer::Peer;
use crate::quality::Quality;
use crate::token::{RENEW_EVERY, Ticket};
use axum::body::Bytes;
use livekit_protocol as proto;
use proto::DisconnectReason;
use proto::signal_response::Message as Response;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// What a browser may say at once, and each second. Joining takes about 40, most of them candidates; then it pings.
const WORDS_AT_ONCE: f64 = 200.0;
const WORDS_PER_SECOND: f64 = 20.0;

/// What a section of their last offer is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Section {
    /// For nothing: it can become a place to hear somebody.
    Free,
    /// They hear this track here, under this SSRC. `gone`: the track is, and the next answer frees the section.
    Hears { track: String, ssrc: u32, gone: bool },
    /// Their own microphone: the sid of the track.
    Speaks { track: String },
    /// Not for audio that they hear.
    Other,
}

/// Somebody in a room.
pub(crate) struct Person {
    pub(crate) id: PersonId,
    pub(crate) sid: String,
    pub(crate) ticket: Ticket,
    pub(crate) link: Option<Link>,
    pub(crate) peer: Option<Peer>,
    /// What they let others hear.
    pub(crate) tracks: Vec<Track>,
    /// By section of their last offer.
    pub(crate) sections: Vec<Section>,
    /// Their numbers for Opus and for redundant Opus.
    pub(crate) payload_types: (Option<u8>, Option<u8>),
    /// Tracks they do not want to hear, though they hear everything else.
    pub(crate) unwanted: HashSet<String>,
    /// Or the only ones they want, if they said that they choose themselves.
    pub(crate) chosen: Option<HashSet<String>>,
    /// They were asked for another offer, and it has not come yet.
    pub(crate) asked: bool,
    /// Of our answers.
    pub(crate) answers: u64,
    pub(crate) version: u32,
    pub(crate) active: bool,
    pub(crate) left: bool,
    pub(crate) disconnect_reason: DisconnectReason,
    pub(crate) joined: Instant,
    pub(crate) last_seen: Instant,
    pub(crate) renew_token_at: Instant,
    pub(crate) scheduled: Option<Instant>,
    /// The last number that a track was given for them.
    pub(crate) last_ssrc: u32,
    pub(crate) quality: Quality,
    /// How much their browser may still say.
    pub(crate) words: Bucket,
    /// For trying out what happens when a resume is interrupted.
    pub(crate) loses_link_on_resume: bool,
    joined_ms: i64,
    lost_since: Option<Instant>,
    protocol: i32,
}

impl Person {
    pub(crate) fn new(id: PersonId, ticket: Ticket, request: &proto::JoinRequest, link: Link, now: Now) -> Person {
        let settings = request.connection_settings.as_ref();
        let chooses = settings.is_some_and(|settings| !settings.auto_subscribe);
        Person {
            id,
            sid: format!("PA_{:08x}", id.0),
            ticket,
            link: Some(link),
            peer: None,
            tracks: vec![],
            sections: vec![],
            payload_types: (None, None),
            unwanted: HashSet::new(),
            chosen: chooses.then(HashSet::new),
            asked: false,
            answers: 0,
            version: 1,
            active: false,
            left: false,
            disconnect_reason: DisconnectReason::UnknownReason,
            joined: now.instant,
            last_seen: now.instant,
            renew_token_at: now.instant + RENEW_EVERY,
            scheduled: None,
            last_ssrc: (id.0 as u32).wrapping_mul(2_654_435_761),
            quality: Quality::default(),
            words: Bucket::new(WORDS_AT_ONCE, WORDS_PER_SECOND, now.instant),
            loses_link_on_resume: false,
            joined_ms: now.unix_ms,
            lost_since: None,
            protocol: request.client_info.as_ref().map_or(0, |client| client.protocol),
        }
    }

    /// As the others see them; `whole` is what only they themselves see.
    pub(crate) fn info(&self, whole: bool) -> proto::ParticipantInfo {
        proto::ParticipantInfo {
            sid: self.sid.clone(),
            identity: self.ticket.identity.clone(),
            name: self.ticket.name.clone(),
            state: state(self.active, self.left).into(),
            tracks: self.tracks.iter().map(|track| track.info.clone()).collect(),
            joined_at: self.joined_ms / 1000,
            joined_at_ms: self.joined_ms,
            version: self.version,
            permission: Some(self.ticket.permission()),
            is_publisher: !self.tracks.is_empty(),
            disconnect_reason: self.disconnect_reason.into(),
            client_protocol: if whole { self.protocol } else { 0 },
            ..Default::default()
        }
    }

    /// Tells them something, if they can be reached. Who does not read loses the connection, and resumes.
    pub(crate) fn tell(&self, message: Response) {
        self.tell_frame(link::frame(message));
    }

    pub(crate) fn tell_frame(&self, frame: Bytes) {
        if let Some(link) = &self.link {
            link.send(frame);
        }
    }

    pub(crate) fn has_link(&self, link: u64) -> bool {
        self.link.as_ref().is_some_and(|mine| mine.id == link)
    }

    pub(crate) fn attach(&mut self, link: Link, now: Now) {
        self.link = Some(link);
        self.last_seen = now.instant;
        self.lost_since = None;
        self.asked = false;
    }

    pub(crate) fn detach(&mut self, now: Now) {
        self.link = None;
        self.lost_since.get_or_insert(now.instant);
    }

    /// Whether their browser neither reads nor says anything any more.
    pub(crate) fn is_mute_since(&self, now: Instant, limit: Duration) -> bool {
        let silent = now.saturating_duration_since(self.last_seen) > limit;
        self.link.as_ref().is_some_and(|link| silent || link.is_stuck())
    }

    pub(crate) fn is_lost_since(&self, now: Instant, limit: Duration) -> bool {
        self.lost_since.is_some_and(|since| now.saturating_duration_since(since) > limit)
    }

    /// Whether nothing has come from their browser: neither a word nor a datagram that is really theirs.
    pub(crate) fn is_silent_since(&self, now: Instant, limit: Duration) -> bool {
        let heard = self.peer.as_ref().map_or(self.last_seen, |peer| peer.heard.max(self.last_seen));
        now.saturating_duration_since(heard) > limit
    }

    /// How loud they were at the last look.
    pub(crate) fn speaks(&self) -> proto::SpeakerInfo {
        let level = self.tracks.iter().map(|track| track.loudness.level()).fold(0.0, f32::max);
        proto::SpeakerInfo { sid: self.sid.clone(), level, active: level > 0.0 }
    }

    /// Whether nobody hears them.
    pub(crate) fn is_muted(&self) -> bool {
        self.tracks.iter().all(|track| track.info.muted)
    }

    /// Whether they want to hear this track.
    pub(crate) fn wants(&self, track: &str) -> bool {
        self.ticket.grants.can_subscribe()
            && match &self.chosen {
                Some(chosen) => chosen.contains(track),
                None => !self.unwanted.contains(track),
            }
    }

    /// The places where they heard these tracks are free with the next answer.
    pub(crate) fn lose_tracks(&mut self, are_lost: impl Fn(&str) -> bool) {
        for section in &mut self.sections {
            if let Section::Hears { track, gone, .. } = section
                && are_lost(track)
            {
                *gone = true;
            }
        }
    }
}
