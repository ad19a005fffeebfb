//! A room and browsers that say, word for word, what a test writes for them. Their audio never flows.

use crate::RoomLimits;
use crate::fuzzing::binding_request;
use crate::link::Link;
use crate::names::{self, PersonId};
use crate::out::{Out, Route};
use crate::peer::Host;
use crate::room::{Arrival, Now, Room, Surroundings};
use crate::token::{Ticket, Tokens};
use axum::body::Bytes;
use livekit_api::access_token::VideoGrants;
use livekit_protocol as proto;
use prost::Message;
use proto::signal_request::Message as Request;
use proto::signal_response::Message as Response;
use std::fmt::Write;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;

/// What a browser wants of one section of its offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    Hear,
    Speak,
    Both,
    Nothing,
    Closed,
}

/// A browser, as far as the room sees it.
pub(super) struct Browser {
    pub(super) id: PersonId,
    pub(super) link: u64,
    frames: Receiver<Bytes>,
}

impl Browser {
    /// What it was told since the last time.
    pub(super) fn told(&mut self) -> Vec<Response> {
        let frames = std::iter::from_fn(|| self.frames.try_recv().ok());
        frames.filter_map(|frame| proto::SignalResponse::decode(frame).unwrap().message).collect()
    }
}

pub(super) struct Script {
    pub(super) room: Room,
    pub(super) around: Surroundings,
    pub(super) now: Now,
    pub(super) out: Out,
    came: u64,
}

impl Script {
    #[expect(clippy::disallowed_methods, reason = "time has to begin somewhere; it is moved by hand from then on")]
    pub(super) fn new() -> Script {
        let now = Now { instant: Instant::now(), unix_ms: 1_700_000_000_000 };
        let limits =
            RoomLimits { people: 200, empty_for: Duration::from_secs(90), departed_for: Duration::from_secs(20) };
        let around = Surroundings {
            host: Host::new(vec!["127.0.0.1:7882".parse().unwrap()], vec![], 500).unwrap(),
            tokens: Tokens::new("key", "a secret that is long enough for everybody"),
            ice_servers: vec![],
            shard: names::shard_letter(0),
        };
        let room = Room::new("room".to_owned(), "RM_1".to_owned(), limits, now);
        Script { room, around, now, out: Out::default(), came: 0 }
    }

    pub(super) fn ticket(identity: &str) -> Ticket {
        let grants = VideoGrants { room_join: true, room: "room".to_owned(), ..Default::default() };
        Ticket { room: "room".to_owned(), identity: identity.to_owned(), name: String::new(), grants }
    }

    fn arrival(&mut self, identity: &str, request: proto::JoinRequest) -> (Browser, Arrival) {
        self.came += 1;
        let (link, frames) = Link::new(self.came);
        let browser = Browser { id: PersonId(self.came), link: link.id, frames };
        (browser, Arrival { ticket: Script::ticket(identity), request, link })
    }

    pub(super) fn joins(&mut self, identity: &str) -> Browser {
        let (browser, arrival) = self.arrival(identity, proto::JoinRequest::default());
        self.room.join(&self.around, self.now, browser.id, arrival, &mut self.out);
        browser
    }

    /// Comes back with another WebSocket; whether it is let in.
    pub(super) fn resumes(&mut self, browser: &mut Browser, identity: &str) -> bool {
        let participant_sid = self.room.people.get(&browser.id).map(|person| person.sid.clone()).unwrap_or_default();
        let request = proto::JoinRequest { reconnect: true, participant_sid, ..Default::default() };
        let (again, arrival) = self.arrival(identity, request);
        (browser.link, browser.frames) = (again.link, again.frames);
        self.room.resume(&self.around, self.now, arrival, &mut self.out).is_ok()
    }

    pub(super) fn says(&mut self, browser: &Browser, request: Request) {
        self.room.signal(&self.around, self.now, browser.id, browser.link, request, &mut self.out);
    }

    pub(super) fn offers(&mut self, browser: &Browser, sections: &[Wants]) {
        self.says_offer(browser, &offer(sections));
    }

    pub(super) fn says_offer(&mut self, browser: &Browser, sdp: &str) {
        let description =
            proto::SessionDescription { r#type: "offer".to_owned(), sdp: sdp.to_owned(), ..Default::default() };
        self.says(browser, Request::Offer(description));
    }

    pub(super) fn adds_track(&mut self, browser: &Browser, cid: &str) {
        self.says(browser, Request::AddTrack(microphone(cid)));
    }

    /// The microphone that a browser offers in its first section.
    pub(super) fn opens_microphone(&mut self, browser: &Browser) -> String {
        self.adds_track(browser, "microphone");
        self.offers(browser, &[Wants::Speak]);
        self.room.people[&browser.id].tracks[0].info.sid.clone()
    }

    pub(super) fn wants(&mut self, browser: &Browser, sids: &[String], subscribe: bool) {
        let wish = proto::UpdateSubscription { track_sids: sids.to_vec(), subscribe, ..Default::default() };
        self.says(browser, Request::Subscription(wish));
    }

    /// A signed check of the way, which says that this is the one.
    pub(super) fn pings(&mut self, browser: &Browser, from: Route) -> Vec<u8> {
        let (name, password) = self.room.people[&browser.id].peer.as_ref().unwrap().signature();
        let ping = binding_request(&name, &password, &[1, 2, 3, 4]);
        self.room.receive(&self.around, self.now, browser.id, from, &ping, &mut self.out);
        ping
    }

    /// Where audio for them goes.
    pub(super) fn way(&self, browser: &Browser) -> Option<Route> {
        self.room.people[&browser.id].peer.as_ref().unwrap().way()
    }
}

pub(super) fn microphone(cid: &str) -> proto::AddTrackRequest {
    proto::AddTrackRequest {
        cid: cid.to_owned(),
        r#type: proto::TrackType::Audio.into(),
        source: proto::TrackSource::Microphone.into(),
        ..Default::default()
    }
}

/// An offer with these sections.
pub(super) fn offer(sections: &[Wants]) -> String {
    let open = (0..sections.len()).filter(|n| sections[*n] != Wants::Closed).map(|n| n.to_string());
    let mut sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\na=ice-ufrag:abcd\r\n\
         a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 {}\r\na=setup:actpass\r\n",
        open.collect::<Vec<_>>().join(" "),
        ["AB"; 32].join(":"),
    );
    for (n, wants) in sections.iter().enumerate() {
        let (port, direction) = match wants {
            Wants::Hear => (9, "recvonly"),
            Wants::Speak => (9, "sendonly"),
            Wants::Both => (9, "sendrecv"),
            Wants::Nothing => (9, "inactive"),
            Wants::Closed => (0, "inactive"),
        };
        write!(
            sdp,
            "m=audio {port} UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 0.0.0.0\r\na=mid:{n}\r\na={direction}\r\n\
             a=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
        )
        .unwrap();
    }
    sdp
}
