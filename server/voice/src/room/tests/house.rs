//! A room and the people in it, in one process, without sockets: datagrams and messages arrive at once.

use crate::fuzzing::binding_request;
use crate::link::Link;
use crate::names::PersonId;
use crate::out::{Out, Route};
use crate::peer::Host;
use crate::room::{Arrival, NoEntry, Now, Room, Surroundings};
use crate::token::{Ticket, Tokens};
use crate::{Event, RoomLimits, names};
use axum::body::Bytes;
use livekit_api::access_token::VideoGrants;
use livekit_protocol as proto;
use prost::Message;
use proto::DisconnectReason;
use proto::leave_request::Action;
use proto::signal_response::Message as Response;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;
use tokio::sync::mpsc::error::TryRecvError;
use voice_client::{Options, Output, Participant, Transport};

/// Which of the participants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Life(usize);

/// One participant and what they saw and heard.
struct Guest {
    identity: String,
    participant: Participant,
    id: PersonId,
    address: SocketAddr,
    /// The same, as they know it themselves.
    inside: SocketAddr,
    ticket: Ticket,
    link: Option<(u64, Receiver<Bytes>)>,
    dead: bool,
    said: usize,
    heard: HashMap<String, usize>,
    red: bool,
    told: Vec<Response>,
    resumed: bool,
}

/// A room with everything around it.
pub(super) struct House {
    pub(super) room: Room,
    pub(super) around: Surroundings,
    now: Now,
    out: Out,
    guests: Vec<Guest>,
    events: Vec<Event>,
    links: u64,
}

const DATAGRAMS_PER_SECOND: u32 = 500;

impl House {
    pub(super) fn new() -> House {
        House::with_places(200)
    }

    #[expect(clippy::disallowed_methods, reason = "time has to begin somewhere; it is moved by hand from then on")]
    pub(super) fn with_places(people: usize) -> House {
        let now = Now { instant: Instant::now(), unix_ms: 1_700_000_000_000 };
        let limits = RoomLimits { people, empty_for: Duration::from_secs(90), departed_for: Duration::from_secs(20) };
        let address = "127.0.0.1:7882".parse().unwrap();
        let around = Surroundings {
            host: Host::new(vec![address], vec![address], DATAGRAMS_PER_SECOND).unwrap(),
            tokens: Tokens::new("key", "a secret that is long enough for everybody"),
            ice_servers: vec![],
            shard: names::shard_letter(0),
        };
        let room = Room::new("room".to_owned(), "RM_1".to_owned(), limits, now);
        House { room, around, now, out: Out::default(), guests: vec![], events: vec![], links: 0 }
    }

    /// Anna and Ben, who both have spoken for a second.
    pub(super) fn two_who_talk(&mut self) -> [Life; 2] {
        let both = [self.joins("anna"), self.joins("ben")];
        self.live(500, &[]);
        both.iter().for_each(|who| self.publishes(*who));
        self.live(500, &[]);
        self.live(1000, &both);
        assert!(both.iter().all(|who| self.words_said(*who) == 50), "both have an open microphone");
        both
    }

    pub(super) fn joins(&mut self, identity: &str) -> Life {
        self.arrives(identity, true, |_| {})
    }

    pub(super) fn joins_to_listen(&mut self, identity: &str) -> Life {
        self.arrives(identity, false, |_| {})
    }

    pub(super) fn joins_without_red(&mut self, identity: &str) -> Life {
        self.arrives(identity, true, |options| options.red = false)
    }

    fn arrives(&mut self, identity: &str, may_publish: bool, how: impl FnOnce(&mut Options)) -> Life {
        let number = self.guests.len();
        let address = SocketAddr::from(([127, 0, 0, 1], 20_000 + u16::try_from(number).unwrap()));
        let mut options = Options::browser(address, Transport::Udp);
        how(&mut options);
        let (participant, request) = Participant::new(self.now.instant, options);
        let grants = VideoGrants {
            room_join: true,
            room: "room".to_owned(),
            can_publish: Some(may_publish),
            can_publish_sources: vec!["microphone".to_owned()],
            ..Default::default()
        };
        let ticket = Ticket { room: "room".to_owned(), identity: identity.to_owned(), name: String::new(), grants };
        let id = PersonId(100 + number as u64);
        let link = self.link();
        let (id_of_link, frames) = (link.0.id, link.1);
        let arrival = Arrival { ticket: ticket.clone(), request, link: link.0 };
        self.room.join(&self.around, self.now, id, arrival, &mut self.out);
        self.guests.push(Guest {
            identity: identity.to_owned(),
            participant,
            id,
            address,
            inside: address,
            ticket,
            link: Some((id_of_link, frames)),
            dead: false,
            said: 0,
            heard: HashMap::new(),
            red: false,
            told: vec![],
            resumed: false,
        });
        Life(number)
    }

    fn link(&mut self) -> (Link, Receiver<Bytes>) {
        self.links += 1;
        Link::new(self.links)
    }

    pub(super) fn publishes(&mut self, who: Life) {
        self.guests[who.0].participant.publish();
    }

    pub(super) fn unpublishes(&mut self, who: Life) {
        let now = self.now.instant;
        self.guests[who.0].participant.unpublish(now);
    }

    pub(super) fn mutes(&mut self, who: Life, muted: bool) {
        self.guests[who.0].participant.mute(muted);
    }

    pub(super) fn leaves(&mut self, who: Life) {
        let now = self.now.instant;
        self.guests[who.0].participant.leave(now);
    }

    /// Their network gives them another address, of which they do not know. What comes to the one before is lost.
    pub(super) fn moves(&mut self, who: Life) {
        self.guests[who.0].address.set_port(30_000 + u16::try_from(who.0).unwrap());
    }

    /// What their checks of the way are signed with: the two halves of the name, and the password.
    pub(super) fn signature(&self, who: Life) -> (String, String) {
        let person = &self.room.people[&self.guests[who.0].id];
        person.peer.as_ref().unwrap().signature()
    }

    /// From their present address comes a check that says that this is the way, signed like that.
    pub(super) fn pings(&mut self, who: Life, (name, password): &(String, String)) {
        let (id, route) = (self.guests[who.0].id, Route::Udp(self.guests[who.0].address));
        let ping = binding_request(name, password, &[1, 2, 3, 4]);
        self.room.receive(&self.around, self.now, id, route, &ping, &mut self.out);
        self.exchange();
    }

    /// From now on nothing comes from them and nothing reaches them.
    pub(super) fn dies(&mut self, who: Life) {
        self.guests[who.0].dead = true;
    }

    /// The network is back.
    pub(super) fn revives(&mut self, who: Life) {
        self.guests[who.0].dead = false;
    }

    pub(super) fn loses_link(&mut self, who: Life) {
        let guest = &mut self.guests[who.0];
        let (link, _) = guest.link.take().unwrap();
        self.room.link_lost(self.now, guest.id, link);
    }

    pub(super) fn resumes(&mut self, who: Life) {
        let (link, frames) = self.link();
        let number = link.id;
        let guest = &mut self.guests[who.0];
        let request = guest.participant.resume(self.now.instant);
        guest.told.clear();
        guest.link = Some((number, frames));
        let arrival = Arrival { ticket: guest.ticket.clone(), request, link };
        // As the thread does it for those who are not known any more.
        if let Err(link) = self.room.resume(&self.around, self.now, arrival, &mut self.out) {
            link.send(crate::link::leave(Action::Reconnect, DisconnectReason::StateMismatch));
        }
    }

    pub(super) fn remove(&mut self, identity: &str) -> bool {
        self.room.remove(self.now, identity, &mut self.out)
    }

    pub(super) fn may_enter(&self, identity: &str) -> Result<(), NoEntry> {
        self.room.may_enter(self.now, identity)
    }

    pub(super) fn close(&mut self) {
        self.room.close(&mut self.out);
    }

    /// So many packets at once.
    pub(super) fn says(&mut self, who: Life, packets: usize) {
        for _ in 0..packets {
            self.speak(who);
        }
    }

    fn speak(&mut self, who: Life) {
        let guest = &mut self.guests[who.0];
        if guest.participant.say(self.now.instant, &[0x78, 1, 2, 3, who.0 as u8], -20) {
            guest.said += 1;
        }
        self.exchange();
    }

    /// Datagrams of every kind that mean nothing, in somebody's name.
    pub(super) fn sends_nonsense(&mut self, who: Life) {
        let (id, route) = (self.guests[who.0].id, Route::Udp(self.guests[who.0].address));
        for first in 0..=255_u8 {
            for length in [1, 2, 11, 12, 13, 20, 28, 64, 1200] {
                let datagram: Vec<u8> = (0..length).map(|n| first.wrapping_mul(n as u8 | 1)).collect();
                self.room.receive(&self.around, self.now, id, route, &datagram, &mut self.out);
            }
            self.now.instant += Duration::from_millis(10);
        }
    }

    /// Lets so many milliseconds pass, in which those say something every 20 ms.
    pub(super) fn live(&mut self, milliseconds: u64, speaking: &[Life]) {
        let end = self.now.instant + Duration::from_millis(milliseconds);
        let mut next_word = self.now.instant;
        while self.now.instant < end {
            if self.now.instant >= next_word {
                next_word += Duration::from_millis(20);
                for who in speaking {
                    self.speak(*who);
                }
            }
            self.exchange();
            let step = if speaking.is_empty() && milliseconds > 5000 { 50 } else { 5 };
            self.now.instant += Duration::from_millis(step);
            self.now.unix_ms += step as i64;
            if self.room.deadline().is_some_and(|at| at <= self.now.instant) {
                self.room.advance(&self.around, self.now, &mut self.out);
            }
        }
        self.exchange();
    }

    /// The process stands still, while time passes for everybody else.
    pub(super) fn is_held_up(&mut self, milliseconds: u64) {
        self.now.instant += Duration::from_millis(milliseconds);
        self.room.advance(&self.around, self.now, &mut self.out);
    }

    /// Everything that is under way arrives.
    fn exchange(&mut self) {
        while self.deliver_to_guests() | self.deliver_to_room() {}
    }

    fn deliver_to_guests(&mut self) -> bool {
        let mut any = false;
        self.events.append(&mut self.out.events);
        self.out.routes.clear();
        self.out.gone.clear();
        let from = self.around.host.udp[0];
        for (route, bytes) in self.out.datagrams.iter() {
            let Route::Udp(to) = route else { panic!("nobody here uses TCP") };
            if let Some(guest) = self.guests.iter_mut().find(|guest| guest.address == to && !guest.dead) {
                guest.participant.handle_datagram(self.now.instant, Transport::Udp, from, guest.inside, bytes);
                any = true;
            }
        }
        self.out.datagrams.clear();
        for guest in self.guests.iter_mut().filter(|guest| !guest.dead) {
            loop {
                match guest.link.as_mut().map(|(_, frames)| frames.try_recv()) {
                    Some(Ok(frame)) => {
                        let response = proto::SignalResponse::decode(frame).unwrap();
                        guest.told.extend(response.message.clone());
                        guest.participant.handle_signal(self.now.instant, response);
                        any = true;
                    }
                    Some(Err(TryRecvError::Disconnected)) => guest.link = None,
                    _ => break,
                }
            }
        }
        any
    }

    fn deliver_to_room(&mut self) -> bool {
        let mut any = false;
        for guest in self.guests.iter_mut().filter(|guest| !guest.dead) {
            loop {
                match guest.participant.poll(self.now.instant) {
                    Output::Timeout(_) => break,
                    Output::Transmit(datagram) => {
                        let route = Route::Udp(guest.address);
                        self.room.receive(&self.around, self.now, guest.id, route, &datagram.bytes, &mut self.out);
                    }
                    Output::Signal(request) => {
                        if let (Some((link, _)), Some(message)) = (&guest.link, request.message) {
                            self.room.signal(&self.around, self.now, guest.id, *link, message, &mut self.out);
                        }
                    }
                    Output::Heard(heard) => {
                        let whose = heard.track.as_ref().map(|track| track.participant.clone()).unwrap_or_default();
                        guest.red |= heard.is_red();
                        assert_eq!(heard.opus()[..4], [0x78, 1, 2, 3], "what was said is what is heard");
                        *guest.heard.entry(whose).or_default() += 1;
                    }
                    Output::Event(voice_client::Event::Resumed) => guest.resumed = true,
                    Output::Event(_) => {}
                }
                any = true;
            }
        }
        any
    }

    pub(super) fn id(&self, who: Life) -> PersonId {
        self.guests[who.0].id
    }

    pub(super) fn words_said(&self, who: Life) -> usize {
        self.guests[who.0].said
    }

    pub(super) fn words_heard(&self, hears: Life, speaks: Life) -> usize {
        let sid = self.guests[speaks.0].participant.sid().unwrap_or("nobody");
        self.guests[hears.0].heard.get(sid).copied().unwrap_or(0)
    }

    pub(super) fn hears_redundantly(&self, who: Life) -> bool {
        self.guests[who.0].red
    }

    pub(super) fn resumed(&self, who: Life) -> bool {
        self.guests[who.0].resumed
    }

    fn told(&self, who: Life) -> impl DoubleEndedIterator<Item = &Response> {
        self.guests[who.0].told.iter()
    }

    pub(super) fn farewell(&self, who: Life) -> Option<(Action, DisconnectReason)> {
        self.told(who).find_map(|told| match told {
            Response::Leave(leave) => Some((leave.action(), leave.reason())),
            _ => None,
        })
    }

    pub(super) fn was_told_to_mute(&self, who: Life) -> bool {
        self.told(who).any(|told| matches!(told, Response::Mute(mute) if mute.muted))
    }

    pub(super) fn tokens(&self, who: Life) -> Vec<String> {
        let token = |told: &Response| if let Response::RefreshToken(token) = told { Some(token.clone()) } else { None };
        self.told(who).filter_map(token).collect()
    }

    /// How one sees another.
    pub(super) fn sees(&self, who: Life, whom: Life) -> proto::ParticipantInfo {
        self.seen(who, whom).expect("somebody who was seen")
    }

    pub(super) fn is_seen(&self, who: Life, whom: Life) -> bool {
        self.seen(who, whom).is_some()
    }

    fn seen(&self, who: Life, whom: Life) -> Option<proto::ParticipantInfo> {
        let identity = &self.guests[whom.0].identity;
        self.told(who).rev().find_map(|told| match told {
            Response::Update(update) => update.participants.iter().rfind(|p| p.identity == *identity).cloned(),
            _ => None,
        })
    }

    pub(super) fn speaks(&self, hears: Life, speaks: Life) -> bool {
        let sid = self.guests[speaks.0].participant.sid().unwrap();
        let last = self.told(hears).rev().find_map(|told| match told {
            Response::SpeakersChanged(changed) => changed.speakers.iter().find(|speaker| speaker.sid == sid),
            _ => None,
        });
        last.is_some_and(|speaker| speaker.active)
    }

    pub(super) fn quality(&self, sees: Life, whose: Life) -> Option<proto::ConnectionQuality> {
        let sid = self.guests[whose.0].participant.sid().unwrap();
        self.told(sees).rev().find_map(|told| match told {
            Response::ConnectionQuality(update) => {
                update.updates.iter().find(|info| info.participant_sid == sid).map(|info| info.quality())
            }
            _ => None,
        })
    }

    pub(super) fn identities(&self) -> Vec<String> {
        let mut here: Vec<String> = self.room.participants().into_iter().map(|person| person.identity).collect();
        here.sort();
        here
    }

    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }
}
