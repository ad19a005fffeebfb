//! The main claim is proved against str0m itself: two real `Rtc`s connect in memory, at a time that is moved by hand,
//! and the one decrypts what our [`Sender`] made for it.
//!
//! Two `Rtc`s always agree on AES-256-GCM and nothing in str0m's settings changes that. For the other profiles
//! [`Forced`] sits between the real handshake and both `Rtc`s, ours and theirs: it cuts the keying material to the
//! length that the profile has and says that the profile was agreed on.

use super::*;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use str0m::format::Codec;
use str0m::media::{MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite, Ssrc};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig, RtcError};

const PROFILES: [SrtpProfile; 3] =
    [SrtpProfile::AES128_CM_SHA1_80, SrtpProfile::AEAD_AES_128_GCM, SrtpProfile::AEAD_AES_256_GCM];
const SSRC: u32 = 0xCAFE_BABE;
const OTHER_SSRC: u32 = 7;
const THEIR_SSRC: u32 = 99;
/// str0m's number for the MID among the header extensions.
const MID: u8 = 4;
const OPUS: u8 = 111;

/// Says that the handshake agreed on this profile.
#[derive(Debug)]
struct Forced(SrtpProfile);

impl DtlsProvider for Forced {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        dtls_version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let inner = from_feature_flags().dtls_provider.new_dtls(cert, now, dtls_version, mtu)?;
        Ok(Box::new(ForcedInstance { inner, profile: self.0 }))
    }
}

#[derive(Debug)]
struct ForcedInstance {
    inner: Box<dyn DtlsInstance>,
    profile: SrtpProfile,
}

impl DtlsInstance for ForcedInstance {
    fn set_active(&mut self, active: bool) {
        self.inner.set_active(active);
    }
    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.inner.handle_packet(packet)
    }
    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        match self.inner.poll_output(buf) {
            DtlsOutput::KeyingMaterial(material, SrtpProfile::AEAD_AES_256_GCM) => {
                let cut = str0m::config::KeyingMaterial::new(&material[..self.profile.keying_material_len()]);
                DtlsOutput::KeyingMaterial(cut, self.profile)
            }
            output => output,
        }
    }
    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.inner.handle_timeout(now)
    }
    fn send_application_data(&mut self, data: &[u8]) -> Result<(), DtlsImplError> {
        self.inner.send_application_data(data)
    }
    fn is_active(&self) -> bool {
        self.inner.is_active()
    }
    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.inner.protocol_version()
    }
    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.inner.close()
    }
}

fn forced(profile: SrtpProfile) -> &'static Forced {
    match profile {
        SrtpProfile::AES128_CM_SHA1_80 => &Forced(SrtpProfile::AES128_CM_SHA1_80),
        SrtpProfile::AEAD_AES_128_GCM => &Forced(SrtpProfile::AEAD_AES_128_GCM),
        _ => &Forced(SrtpProfile::AEAD_AES_256_GCM),
    }
}

/// The time at which a test begins; it passes only as far as the test moves it.
#[expect(clippy::disallowed_methods, reason = "an Instant can be made in no other way")]
fn start() -> Instant {
    Instant::now()
}

struct Peer {
    rtc: Rtc,
    address: SocketAddr,
    wake: Instant,
    connected: bool,
    heard: Vec<RtpPacket>,
}

impl Peer {
    fn new(rtc: Rtc, address: &str, now: Instant) -> Self {
        Peer { rtc, address: address.parse().expect("an address"), wake: now, connected: false, heard: Vec::new() }
    }

    /// What it wants to send, until it has nothing more to do.
    fn drain(&mut self, sent: &mut VecDeque<(SocketAddr, Vec<u8>)>) -> Result<(), RtcError> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.wake = at;
                    return Ok(());
                }
                Output::Transmit(datagram) => sent.push_back((datagram.destination, datagram.contents.to_vec())),
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::RtpPacket(packet)) => self.heard.push(packet),
                Output::Event(_) => {}
            }
        }
    }

    fn receive(&mut self, now: Instant, source: SocketAddr, datagram: &[u8]) -> Result<(), RtcError> {
        let contents = datagram.try_into().expect("a datagram of a kind that str0m knows");
        let receive = Receive { proto: Protocol::Udp, source, destination: self.address, contents };
        self.rtc.handle_input(Input::Receive(now, receive))
    }
}

/// Our side, listened to, and a browser's.
struct Pair {
    now: Instant,
    ours: Peer,
    theirs: Peer,
    tap: KeyTap,
    mid: Mid,
}

/// How a pair meets.
#[derive(Debug, Clone, Copy)]
struct Meeting {
    profile: SrtpProfile,
    version: DtlsVersion,
    /// Whether we are the DTLS client.
    active: bool,
}

const USUAL: Meeting = Meeting { profile: SrtpProfile::AEAD_AES_256_GCM, version: DtlsVersion::Auto, active: false };

fn config(version: DtlsVersion) -> RtcConfig {
    Rtc::builder().set_rtp_mode(true).set_dtls_version(version)
}

impl Pair {
    fn new(meeting: Meeting) -> Self {
        let now = start();
        let forced = forced(meeting.profile);
        let tapping = Box::leak(Box::new(Tapping { inner: forced }));
        let (ours, tap) = tapped_with(tapping, |provider| {
            config(meeting.version).set_ice_lite(true).set_crypto_provider(provider).build(now)
        });
        let provider = CryptoProvider { dtls_provider: forced, ..from_feature_flags() };
        let theirs = config(meeting.version).set_crypto_provider(Arc::new(provider)).build(now);
        Pair::of(ours, theirs, tap, meeting.active, now)
    }

    fn of(ours: Rtc, theirs: Rtc, tap: KeyTap, active: bool, now: Instant) -> Self {
        let mut ours = Peer::new(ours, "127.0.0.1:1000", now);
        let mut theirs = Peer::new(theirs, "127.0.0.1:2000", now);
        let mid = Mid::from("aud");
        introduce(&mut ours, &mut theirs, false, active);
        introduce(&mut theirs, &mut ours, true, !active);
        for peer in [&mut ours, &mut theirs] {
            peer.rtc.direct_api().declare_media(mid, MediaKind::Audio);
        }
        for ssrc in [SSRC, OTHER_SSRC] {
            theirs.rtc.direct_api().expect_stream_rx(ssrc.into(), None, mid, None);
        }
        theirs.rtc.direct_api().declare_stream_tx(THEIR_SSRC.into(), None, mid, None);
        ours.rtc.direct_api().expect_stream_rx(THEIR_SSRC.into(), None, mid, None);
        Pair { now, ours, theirs, tap, mid }
    }

    /// Lets both talk until nothing is under way any more.
    fn settle(&mut self) -> Result<(), RtcError> {
        let mut sent = VecDeque::new();
        loop {
            self.ours.drain(&mut sent)?;
            self.theirs.drain(&mut sent)?;
            let Some((to, datagram)) = sent.pop_front() else { return Ok(()) };
            let (receiver, source) = match to == self.ours.address {
                true => (&mut self.ours, self.theirs.address),
                false => (&mut self.theirs, self.ours.address),
            };
            receiver.receive(self.now, source, &datagram)?;
        }
    }

    /// Lets this much time pass, at most, and stops when both are connected.
    fn pass(&mut self, time: Duration) -> Result<(), RtcError> {
        let end = self.now + time;
        self.settle()?;
        while self.now < end && !(self.ours.connected && self.theirs.connected) {
            // A little always passes: str0m may name a time that is already there.
            let tick = self.now + Duration::from_millis(1);
            self.now = self.ours.wake.min(self.theirs.wake).clamp(tick, end.max(tick));
            self.ours.rtc.handle_input(Input::Timeout(self.now))?;
            self.theirs.rtc.handle_input(Input::Timeout(self.now))?;
            self.settle()?;
        }
        Ok(())
    }

    fn connected(mut self) -> Self {
        assert!(self.tap.sender().is_none(), "no keys before there was a handshake");
        self.pass(Duration::from_secs(10)).expect("a clean handshake");
        assert!(self.ours.connected && self.theirs.connected, "they do not connect");
        self
    }

    fn deliver(&mut self, packet: &[u8]) {
        self.theirs.receive(self.now, self.ours.address, packet).expect("str0m takes it");
        self.settle().expect("a clean connection");
    }
}

fn introduce(to: &mut Peer, whom: &mut Peer, controlling: bool, active: bool) {
    let candidate = |peer: &Peer| Candidate::host(peer.address, "udp").expect("a candidate");
    to.rtc.add_local_candidate(candidate(to));
    to.rtc.add_remote_candidate(candidate(whom));
    let fingerprint = whom.rtc.direct_api().local_dtls_fingerprint().clone();
    let credentials = whom.rtc.direct_api().local_ice_credentials();
    let mut api = to.rtc.direct_api();
    api.set_remote_fingerprint(fingerprint);
    api.set_remote_ice_credentials(credentials);
    api.set_ice_controlling(controlling);
    api.start_dtls(active).expect("DTLS to start");
}

fn header(ssrc: u32, timestamp: u32) -> Header<'static> {
    Header { payload_type: OPUS, marker: false, timestamp, ssrc, extension: Some((MID, b"aud")) }
}

/// Frames of every length that matters to a block cipher, none like another.
fn frame(n: usize) -> Vec<u8> {
    (0..=n * 7).map(|i| (i * 31 + n) as u8).collect()
}

/// A conversation in which the sequence numbers run over the end, twice, on two streams at once.
fn the_other_side_hears_exactly_what_was_sent(meeting: Meeting) {
    let mut pair = Pair::new(meeting).connected();
    let mut sender = pair.tap.sender().expect("keys, now that they are connected");
    let indices: Vec<u64> = (65_526..65_546).chain((1 << 16) + 65_530..(1 << 16) + 65_541).collect();

    // Nobody jumps 65,000 packets ahead in one step: a receiver would take that for a step back.
    let mut walk = Vec::new();
    let mut datagram = Vec::new();
    for (n, index) in indices.iter().copied().enumerate() {
        if index == (1 << 16) + 65_530 {
            for between in [80_000, 95_000, 110_000, 125_000] {
                walk.push((between, n + 100));
            }
        }
        walk.push((index, n));
    }
    for (index, n) in &walk {
        for ssrc in [SSRC, OTHER_SSRC] {
            let header = Header { marker: n % 5 == 0, ..header(ssrc, 960 * *n as u32) };
            let payload = [&ssrc.to_be_bytes()[..], &frame(*n)].concat();
            datagram.clear();
            sender.protect(&header, *index, &payload, &mut datagram).expect("it encrypts");
            assert!(!datagram.windows(payload.len()).any(|bytes| bytes == payload), "{meeting:?}: sent in the clear");
            pair.deliver(&datagram);
        }
    }

    for ssrc in [SSRC, OTHER_SSRC] {
        let heard: Vec<&RtpPacket> = pair.theirs.heard.iter().filter(|p| *p.header.ssrc == ssrc).collect();
        assert_eq!(heard.len(), walk.len(), "{meeting:?}: packets that could be decrypted");
        for (packet, (index, n)) in heard.iter().zip(&walk) {
            assert_eq!(&packet.payload[..], [&ssrc.to_be_bytes()[..], &frame(*n)].concat(), "{meeting:?}: {index}");
            assert_eq!(*packet.seq_no, *index);
            assert_eq!(packet.header.sequence_number, *index as u16);
            assert_eq!(packet.header.timestamp, 960 * *n as u32);
            assert_eq!(packet.header.marker, n % 5 == 0);
            assert_eq!(*packet.header.payload_type, OPUS);
            assert_eq!(packet.header.ext_vals.mid, Some(pair.mid));
        }
    }

    // Our own str0m lost nothing by being listened to.
    let ssrc: Ssrc = THEIR_SSRC.into();
    let mut api = pair.theirs.rtc.direct_api();
    let stream = api.stream_tx(&ssrc).expect("their stream");
    stream.write_rtp(RtpWrite::new(OPUS.into(), 1.into(), 960, pair.now, &b"hello"[..]));
    for _ in 0..5 {
        pair.now += Duration::from_millis(20);
        pair.theirs.rtc.handle_input(Input::Timeout(pair.now)).expect("a clean connection");
        pair.settle().expect("a clean connection");
    }
    assert_eq!(pair.ours.heard.iter().map(|p| &p.payload[..]).collect::<Vec<_>>(), [b"hello"]);
}

#[test]
fn every_profile_is_understood_by_a_browser_across_the_wrap_of_the_sequence_number() {
    for profile in PROFILES {
        the_other_side_hears_exactly_what_was_sent(Meeting { profile, ..USUAL });
    }
}

#[test]
fn the_right_half_of_the_keys_is_ours_whoever_calls_first_in_whatever_dtls() {
    for version in [DtlsVersion::Dtls12, DtlsVersion::Dtls13, DtlsVersion::Auto] {
        for active in [false, true] {
            the_other_side_hears_exactly_what_was_sent(Meeting { version, active, ..USUAL });
        }
    }
    // The halves lie elsewhere with the longer salts.
    let profile = SrtpProfile::AES128_CM_SHA1_80;
    the_other_side_hears_exactly_what_was_sent(Meeting { profile, active: true, ..USUAL });
}

#[test]
fn without_a_forced_profile_two_peers_take_the_strongest() {
    let now = start();
    let (ours, tap) = tapped(|provider| config(USUAL.version).set_crypto_provider(provider).build(now));
    let pair = Pair::of(ours, config(USUAL.version).build(now), tap, false, now).connected();
    let sender = pair.tap.sender().expect("keys");
    assert_eq!(format!("{sender:?} {:?}", pair.tap), "Sender(AEAD_AES_256_GCM) KeyTap { open: true }");
}

#[test]
fn two_connections_on_one_thread_have_their_own_keys() {
    let (anna, ben) = (Pair::new(USUAL), Pair::new(USUAL));
    let (mut ben, mut anna) = (ben.connected(), anna.connected());
    let mut for_anna = Vec::new();
    let mut sender = anna.tap.sender().expect("keys");
    sender.protect(&header(SSRC, 0), 0, b"for Anna", &mut for_anna).expect("it encrypts");
    ben.deliver(&for_anna);
    anna.deliver(&for_anna);
    assert_eq!(ben.theirs.heard.len(), 0);
    assert_eq!(anna.theirs.heard.len(), 1);
}

#[test]
fn somebody_with_the_wrong_certificate_gets_no_keys() {
    for version in [DtlsVersion::Dtls12, DtlsVersion::Dtls13] {
        for active in [false, true] {
            let mut pair = Pair::new(Meeting { version, active, ..USUAL });
            let mut stranger = config(version).build(pair.now);
            let fingerprint = stranger.direct_api().local_dtls_fingerprint().clone();
            pair.ours.rtc.direct_api().set_remote_fingerprint(fingerprint);
            assert!(pair.pass(Duration::from_secs(10)).is_err(), "str0m refuses them");
            let _ = pair.pass(Duration::from_secs(10));
            assert!(pair.tap.sender().is_none());
        }
    }
}

#[test]
fn a_provider_that_was_kept_taps_nothing_later() {
    let now = start();
    let (provider, tap) = tapped(|provider| provider);
    let ours = config(USUAL.version).set_crypto_provider(provider).build(now);
    let pair = Pair::of(ours, config(USUAL.version).build(now), tap, false, now).connected();
    assert!(pair.tap.sender().is_none());
}

#[test]
fn a_build_that_panics_leaves_no_tap_behind() {
    let panicked = catch_unwind(AssertUnwindSafe(|| tapped(|_| panic!("no certificate, for example"))));
    assert!(panicked.is_err());
    assert!(NEXT.take().is_none());
}

#[test]
fn of_two_connections_built_inside_one_another_each_has_its_own_tap() {
    let now = start();
    let build = |provider| config(USUAL.version).set_crypto_provider(provider).build(now);
    let ((inner, outer), outer_tap) = tapped(|provider| (tapped(build), build(provider)));
    let (inner, inner_tap) = inner;
    let inner = Pair::of(inner, config(USUAL.version).build(now), inner_tap, false, now).connected();
    assert!(inner.tap.sender().is_some() && outer_tap.sender().is_none());
    let outer = Pair::of(outer, config(USUAL.version).build(now), outer_tap, false, now).connected();
    assert!(outer.tap.sender().is_some());
}

fn hex<const N: usize>(digits: &str) -> [u8; N] {
    let digits: Vec<u8> = digits.bytes().filter(|digit| !digit.is_ascii_whitespace()).collect();
    let byte = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).expect("ASCII"), 16).expect("hexadecimal");
    digits.chunks(2).map(byte).collect::<Vec<_>>().try_into().expect("so many bytes")
}

#[test]
fn session_keys_are_those_of_rfc_3711_appendix_b_3() {
    let srtp = from_feature_flags().srtp_provider;
    let key: [u8; 16] = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
    let salt: [u8; 14] = hex("0EC675AD498AFEEBB6960B3AABE6");
    assert_eq!(derive::<16>(srtp, &key, &salt, LABEL_CIPHER), hex("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(derive::<14>(srtp, &key, &salt, LABEL_SALT), hex("30CBBC08863D8C85D49DB34A9AE1"));
    let authentication =
        hex("CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE E049646C43D9327AD175578EF7227098
         6371C10C9A369AC2F94A8C5FBCDDDC25 6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2");
    assert_eq!(derive::<94>(srtp, &key, &salt, LABEL_AUTHENTICATION), authentication);
}

/// The header, the text and the salt that RFC 7714 16 uses throughout.
const RFC_7714: (Header<'_>, &[u8], &[u8; 12]) = (
    Header { payload_type: 64, marker: false, timestamp: 0x8041_f8d3, ssrc: 0x5501_a0b2, extension: None },
    b"Gallia est omnis divisa in partes tres",
    b"Quid pro quo",
);

#[test]
fn a_packet_under_aes_128_gcm_is_that_of_rfc_7714_16_1_1() {
    let (header, text, salt) = RFC_7714;
    let key = hex("000102030405060708090a0b0c0d0e0f");
    let cipher = from_feature_flags().srtp_provider.aead_aes_128_gcm().create_cipher(key, true);
    let mut out = Vec::new();
    Sender(Cipher::Aes128Gcm { cipher, salt: *salt }).protect(&header, 0xf17b, text, &mut out).expect("it encrypts");
    let packet: [u8; 66] = hex(
        "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf
         8833899d 7f27beb1 6a9152cf 765ee439 0cce",
    );
    assert_eq!(out, packet);
}

#[test]
fn a_packet_under_aes_256_gcm_is_that_of_rfc_7714_16_2_1() {
    let (header, text, salt) = RFC_7714;
    let key = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    let cipher = from_feature_flags().srtp_provider.aead_aes_256_gcm().create_cipher(key, true);
    let mut out = Vec::new();
    Sender(Cipher::Aes256Gcm { cipher, salt: *salt }).protect(&header, 0xf17b, text, &mut out).expect("it encrypts");
    let packet: [u8; 66] = hex(
        "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799
         b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13",
    );
    assert_eq!(out, packet);
}

#[test]
fn an_extension_is_padded_to_whole_words_and_one_that_does_not_fit_is_left_out() {
    let bytes = |id, value| {
        let mut out = b"before".to_vec();
        let header = Header { extension: Some((id, value)), marker: true, ..header(1, 2) };
        header.append(3, &mut out);
        assert_eq!(out[..6], *b"before");
        out.split_off(6)
    };
    const FIXED: [u8; 11] = [0xef, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1];
    let with = |extension: &[u8]| [&[0x90][..], &FIXED, &[0xbe, 0xde], extension].concat();
    assert_eq!(bytes(4, b"0"), with(&[0, 1, 0x40, b'0', 0, 0]));
    assert_eq!(bytes(14, b"aud"), with(&[0, 1, 0xe2, b'a', b'u', b'd']));
    assert_eq!(bytes(1, b"four"), with(&[0, 2, 0x13, b'f', b'o', b'u', b'r', 0, 0, 0]));
    assert_eq!(bytes(1, &[9; 16]), with(&[&[0, 5, 0x1f][..], &[9; 16], &[0; 3]].concat()));

    let without = [&[0x80][..], &FIXED].concat();
    for (id, value) in [(0, &b"a"[..]), (15, b"a"), (4, b""), (4, &[9; 17])] {
        assert_eq!(bytes(id, value), without, "{id} {value:?}");
    }
}

#[test]
fn packets_follow_one_another_in_one_buffer() {
    let pair = Pair::new(Meeting { profile: SrtpProfile::AES128_CM_SHA1_80, ..USUAL }).connected();
    let mut sender = pair.tap.sender().expect("keys");
    let (mut together, mut apart) = (Vec::new(), Vec::new());
    for n in 0..20 {
        let mut alone = Vec::new();
        sender.protect(&header(SSRC, 0), n, &frame(n as usize), &mut together).expect("it encrypts");
        sender.protect(&header(SSRC, 0), n, &frame(n as usize), &mut alone).expect("it encrypts");
        apart.extend(alone);
    }
    assert_eq!(together, apart);
}

#[test]
fn opus_has_the_number_that_these_tests_think() {
    let rtc = Rtc::new(start());
    let opus = rtc.codec_config().find(|params| params.spec().codec == Codec::Opus).expect("Opus");
    assert_eq!(*opus.pt(), OPUS);
}
