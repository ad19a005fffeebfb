//! The participant without a server and without waiting: time is what the test says it is.

use std::net::SocketAddr;
use std::time::{Duration, Instant};
use voice_client::proto::{
    JoinResponse, ParticipantInfo, SignalResponse, signal_request, signal_response::Message as Response,
};
use voice_client::{Event, Options, Output, Participant, Transport};

fn options() -> Options {
    Options::browser(SocketAddr::from(([127, 0, 0, 1], 4000)), Transport::Udp)
}

#[expect(clippy::disallowed_methods, reason = "some moment has to be the first")]
fn beginning() -> Instant {
    Instant::now()
}

fn joined(participant: &mut Participant, now: Instant) {
    let join = JoinResponse {
        participant: Some(ParticipantInfo { sid: "PA_us".into(), ..ParticipantInfo::default() }),
        ping_interval: 5,
        ping_timeout: 12,
        ..JoinResponse::default()
    };
    participant.handle_signal(now, SignalResponse { message: Some(Response::Join(join)) });
}

/// What comes out until this moment, with the moment.
fn until(participant: &mut Participant, begin: Instant, end: Duration) -> Vec<(Duration, Output)> {
    let mut now = begin;
    let mut came = Vec::new();
    loop {
        match participant.poll(now) {
            Output::Timeout(next) if next > begin + end => return came,
            Output::Timeout(next) => now = next.max(now),
            output => came.push((now - begin, output)),
        }
    }
}

#[test]
fn the_first_offer_is_like_that_of_a_browser() {
    let (_, join) = Participant::new(beginning(), options());
    let offer = join.publisher_offer.expect("the offer is in the join request");
    assert_eq!((offer.id, offer.r#type.as_str()), (1, "offer"));
    let kinds: Vec<&str> = offer.sdp.lines().filter_map(|line| line.strip_prefix("m=")?.split(' ').next()).collect();
    assert_eq!(kinds, ["audio", "audio", "audio", "video", "video", "video", "application"]);
    assert_eq!(offer.sdp.matches("a=recvonly").count(), 6);
    assert!(!offer.sdp.contains("a=ssrc") && !offer.sdp.contains("a=candidate"), "{}", offer.sdp);
    assert!(offer.sdp.contains("a=rtpmap:63 red/48000/2"), "{}", offer.sdp);

    let (mut later, join) = Participant::new(beginning(), Options { offer_with_join: false, ..options() });
    assert_eq!(join.publisher_offer, None);
    joined(&mut later, beginning());
    let Output::Signal(request) = later.poll(beginning()) else { panic!("not a message") };
    let Some(signal_request::Message::Offer(offer)) = request.message else { panic!("{request:?}") };
    assert_eq!(offer.id, 1);
}

#[test]
fn a_silent_server_is_pinged_and_then_given_up() {
    let begin = beginning();
    let (mut participant, _) = Participant::new(begin, options());
    joined(&mut participant, begin);
    assert_eq!(participant.sid(), Some("PA_us"));
    let came = until(&mut participant, begin, Duration::from_secs(13));

    let pings: Vec<u64> = came
        .iter()
        .filter(|(_, output)| {
            matches!(output, Output::Signal(request) if matches!(request.message, Some(signal_request::Message::PingReq(_))))
        })
        .map(|(at, _)| at.as_secs())
        .collect();
    assert_eq!(pings[..2], [5, 10]);
    let lost = came.iter().find(|(_, output)| matches!(output, Output::Event(Event::SignalLost)));
    assert_eq!(lost.expect("given up").0, Duration::from_secs(12));

    let join = participant.resume(begin + Duration::from_secs(13));
    assert_eq!((join.reconnect, join.participant_sid.as_str()), (true, "PA_us"));
    assert_eq!(join.publisher_offer, None);
}

#[test]
fn who_finds_no_way_for_audio_gives_up_in_the_end() {
    let begin = beginning();
    let (mut participant, _) = Participant::new(begin, options());
    let join = JoinResponse::default();
    participant.handle_signal(begin, SignalResponse { message: Some(Response::Join(join)) });
    let came = until(&mut participant, begin, Duration::from_secs(60));
    let failed = came.iter().find(|(_, output)| matches!(output, Output::Event(Event::Failed(_))));
    assert_eq!(failed.expect("gave up").0, Duration::from_secs(15));
}

#[test]
fn nothing_but_an_answer_to_our_coming_is_listened_to_at_first() {
    let now = beginning();
    let (mut participant, _) = Participant::new(now, options());
    participant.handle_signal(now, SignalResponse { message: Some(Response::RefreshToken("early".into())) });
    participant.handle_signal(now, SignalResponse { message: None });
    assert_eq!(participant.sid(), None);
    let came = until(&mut participant, now, Duration::ZERO);
    assert!(came.is_empty(), "{came:?}");
}

#[test]
fn datagrams_that_are_nothing_change_nothing() {
    let now = beginning();
    let (mut participant, _) = Participant::new(now, options());
    let (server, us) = (SocketAddr::from(([127, 0, 0, 1], 5000)), SocketAddr::from(([127, 0, 0, 1], 4000)));
    for bytes in [&b""[..], b"\0", b"hello", &[0x80; 12], &[0x16; 40], &[0; 20], &[0xff; 2000]] {
        participant.handle_datagram(now, Transport::Udp, server, us, bytes);
    }
    let came = until(&mut participant, now, Duration::ZERO);
    assert!(came.is_empty(), "{came:?}");
}
