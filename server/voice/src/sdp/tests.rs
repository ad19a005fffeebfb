//! Offers that browsers made, and offers that nobody should make.

use super::*;

const CHROMIUM_FIRST: &str = include_str!("../../fixtures/chromium-first.sdp");
const CHROMIUM_MICROPHONE: &str = include_str!("../../fixtures/chromium-microphone.sdp");
const FIREFOX_FIRST: &str = include_str!("../../fixtures/firefox-first.sdp");
const FIREFOX_MICROPHONE: &str = include_str!("../../fixtures/firefox-microphone.sdp");
const FIREFOX_CLOSED: &str = include_str!("../../fixtures/firefox-closed.sdp");
const REAL: [&str; 5] = [CHROMIUM_FIRST, CHROMIUM_MICROPHONE, FIREFOX_FIRST, FIREFOX_MICROPHONE, FIREFOX_CLOSED];
const OUR_FINGERPRINT: &str = "01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:\
                               11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F:20";

/// The least that is an offer: one voice to hear.
const SMALL: &str = "v=0
a=group:BUNDLE 0
a=ice-ufrag:abcd
a=ice-pwd:0123456789abcdef012345
a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff
a=setup:actpass
m=audio 9 UDP/TLS/RTP/SAVPF 111
a=mid:0
a=recvonly
a=rtpmap:111 opus/48000/2
";

fn parse(text: &str) -> Offer {
    Offer::parse(text).unwrap()
}

fn small_with(from: &str, to: &str) -> Result<Offer, SdpError> {
    assert!(SMALL.contains(from), "nothing to change");
    Offer::parse(&SMALL.replace(from, to))
}

fn answer(offer: &Offer, sections: Vec<Use>) -> String {
    let candidates = ["candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host".to_owned()];
    let answer = Answer {
        session: 4711,
        version: 3,
        ufrag: "usus",
        pwd: "ourpasswordourpassword",
        fingerprint: OUR_FINGERPRINT,
        candidates: &candidates,
        sections,
    };
    answer.write(offer)
}

fn voice() -> Use {
    Use::Send { stream: "PA_anna|TR_voice".to_owned(), track: "TR_voice".to_owned(), ssrc: 1234 }
}

fn sections(text: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = text.match_indices("\r\nm=").map(|(at, _)| at + 2).collect();
    starts.push(text.len());
    starts.windows(2).map(|it| &text[it[0]..it[1]]).collect()
}

#[test]
fn chromiums_first_offer_is_understood() {
    let offer = parse(CHROMIUM_FIRST);
    assert_eq!((offer.ice_ufrag.len(), offer.ice_pwd.len(), offer.setup), (4, 24, Setup::ActPass));
    assert!(
        CHROMIUM_FIRST
            .contains(&format!("a=fingerprint:sha-256 {:02X}:{:02X}:", offer.fingerprint[0], offer.fingerprint[1]))
    );
    let kinds: Vec<_> = offer.sections.iter().map(|it| (it.mid.as_str(), it.kind, it.rejected)).collect();
    let expected = [
        ("0", Kind::Audio, false),
        ("1", Kind::Audio, false),
        ("2", Kind::Audio, false),
        ("3", Kind::Video, false),
        ("4", Kind::Video, false),
        ("5", Kind::Video, false),
        ("6", Kind::Application, false),
    ];
    assert_eq!(kinds, expected);
    let slot = &offer.sections[0];
    assert_eq!((slot.direction, slot.opus, slot.red), (Direction::RecvOnly, Some(111), Some(63)));
    assert_eq!((slot.mid_extension, slot.level_extension), (Some(4), Some(1)));
    assert_eq!((&slot.track, slot.ssrc), (&None, None));
    assert_eq!(offer.sections[6].max_message_size, Some(262_144));
}

#[test]
fn a_microphone_is_found_with_its_track_and_ssrc() {
    let offer = parse(CHROMIUM_MICROPHONE);
    let microphone = offer.sections.iter().find(|it| it.direction == Direction::SendOnly).unwrap();
    assert_eq!((microphone.mid.as_str(), microphone.kind), ("7", Kind::Audio));
    assert!(CHROMIUM_MICROPHONE.contains(&format!(" {}\r\n", microphone.track.as_ref().unwrap())));
    assert!(CHROMIUM_MICROPHONE.contains(&format!("a=ssrc:{} cname:", microphone.ssrc.unwrap())));
}

#[test]
fn firefox_offers_without_red_and_with_bundle_only_sections() {
    let offer = parse(FIREFOX_MICROPHONE);
    assert!(FIREFOX_MICROPHONE.contains("m=audio 0 "), "the fixture has no bundle-only section");
    assert!(offer.sections.iter().all(|it| !it.rejected));
    let microphone = offer.sections.iter().find(|it| it.direction == Direction::SendOnly).unwrap();
    assert_eq!((microphone.opus, microphone.red), (Some(109), None));
    // The second one is for csrc-audio-level and has a direction of its own.
    assert_eq!((microphone.mid_extension, microphone.level_extension), (Some(3), Some(1)));
}

#[test]
fn a_section_that_the_browser_closed_stays_closed() {
    let offer = parse(FIREFOX_CLOSED);
    let closed: Vec<_> = offer.sections.iter().filter(|it| it.rejected).map(|it| it.mid.as_str()).collect();
    assert_eq!(closed, ["1"]);
    let text = answer(&offer, vec![Use::Inactive, voice()]);
    assert_eq!(sections(&text)[1], "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=inactive\r\n");
    assert!(text.contains("a=group:BUNDLE 0 2 3 "), "{text}");
}

#[test]
fn the_answers_are_exactly_these() {
    let mut unused = vec![Use::Inactive; 6];
    unused.push(Use::Data);
    let mut used = vec![voice()];
    used.extend_from_slice(&unused[1..]);
    used.push(Use::Receive);
    let first = answer(&parse(CHROMIUM_FIRST), unused);
    assert_eq!(first, include_str!("../../fixtures/chromium-first.answer.sdp"));
    let microphone = answer(&parse(CHROMIUM_MICROPHONE), used.clone());
    assert_eq!(microphone, include_str!("../../fixtures/chromium-microphone.answer.sdp"));
    let firefox = answer(&parse(FIREFOX_MICROPHONE), used);
    assert_eq!(firefox, include_str!("../../fixtures/firefox-microphone.answer.sdp"));
}

#[test]
fn every_answer_has_the_sections_of_its_offer_and_can_be_read_back() {
    for text in REAL {
        let offer = parse(text);
        let answer = answer(&offer, vec![Use::Inactive; offer.sections.len()]);
        assert_eq!(sections(&answer).len(), sections(text).len());
        let read = parse(&answer);
        let mids = |offer: &Offer| offer.sections.iter().map(|it| it.mid.clone()).collect::<Vec<_>>();
        assert_eq!(mids(&read), mids(&offer));
    }
}

#[test]
fn no_answer_asks_for_feedback_that_costs() {
    for text in REAL {
        let answer = answer(&parse(text), vec![voice()]);
        assert!(!answer.contains("rtcp-fb") && !answer.contains("transport-wide"), "{answer}");
    }
}

#[test]
fn a_use_against_the_wish_of_the_browser_leaves_the_section_unused() {
    let offer = parse(CHROMIUM_MICROPHONE);
    // It wants to hear in the first, to be heard in the last; the fourth is video, the seventh the data channels.
    let wishes = vec![Use::Receive, Use::Data, Use::Refused, voice(), Use::Receive, Use::Data, Use::Inactive, voice()];
    let text = answer(&offer, wishes);
    let got: Vec<(bool, bool)> =
        sections(&text).iter().map(|it| (it.contains(" 9 UDP"), it.contains("a=inactive"))).collect();
    let (unused, refused, no_data) = ((true, true), (false, true), (false, false));
    assert_eq!(got, [unused, unused, refused, unused, unused, unused, no_data, unused]);
    assert!(!text.contains("msid"), "{text}");
}

#[test]
fn a_section_for_both_ways_is_used_in_either() {
    let offer = small_with("a=recvonly", "a=sendrecv\na=msid:- cid\na=ssrc:99 cname:x\na=ssrc:100 cname:x").unwrap();
    assert_eq!((offer.sections[0].track.as_deref(), offer.sections[0].ssrc), (Some("cid"), Some(99)));
    assert!(answer(&offer, vec![Use::Receive]).contains("a=recvonly\r\n"));
    assert!(answer(&offer, vec![voice()]).contains("a=sendonly\r\n"));
}

#[test]
fn whoever_waits_for_the_handshake_gets_it_begun() {
    let ours = |setup: &str| {
        let offer = small_with("setup:actpass", setup).unwrap();
        (offer.dtls_active(), answer(&offer, vec![]).contains("a=setup:active\r\n"))
    };
    assert_eq!(ours("setup:passive"), (true, true));
    assert_eq!(ours("setup:actpass"), (false, false));
    assert_eq!(ours("setup:active"), (false, false));
    assert_eq!(small_with("setup:actpass", "setup:holdconn"), Err(SdpError::Setup));
    assert_eq!(small_with("a=setup:actpass\n", ""), Err(SdpError::Setup));
}

#[test]
fn the_first_section_of_the_bundle_speaks_for_all() {
    let offer = small_with("a=mid:0", "a=mid:0\na=ice-ufrag:efgh\na=setup:active").unwrap();
    assert_eq!((offer.ice_ufrag.as_str(), offer.setup), ("efgh", Setup::Active));
}

#[test]
fn candidates_stand_once_in_the_first_section_that_is_accepted() {
    let text = answer(&parse(CHROMIUM_FIRST), vec![Use::Refused]);
    let with: Vec<usize> =
        sections(&text).iter().enumerate().filter(|(_, it)| it.contains("a=candidate:1 ")).map(|(at, _)| at).collect();
    assert_eq!(with, [1]);
}

#[test]
fn red_counts_only_around_the_opus_that_is_used() {
    let with = |fmtp: &str| {
        let lines = format!("a=rtpmap:63 red/48000/2\na=fmtp:63 {fmtp}\na=rtpmap:111 OPUS/48000/2");
        let offer = SMALL.replace("SAVPF 111", "SAVPF 111 63").replace("a=rtpmap:111 opus/48000/2", &lines);
        (parse(&offer).sections[0].opus, parse(&offer).sections[0].red)
    };
    assert_eq!(with("111/111"), (Some(111), Some(63)));
    assert_eq!(with("96/96"), (Some(111), None));
}

#[test]
fn a_section_with_nothing_for_us_is_refused() {
    let rejected = |from: &str, to: &str| small_with(from, to).unwrap().sections[0].rejected;
    assert!(!rejected("audio 9", "audio 9"));
    assert!(rejected("audio 9", "audio 0"));
    assert!(rejected("opus/48000/2", "PCMU/8000"));
    assert!(rejected("UDP/TLS/RTP/SAVPF", "RTP/AVP"));
    // A payload type whose packets would look like RTCP.
    assert!(rejected("111", "72"));
    let beside = SMALL.to_owned() + "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:1\na=rtpmap:111 opus/48000/2\n";
    assert!(parse(&beside).sections[1].rejected, "it is not in the bundle");
    let old = SMALL.to_owned() + "m=application 9 DTLS/SCTP 5000\na=mid:1\na=sctpmap:5000 webrtc-datachannel 1024\n";
    assert!(parse(&old.replace("BUNDLE 0", "BUNDLE 0 1")).sections[1].rejected);
}

#[test]
fn video_is_answered_with_vp8_or_else_with_what_comes_first() {
    let offer = |formats: &str, maps: &str| {
        let video = format!("m=video 9 UDP/TLS/RTP/SAVPF {formats}\na=mid:v\n{maps}");
        parse(&(SMALL.replace("BUNDLE 0", "BUNDLE 0 v") + &video))
    };
    let both = offer("98 96", "a=rtpmap:98 VP9/90000\na=fmtp:98 profile-id=0\na=rtpmap:96 VP8/90000\n");
    assert!(answer(&both, vec![]).contains("SAVPF 96\r\n"));
    let one = answer(&offer("98", "a=rtpmap:98 VP9/90000\na=fmtp:98 profile-id=0\n"), vec![]);
    assert!(one.contains("a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\n"), "{one}");
    // What is repeated cannot begin a line of its own.
    let sly = offer("98", "a=rtpmap:98 VP9/90000\ra=candidate:evil\n");
    assert!(sly.sections[1].rejected);
    assert!(!answer(&sly, vec![]).contains("evil"));
}

#[test]
fn what_makes_no_sense_is_refused_with_the_reason() {
    let refused = |from: &str, to: &str| small_with(from, to).unwrap_err();
    assert_eq!(refused("v=0", "v=1"), SdpError::NotSdp);
    assert_eq!(Offer::parse(""), Err(SdpError::NotSdp));
    assert_eq!(refused("m=audio", "m=smell"), SdpError::Section);
    assert_eq!(refused("audio 9", "audio 99999"), SdpError::Section);
    assert_eq!(refused(" 9 UDP/TLS/RTP/SAVPF 111", ""), SdpError::Section);
    assert_eq!(refused("a=mid:0\n", ""), SdpError::Mid);
    assert_eq!(refused("mid:0", "mid:12345678901234567"), SdpError::Mid);
    // str0m would take it for a_b.
    assert_eq!(refused("mid:0", "mid:a-b"), SdpError::Mid);
    assert_eq!(refused("a=group:BUNDLE 0\n", ""), SdpError::Bundle);
    assert_eq!(refused("BUNDLE 0", "BUNDLE 7"), SdpError::Bundle);
    assert_eq!(refused("BUNDLE 0", "BUNDLE"), SdpError::Bundle);
    assert_eq!(refused("ufrag:abcd", "ufrag:abc"), SdpError::Ice);
    assert_eq!(refused("ufrag:abcd", "ufrag:ab cd"), SdpError::Ice);
    assert_eq!(refused("0123456789abcdef012345", "short"), SdpError::Ice);
    assert_eq!(refused("sha-256", "sha-1"), SdpError::Fingerprint);
    assert_eq!(refused("00:11", "0:11"), SdpError::Fingerprint);
    assert_eq!(refused("00:11", "11"), SdpError::Fingerprint);
    assert_eq!(refused("00:11", "00:00:11"), SdpError::Fingerprint);
    assert_eq!(refused("00:11", "+0:11"), SdpError::Fingerprint);
    let twice = SMALL.to_owned() + &SMALL[SMALL.find("m=").unwrap()..];
    assert_eq!(Offer::parse(&twice), Err(SdpError::Mid));
}

#[test]
fn an_offer_without_end_is_refused() {
    let section = |n: usize| format!("m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:x{n}\n");
    let more = |n: usize| SMALL.to_owned() + &(1..n).map(section).collect::<String>();
    assert!(Offer::parse(&more(SECTION_LIMIT)).is_ok());
    assert_eq!(Offer::parse(&more(SECTION_LIMIT + 1)), Err(SdpError::TooManySections));
    let line = |length: usize| format!("{SMALL}a={}\n", "x".repeat(length));
    assert!(Offer::parse(&line(LINE_LIMIT - 2)).is_ok());
    assert_eq!(Offer::parse(&line(LINE_LIMIT - 1)), Err(SdpError::LineTooLong));
    let text = |length: usize| SMALL.to_owned() + &"\n".repeat(length - SMALL.len());
    assert!(Offer::parse(&text(TEXT_LIMIT)).is_ok());
    assert_eq!(Offer::parse(&text(TEXT_LIMIT + 1)), Err(SdpError::TooLong));
}

#[test]
fn a_full_room_fits_into_the_limits() {
    // The longest audio section there is: a microphone of Chromium.
    let longest = sections(CHROMIUM_MICROPHONE).last().unwrap().len();
    assert!(TEXT_LIMIT > CHROMIUM_FIRST.len() + longest * 500, "{longest}");
}

mod whatever_comes {
    use super::*;
    use proptest::prelude::*;

    /// What a text can be put together from so that it is nearly an offer.
    fn piece() -> impl Strategy<Value = String> {
        let lines: Vec<String> = REAL.iter().flat_map(|it| it.lines()).map(str::to_owned).collect();
        prop_oneof![
            8 => prop::sample::select(lines),
            1 => "[a-z]=.{0,40}",
            1 => (0..300u16, 0..20u8).prop_map(|(pt, id)| format!("a=rtpmap:{pt} red/48000/2\r\na=extmap:{id} urn:x")),
            1 => Just("m=audio 9 UDP/TLS/RTP/SAVPF 111".to_owned()),
        ]
    }

    /// What must hold is said there.
    fn check(text: &str) {
        crate::fuzzing::sdp(text.as_bytes());
    }

    proptest! {
        #[test]
        fn lines_in_any_order_never_break_the_reader(lines in prop::collection::vec(piece(), 0..60)) {
            check(&format!("v=0\r\n{}", lines.join("\r\n")));
        }

        #[test]
        fn a_real_offer_with_lines_missing_doubled_or_changed_is_read_or_refused(
            which in 0..REAL.len(),
            edits in prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(piece())), 0..8),
        ) {
            let mut lines: Vec<String> = REAL[which].lines().map(str::to_owned).collect();
            for (at, edit) in edits {
                let at = at.index(lines.len() - 1) + 1;
                match edit {
                    Some(line) => lines.insert(at, line),
                    None => { lines.remove(at); }
                }
            }
            check(&lines.join("\r\n"));
        }

        #[test]
        fn any_text_at_all_is_read_or_refused(text in "(?s).{0,400}") {
            check(&text);
            check(&format!("v=0\n{text}"));
        }
    }
}
