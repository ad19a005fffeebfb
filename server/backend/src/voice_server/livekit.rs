//! LiveKit as the voice server: <https://docs.livekit.io/reference/server/server-apis/>.

use super::{ANSWER_WITHIN, Identity, ROOM_LIMIT, TOKEN_TTL, VoiceServer, VoiceServerError};
use async_trait::async_trait;
use domain::Access;
use livekit_api::access_token::{AccessToken, VideoGrants};
use livekit_api::services::room::{CreateRoomOptions, RoomClient};
use livekit_api::services::{ServerError, ServerErrorCode, ServiceError, ServiceResult};
use std::fmt;

/// An empty room waits so long for the first to come, in seconds.
const EMPTY_TIMEOUT: u32 = 90;
/// A room that everybody left waits so long for one to come back, in seconds.
const DEPARTURE_TIMEOUT: u32 = 20;

/// Where LiveKit is, and how to prove who we are.
#[derive(Clone)]
pub struct LiveKitSettings {
    /// `ws://`, `wss://`, `http://` or `https://`. Browsers use the same address.
    pub url: String,
    /// The name of the key.
    pub api_key: String,
    /// The key itself.
    pub api_secret: String,
}

impl fmt::Debug for LiveKitSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveKitSettings")
            .field("url", &self.url)
            .field("api_key", &self.api_key)
            .field("api_secret", &"…")
            .finish()
    }
}

/// A LiveKit server or cluster, or LiveKit Cloud.
pub struct LiveKit {
    rooms: RoomClient,
    settings: LiveKitSettings,
}

impl LiveKit {
    /// Nothing is asked of the server yet.
    #[must_use]
    pub fn new(settings: LiveKitSettings) -> Self {
        let rooms = RoomClient::with_api_key(&settings.url, &settings.api_key, &settings.api_secret)
            .with_request_timeout(ANSWER_WITHIN);
        LiveKit { rooms, settings }
    }
}

/// The library's own timeout is per attempt; this one is for all of them.
async fn in_time<T>(answer: impl Future<Output = ServiceResult<T>>) -> Result<Option<T>, VoiceServerError> {
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(Ok(answer)) => Ok(Some(answer)),
        Ok(Err(ServiceError::Twirp(ServerError::Twirp(e)))) if e.code == ServerErrorCode::NOT_FOUND => Ok(None),
        Ok(Err(error)) => Err(VoiceServerError(error.to_string())),
        Err(_) => Err(VoiceServerError(format!("no answer within {ANSWER_WITHIN:?}"))),
    }
}

#[async_trait]
impl VoiceServer for LiveKit {
    async fn create_room(&self, room: &str) -> Result<(), VoiceServerError> {
        let options = CreateRoomOptions {
            empty_timeout: EMPTY_TIMEOUT,
            departure_timeout: DEPARTURE_TIMEOUT,
            max_participants: ROOM_LIMIT,
            ..CreateRoomOptions::default()
        };
        in_time(self.rooms.create_room(room, options)).await?;
        Ok(())
    }

    async fn delete_room(&self, room: &str) -> Result<(), VoiceServerError> {
        in_time(self.rooms.delete_room(room)).await?;
        Ok(())
    }

    async fn participants(&self, room: &str) -> Result<Vec<Identity>, VoiceServerError> {
        let list = in_time(self.rooms.list_participants(room)).await?.unwrap_or_default();
        Ok(list.iter().filter_map(|participant| participant.identity.parse().ok()).collect())
    }

    async fn remove_participant(&self, room: &str, who: Identity) -> Result<(), VoiceServerError> {
        in_time(self.rooms.remove_participant(room, &who.to_string())).await?;
        Ok(())
    }

    fn access(&self, room: &str, who: Identity) -> Result<Access, VoiceServerError> {
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
        let token = AccessToken::with_api_key(&self.settings.api_key, &self.settings.api_secret)
            .with_identity(&who.to_string())
            .with_grants(grants)
            .with_ttl(TOKEN_TTL)
            .to_jwt()
            .map_err(|error| VoiceServerError(error.to_string()))?;
        Ok(Access { token, url: browser_url(&self.settings.url) })
    }
}

/// Browsers connect by WebSocket.
fn browser_url(url: &str) -> String {
    match url.split_once("://") {
        Some(("http", rest)) => format!("ws://{rest}"),
        Some(("https", rest)) => format!("wss://{rest}"),
        _ => url.to_owned(),
    }
}
