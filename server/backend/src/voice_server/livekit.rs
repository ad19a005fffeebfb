//! LiveKit as the voice server: <https://docs.livekit.io/reference/server/server-apis/>.

use super::{
    ANSWER_WITHIN, DEPARTED_FOR, EMPTY_FOR, Identity, ROOM_LIMIT, VoiceEvent, VoiceEvents, VoiceServer,
    VoiceServerError, VoiceServerKind, Webhooks, from_now_on, in_time, tokens,
};
use crate::Clock;
use async_trait::async_trait;
use domain::Access;
use futures::StreamExt;
use livekit_api::services::room::{CreateRoomOptions, RoomClient};
use livekit_api::services::{ServerError, ServerErrorCode, ServiceError, ServiceResult};
use livekit_protocol::TrackSource;
use std::fmt;
use std::sync::Arc;
use tokio::sync::broadcast;

/// So many events wait to be heard. The first of more are lost: who is there can still be asked.
const EVENTS_AT_MOST: usize = 1024;

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
    events: broadcast::Sender<VoiceEvent>,
}

impl LiveKit {
    /// Nothing is asked of the server yet.
    #[must_use]
    pub fn new(settings: LiveKitSettings) -> Self {
        let rooms = RoomClient::with_api_key(&settings.url, &settings.api_key, &settings.api_secret)
            .with_request_timeout(ANSWER_WITHIN);
        LiveKit { rooms, settings, events: broadcast::channel(EVENTS_AT_MOST).0 }
    }

    /// Takes in what it tells by itself. What comes there, [`VoiceServer::events`] tells.
    #[must_use]
    pub fn webhooks(&self, clock: Arc<dyn Clock>) -> Webhooks {
        Webhooks::new(&self.settings, clock, self.events.clone())
    }
}

/// None if what was spoken of is not there. The library's own timeout is per attempt; this one is for all of them.
async fn found<T>(answer: impl Future<Output = ServiceResult<T>>) -> Result<Option<T>, VoiceServerError> {
    match in_time(answer).await? {
        Ok(answer) => Ok(Some(answer)),
        Err(ServiceError::Twirp(ServerError::Twirp(e))) if e.code == ServerErrorCode::NOT_FOUND => Ok(None),
        Err(error) => Err(VoiceServerError(error.to_string())),
    }
}

#[async_trait]
impl VoiceServer for LiveKit {
    async fn create_room(&self, room: &str) -> Result<(), VoiceServerError> {
        let options = CreateRoomOptions {
            empty_timeout: u32::try_from(EMPTY_FOR.as_secs()).unwrap_or(u32::MAX),
            departure_timeout: u32::try_from(DEPARTED_FOR.as_secs()).unwrap_or(u32::MAX),
            max_participants: ROOM_LIMIT,
            ..CreateRoomOptions::default()
        };
        found(self.rooms.create_room(room, options)).await?;
        Ok(())
    }

    async fn delete_room(&self, room: &str) -> Result<(), VoiceServerError> {
        found(self.rooms.delete_room(room)).await?;
        Ok(())
    }

    async fn rooms(&self) -> Result<Vec<String>, VoiceServerError> {
        let every = vec![];
        let rooms = found(self.rooms.list_rooms(every)).await?.unwrap_or_default();
        Ok(rooms.into_iter().map(|room| room.name).collect())
    }

    async fn participants(&self, room: &str) -> Result<Vec<Identity>, VoiceServerError> {
        let list = found(self.rooms.list_participants(room)).await?.unwrap_or_default();
        let mut known = vec![];
        for participant in list {
            match participant.identity.parse() {
                Ok(identity) => known.push(identity),
                Err(_) => {
                    let put_out = found(self.rooms.remove_participant(room, &participant.identity)).await;
                    tracing::warn!(room, error = ?put_out.err(), "somebody came by a token that is none of ours: put out");
                }
            }
        }
        Ok(known)
    }

    async fn remove_participant(&self, room: &str, who: Identity) -> Result<(), VoiceServerError> {
        found(self.rooms.remove_participant(room, &who.to_string())).await?;
        Ok(())
    }

    async fn mute_participant(&self, room: &str, who: Identity) -> Result<(), VoiceServerError> {
        let list = found(self.rooms.list_participants(room)).await?.unwrap_or_default();
        let who = who.to_string();
        let tracks = list.iter().filter(|participant| participant.identity == who).flat_map(|they| &they.tracks);
        for microphone in tracks.filter(|track| track.source() == TrackSource::Microphone && !track.muted) {
            found(self.rooms.mute_published_track(room, &who, &microphone.sid, true)).await?;
        }
        Ok(())
    }

    fn kind(&self) -> VoiceServerKind {
        VoiceServerKind::LiveKit
    }

    fn seats(&self) -> u32 {
        ROOM_LIMIT
    }

    fn access(&self, room: &str, who: Identity) -> Result<Access, VoiceServerError> {
        let token = tokens::token(&self.settings.api_key, &self.settings.api_secret, room, who)?;
        Ok(Access { token, url: browser_url(&self.settings.url) })
    }

    /// What [webhooks](LiveKit::webhooks) bring: nothing, if LiveKit was not told our address.
    fn events(&self) -> Option<VoiceEvents> {
        Some(from_now_on(self.events.subscribe()).boxed())
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
