//! Unpacks the join request that a client puts into the address of its WebSocket.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::GzDecoder;
use livekit_protocol::wrapped_join_request::Compression;
use livekit_protocol::{JoinRequest, WrappedJoinRequest};
use prost::Message as _;
use std::io::Read as _;

/// Some clients pad, some do not; unused bits at the end are nothing to stumble over.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Which part of a join request was bad. Says nothing of what was in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadJoin {
    #[error("the join request is too long")]
    TooLong,
    #[error("the join request is not base64")]
    Base64,
    #[error("the wrapping of the join request cannot be read")]
    Wrapping,
    #[error("the join request is compressed in an unknown way")]
    Compression,
    #[error("the join request cannot be decompressed")]
    Gzip,
    #[error("the join request cannot be read")]
    Request,
}

/// Reads the `join_request` parameter, of which no more than `limit` bytes may come out.
pub(crate) fn unpack(join_request: &str, limit: usize) -> Result<JoinRequest, BadJoin> {
    // Base64 takes four characters for three bytes; compression never adds more than the wrapping is allowed here.
    if join_request.len() / 4 * 3 > limit.saturating_add(1024) {
        return Err(BadJoin::TooLong);
    }
    let bytes = BASE64.decode(join_request.replace('+', "-").replace('/', "_")).map_err(|_| BadJoin::Base64)?;
    let wrapped = WrappedJoinRequest::decode(bytes.as_slice()).map_err(|_| BadJoin::Wrapping)?;
    let request = match Compression::try_from(wrapped.compression).map_err(|_| BadJoin::Compression)? {
        Compression::None => wrapped.join_request,
        Compression::Gzip => inflate(&wrapped.join_request, limit)?,
    };
    if request.len() > limit {
        return Err(BadJoin::TooLong);
    }
    JoinRequest::decode(request.as_slice()).map_err(|_| BadJoin::Request)
}

/// Stops one byte after `limit`, whatever would still come.
fn inflate(bytes: &[u8], limit: usize) -> Result<Vec<u8>, BadJoin> {
    let mut inflated = Vec::new();
    let beyond = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    GzDecoder::new(bytes).take(beyond).read_to_end(&mut inflated).map_err(|_| BadJoin::Gzip)?;
    Ok(inflated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
    use flate2::Compression as Level;
    use flate2::write::GzEncoder;
    use livekit_protocol::ConnectionSettings;
    use proptest::prelude::*;
    use std::io::Write as _;

    const CHROMIUM: &str = include_str!("../fixtures/chromium.join");
    const FIREFOX: &str = include_str!("../fixtures/firefox.join");
    const LIMIT: usize = 64 * 1024;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Level::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn wrap(compression: i32, join_request: Vec<u8>) -> Vec<u8> {
        WrappedJoinRequest { compression, join_request }.encode_to_vec()
    }

    fn request(metadata: &str) -> Vec<u8> {
        let settings = ConnectionSettings { auto_subscribe: true, ..Default::default() };
        let request =
            JoinRequest { connection_settings: Some(settings), metadata: metadata.to_owned(), ..Default::default() };
        request.encode_to_vec()
    }

    fn unpacked(bytes: &[u8]) -> Result<JoinRequest, BadJoin> {
        unpack(&URL_SAFE.encode(bytes), LIMIT)
    }

    #[test]
    fn chromium_joins_with_its_offer() {
        let request = unpack(CHROMIUM, LIMIT).unwrap();
        assert!(request.connection_settings.unwrap().auto_subscribe);
        let offer = request.publisher_offer.unwrap();
        assert_eq!((offer.r#type.as_str(), offer.id), ("offer", 1));
        let sections = crate::sdp::Offer::parse(&offer.sdp).unwrap().sections;
        assert_eq!(sections.len(), 7);
    }

    #[test]
    fn firefox_joins_without_an_offer() {
        let request = unpack(FIREFOX, LIMIT).unwrap();
        assert!(request.client_info.is_some() && request.publisher_offer.is_none());
    }

    #[test]
    fn every_way_to_write_base64_is_read() {
        // Long enough for both of the characters that the two alphabets do not share.
        let bytes = wrap(0, request(&"\u{3ff}\u{fff}~~~???".repeat(9)));
        let written = [STANDARD.encode(&bytes), URL_SAFE.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)];
        assert!(written[0].contains('/') && written[0].contains('+') && written[0].ends_with('='), "{}", written[0]);
        for text in written {
            assert!(unpack(&text, LIMIT).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_error_names_the_part_that_is_bad() {
        assert_eq!(unpack("not base64!", LIMIT), Err(BadJoin::Base64));
        assert_eq!(unpacked(&[0xff; 9]), Err(BadJoin::Wrapping));
        assert_eq!(unpacked(&wrap(2, vec![])), Err(BadJoin::Compression));
        assert_eq!(unpacked(&wrap(1, b"not gzip".to_vec())), Err(BadJoin::Gzip));
        let mut cut = gzip(&request("metadata"));
        cut.truncate(20);
        assert_eq!(unpacked(&wrap(1, cut)), Err(BadJoin::Gzip));
        assert_eq!(unpacked(&wrap(0, vec![0xff; 9])), Err(BadJoin::Request));
        assert_eq!(unpacked(&wrap(1, gzip(&[0xff; 9]))), Err(BadJoin::Request));
    }

    #[test]
    fn nothing_comes_out_beyond_the_limit() {
        let bytes = request(&"m".repeat(1000));
        let limit = bytes.len();
        for wrapped in [wrap(0, bytes.clone()), wrap(1, gzip(&bytes))] {
            let text = URL_SAFE.encode(wrapped);
            assert!(unpack(&text, limit).is_ok());
            assert_eq!(unpack(&text, limit - 1), Err(BadJoin::TooLong));
        }
    }

    #[test]
    fn a_bomb_is_not_blown_up() {
        // 10 MB in 10 kB.
        let bomb = gzip(&vec![0; 10_000_000]);
        assert!(bomb.len() < LIMIT / 2);
        assert!(inflate(&bomb, 1000).unwrap().capacity() < 10_000);
        assert_eq!(unpacked(&wrap(1, bomb)), Err(BadJoin::TooLong));
        assert_eq!(unpack(&"A".repeat(10_000_000), LIMIT), Err(BadJoin::TooLong));
    }

    proptest! {
        #[test]
        fn any_text_and_any_bytes_are_read_or_refused(
            text in ".{0,200}",
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            compression in 0..3i32,
        ) {
            let _ = unpack(&text, LIMIT);
            let _ = unpacked(&bytes);
            let _ = unpacked(&wrap(compression, bytes.clone()));
            let _ = unpacked(&wrap(1, gzip(&bytes)));
        }

        #[test]
        fn a_real_request_with_characters_changed_is_read_or_refused(
            changes in prop::collection::vec((any::<prop::sample::Index>(), "[A-Za-z0-9_-]"), 1..4),
        ) {
            let mut text = CHROMIUM.to_owned();
            for (at, character) in changes {
                let at = at.index(text.len());
                text.replace_range(at..=at, &character);
            }
            let _ = unpack(&text, LIMIT);
        }
    }
}
