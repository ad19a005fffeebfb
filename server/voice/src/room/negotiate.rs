//! Offers and answers: which section of somebody's offer is for whose microphone.

use super::forward::{Listening, Track};
use super::person::Section;
use super::{Exit, Now, Room, Surroundings};
use crate::link;
use crate::names;
use crate::names::PersonId;
use crate::out::Out;
use crate::peer::{Broken, Peer, payload_types};
use crate::sdp::{self, Answer, Offer, Use};
use livekit_protocol as proto;
use proto::DisconnectReason;
use proto::leave_request::Action;
use proto::signal_response::Message as Response;
use std::collections::{HashMap, HashSet};

impl Room {
    /// Answers an offer. One that cannot be read ends the session, because browsers make them and people do not.
    pub(super) fn offered(
        &mut self,
        around: &Surroundings,
        now: Now,
        id: PersonId,
        offer: &proto::SessionDescription,
        out: &mut Out,
    ) {
        let parsed = match Offer::parse(&offer.sdp) {
            Ok(parsed) => parsed,
            Err(error) => {
                tracing::debug!(room = %self.name, %error, "an offer was refused");
                self.take_out(id, Exit::PutOut(Action::Disconnect, DisconnectReason::JoinFailure), now, out);
                return;
            }
        };
        if self.connect(around, now, id, &parsed).is_err() {
            self.broken(id, now, out);
            return;
        }
        let Ok(published) = self.take_up_microphones(id, &parsed) else {
            self.broken(id, now, out);
            return;
        };
        self.give_places(id, &parsed);
        self.answer(around, id, offer.id, &parsed);
        self.schedule(id);
        if published {
            self.tell_all_about(id, None);
            let others: Vec<PersonId> = self.people.keys().copied().filter(|other| *other != id).collect();
            for other in others {
                self.ask_for_sections(other);
            }
        }
        self.ask_for_sections(id);
    }

    fn connect(&mut self, around: &Surroundings, now: Now, id: PersonId, offer: &Offer) -> Result<(), Broken> {
        let Some(person) = self.people.get_mut(&id) else { return Ok(()) };
        person.asked = false;
        let credentials = || names::credentials(around.shard, id);
        match &mut person.peer {
            Some(peer) => peer.renew(&around.host, offer, credentials),
            None => {
                person.peer = Some(Peer::new(&around.host, credentials(), offer, now.instant)?);
                person.payload_types = payload_types(offer);
                Ok(())
            }
        }
    }

    /// Which sections carry what they let others hear; whether the others must be told something new.
    fn take_up_microphones(&mut self, id: PersonId, offer: &Offer) -> Result<bool, Broken> {
        let Some(person) = self.people.get_mut(&id) else { return Ok(false) };
        let Some(peer) = &mut person.peer else { return Ok(false) };
        if offer.sections.len() < person.sections.len() {
            // Sections are never taken away (RFC 8829, 5.2.2).
            return Err(Broken);
        }
        person.sections.resize(offer.sections.len(), Section::Other);
        let mut changed = false;
        let mut ended = vec![];
        let mut unheard = vec![];
        for (section, used) in offer.sections.iter().zip(&mut person.sections) {
            let audio = section.kind == sdp::Kind::Audio && !section.rejected;
            let sends = audio && section.direction.sends();
            match used {
                Section::Speaks { .. } if sends => continue,
                Section::Speaks { track } => {
                    peer.forget(&section.mid)?;
                    ended.push(std::mem::take(track));
                }
                Section::Hears { .. } if audio && section.direction.receives() => continue,
                Section::Hears { ssrc, .. } => unheard.push(*ssrc),
                Section::Free | Section::Other => {}
            }
            *used = if audio && section.direction == sdp::Direction::RecvOnly { Section::Free } else { Section::Other };
            if !sends {
                continue;
            }
            let waits = |track: &Track| track.mid.is_none();
            let named = |track: &Track| waits(track) && section.track.as_ref() == Some(&track.cid);
            // Some browsers do not call a track in their offers what they called it before.
            let found = person.tracks.iter().position(named).or_else(|| person.tracks.iter().position(waits));
            if let Some(track) = found.and_then(|place| person.tracks.get_mut(place)) {
                peer.expect(&section.mid, section.ssrc)?;
                track.mid = Some(section.mid.clone());
                track.info.mid = section.mid.clone();
                *used = Section::Speaks { track: track.info.sid.clone() };
                changed = true;
            }
        }
        let (over, tracks) =
            std::mem::take(&mut person.tracks).into_iter().partition(|track| ended.contains(&track.info.sid));
        person.tracks = tracks;
        let over: Vec<Track> = over;
        changed |= !over.is_empty();
        person.version += u32::from(changed);
        for track in over {
            self.silence(&track);
        }
        if !unheard.is_empty() {
            for track in self.people.values_mut().flat_map(|person| &mut person.tracks) {
                track.listeners.retain(|listener| listener.person != id || !unheard.contains(&listener.ssrc));
            }
        }
        Ok(changed)
    }

    /// Gives each track that somebody wants to hear a free section of their offer.
    fn give_places(&mut self, id: PersonId, offer: &Offer) {
        let Some(person) = self.people.get(&id) else { return };
        let (Some(opus), red) = person.payload_types else { return };
        let mut wanted = self.not_yet_heard(id);
        let Some(person) = self.people.get_mut(&id) else { return };
        let theirs: Vec<u32> = offer.sections.iter().filter_map(|section| section.ssrc).collect();
        let mut heard = vec![];
        for used in &mut person.sections {
            match used {
                // Browsers notice a new track only in a section that was inactive in between.
                Section::Hears { gone: true, .. } => *used = Section::Free,
                Section::Free => {
                    let Some((publisher, track)) = wanted.pop() else { continue };
                    let ssrc = loop {
                        person.last_ssrc = person.last_ssrc.wrapping_add(1).max(1);
                        if !theirs.contains(&person.last_ssrc) {
                            break person.last_ssrc;
                        }
                    };
                    *used = Section::Hears { track: track.clone(), ssrc, gone: false };
                    heard.push((publisher, track, ssrc));
                }
                _ => {}
            }
        }
        for (publisher, sid, ssrc) in heard {
            let Some(publisher) = self.people.get_mut(&publisher) else { continue };
            if let Some(track) = publisher.tracks.iter_mut().find(|track| track.info.sid == sid) {
                track.listeners.push(Listening::new(id, ssrc, opus, red));
            }
        }
    }

    /// Tracks that somebody wants to hear and has no place for, the oldest last.
    fn not_yet_heard(&self, id: PersonId) -> Vec<(PersonId, String)> {
        let Some(person) = self.people.get(&id) else { return vec![] };
        let places = person.sections.iter();
        let heard: HashSet<&str> = places
            .filter_map(|section| if let Section::Hears { track, .. } = section { Some(track.as_str()) } else { None })
            .collect();
        let others = self.people.values().filter(|other| other.id != id);
        let tracks = others.flat_map(|other| other.tracks.iter().map(|track| (other.id, track)));
        let wanted = tracks.filter(|(_, track)| {
            let sid = &track.info.sid;
            track.mid.is_some() && person.wants(sid) && !heard.contains(sid.as_str())
        });
        let mut wanted: Vec<_> = wanted.map(|(publisher, track)| (publisher, track.info.sid.clone())).collect();
        wanted.sort_unstable_by(|a, b| b.cmp(a));
        wanted
    }

    fn answer(&mut self, around: &Surroundings, id: PersonId, offer_id: u32, offer: &Offer) {
        let publishers: HashMap<&str, &str> = self
            .people
            .values()
            .flat_map(|person| person.tracks.iter().map(|track| (track.info.sid.as_str(), person.sid.as_str())))
            .collect();
        let Some(person) = self.people.get(&id) else { return };
        let Some(peer) = &person.peer else { return };
        let mut mid_to_track_id = HashMap::new();
        let uses = offer.sections.iter().zip(&person.sections).map(|(section, used)| match used {
            Section::Hears { track, ssrc, gone: false } => {
                mid_to_track_id.insert(section.mid.clone(), track.clone());
                let publisher = publishers.get(track.as_str()).copied().unwrap_or_default();
                Use::Send { stream: format!("{publisher}|{track}"), track: track.clone(), ssrc: *ssrc }
            }
            Section::Speaks { .. } => Use::Receive,
            _ if section.kind == sdp::Kind::Application => Use::Data,
            _ => Use::Inactive,
        });
        let uses = uses.collect();
        let credentials = peer.credentials();
        let answer = Answer {
            session: id.0,
            version: person.answers,
            ufrag: &credentials.ufrag,
            pwd: &credentials.pass,
            fingerprint: peer.fingerprint(),
            candidates: &around.host.candidates,
            sections: uses,
        };
        let sdp = answer.write(offer);
        person.tell_frame(link::frame(Response::Answer(proto::SessionDescription {
            r#type: "answer".to_owned(),
            sdp,
            id: offer_id,
            mid_to_track_id,
        })));
        if let Some(person) = self.people.get_mut(&id) {
            person.answers += 1;
        }
    }

    /// Asks for another offer, if somebody wants to hear more than they have places for, or has places to be freed.
    pub(super) fn ask_for_sections(&mut self, id: PersonId) {
        let missing = self.not_yet_heard(id).len();
        let Some(person) = self.people.get_mut(&id) else { return };
        // Before the first offer there is nothing to add to, and one question at a time is enough. Without Opus in it no
        // place would ever do.
        if person.peer.is_none() || person.asked || person.payload_types.0.is_none() {
            return;
        }
        let gone = person.sections.iter().filter(|used| matches!(used, Section::Hears { gone: true, .. })).count();
        if missing == 0 && gone == 0 {
            return;
        }
        let free = person.sections.iter().filter(|used| **used == Section::Free).count();
        person.asked = true;
        let num_audios = u32::try_from(missing.saturating_sub(free)).unwrap_or(0);
        person.tell(Response::MediaSectionsRequirement(proto::MediaSectionsRequirement { num_audios, num_videos: 0 }));
    }
}
