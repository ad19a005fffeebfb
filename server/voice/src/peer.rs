//! One person's connection: ICE, DTLS and incoming SRTP by str0m; what goes out we encrypt ourselves.
//!
//! str0m is polled once for each datagram that *comes*. Forwarding to a hundred listeners would poll a hundred of them
//! for each packet, which cost more than everything else together (docs/decisions/0007).

use crate::bucket::Bucket;
use crate::out::{Datagrams, Route};
use crate::sdp::{Kind, Offer};
use crate::srtp::{self, KeyTap, Sender};
use crate::stun;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use str0m::config::Fingerprint;
use str0m::format::{Codec, FormatParams};
use str0m::ice::StunMessage;
use str0m::media::{MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::rtcp::Rtcp;
use str0m::rtp::{Extension, ExtensionMap, RawPacket, RtpPacket, Ssrc};
use str0m::{Candidate, IceConnectionState, IceCreds, Input, Output, Rtc};

/// A UDP path that was not heard of for so long gives way to another one.
const PATH_QUIET_FOR: Duration = Duration::from_secs(6);

/// New addresses that one person may come from at once, and each second. str0m keeps them all.
const ADDRESSES_AT_ONCE: f64 = 64.0;
const ADDRESSES_PER_SECOND: f64 = 0.1;

/// What is the same for all connections of this server. The certificate is, because making one takes a while.
#[derive(Clone)]
pub(crate) struct Host {
    /// Addresses for UDP that browsers are told.
    pub(crate) udp: Vec<SocketAddr>,
    /// Addresses for TCP that browsers are told.
    pub(crate) tcp: Vec<SocketAddr>,
    /// The same, as they stand in answers.
    pub(crate) candidates: Vec<String>,
    /// Our certificate; its fingerprint is in every answer.
    pub(crate) certificate: str0m::crypto::dtls::DtlsCert,
    /// Datagrams a second that one connection may send us.
    pub(crate) datagrams_per_second: u32,
}

impl Host {
    pub(crate) fn new(udp: Vec<SocketAddr>, tcp: Vec<SocketAddr>, datagrams_per_second: u32) -> Option<Host> {
        let crypto = str0m::crypto::from_feature_flags();
        let certificate = crypto.dtls_provider.generate_certificate()?;
        let mut host = Host { udp, tcp, candidates: vec![], certificate, datagrams_per_second };
        host.candidates = host.candidates().map(|candidate| candidate.to_sdp_string()).collect();
        Some(host)
    }

    fn candidates(&self) -> impl Iterator<Item = Candidate> {
        let udp = self.udp.iter().map(|address| Candidate::host(*address, "udp"));
        let passive =
            |address: &SocketAddr| Candidate::builder().tcp().host(*address).tcptype(TcpType::Passive).build();
        udp.chain(self.tcp.iter().map(passive)).flatten()
    }

    /// The address of ours to which something from `source` must have come.
    pub(crate) fn address_for(&self, source: Route) -> Option<SocketAddr> {
        let (ours, from) = match source {
            Route::Udp(from) => (&self.udp, from),
            Route::Tcp(from) => (&self.tcp, from),
        };
        ours.iter().find(|address| address.is_ipv4() == from.is_ipv4()).or(ours.first()).copied()
    }
}

/// What came of a datagram or of time passing.
#[expect(clippy::large_enum_variant, reason = "they live in one vector that is used again and again")]
pub(crate) enum Happening {
    /// Audio can flow.
    Connected,
    /// A packet of a microphone, in the clear.
    Packet(RtpPacket),
    /// How much of what was sent under an SSRC got lost, in 1/256.
    Lost { ssrc: u32, share: u8 },
    /// They proved that this is one of their addresses.
    Address(Route),
}

/// str0m failed on what it was fed. Only this connection is concerned.
#[derive(Debug, thiserror::Error)]
#[error("the connection cannot go on")]
pub(crate) struct Broken;

/// How we reach them, and when they last said that this is the way.
struct Path {
    route: Route,
    heard: Instant,
    /// Rises with each ICE restart: a path of an older one gives way at once.
    generation: u32,
}

/// One connection.
pub(crate) struct Peer {
    rtc: Rtc,
    keys: KeyTap,
    sender: Option<Sender>,
    path: Option<Path>,
    generation: u32,
    credentials: IceCreds,
    remote: (String, String),
    fingerprint: String,
    /// When str0m wants to be asked again.
    pub(crate) deadline: Instant,
    /// When anything of theirs last came.
    pub(crate) heard: Instant,
    allowance: Bucket,
    /// The last addresses they came from.
    shown: VecDeque<Route>,
    new_addresses: Bucket,
}

impl Peer {
    /// A connection as the first offer wants it.
    pub(crate) fn new(host: &Host, credentials: IceCreds, offer: &Offer, now: Instant) -> Result<Peer, Broken> {
        guarded(|| {
            let (mut rtc, keys) = srtp::tapped(|crypto| {
                let mut config = Rtc::builder()
                    .set_crypto_provider(crypto)
                    .set_dtls_cert(host.certificate.clone())
                    .set_local_ice_credentials(credentials.clone())
                    .set_ice_lite(true)
                    .set_rtp_mode(true)
                    .enable_raw_packets(true)
                    .clear_codecs()
                    .set_extension_map(extensions(offer));
                // For str0m, which decodes nothing, redundant audio is Opus under a second number.
                let (opus, red) = payload_types(offer);
                for number in [opus, red].into_iter().flatten() {
                    config.codec_config().add_config(
                        Pt::new_with_value(number),
                        None,
                        Codec::Opus,
                        str0m::media::Frequency::FORTY_EIGHT_KHZ,
                        Some(2),
                        FormatParams::default(),
                    );
                }
                config.build(now)
            });
            for candidate in host.candidates() {
                rtc.add_local_candidate(candidate);
            }
            let mut api = rtc.direct_api();
            api.set_ice_controlling(false);
            api.set_remote_ice_credentials(IceCreds { ufrag: offer.ice_ufrag.clone(), pass: offer.ice_pwd.clone() });
            api.set_remote_fingerprint(Fingerprint {
                hash_func: "sha-256".to_owned(),
                bytes: offer.fingerprint.to_vec(),
            });
            let active = offer.dtls_active();
            api.start_dtls(active).map_err(|_| Broken)?;
            if offer.sections.iter().any(|section| section.kind == Kind::Application && !section.rejected) {
                api.start_sctp(active);
            }
            let fingerprint = api.local_dtls_fingerprint().to_string();
            let rate = f64::from(host.datagrams_per_second);
            Ok(Peer {
                rtc,
                keys,
                sender: None,
                path: None,
                generation: 0,
                credentials,
                remote: (offer.ice_ufrag.clone(), offer.ice_pwd.clone()),
                fingerprint,
                deadline: now,
                heard: now,
                allowance: Bucket::new(rate, rate, now),
                shown: VecDeque::new(),
                new_addresses: Bucket::new(ADDRESSES_AT_ONCE, ADDRESSES_PER_SECOND, now),
            })
        })?
    }

    /// Takes over what a later offer says about the connection: other ICE credentials mean an ICE restart.
    pub(crate) fn renew(
        &mut self,
        host: &Host,
        offer: &Offer,
        credentials: impl FnOnce() -> IceCreds,
    ) -> Result<(), Broken> {
        if self.remote == (offer.ice_ufrag.clone(), offer.ice_pwd.clone()) {
            return Ok(());
        }
        self.remote = (offer.ice_ufrag.clone(), offer.ice_pwd.clone());
        self.credentials = credentials();
        self.generation += 1;
        guarded(|| {
            let mut api = self.rtc.direct_api();
            api.set_local_ice_credentials(self.credentials.clone());
            api.set_remote_ice_credentials(IceCreds { ufrag: self.remote.0.clone(), pass: self.remote.1.clone() });
            // With other credentials alone str0m would go on sending its part (DTLS, RTCP) where it sent before.
            for candidate in host.candidates() {
                self.rtc.direct_api().invalidate_candidate(&candidate);
                self.rtc.add_local_candidate(candidate);
            }
        })
    }

    pub(crate) fn credentials(&self) -> &IceCreds {
        &self.credentials
    }

    /// What their checks of the way are signed with: both names, and our password.
    #[cfg(test)]
    pub(crate) fn signature(&self) -> (String, String) {
        (format!("{}:{}", self.credentials.ufrag, self.remote.0), self.credentials.pass.clone())
    }

    /// Where their audio goes.
    #[cfg(test)]
    pub(crate) fn way(&self) -> Option<Route> {
        self.path.as_ref().map(|path| path.route)
    }

    /// Of our certificate, as SDP writes it, without the name of the hash.
    pub(crate) fn fingerprint(&self) -> &str {
        self.fingerprint.rsplit(' ').next().unwrap_or_default()
    }

    /// Expects a microphone in this section.
    pub(crate) fn expect(&mut self, mid: &str, ssrc: Option<u32>) -> Result<(), Broken> {
        let mid = Mid::from(mid);
        guarded(|| {
            if self.rtc.media(mid).is_none() {
                self.rtc.direct_api().declare_media(mid, MediaKind::Audio);
            }
            if let Some(ssrc) = ssrc {
                self.rtc.direct_api().expect_stream_rx(Ssrc::from(ssrc), None, mid, None);
            }
        })
    }

    /// Expects nothing any more in this section.
    pub(crate) fn forget(&mut self, mid: &str) -> Result<(), Broken> {
        guarded(|| self.rtc.direct_api().remove_media(Mid::from(mid)))
    }

    /// The section that an SSRC of theirs belongs to.
    pub(crate) fn section_of(&mut self, ssrc: Ssrc) -> Option<Mid> {
        self.rtc.direct_api().stream_rx(&ssrc).map(|stream| stream.mid())
    }

    /// Whether a check of the way is really theirs: it is meant for us as we are called now, and signed with our
    /// password. str0m's own answer is not enough, because it trusts whatever comes from where it sends.
    pub(crate) fn accepts(&self, datagram: &[u8]) -> bool {
        let hmac = str0m::crypto::from_feature_flags().sha1_hmac_provider;
        let signed = |message: &StunMessage<'_>| {
            message.verify(self.credentials.pass.as_bytes(), |key, parts| hmac.sha1_hmac(key, parts))
        };
        let names = (self.credentials.ufrag.as_str(), self.remote.0.as_str());
        let theirs = |message: &StunMessage<'_>| {
            message.is_binding_request() && message.split_username() == Some(names) && signed(message)
        };
        guarded(|| StunMessage::parse(datagram).is_ok_and(|message| theirs(&message))).unwrap_or(false)
    }

    /// Whether they may send another datagram now.
    pub(crate) fn may_send(&mut self, now: Instant) -> bool {
        self.allowance.take(1.0, now)
    }

    /// Takes in a datagram.
    pub(crate) fn receive(
        &mut self,
        host: &Host,
        source: Route,
        datagram: &[u8],
        now: Instant,
        out: &mut Datagrams,
        happened: &mut Vec<Happening>,
    ) -> Result<(), Broken> {
        let Some(received) = received(host, source, datagram) else { return Ok(()) };
        let before = happened.len();
        if stun::classify(datagram) == stun::Kind::Stun {
            if !self.accepts(datagram) || !self.may_come_from(source, now) {
                return Ok(());
            }
            let nominates = StunMessage::parse(datagram).is_ok_and(|message| message.use_candidate());
            happened.push(Happening::Address(source));
            self.heard = now;
            if nominates {
                self.nominated(source, now);
            }
            self.feed(Input::Receive(now, received), now, out, happened)
        } else {
            self.feed(Input::Receive(now, received), now, out, happened)?;
            // What could be decrypted is really theirs: they themselves send on the path that works for them.
            let theirs = |what: &Happening| matches!(what, Happening::Packet(_) | Happening::Lost { .. });
            if happened[before..].iter().any(theirs) {
                self.heard = now;
                self.path = Some(Path { route: source, heard: now, generation: self.generation });
            }
            Ok(())
        }
    }

    fn may_come_from(&mut self, source: Route, now: Instant) -> bool {
        if self.shown.contains(&source) {
            return true;
        }
        let may = self.new_addresses.take(1.0, now);
        if may {
            self.shown.push_back(source);
            if self.shown.len() as f64 > ADDRESSES_AT_ONCE {
                self.shown.pop_front();
            }
        }
        may
    }

    fn nominated(&mut self, route: Route, now: Instant) {
        let stays = self.path.as_ref().is_some_and(|path| {
            path.route != route
                && path.generation == self.generation
                && now.saturating_duration_since(path.heard) < PATH_QUIET_FOR
                && !matches!((path.route, route), (Route::Tcp(_), Route::Udp(_)))
        });
        if !stays {
            self.path = Some(Path { route, heard: now, generation: self.generation });
        }
    }

    /// Lets str0m do what is due.
    pub(crate) fn advance(
        &mut self,
        now: Instant,
        out: &mut Datagrams,
        happened: &mut Vec<Happening>,
    ) -> Result<(), Broken> {
        self.feed(Input::Timeout(now), now, out, happened)
    }

    fn feed(
        &mut self,
        input: Input<'_>,
        now: Instant,
        out: &mut Datagrams,
        happened: &mut Vec<Happening>,
    ) -> Result<(), Broken> {
        guarded(|| {
            if let Err(error) = self.rtc.handle_input(input) {
                // Anybody can send us nonsense in somebody's name: only what str0m itself gives up on is broken.
                tracing::debug!(%error, "a datagram was refused");
            }
            loop {
                match self.rtc.poll_output() {
                    Ok(Output::Timeout(at)) => {
                        self.deadline = at;
                        break;
                    }
                    Ok(Output::Transmit(transmit)) => {
                        let route = match transmit.proto {
                            Protocol::Udp => Route::Udp(transmit.destination),
                            _ => Route::Tcp(transmit.destination),
                        };
                        out.push(route, |bytes| bytes.extend_from_slice(&transmit.contents));
                    }
                    Ok(Output::Event(event)) => self.note(event, happened),
                    Err(error) => {
                        tracing::debug!(%error, "a connection failed");
                        return Err(Broken);
                    }
                }
            }
            if self.sender.is_none() {
                self.sender = self.keys.sender();
            }
            if self.deadline <= now {
                // str0m is done with this moment.
                self.deadline = now + Duration::from_millis(1);
            }
            Ok(())
        })?
    }

    fn note(&mut self, event: str0m::Event, happened: &mut Vec<Happening>) {
        match event {
            str0m::Event::Connected => happened.push(Happening::Connected),
            str0m::Event::RtpPacket(packet) => happened.push(Happening::Packet(packet)),
            str0m::Event::RawPacket(raw) => {
                if let RawPacket::RtcpRx(rtcp) = *raw {
                    let reports = match &rtcp {
                        Rtcp::ReceiverReport(report) => &report.reports,
                        Rtcp::SenderReport(report) => &report.reports,
                        _ => return,
                    };
                    let lost = |r: &str0m::rtp::rtcp::ReceptionReport| Happening::Lost {
                        ssrc: *r.ssrc,
                        share: r.fraction_lost,
                    };
                    happened.extend(reports.iter().map(lost));
                }
            }
            str0m::Event::IceConnectionStateChange(state) => {
                tracing::debug!(?state, "ICE");
                if state == IceConnectionState::Disconnected {
                    self.path = None;
                }
            }
            _ => {}
        }
    }

    /// Whether [`Peer::send`] has a way and keys.
    pub(crate) fn is_reached(&self) -> bool {
        self.sender.is_some() && self.path.is_some()
    }

    /// Sends one packet of somebody else's microphone.
    pub(crate) fn send(&mut self, header: &srtp::Header<'_>, index: u64, payload: &[u8], out: &mut Datagrams) {
        if let (Some(sender), Some(path)) = (&mut self.sender, &self.path) {
            out.push(path.route, |bytes| {
                if let Err(error) = sender.protect(header, index, payload, bytes) {
                    tracing::debug!(%error, "a packet was not encrypted");
                }
            });
        }
    }
}

/// str0m is fed by everybody in the world. Should it panic, only this connection is lost.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Broken> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Broken)
}

fn received<'a>(host: &Host, source: Route, datagram: &'a [u8]) -> Option<Receive<'a>> {
    let (proto, from) = match source {
        Route::Udp(from) => (Protocol::Udp, from),
        Route::Tcp(from) => (Protocol::Tcp, from),
    };
    Receive::new(proto, from, host.address_for(source)?, datagram).ok()
}

/// Their numbers for Opus and for redundant Opus: the same in all sections of a bundle.
pub(crate) fn payload_types(offer: &Offer) -> (Option<u8>, Option<u8>) {
    let audio = offer.sections.iter().find(|section| section.kind == Kind::Audio && !section.rejected);
    audio.map_or((None, None), |section| (section.opus, section.red))
}

fn extensions(offer: &Offer) -> ExtensionMap {
    let mut map = ExtensionMap::empty();
    let audio = offer.sections.iter().filter(|section| section.kind == Kind::Audio);
    for section in audio {
        if let Some(id) = section.mid_extension {
            map.set(id, Extension::RtpMid);
        }
        if let Some(id) = section.level_extension {
            map.set(id, Extension::AudioLevel);
        }
    }
    map
}
