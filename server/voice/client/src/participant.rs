//! Somebody in a room, without sockets and without a clock.

use crate::microphone::Microphone;
use crate::negotiation::{Negotiation, Publishing};
use crate::proto::{
    self, DisconnectReason, JoinRequest, JoinResponse, LeaveRequest, MuteTrackRequest, SignalRequest, SignalResponse,
    leave_request, signal_request, signal_response::Message,
};
use crate::{Options, Transport, signalling};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RedDecoder, RtpPacket};
use str0m::{Event as RtcEvent, IceConnectionState, Input, Output as RtcOutput, Rtc, RtcError};

/// How long the client waits for audio to have a way, at first and when it lost it.
const WAY_WITHIN: Duration = Duration::from_secs(15);

/// Somebody in a room.
///
/// Whatever is put in, [`Participant::poll`] then says what has to be done, until it answers [`Output::Timeout`].
#[derive(Debug)]
pub struct Participant {
    pub(crate) options: Options,
    pub(crate) rtc: Rtc,
    pub(crate) negotiation: Negotiation,
    pub(crate) output: VecDeque<Output>,
    pub(crate) microphone: Option<Microphone>,
    signalling: Signalling,
    sid: Option<String>,
    born: Instant,
    rtc_timeout: Instant,
    /// The latest moment that str0m knows of.
    driven: Instant,
    /// Whether packets were given to it since.
    behind: bool,
    liveness: Option<Liveness>,
    rtt: i64,
    connected: bool,
    /// When we give up looking for a way for audio.
    way_by: Option<Instant>,
}

/// Where the WebSocket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signalling {
    /// Opened, nothing has come.
    Joining,
    /// In use.
    Open,
    /// Opened anew, the answer to that has not come.
    Resuming,
    /// Over.
    Closed,
}

/// How we notice that the server is gone.
#[derive(Debug)]
struct Liveness {
    every: Duration,
    patience: Duration,
    next_ping: Instant,
    heard_of: Instant,
}

/// What has to be done, or has happened.
#[derive(Debug)]
pub enum Output {
    /// Send this packet.
    Transmit(Datagram),
    /// Send this on the WebSocket.
    Signal(SignalRequest),
    /// A packet of somebody's microphone came.
    Heard(Heard),
    /// Something changed.
    Event(Event),
    /// Nothing to do before then, unless something comes.
    Timeout(Instant),
}

/// A packet to send.
#[derive(Debug)]
pub struct Datagram {
    /// How.
    pub transport: Transport,
    /// From where: the address that was in the options.
    pub source: SocketAddr,
    /// Where to.
    pub destination: SocketAddr,
    /// What. On TCP it still has to be framed.
    pub bytes: Vec<u8>,
}

/// What changed.
#[derive(Debug)]
pub enum Event {
    /// The server let us in.
    Joined(Box<JoinResponse>),
    /// ICE and DTLS are done, audio can flow.
    Connected,
    /// Our microphone is open: [`Participant::say`] is heard from now on.
    Published {
        /// The name that the server gave it.
        track: String,
    },
    /// We are told that a microphone comes on a section from now on.
    Subscribed(Arc<Track>),
    /// It no longer does.
    Unsubscribed(Arc<Track>),
    /// The session goes on over a new WebSocket, and ICE has been restarted.
    Resumed,
    /// Nothing came on the WebSocket for too long: drop it, then [`Participant::resume`].
    SignalLost,
    /// The server told us to go.
    Disconnected {
        /// Why.
        reason: DisconnectReason,
        /// What to do now.
        action: leave_request::Action,
    },
    /// Audio cannot flow any more, or the server said something that makes no sense.
    Failed(String),
}

/// Somebody's microphone, as we know it from the session description.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Track {
    /// Its name (`TR_…`).
    pub sid: String,
    /// Whose it is (`PA_…`).
    pub participant: String,
}

/// A packet of somebody's microphone.
#[derive(Debug)]
pub struct Heard {
    /// Whose; `None` if the answer did not say who is on that section.
    pub track: Option<Arc<Track>>,
    /// The packet.
    pub packet: RtpPacket,
    red: bool,
}

impl Heard {
    /// What was said, taken out of the redundancy around it if there is any.
    #[must_use]
    pub fn opus(&self) -> &[u8] {
        if !self.red {
            return &self.packet.payload;
        }
        let blocks = RedDecoder::decode(&self.packet.payload).unwrap_or_default();
        blocks.last().map_or(&[], |primary| primary.payload)
    }

    /// Whether it came with redundancy.
    #[must_use]
    pub fn is_red(&self) -> bool {
        self.red
    }
}

impl Participant {
    /// Somebody about to join, and what they ask for. Send it with [`crate::join_path`].
    ///
    /// # Panics
    /// If the address in the options is not one that can be offered, such as 0.0.0.0.
    #[must_use]
    pub fn new(now: Instant, options: Options) -> (Participant, JoinRequest) {
        let (rtc, negotiation, offer) = Negotiation::begin(now, &options);
        let offer = options.offer_with_join.then_some(offer);
        let join = signalling::join(&options, offer);
        let participant = Participant {
            options,
            rtc,
            negotiation,
            output: VecDeque::new(),
            microphone: None,
            signalling: Signalling::Joining,
            sid: None,
            born: now,
            rtc_timeout: now,
            driven: now,
            behind: false,
            liveness: None,
            rtt: 0,
            connected: false,
            way_by: None,
        };
        (participant, join)
    }

    /// The name that the server gave us (`PA_…`).
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Whether ICE and DTLS are done.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected
    }

    /// Takes a message of the server.
    pub fn handle_signal(&mut self, now: Instant, response: SignalResponse) {
        let Some(message) = response.message else { return };
        if let Some(liveness) = &mut self.liveness {
            liveness.heard_of = now;
        }
        let expected = match self.signalling {
            Signalling::Joining => matches!(message, Message::Join(_) | Message::Leave(_)),
            Signalling::Resuming => matches!(message, Message::Reconnect(_) | Message::Leave(_)),
            Signalling::Open => true,
            Signalling::Closed => false,
        };
        if !expected {
            tracing::debug!(?message, state = ?self.signalling, "dropped: not expected now");
            return;
        }
        match message {
            Message::Join(join) => self.joined(now, join),
            Message::Reconnect(_) => self.reconnected(),
            Message::Leave(leave) => self.told_to_leave(&leave),
            Message::Answer(answer) => self.answered(answer),
            Message::Trickle(trickle) => self.negotiation.candidate(&mut self.rtc, &trickle),
            Message::TrackPublished(published) => self.published(now, published),
            Message::MediaSectionsRequirement(needed) => self.sections_needed(now, needed.num_audios as usize),
            Message::PongResp(pong) => self.rtt = self.timestamp(now) - pong.last_ping_timestamp,
            _ => {}
        }
        self.drive(now);
    }

    /// Takes a packet, on TCP without its frame.
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        transport: Transport,
        source: SocketAddr,
        destination: SocketAddr,
        bytes: &[u8],
    ) {
        let Ok(receive) = Receive::new(transport.into(), source, destination, bytes) else { return };
        if is_rtp(bytes) && now < self.driven + self.options.granularity {
            // For a packet from before the moment it knows of, str0m decrypts and counts, and looks at no timer.
            let taken = self.rtc.handle_input(Input::Receive(self.driven - Duration::from_nanos(1), receive));
            self.survived(taken);
            self.behind = true;
            self.take_over();
        } else {
            self.moved_to(now);
            let taken = self.rtc.handle_input(Input::Receive(now, receive));
            self.survived(taken);
            while self.take_over() {}
        }
    }

    /// Asks to open our microphone.
    pub fn publish(&mut self) {
        if self.negotiation.publishing.is_none() {
            let cid = self.negotiation.next_cid();
            self.send(signalling::add_microphone(&cid, self.options.red));
            self.negotiation.publishing = Some(Publishing::new(cid));
        }
    }

    /// Closes our microphone for good.
    pub fn unpublish(&mut self, now: Instant) {
        if let Some(microphone) = self.microphone.take() {
            self.negotiation.publishing = None;
            self.negotiation.silence(microphone.mid);
            self.negotiation.soon(now);
        }
    }

    /// Sends 20 ms of our microphone, of that loudness (dB below the loudest, so never above 0); whether it is open.
    ///
    /// Being mute does not stop it: a server has to close its ears by itself.
    pub fn say(&mut self, now: Instant, opus: &[u8], level: i8) -> bool {
        let Some(microphone) = &mut self.microphone else { return false };
        let packet = microphone.packet(now, opus, level);
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(microphone.mid, None) else { return false };
        stream.write_rtp(packet);
        self.drive(now);
        true
    }

    /// Tells the others that nothing comes from us, or that something comes again.
    pub fn mute(&mut self, muted: bool) {
        if let Some(microphone) = &self.microphone {
            let sid = microphone.track.clone();
            self.send(signalling::request(signal_request::Message::Mute(MuteTrackRequest { sid, muted })));
        }
    }

    /// Goes.
    pub fn leave(&mut self, now: Instant) {
        if self.signalling != Signalling::Closed {
            self.send(signalling::leave());
            self.close(now);
        }
    }

    /// The WebSocket was lost: what to open a new one with.
    pub fn resume(&mut self, now: Instant) -> JoinRequest {
        self.signalling = Signalling::Resuming;
        if let Some(liveness) = &mut self.liveness {
            liveness.heard_of = now;
            liveness.next_ping = now + liveness.every;
        }
        JoinRequest {
            reconnect: true,
            reconnect_reason: proto::ReconnectReason::RrSignalDisconnected.into(),
            participant_sid: self.sid.clone().unwrap_or_default(),
            ..signalling::join(&self.options, None)
        }
    }

    /// What to do now.
    pub fn poll(&mut self, now: Instant) -> Output {
        loop {
            if let Some(output) = self.output.pop_front() {
                return output;
            }
            let next = self.next_timeout();
            if next > now {
                return Output::Timeout(next);
            }
            self.keep_alive(now);
            self.negotiate_if_due(now);
            self.drive(now);
            if self.output.is_empty() {
                return Output::Timeout(self.next_timeout());
            }
        }
    }

    /// Moves time forward, then takes over all that came of it.
    pub(crate) fn drive(&mut self, now: Instant) {
        self.moved_to(now);
        let taken = self.rtc.handle_input(Input::Timeout(now));
        self.survived(taken);
        while self.take_over() {}
    }

    fn moved_to(&mut self, now: Instant) {
        self.driven = self.driven.max(now);
        self.behind = false;
    }

    pub(crate) fn send(&mut self, request: SignalRequest) {
        self.output.push_back(Output::Signal(request));
    }

    pub(crate) fn tell(&mut self, event: Event) {
        self.output.push_back(Output::Event(event));
    }

    pub(crate) fn fail(&mut self, why: impl ToString) {
        if self.signalling != Signalling::Closed {
            self.signalling = Signalling::Closed;
            self.tell(Event::Failed(why.to_string()));
        }
    }

    fn joined(&mut self, now: Instant, join: JoinResponse) {
        self.signalling = Signalling::Open;
        self.way_by = Some(now + WAY_WITHIN);
        self.sid = join.participant.as_ref().map(|participant| participant.sid.clone());
        let seconds = |seconds: i32| u64::try_from(seconds).ok().filter(|s| *s > 0).map(Duration::from_secs);
        if let (Some(every), Some(patience)) = (seconds(join.ping_interval), seconds(join.ping_timeout)) {
            self.liveness = Some(Liveness { every, patience, next_ping: now + every, heard_of: now });
        }
        if !self.options.offer_with_join {
            let offer = self.negotiation.first_offer();
            self.send(signalling::request(signal_request::Message::Offer(offer)));
        }
        self.tell(Event::Joined(Box::new(join)));
    }

    fn reconnected(&mut self) {
        self.signalling = Signalling::Open;
        let state = self.negotiation.sync_state(&mut self.rtc, &self.options);
        self.send(signalling::request(signal_request::Message::SyncState(state)));
        self.restart_ice();
    }

    fn told_to_leave(&mut self, leave: &LeaveRequest) {
        self.signalling = Signalling::Closed;
        self.tell(Event::Disconnected { reason: leave.reason(), action: leave.action() });
    }

    fn close(&mut self, now: Instant) {
        self.signalling = Signalling::Closed;
        self.way_by = None;
        self.liveness = None;
        let closed = self.rtc.close();
        if let Err(error) = closed {
            tracing::debug!(%error, "closing");
        }
        self.drive(now);
    }

    fn timestamp(&self, now: Instant) -> i64 {
        i64::try_from(now.saturating_duration_since(self.born).as_millis()).unwrap_or(i64::MAX)
    }

    fn keep_alive(&mut self, now: Instant) {
        if self.way_by.is_some_and(|by| by <= now) {
            self.way_by = None;
            self.fail("audio found no way to the server");
        }
        if self.signalling != Signalling::Open {
            return;
        }
        let (timestamp, rtt) = (self.timestamp(now), self.rtt);
        let Some(liveness) = &mut self.liveness else { return };
        if now >= liveness.heard_of + liveness.patience {
            liveness.heard_of = now;
            self.tell(Event::SignalLost);
        } else if now >= liveness.next_ping {
            liveness.next_ping = now + liveness.every;
            for ping in signalling::pings(timestamp, rtt) {
                self.send(ping);
            }
        }
    }

    fn next_timeout(&self) -> Instant {
        let liveness = self.liveness.as_ref().filter(|_| self.signalling == Signalling::Open);
        [
            Some(self.rtc_timeout),
            liveness.map(|liveness| liveness.next_ping),
            liveness.map(|liveness| liveness.heard_of + liveness.patience),
            self.behind.then(|| self.driven + self.options.granularity),
            self.negotiation.due(),
            self.way_by,
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(self.rtc_timeout)
    }

    fn survived(&mut self, taken: Result<(), RtcError>) {
        if let Err(error) = taken {
            self.fail(error);
        }
    }

    /// Takes over one thing from str0m; whether there may be more.
    fn take_over(&mut self) -> bool {
        match self.rtc.poll_output() {
            Ok(RtcOutput::Timeout(at)) => {
                self.rtc_timeout = at;
                return false;
            }
            Ok(RtcOutput::Transmit(transmit)) => {
                let transport = if transmit.proto == Protocol::Udp { Transport::Udp } else { Transport::Tcp };
                self.output.push_back(Output::Transmit(Datagram {
                    transport,
                    source: transmit.source,
                    destination: transmit.destination,
                    bytes: transmit.contents.into(),
                }));
            }
            Ok(RtcOutput::Event(RtcEvent::RtpPacket(packet))) => {
                let stream = self.rtc.direct_api().stream_rx(&packet.header.ssrc).map(|stream| stream.mid());
                let (track, red) = self.negotiation.who_is_on(stream, *packet.header.payload_type);
                self.output.push_back(Output::Heard(Heard { track, packet, red }));
            }
            Ok(RtcOutput::Event(RtcEvent::Connected)) => {
                self.connected = true;
                self.way_by = None;
                self.tell(Event::Connected);
            }
            Ok(RtcOutput::Event(RtcEvent::IceConnectionStateChange(state))) => match state {
                IceConnectionState::Connected | IceConnectionState::Completed if self.connected => self.way_by = None,
                // Not the end: a candidate may still come, or ICE may be restarted.
                IceConnectionState::Disconnected => self.way_by = self.way_by.or(Some(self.driven + WAY_WITHIN)),
                _ => {}
            },
            Ok(RtcOutput::Event(_)) => {}
            Err(error) => {
                self.fail(error);
                return false;
            }
        }
        true
    }
}

/// Whether a packet is audio: neither a report, nor DTLS, nor STUN (RFC 7983).
fn is_rtp(bytes: &[u8]) -> bool {
    matches!(bytes, [128..192, payload_type, ..] if !(64..96).contains(&(payload_type & 0x7f)))
}
