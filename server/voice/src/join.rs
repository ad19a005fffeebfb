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
