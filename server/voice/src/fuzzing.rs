//! What the fuzzer throws bytes at, and what must hold whatever they are. The tests throw their own.

use crate::RoomLimits;
use crate::framing::{FRAME_LIMIT, Frames, TooLong};
use crate::join::unpack;
use crate::link::Link;
use crate::names;
use crate::names::PersonId;
use crate::out::{Out, Route};
use crate::peer::Host;
use crate::room::{Arrival, Now, Room, Surroundings};
use crate::sdp::{Answer, Offer, Use};
use crate::stun::{self, Kind};
use crate::token::{Ticket, Tokens};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use livekit_api::access_token::VideoGrants;
use livekit_protocol::WrappedJoinRequest;
use prost::Message as _;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// A join request as it stands in an address, or what is inside one of its wrappings.
pub fn join_request(bytes: &[u8]) {
    const LIMIT: usize = 64 * 1024;
    let check = |text: &str| {
        if let Ok(request) = unpack(text, LIMIT) {
            assert!(request.publisher_offer.is_none_or(|it| it.sdp.len() <= LIMIT));
        }
    };
    if let Ok(text) = str::from_utf8(bytes) {
        check(text);
    }
    check(&URL_SAFE.encode(bytes));
    for compression in [0, 1] {
        let wrapped = WrappedJoinRequest { compression, join_request: bytes.to_vec() };
        check(&URL_SAFE.encode(wrapped.encode_to_vec()));
    }
}

/// An offer. One that is read has an answer, whatever its sections are used for, and the answer can be read too.
pub fn sdp(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(offer) = Offer::parse(text) else { return };
    let send = Use::Send { stream: "PA_a|TR_b".to_owned(), track: "TR_b".to_owned(), ssrc: 1234 };
    for usage in [Use::Inactive, Use::Receive, send, Use::Data, Use::Refused] {
        let answer = Answer {
            session: u64::MAX,
            version: 1,
            ufrag: "usus",
            pwd: "ourpasswordourpassword",
            fingerprint: &["AB"; 32].join(":"),
            candidates: &["candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host".to_owned()],
            sections: vec![usage; offer.sections.len()],
        };
        let text = answer.write(&offer);
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert!(lines.iter().all(|it| it.get(1..2) == Some("=") && !it.contains(['\r', '\n'])), "{text}");
        assert_eq!(lines.iter().filter(|it| it.starts_with("m=")).count(), offer.sections.len());
        if text.contains("a=group:BUNDLE") {
            let read = Offer::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert!(read.sections.iter().map(|it| &it.mid).eq(offer.sections.iter().map(|it| &it.mid)));
        } else {
            assert!(lines.iter().all(|it| !it.starts_with("m=") || it.contains(" 0 ")), "{text}");
        }
    }
}

/// A stream of framed datagrams, cut into pieces as long as the first byte says. However it is cut, the same comes out.
pub fn tcp_framing(bytes: &[u8]) {
    let Some((piece, stream)) = bytes.split_first() else { return };
    let mut frames = Frames::default();
    let mut found = Vec::new();
    let mut failed = false;
    for piece in stream.chunks(usize::from(*piece) + 1) {
        frames.push(piece);
        loop {
            match frames.next() {
                Ok(Some(datagram)) => found.push(datagram.to_vec()),
                Ok(None) => break,
                Err(TooLong) => {
                    failed = true;
                    break;
                }
            }
        }
    }

    let mut expected = Vec::new();
    let mut too_long = false;
    let mut rest = stream;
    while let Some((head, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*head));
        too_long = length > FRAME_LIMIT;
        let Some(datagram) = after.get(..length).filter(|_| !too_long) else { break };
        expected.extend((length > 0).then(|| datagram.to_vec()));
        rest = &after[length..];
    }
    assert_eq!((found, failed), (expected, too_long));
}

/// A datagram, as it comes in on the port that everybody shares.
pub fn stun(bytes: &[u8]) {
    let kind = stun::classify(bytes);
    if let Some(ufrag) = stun::local_ufrag(bytes) {
        assert_eq!(kind, Kind::Stun);
        let before_colon = [ufrag.as_bytes(), b":"].concat();
        assert!(bytes.windows(before_colon.len()).any(|it| it == before_colon));
    }
}

/// What comes in at the media port for somebody who joined: pieces of `bytes`, each behind what it is and its length.
/// Whatever strangers send in somebody's name, they stay in the room.
pub fn datagrams(bytes: &[u8]) {
    static HOST: LazyLock<Host> = LazyLock::new(|| {
        let address = SocketAddr::from(([127, 0, 0, 1], 7882));
        Host::new(vec![address], vec![address], 1_000_000).expect("a certificate")
    });
    #[expect(clippy::disallowed_methods, reason = "time has to begin somewhere")]
    let began = Instant::now();
    let mut now = Now { instant: began, unix_ms: 0 };
    let around = Surroundings {
        host: HOST.clone(),
        tokens: Tokens::new("key", &"secret ".repeat(6)),
        ice_servers: vec![],
        shard: names::shard_letter(0),
    };
    let limits = RoomLimits { people: 2, empty_for: Duration::from_secs(90), departed_for: Duration::from_secs(20) };
    let mut room = Room::new("room".to_owned(), "RM_1".to_owned(), limits, now);
    let grants = VideoGrants { room_join: true, room: "room".to_owned(), ..VideoGrants::default() };
    let ticket = Ticket { room: "room".to_owned(), identity: "somebody".to_owned(), name: String::new(), grants };
    let request = unpack(include_str!("../fixtures/chromium.join").trim(), 256 * 1024).expect("a join request");
    let offer = request.publisher_offer.as_ref().and_then(|offer| Offer::parse(&offer.sdp).ok()).expect("an offer");
    let (link, _frames) = Link::new(1);
    let mut out = Out::default();
    room.join(&around, now, PersonId(1), Arrival { ticket, request, link }, &mut out);

    let mut rest = bytes;
    while let Some(([what, length], after)) = rest.split_first_chunk::<2>() {
        let (piece, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        let from = SocketAddr::from(([127, 0, 0, 1], 40_000 + u16::from(what >> 6)));
        let from = if what & 8 == 0 { Route::Udp(from) } else { Route::Tcp(from) };
        match what & 3 {
            // Only who has the password can sign; these come from the browser itself, which may be odd, too.
            0 => {
                let Some(ours) = room.credentials(PersonId(1)) else { break };
                let name = format!("{}:{}", ours.ufrag, offer.ice_ufrag);
                let signed = binding_request(&name, &ours.pass, piece);
                room.receive(&around, now, PersonId(1), from, &signed, &mut out);
            }
            1 => now.instant += Duration::from_millis(u64::from(*length) * 16),
            _ => room.receive(&around, now, PersonId(1), from, piece, &mut out),
        }
        room.advance(&around, now, &mut out);
        out.datagrams.clear();
    }
    // Who says nothing for longer leaves, as they should.
    let patience = Duration::from_secs(15);
    assert!(now.instant - began > patience || !room.participants().is_empty());
}

/// A binding request signed with `password`: its priority, whether it nominates, and more attributes are in `piece`.
pub(crate) fn binding_request(username: &str, password: &str, piece: &[u8]) -> Vec<u8> {
    fn attribute(kind: u16, value: &[u8], message: &mut Vec<u8>) {
        message.extend_from_slice(&kind.to_be_bytes());
        message.extend_from_slice(&(value.len() as u16).to_be_bytes());
        message.extend_from_slice(value);
        message.resize(message.len().next_multiple_of(4), 0);
    }
    let (priority, rest) = piece.split_first_chunk::<4>().unwrap_or((&[0; 4], piece));
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.resize(20, 7);
    attribute(0x0006, username.as_bytes(), &mut message);
    attribute(0x0024, priority, &mut message);
    attribute(0x802a, &[1; 8], &mut message);
    if priority[0] & 1 == 1 {
        attribute(0x0025, &[], &mut message);
    }
    message.extend_from_slice(&rest[..rest.len() / 4 * 4]);
    // The length covers the signature, the signature everything before it (RFC 8489, 14.5).
    let length = (message.len() - 20 + 24) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    let hmac = str0m::crypto::from_feature_flags().sha1_hmac_provider;
    let signature = hmac.sha1_hmac(password.as_bytes(), &[&message]);
    attribute(0x0008, &signature, &mut message);
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// So that a seed that finds a fault goes on finding it without the fuzzer.
    fn throw_seeds(target: &str, at: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
        let seeds: Vec<_> = fs::read_dir(folder).unwrap().map(|it| fs::read(it.unwrap().path()).unwrap()).collect();
        assert!(!seeds.is_empty());
        seeds.iter().for_each(|it| at(it));
    }

    #[test]
    fn what_must_hold_holds_for_the_seeds_of_the_fuzzer() {
        throw_seeds("join_request", join_request);
        throw_seeds("sdp", sdp);
        throw_seeds("tcp_framing", tcp_framing);
        throw_seeds("stun", stun);
        throw_seeds("datagrams", datagrams);
    }
}
