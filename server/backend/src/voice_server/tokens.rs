//! The tokens that let browsers in: the same for every voice server, as LiveKit defined them.

use super::{Identity, TOKEN_TTL, VoiceServerError};
use livekit_api::access_token::{AccessToken, VideoGrants};

/// For one connection: this room, one microphone, no data.
pub(super) fn token(api_key: &str, api_secret: &str, room: &str, who: Identity) -> Result<String, VoiceServerError> {
    let grants = VideoGrants {
        room_join: true,
        room: room.to_owned(),
        can_publish: Some(true),
        can_publish_sources: vec!["microphone".to_owned()],
        can_publish_data: Some(false),
        can_subscribe: Some(true),
        can_update_own_metadata: Some(false),
        ..VideoGrants::default()
    };
    AccessToken::with_api_key(api_key, api_secret)
        .with_identity(&who.to_string())
        .with_grants(grants)
        .with_ttl(TOKEN_TTL)
        .to_jwt()
        .map_err(|error| VoiceServerError(error.to_string()))
}
