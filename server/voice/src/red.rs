//! Opus in RED (RFC 2198): a packet that repeats the frames before its own, so that a lost packet is no lost sound.
//!
//! A payload is one header for each block, then the blocks, the newest last. The header of an older block has four
//! bytes: a bit that says more follow, 7 bits of payload type, 14 of time before the newest, 10 of length. That of the
//! newest has one: the payload type.

use std::ops::Range;

/// More blocks than anybody sends.
const BLOCKS: usize = 8;
/// The bit of a block's header that says it is not the last one.
const FOLLOWED: u8 = 0x80;
/// How long the header of a followed block is.
const HEADER: usize = 4;

/// The newest frame, for a receiver who has no RED. `None` if this is no RED or that frame is empty.
pub(crate) fn primary(payload: &[u8]) -> Option<&[u8]> {
    payload.get(layout(payload)?.primary)
}

/// Appends the same blocks under another payload type, for a receiver whose Opus has the number `opus`, below 128.
///
/// `None` if this is no RED or its newest frame is empty; then `out` is as it was.
pub(crate) fn with_payload_type(payload: &[u8], opus: u8, out: &mut Vec<u8>) -> Option<()> {
    let older = layout(payload)?.older;
    if opus >= FOLLOWED {
        return None;
    }
    let start = out.len();
    out.extend_from_slice(payload);
    let headers = out.get_mut(start..)?;
    for block in 0..=older {
        let first = headers.get_mut(block * HEADER)?;
        *first = *first & FOLLOWED | opus;
    }
    Some(())
}

/// Where things are in a payload.
struct Layout {
    /// How many blocks precede the newest.
    older: usize,
    /// The newest block.
    primary: Range<usize>,
}

fn layout(payload: &[u8]) -> Option<Layout> {
    let (mut older, mut repeated) = (0, 0);
    while payload.get(older * HEADER)? & FOLLOWED != 0 {
        let high = payload.get(older * HEADER + 2)?;
        let low = payload.get(older * HEADER + 3)?;
        repeated += usize::from(u16::from_be_bytes([*high, *low]) & 0x3ff);
        older += 1;
        if older == BLOCKS {
            return None;
        }
    }
    let start = older * HEADER + 1 + repeated;
    (start < payload.len()).then_some(Layout { older, primary: start..payload.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a browser would send: each older block with its distance in time, then the newest.
    fn red(payload_type: u8, older: &[(u16, &[u8])], newest: &[u8]) -> Vec<u8> {
        let mut payload = Vec::new();
        for (ago, block) in older {
            payload.push(0x80 | payload_type);
            let rest = u32::from(*ago) << 10 | block.len() as u32;
            payload.extend_from_slice(&rest.to_be_bytes()[1..]);
        }
        payload.push(payload_type);
        older.iter().for_each(|(_, block)| payload.extend_from_slice(block));
        payload.extend_from_slice(newest);
        payload
    }

    fn rewritten(payload: &[u8], opus: u8) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        with_payload_type(payload, opus, &mut out).map(|()| out)
    }

    #[test]
    fn the_newest_frame_comes_out_of_a_packet_written_by_hand() {
        // Opus is 111. 960 ticks ago (20 ms) there were 3 bytes; now there are 2.
        let payload = [0xef, 0x0f, 0x00, 0x03, 0x6f, b'o', b'l', b'd', b'h', b'i'];
        assert_eq!(red(111, &[(960, b"old")], b"hi"), payload);
        assert_eq!(primary(&payload), Some(&b"hi"[..]));
    }

    #[test]
    fn the_first_packet_repeats_nothing_and_is_understood_too() {
        assert_eq!(primary(&red(111, &[], b"first")), Some(&b"first"[..]));
        assert_eq!(rewritten(&red(111, &[], b"first"), 96), Some(red(96, &[], b"first")));
    }

    #[test]
    fn a_receiver_with_another_number_for_opus_gets_the_same_blocks_at_the_same_times() {
        let loud = [0xff; 1023];
        let older: [(u16, &[u8]); 3] = [(2880, &[]), (1920, &loud), (960, b"old")];
        let payload = red(111, &older, b"hi");
        let mut out = b"before".to_vec();
        assert_eq!(with_payload_type(&payload, 96, &mut out), Some(()));
        assert_eq!(out, [&b"before"[..], &red(96, &older, b"hi")].concat());
        assert_eq!(primary(&payload), Some(&b"hi"[..]));
    }

    #[test]
    fn what_is_not_red_leaves_no_trace() {
        let mut announces_more = red(111, &[(960, b"old")], b"hi");
        announces_more[3] = 200;
        let too_many: Vec<(u16, &[u8])> = vec![(960, b"x"); BLOCKS];
        let no_frame = red(111, &[(960, b"old")], b"");
        for payload in [&[][..], &[0x6f], &[0xef, 0x0f], &announces_more, &red(111, &too_many, b"hi"), &no_frame] {
            let mut out = b"before".to_vec();
            assert_eq!(primary(payload), None, "{payload:02x?}");
            assert_eq!(with_payload_type(payload, 96, &mut out), None, "{payload:02x?}");
            assert_eq!(out, b"before");
        }
        assert_eq!(rewritten(&red(111, &[], b"hi"), 128), None, "there is no payload type 128");
        assert_eq!(primary(&red(111, &too_many[1..], b"hi")), Some(&b"hi"[..]), "one fewer is allowed");
    }

    fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), 0..most)
    }

    proptest! {
        /// Whatever comes: both agree on whether it is RED, and rewriting changes neither length nor frames.
        #[test]
        fn hostile_payloads_are_refused_or_kept_whole(
            mut payload in bytes(80),
            headers in 0_usize..10,
            short in any::<bool>(),
            opus in 0_u8..128,
        ) {
            // Plain random bytes would hardly ever get past the first header.
            for block in 0..headers {
                if let Some([first, _, high, low]) = payload.get_mut(block * 4..block * 4 + 4) {
                    *first |= 0x80;
                    if short {
                        (*high, *low) = (*high & !3, *low & 7);
                    }
                }
            }
            if let Some(last) = payload.get_mut(headers * 4) {
                *last &= 0x7f;
            }
            let newest = payload.chunks(4).position(|header| header[0] & 0x80 == 0);
            let out = rewritten(&payload, opus);
            prop_assert_eq!(out.is_some(), primary(&payload).is_some());
            if let Some(out) = out {
                prop_assert_eq!(out.len(), payload.len());
                prop_assert_eq!(primary(&out), primary(&payload));
                let newest = newest.expect("RED has a last header") * 4;
                prop_assert_eq!(out[newest], opus);
                prop_assert_eq!(&out[newest + 1..], &payload[newest + 1..]);
            }
        }

        /// What was packed is what comes out, and a change of number can be taken back.
        #[test]
        fn a_packet_survives_a_change_of_number_and_back(
            older in prop::collection::vec((0_u16..1 << 14, bytes(1024)), 0..BLOCKS),
            mut newest in bytes(400),
            (theirs, ours) in (0_u8..128, 0_u8..128),
        ) {
            newest.push(1);
            let older: Vec<(u16, &[u8])> = older.iter().map(|(ago, block)| (*ago, &block[..])).collect();
            let payload = red(theirs, &older, &newest);
            prop_assert_eq!(primary(&payload), Some(&newest[..]));
            let there = rewritten(&payload, ours).expect("it is RED");
            prop_assert_eq!(&there, &red(ours, &older, &newest));
            prop_assert_eq!(rewritten(&there, theirs).expect("it still is"), payload);
        }
    }
}
