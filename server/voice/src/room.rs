//! One room: the people in it, what they send, who hears whom. No clock, no socket, no waiting: everything comes in
//! through its methods and goes out through [`Out`] and [`Link`].

mod forward;
mod negotiate;
mod person;
mod signal;

use person::Person;

use crate::bucket::Bucket;
use crate::link::{self, Link};
use crate::names::PersonId;
use crate::out::{Out, Route};
use crate::peer::{Happening, Host};
use crate::token::{RENEW_EVERY, Ticket, Tokens};
use crate::{Event, Participant, RoomLimits, loudness};
use axum::body::Bytes;
use forward::Track;
use livekit_protocol as proto;
use proto::leave_request::Action;
use proto::signal_response::Message as Response;
use proto::{DisconnectReason, participant_info::State};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

/// Of whom neither a word nor a datagram has come for so long, their browser is gone: they have left. Browsers ping every
/// 5 s, and look every few seconds whether the way of their sound still leads here, also who only listens.
pub const GONE_AFTER: Duration = Duration::from_secs(13);
/// A look that comes so late tells nothing about the people.
const HELD_UP: Duration = Duration::from_secs(3);
/// Whose connection broke may come back for so long, while their sound goes on.
const COMES_BACK_WITHIN: Duration = Duration::from_secs(20);
/// Who does not ping for so long has lost the connection, though their sound goes on.
const PINGS_WITHIN: Duration = Duration::from_secs(20);
/// What browsers are told about pings, in seconds.
const PING_EVERY_S: i32 = 5;
/// After so long without an answer a browser gives its connection up, in seconds.
const PING_TIMEOUT_S: i32 = 15;
/// How long audio may take to flow after the first offer.
const CONNECTS_WITHIN: Duration = Duration::from_secs(30);
/// How often quality is looked at.
const QUALITY_EVERY: Duration = Duration::from_secs(5);
/// How often a room with people looks at what is due.
const LOOK_EVERY: Duration = Duration::from_millis(loudness::LOOK_EVERY_MS);

/// How often one identity may come, again or anew. A client that cannot connect tries ten times within a minute.
const COMES_AT_ONCE: f64 = 20.0;
const COMES_PER_SECOND: f64 = 0.5;

/// Who resumes is told who left since: longer ago than this, their browser knew it or is not let back in.
const DEPARTED_WITHIN: Duration = Duration::from_secs(60);

/// One moment, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    /// For durations.
    pub(crate) instant: Instant,
    /// Milliseconds since 1970, for what people see.
    pub(crate) unix_ms: i64,
}

/// What a room works with.
pub(crate) struct Surroundings {
    /// Addresses and certificate.
    pub(crate) host: Host,
    /// For renewing tokens.
    pub(crate) tokens: Tokens,
    /// Servers that relay, as browsers are told.
    pub(crate) ice_servers: Vec<proto::IceServer>,
    /// The thread this room lives on, as the first character of its people's ICE names.
    pub(crate) shard: u8,
}

/// Somebody at the door.
pub(crate) struct Arrival {
    /// What their token says.
    pub(crate) ticket: Ticket,
    /// What their browser wants.
    pub(crate) request: proto::JoinRequest,
    /// How they are reached.
    pub(crate) link: Link,
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoEntry {
    /// As many as may be are there.
    Full,
    /// They were put out of this room.
    PutOut,
    /// They came too often.
    TooOften,
}

/// How somebody leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// They said goodbye.
    Goodbye,
    /// They were not heard of for too long.
    Lost,
    /// They are put out, and told why.
    PutOut(Action, DisconnectReason),
}

/// One room.
pub(crate) struct Room {
    name: String,
    sid: String,
    limits: RoomLimits,
    created_ms: i64,
    people: HashMap<PersonId, Person>,
    /// Identities that were put out. A token of theirs may still be good.
    put_out: HashSet<String>,
    /// Who left lately, as the others were told.
    departed: VecDeque<(Instant, proto::ParticipantInfo)>,
    /// How often identities may still come. Who is not in it did not come for a while.
    arrivals: HashMap<String, Bucket>,
    /// When the connections want to be asked again. An entry may be too early, never too late.
    due: BinaryHeap<Reverse<(Instant, PersonId)>>,
    next_look: Instant,
    next_quality: Instant,
    /// Since when nobody is here, and how long it waits then.
    empty_since: Option<(Instant, Duration)>,
    happened: Vec<Happening>,
    closed: bool,
}

impl Room {
    pub(crate) fn new(name: String, sid: String, limits: RoomLimits, now: Now) -> Room {
        Room {
            name,
            sid,
            limits,
            created_ms: now.unix_ms,
            people: HashMap::new(),
            put_out: HashSet::new(),
            departed: VecDeque::new(),
            arrivals: HashMap::new(),
            due: BinaryHeap::new(),
            next_look: now.instant + LOOK_EVERY,
            next_quality: now.instant + QUALITY_EVERY,
            empty_since: Some((now.instant, limits.empty_for)),
            happened: vec![],
            closed: false,
        }
    }

    /// Whether somebody may come in now.
    pub(crate) fn may_enter(&self, now: Now, identity: &str) -> Result<(), NoEntry> {
        if self.put_out.contains(identity) {
            return Err(NoEntry::PutOut);
        }
        if self.arrivals.get(identity).is_some_and(|arrivals| !arrivals.has(1.0, now.instant)) {
            return Err(NoEntry::TooOften);
        }
        let others = self.people.values().filter(|person| person.ticket.identity != identity).count();
        if others < self.limits.people { Ok(()) } else { Err(NoEntry::Full) }
    }

    /// Counts that somebody comes; whether they may, that often.
    fn comes(&mut self, now: Now, identity: &str) -> bool {
        self.arrivals.retain(|_, arrivals| !arrivals.is_full(now.instant));
        let fresh = || Bucket::new(COMES_AT_ONCE, COMES_PER_SECOND, now.instant);
        self.arrivals.entry(identity.to_owned()).or_insert_with(fresh).take(1.0, now.instant)
    }

    /// Lets somebody in. Who is here under the same identity is put out.
    pub(crate) fn join(
        &mut self,
        around: &Surroundings,
        now: Now,
        id: PersonId,
        Arrival { ticket, request, link }: Arrival,
        out: &mut Out,
    ) {
        if let Err(no) = self.may_enter(now, &ticket.identity) {
            let reason = match no {
                NoEntry::Full | NoEntry::TooOften => DisconnectReason::JoinFailure,
                NoEntry::PutOut => DisconnectReason::ParticipantRemoved,
            };
            link.send(link::leave(Action::Disconnect, reason));
            out.gone.push(id);
            return;
        }
        self.comes(now, &ticket.identity);
        let same = self.people.iter().find(|(_, person)| person.ticket.identity == ticket.identity);
        if let Some(older) = same.map(|(id, _)| *id) {
            self.take_out(older, Exit::PutOut(Action::Disconnect, DisconnectReason::DuplicateIdentity), now, out);
        }
        self.empty_since = None;
        let person = Person::new(id, ticket, &request, link, now);
        let joined = proto::JoinResponse {
            room: Some(self.info()),
            participant: Some(person.info(true)),
            other_participants: self.people.values().map(|person| person.info(false)).collect(),
            server_version: SERVER_VERSION.to_owned(),
            server_info: Some(server_info()),
            ice_servers: around.ice_servers.clone(),
            client_configuration: Some(client_configuration()),
            subscriber_primary: false,
            ping_timeout: PING_TIMEOUT_S,
            ping_interval: PING_EVERY_S,
            enabled_publish_codecs: ["audio/opus", "audio/red"].map(codec).to_vec(),
            ..Default::default()
        };
        person.tell(Response::Join(joined));
        if let Some(token) = around.tokens.renew(&person.ticket) {
            person.tell(Response::RefreshToken(token));
        }
        tracing::debug!(room = %self.name, person = %person.sid, "joined");
        self.people.insert(id, person);
        self.tell_all_about(id, Some(id));
        for wanted in request.add_track_requests {
            self.add_track(id, wanted);
        }
        if let Some(offer) = request.publisher_offer {
            self.offered(around, now, id, &offer, out);
        }
    }

    /// Somebody's browser lost its WebSocket and has a new one. `Err` gives the link back: they must join anew.
    pub(crate) fn resume(
        &mut self,
        around: &Surroundings,
        now: Now,
        Arrival { ticket, request, link }: Arrival,
        out: &mut Out,
    ) -> Result<PersonId, Link> {
        if !self.comes(now, &ticket.identity) {
            return Err(link);
        }
        let mut here = self.people.iter_mut();
        let Some((id, person)) =
            here.find(|(_, p)| p.sid == request.participant_sid && p.ticket.identity == ticket.identity)
        else {
            return Err(link);
        };
        let id = *id;
        person.attach(link, now);
        person.tell(Response::Reconnect(proto::ReconnectResponse {
            ice_servers: around.ice_servers.clone(),
            client_configuration: Some(client_configuration()),
            server_info: Some(server_info()),
            last_message_seq: 0,
        }));
        if person.loses_link_on_resume {
            person.loses_link_on_resume = false;
            person.detach(now);
            return Ok(id);
        }
        if let Some(token) = around.tokens.renew(&person.ticket) {
            person.tell(Response::RefreshToken(token));
        }
        // Browsers know people by their identities: nobody who came back is told of as gone.
        let here: HashSet<&str> = self.people.values().map(|person| person.ticket.identity.as_str()).collect();
        let departed = self.departed.iter().map(|(_, info)| info).filter(|info| !here.contains(info.identity.as_str()));
        let everybody = self.people.values().map(|person| person.info(person.id == id));
        let participants = departed.cloned().chain(everybody).collect();
        let speakers = self.people.values().filter(|person| !person.tracks.is_empty()).map(Person::speaks).collect();
        if let Some(person) = self.people.get(&id) {
            person.tell(Response::Update(proto::ParticipantUpdate { participants }));
            person.tell(Response::SpeakersChanged(proto::SpeakersChanged { speakers }));
        }
        if let Some(offer) = request.publisher_offer {
            self.offered(around, now, id, &offer, out);
        }
        Ok(id)
    }

    /// A WebSocket is closed. They have a while to come back with another one.
    pub(crate) fn link_lost(&mut self, now: Now, id: PersonId, link: u64) {
        if let Some(person) = self.people.get_mut(&id).filter(|person| person.has_link(link)) {
            person.detach(now);
        }
    }

    /// A datagram from somebody.
    pub(crate) fn receive(
        &mut self,
        around: &Surroundings,
        now: Now,
        id: PersonId,
        from: Route,
        datagram: &[u8],
        out: &mut Out,
    ) {
        let Some(person) = self.people.get_mut(&id) else { return };
        let Some(peer) = &mut person.peer else { return };
        if !peer.may_send(now.instant) {
            return;
        }
        let mut happened = std::mem::take(&mut self.happened);
        let done = peer.receive(&around.host, from, datagram, now.instant, &mut out.datagrams, &mut happened);
        self.schedule(id);
        self.act_on(id, now, &mut happened, out);
        self.happened = happened;
        if done.is_err() {
            self.broken(id, now, out);
        }
    }

    /// Whether this is the name by which ICE knows somebody now.
    pub(crate) fn is_named(&self, id: PersonId, ufrag: &str) -> bool {
        let peer = self.people.get(&id).and_then(|person| person.peer.as_ref());
        peer.is_some_and(|peer| peer.credentials().ufrag == ufrag)
    }

    /// Whether a datagram from an address that is not known yet is really from them.
    pub(crate) fn accepts(&self, id: PersonId, datagram: &[u8]) -> bool {
        let peer = self.people.get(&id).and_then(|person| person.peer.as_ref());
        peer.is_some_and(|peer| peer.accepts(datagram))
    }

    /// Does what is due by now.
    pub(crate) fn advance(&mut self, around: &Surroundings, now: Now, out: &mut Out) {
        while let Some(Reverse((at, id))) = self.due.peek().copied() {
            if at > now.instant {
                break;
            }
            self.due.pop();
            let Some(person) = self.people.get_mut(&id) else { continue };
            person.scheduled = None;
            let Some(peer) = &mut person.peer else { continue };
            if peer.deadline > now.instant {
                self.schedule(id);
                continue;
            }
            let mut happened = std::mem::take(&mut self.happened);
            let done = peer.advance(now.instant, &mut out.datagrams, &mut happened);
            self.schedule(id);
            self.act_on(id, now, &mut happened, out);
            self.happened = happened;
            if done.is_err() {
                self.broken(id, now, out);
            }
        }
        if now.instant >= self.next_look && !self.people.is_empty() {
            // Whether we were held up ourselves: then what people said meanwhile has not been read yet.
            if now.instant.saturating_duration_since(self.next_look) > HELD_UP {
                self.people.values_mut().for_each(|person| person.last_seen = now.instant);
            }
            self.next_look = now.instant + LOOK_EVERY;
            self.look(around, now, out);
        }
        if let Some((since, wait)) = self.empty_since
            && now.instant.saturating_duration_since(since) >= wait
        {
            self.close(out);
        }
    }

    /// When [`Room::advance`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let due = self.due.peek().map(|Reverse((at, _))| *at);
        let look = (!self.people.is_empty()).then_some(self.next_look);
        let empty = self.empty_since.map(|(since, wait)| since + wait);
        [due, look, empty].into_iter().flatten().min()
    }

    /// What is looked at now and then: lost connections, speakers, quality, tokens.
    fn look(&mut self, around: &Surroundings, now: Now, out: &mut Out) {
        let mut leaving = vec![];
        for person in self.people.values_mut() {
            if person.is_mute_since(now.instant, PINGS_WITHIN) {
                person.detach(now);
            }
            if person.is_silent_since(now.instant, GONE_AFTER) || person.is_lost_since(now.instant, COMES_BACK_WITHIN) {
                leaving.push((person.id, Exit::Lost));
            } else if !person.active && now.instant.saturating_duration_since(person.joined) > CONNECTS_WITHIN {
                leaving.push((person.id, Exit::PutOut(Action::Disconnect, DisconnectReason::ConnectionTimeout)));
            } else if now.instant >= person.renew_token_at {
                person.renew_token_at = now.instant + RENEW_EVERY;
                if let Some(token) = around.tokens.renew(&person.ticket) {
                    person.tell(Response::RefreshToken(token));
                }
            }
        }
        for (id, exit) in leaving {
            self.take_out(id, exit, now, out);
        }
        let long_ago = |at: Instant| now.instant.saturating_duration_since(at) > DEPARTED_WITHIN;
        while self.departed.pop_front_if(|(at, _)| long_ago(*at)).is_some() {}
        self.tell_speakers();
        if now.instant >= self.next_quality {
            self.next_quality = now.instant + QUALITY_EVERY;
            self.tell_quality(now);
        }
    }

    fn act_on(&mut self, id: PersonId, now: Now, happened: &mut Vec<Happening>, out: &mut Out) {
        for what in happened.drain(..) {
            match what {
                Happening::Packet(packet) => self.forward(id, &packet, out),
                Happening::Address(route) => out.routes.push((id, route)),
                Happening::Lost { ssrc, share } => {
                    if let Some(person) = self.people.get_mut(&id) {
                        person.quality.note_lost(ssrc, share);
                    }
                }
                Happening::Connected => {
                    let Some(person) = self.people.get_mut(&id) else { continue };
                    let first = !person.active;
                    person.active = true;
                    person.version += 1;
                    tracing::debug!(room = %self.name, person = %person.sid, took = ?(now.instant - person.joined), "connected");
                    if first {
                        out.events
                            .push(Event::Joined { room: self.name.clone(), identity: person.ticket.identity.clone() });
                    }
                    self.tell_all_about(id, None);
                }
            }
        }
    }

    fn schedule(&mut self, id: PersonId) {
        let Some(person) = self.people.get_mut(&id) else { return };
        let Some(deadline) = person.peer.as_ref().map(|peer| peer.deadline) else { return };
        if person.scheduled.is_none_or(|at| deadline < at) {
            person.scheduled = Some(deadline);
            self.due.push(Reverse((deadline, id)));
        }
    }

    /// A connection cannot go on: its browser makes a new one.
    fn broken(&mut self, id: PersonId, now: Now, out: &mut Out) {
        tracing::debug!(room = %self.name, "a connection broke");
        self.take_out(id, Exit::PutOut(Action::Reconnect, DisconnectReason::StateMismatch), now, out);
    }

    /// Takes somebody out of the room, and tells those who stay.
    fn take_out(&mut self, id: PersonId, exit: Exit, now: Now, out: &mut Out) {
        let Some(mut person) = self.people.remove(&id) else { return };
        if let Exit::PutOut(action, reason) = exit {
            person.tell_frame(link::leave(action, reason));
            person.disconnect_reason = reason;
        }
        person.link = None;
        person.version += 1;
        person.left = true;
        for track in person.tracks.drain(..) {
            self.silence(&track);
        }
        for other in self.people.values_mut() {
            other.tracks.iter_mut().for_each(|track| track.listeners.retain(|listener| listener.person != id));
        }
        tracing::debug!(room = %self.name, person = %person.sid, "left");
        let info = person.info(false);
        self.departed.push_back((now.instant, info.clone()));
        let update = proto::ParticipantUpdate { participants: vec![info] };
        self.tell_others(link::frame(Response::Update(update)), None);
        out.gone.push(id);
        out.events.push(self.left(&person, exit));
        if self.people.is_empty() && !self.closed {
            self.empty_since = Some((now.instant, self.limits.departed_for));
        }
    }

    /// Puts somebody out for good; whether they were there. If not, they may be about to come back.
    pub(crate) fn remove(&mut self, now: Now, identity: &str, out: &mut Out) -> bool {
        self.put_out.insert(identity.to_owned());
        let here = self.people.values().find(|person| person.ticket.identity == identity).map(|person| person.id);
        if let Some(id) = here {
            self.take_out(id, Exit::PutOut(Action::Disconnect, DisconnectReason::ParticipantRemoved), now, out);
        }
        here.is_some()
    }

    /// Closes somebody's microphones; whether they were there.
    pub(crate) fn mute(&mut self, identity: &str) -> bool {
        let here = self.people.values_mut().find(|person| person.ticket.identity == identity);
        let Some(person) = here else { return false };
        let id = person.id;
        let mut closed = vec![];
        for track in &mut person.tracks {
            track.info.muted = true;
            closed.push(track.info.sid.clone());
        }
        for sid in closed {
            person.tell(Response::Mute(proto::MuteTrackRequest { sid, muted: true }));
        }
        person.version += 1;
        self.tell_all_about(id, None);
        true
    }

    /// Closes the room and puts everybody out.
    pub(crate) fn close(&mut self, out: &mut Out) {
        self.end(Action::Disconnect, DisconnectReason::RoomDeleted, out);
    }

    /// Tells everybody to come back in a moment, and closes the room.
    pub(crate) fn restart(&mut self, out: &mut Out) {
        self.end(Action::Reconnect, DisconnectReason::ServerShutdown, out);
    }

    /// Something in here failed: everybody comes back into an empty room of the same name.
    pub(crate) fn start_over(&mut self, now: Now, out: &mut Out) {
        for (id, person) in std::mem::take(&mut self.people) {
            person.tell_frame(link::leave(Action::Reconnect, DisconnectReason::StateMismatch));
            out.gone.push(id);
            out.events.push(self.left(&person, Exit::Lost));
        }
        let fresh = Room::new(std::mem::take(&mut self.name), std::mem::take(&mut self.sid), self.limits, now);
        let (put_out, arrivals) = (std::mem::take(&mut self.put_out), std::mem::take(&mut self.arrivals));
        *self = Room { put_out, arrivals, ..fresh };
    }

    fn end(&mut self, action: Action, reason: DisconnectReason, out: &mut Out) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        self.empty_since = None;
        let end = link::leave(action, reason);
        for (id, person) in std::mem::take(&mut self.people) {
            person.tell_frame(end.clone());
            out.gone.push(id);
            out.events.push(self.left(&person, Exit::PutOut(action, reason)));
        }
        out.events.push(Event::RoomFinished { room: self.name.clone() });
    }

    fn left(&self, person: &Person, exit: Exit) -> Event {
        let (room, identity) = (self.name.clone(), person.ticket.identity.clone());
        Event::Left { room, identity, goodbye: exit == Exit::Goodbye }
    }

    /// What somebody's ICE messages must be signed with.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn credentials(&self, id: PersonId) -> Option<str0m::IceCreds> {
        Some(self.people.get(&id)?.peer.as_ref()?.credentials().clone())
    }

    /// Whether it is over, and can be forgotten.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Who is connected.
    pub(crate) fn participants(&self) -> Vec<Participant> {
        let here = self.people.values();
        here.map(|person| Participant { identity: person.ticket.identity.clone(), muted: person.is_muted() }).collect()
    }

    fn info(&self) -> proto::Room {
        proto::Room {
            sid: self.sid.clone(),
            name: self.name.clone(),
            empty_timeout: u32::try_from(self.limits.empty_for.as_secs()).unwrap_or(u32::MAX),
            departure_timeout: u32::try_from(self.limits.departed_for.as_secs()).unwrap_or(u32::MAX),
            max_participants: u32::try_from(self.limits.people).unwrap_or(u32::MAX),
            creation_time: self.created_ms / 1000,
            creation_time_ms: self.created_ms,
            num_participants: u32::try_from(self.people.len()).unwrap_or(u32::MAX),
            ..Default::default()
        }
    }

    /// Tells everybody how somebody is now; `except` is not told.
    fn tell_all_about(&self, id: PersonId, except: Option<PersonId>) {
        let Some(person) = self.people.get(&id) else { return };
        let update = proto::ParticipantUpdate { participants: vec![person.info(false)] };
        self.tell_others(link::frame(Response::Update(update)), except);
    }

    fn tell_others(&self, frame: Bytes, except: Option<PersonId>) {
        for person in self.people.values().filter(|person| Some(person.id) != except) {
            person.tell_frame(frame.clone());
        }
    }

    fn tell_quality(&mut self, now: Now) {
        let mut updates = vec![];
        for person in self.people.values_mut().filter(|person| person.active) {
            let heard = person.peer.as_ref().map(|peer| now.instant.saturating_duration_since(peer.heard));
            let uplink = person.tracks.iter_mut().map(|track| track.stream.lost()).fold(0.0, f32::max);
            let (quality, changed) = person.quality.look(heard, uplink);
            if changed {
                updates.push((
                    person.id,
                    proto::ConnectionQualityInfo {
                        participant_sid: person.sid.clone(),
                        quality: quality.into(),
                        score: crate::quality::score(quality),
                    },
                ));
            }
        }
        if updates.is_empty() {
            return;
        }
        for person in self.people.values() {
            // "Lost" about themselves makes a browser give up a connection that may be about to recover.
            let lost = i32::from(proto::ConnectionQuality::Lost);
            let told = updates.iter().filter(|(id, info)| *id != person.id || info.quality != lost);
            let updates: Vec<_> = told.map(|(_, info)| info.clone()).collect();
            person.tell(Response::ConnectionQuality(proto::ConnectionQualityUpdate { updates }));
        }
    }

    fn tell_speakers(&mut self) {
        let mut speakers = vec![];
        for person in self.people.values_mut() {
            let changed = person.tracks.iter_mut().map(|track| track.loudness.look());
            if changed.fold(false, |any, changed| any | changed) {
                speakers.push(person.speaks());
            }
        }
        if !speakers.is_empty() {
            self.tell_others(link::frame(Response::SpeakersChanged(proto::SpeakersChanged { speakers })), None);
        }
    }

    /// Whoever heard a track that is over has its place free again. That it is over they know by the update.
    fn silence(&mut self, track: &Track) {
        for listener in &track.listeners {
            if let Some(person) = self.people.get_mut(&listener.person) {
                person.lose_tracks(|lost| lost == track.info.sid);
            }
            self.ask_for_sections(listener.person);
        }
    }
}

/// What we call ourselves. Clients look at it for what they may expect of a server.
const SERVER_VERSION: &str = "1.13.5";

fn server_info() -> proto::ServerInfo {
    proto::ServerInfo { version: SERVER_VERSION.to_owned(), protocol: 16, ..Default::default() }
}

fn client_configuration() -> proto::ClientConfiguration {
    proto::ClientConfiguration { resume_connection: proto::ClientConfigSetting::Enabled.into(), ..Default::default() }
}

fn codec(mime: &str) -> proto::Codec {
    proto::Codec { mime: mime.to_owned(), fmtp_line: String::new() }
}

fn state(active: bool, left: bool) -> State {
    match (active, left) {
        (_, true) => State::Disconnected,
        (true, false) => State::Active,
        (false, false) => State::Joined,
    }
}

#[cfg(test)]
mod tests;
