//! What browsers say over the WebSocket.

use super::forward::Track;
use super::{Exit, Now, Room, Surroundings};
use crate::link;
use crate::loudness::Loudness;
use crate::names::PersonId;
use crate::out::Out;
use crate::stream::Stream;
use livekit_protocol as proto;
use proto::leave_request::Action;
use proto::request_response::Reason;
use proto::signal_request::Message as Request;
use proto::signal_response::Message as Response;
use proto::simulate_scenario::Scenario;
use proto::{DisconnectReason, TrackSource, TrackType};
use std::collections::HashSet;

/// Most tracks that one person may let others hear.
const TRACKS_AT_MOST: usize = 4;
/// Longest name of a track, and what a browser may call it.
const NAME_LIMIT: usize = 256;
/// Most features of a microphone: LiveKit knows seven, and everybody is told them.
const FEATURES_AT_MOST: usize = 16;
/// Most tracks in a list of wanted or unwanted ones.
const CHOICES_AT_MOST: usize = 1024;

impl Room {
    /// A message from somebody's browser. What is not needed is ignored.
    pub(crate) fn signal(
        &mut self,
        around: &Surroundings,
        now: Now,
        id: PersonId,
        link: u64,
        request: Request,
        out: &mut Out,
    ) {
        let Some(person) = self.people.get_mut(&id).filter(|person| person.has_link(link)) else { return };
        person.last_seen = now.instant;
        if !person.words.take(cost(&request, person.asked), now.instant) {
            tracing::debug!(room = %self.name, "a browser says too much");
            person.detach(now);
            return;
        }
        match request {
            Request::Ping(sent) => person.tell(Response::Pong(sent)),
            Request::PingReq(ping) => person
                .tell(Response::PongResp(proto::Pong { last_ping_timestamp: ping.timestamp, timestamp: now.unix_ms })),
            Request::Offer(offer) => self.offered(around, now, id, &offer, out),
            Request::AddTrack(wanted) => self.add_track(id, wanted),
            Request::Mute(mute) => self.muted_by_themselves(id, &mute),
            Request::Subscription(wish) => self.subscribed(id, &wish),
            Request::SyncState(state) => {
                if let Some(wish) = state.subscription.filter(|wish| !wish.track_sids.is_empty()) {
                    self.subscribed(id, &wish);
                }
            }
            Request::Leave(_) => self.take_out(id, Exit::Goodbye, now, out),
            Request::UpdateMetadata(update) => person.tell(refusal(update.request_id)),
            Request::Simulate(scenario) => self.simulate(now, id, scenario.scenario, out),
            _ => {}
        }
    }

    /// Somebody wants the others to hear something.
    pub(super) fn add_track(&mut self, id: PersonId, wanted: proto::AddTrackRequest) {
        let Some(person) = self.people.get_mut(&id) else { return };
        let audio = wanted.r#type == i32::from(TrackType::Audio);
        let source = match TrackSource::try_from(wanted.source) {
            // Older clients do not say what it is.
            Ok(TrackSource::Unknown) | Err(_) => TrackSource::Microphone,
            Ok(source) => source,
        };
        let known = person.tracks.iter().any(|track| track.cid == wanted.cid);
        let fits = person.tracks.len() < TRACKS_AT_MOST
            && wanted.cid.len() <= NAME_LIMIT
            && wanted.name.len() <= NAME_LIMIT
            && wanted.stream.len() <= NAME_LIMIT
            && wanted.audio_features.len() <= FEATURES_AT_MOST;
        if !audio || known || !fits || !person.ticket.may_publish(source) {
            person.tell(Response::RequestResponse(proto::RequestResponse {
                reason: Reason::NotAllowed.into(),
                message: "does not have permission to publish this track".to_owned(),
                request: Some(proto::request_response::Request::AddTrack(wanted)),
                ..Default::default()
            }));
            return;
        }
        person.answers += 1;
        let info = proto::TrackInfo {
            sid: format!("TR_{:08x}{:02x}", id.0, person.answers),
            r#type: TrackType::Audio.into(),
            name: wanted.name,
            muted: wanted.muted,
            source: source.into(),
            mime_type: if wanted.disable_red { "audio/opus" } else { "audio/red" }.to_owned(),
            disable_red: wanted.disable_red,
            stream: wanted.stream,
            audio_features: wanted.audio_features,
            ..Default::default()
        };
        person.tell(Response::TrackPublished(proto::TrackPublishedResponse {
            cid: wanted.cid.clone(),
            track: Some(info.clone()),
        }));
        person.tracks.push(Track {
            info,
            cid: wanted.cid,
            mid: None,
            stream: Stream::default(),
            loudness: Loudness::default(),
            listeners: vec![],
        });
    }

    fn muted_by_themselves(&mut self, id: PersonId, mute: &proto::MuteTrackRequest) {
        let Some(person) = self.people.get_mut(&id) else { return };
        let Some(track) = person.tracks.iter_mut().find(|track| track.info.sid == mute.sid) else { return };
        if track.info.muted != mute.muted {
            track.info.muted = mute.muted;
            person.version += 1;
            self.tell_all_about(id, None);
        }
    }

    fn subscribed(&mut self, id: PersonId, wish: &proto::UpdateSubscription) {
        let at_most = self.limits.people.saturating_mul(TRACKS_AT_MOST);
        let Some(person) = self.people.get_mut(&id) else { return };
        for sid in sids(wish).take(at_most).filter(|sid| sid.len() <= NAME_LIMIT) {
            // Those who hear everything name what they do not want; those who choose, what they want.
            let add = wish.subscribe == person.chosen.is_some();
            let list = person.chosen.as_mut().unwrap_or(&mut person.unwanted);
            if !add {
                list.remove(sid);
            } else if list.len() < CHOICES_AT_MOST {
                list.insert(sid.clone());
            }
        }
        let Some(person) = self.people.get(&id) else { return };
        let tracks = self.people.values().flat_map(|other| &other.tracks).map(|track| &track.info.sid);
        let unwanted: HashSet<String> = tracks.filter(|sid| !person.wants(sid)).cloned().collect();
        for track in self.people.values_mut().flat_map(|person| &mut person.tracks) {
            if unwanted.contains(&track.info.sid) {
                track.listeners.retain(|listener| listener.person != id);
            }
        }
        if let Some(person) = self.people.get_mut(&id) {
            person.lose_tracks(|lost| unwanted.contains(lost));
        }
        self.ask_for_sections(id);
    }

    /// Failures that LiveKit's clients can ask for, to try out how they recover. They concern only who asks.
    fn simulate(&mut self, now: Now, id: PersonId, scenario: Option<Scenario>, out: &mut Out) {
        let Some(person) = self.people.get_mut(&id) else { return };
        match scenario {
            Some(Scenario::ServerLeave(_)) => {
                self.take_out(id, Exit::PutOut(Action::Disconnect, DisconnectReason::ServerShutdown), now, out);
            }
            Some(Scenario::NodeFailure(_) | Scenario::Migration(_)) => person.detach(now),
            Some(Scenario::LeaveRequestFullReconnect(true)) => {
                person.tell_frame(link::leave(Action::Reconnect, DisconnectReason::UnknownReason));
            }
            Some(Scenario::DisconnectSignalOnResume(on)) => person.loses_link_on_resume = on,
            _ => {}
        }
    }
}

/// How much a message counts: as much as the room has to do for it. An offer that was `asked` for is our own doing.
fn cost(request: &Request, asked: bool) -> f64 {
    match request {
        Request::Offer(_) if !asked => 10.0,
        // Everybody is told.
        Request::AddTrack(_) | Request::Mute(_) => 4.0,
        Request::Subscription(wish) => 1.0 + sids(wish).count() as f64 / 100.0,
        Request::SyncState(state) => {
            1.0 + state.subscription.as_ref().map_or(0, |wish| sids(wish).count()) as f64 / 100.0
        }
        _ => 1.0,
    }
}

/// The tracks that somebody names, whoever lets them be heard.
fn sids(wish: &proto::UpdateSubscription) -> impl Iterator<Item = &String> {
    wish.track_sids.iter().chain(wish.participant_tracks.iter().flat_map(|of| &of.track_sids))
}

fn refusal(request_id: u32) -> Response {
    Response::RequestResponse(proto::RequestResponse {
        request_id,
        reason: Reason::NotAllowed.into(),
        message: "does not have permission to update own metadata".to_owned(),
        request: None,
    })
}
