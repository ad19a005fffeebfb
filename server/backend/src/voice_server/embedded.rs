//! The voice server that runs within this process: nothing beside the binary.

use super::{
    DEPARTED_FOR, EMPTY_FOR, Identity, VoiceEvent, VoiceEvents, VoiceServer, VoiceServerError, VoiceServerKind,
    from_now_on, in_time, tokens,
};
use crate::{Clock, secret};
use async_trait::async_trait;
use domain::Access;
use futures::StreamExt;
use futures::future::ready;
use store::{Store, StoreError};
use voice::{Event, RoomLimits, Stopped, Voice};

/// The name of the key that tokens are signed with.
pub const EMBEDDED_API_KEY: &str = "paxora";

/// Where browsers find it: below the address that they have the page from, whatever they call us.
pub const EMBEDDED_PATH: &str = "/voice";

/// The key that tokens are signed with: made at the first start, and kept in the database. A token that was handed out
/// before a restart lets in after it.
///
/// # Errors
/// The database did not answer.
pub async fn embedded_api_secret(store: &Store, clock: &dyn Clock) -> Result<String, StoreError> {
    store.secret("voice", &secret::fresh(), clock.now()).await
}

/// A [`Voice`] that was started with [`EMBEDDED_API_KEY`] and the same secret.
pub struct Embedded {
    voice: Voice,
    api_secret: String,
    limits: RoomLimits,
}

impl Embedded {
    /// Lets so many people into one room.
    #[must_use]
    pub fn new(voice: Voice, api_secret: String, room_limit: usize) -> Self {
        let limits = RoomLimits { people: room_limit, empty_for: EMPTY_FOR, departed_for: DEPARTED_FOR };
        Embedded { voice, api_secret, limits }
    }
}

impl From<Stopped> for VoiceServerError {
    fn from(stopped: Stopped) -> Self {
        VoiceServerError(stopped.to_string())
    }
}

#[async_trait]
impl VoiceServer for Embedded {
    async fn create_room(&self, room: &str) -> Result<(), VoiceServerError> {
        Ok(in_time(self.voice.create_room(room, self.limits)).await??)
    }

    async fn delete_room(&self, room: &str) -> Result<(), VoiceServerError> {
        in_time(self.voice.delete_room(room)).await??;
        Ok(())
    }

    async fn rooms(&self) -> Result<Vec<String>, VoiceServerError> {
        Ok(self.voice.rooms()?)
    }

    async fn participants(&self, room: &str) -> Result<Vec<Identity>, VoiceServerError> {
        let list = in_time(self.voice.participants(room)).await??;
        Ok(list.iter().filter_map(|participant| participant.identity.parse().ok()).collect())
    }

    async fn remove_participant(&self, room: &str, who: Identity) -> Result<(), VoiceServerError> {
        in_time(self.voice.remove_participant(room, &who.to_string())).await??;
        Ok(())
    }

    async fn mute_participant(&self, room: &str, who: Identity) -> Result<(), VoiceServerError> {
        in_time(self.voice.mute_participant(room, &who.to_string())).await??;
        Ok(())
    }

    fn kind(&self) -> VoiceServerKind {
        VoiceServerKind::Embedded
    }

    fn seats(&self) -> u32 {
        u32::try_from(self.limits.people).unwrap_or(u32::MAX)
    }

    fn access(&self, room: &str, who: Identity) -> Result<Access, VoiceServerError> {
        let token = tokens::token(EMBEDDED_API_KEY, &self.api_secret, room, who)?;
        Ok(Access { token, url: EMBEDDED_PATH.to_owned() })
    }

    fn events(&self) -> Option<VoiceEvents> {
        Some(from_now_on(self.voice.events()).filter_map(|event| ready(of_ours(event))).boxed())
    }
}

/// Nobody gets in but with a token of ours, so every identity is one of ours.
fn of_ours(event: Event) -> Option<VoiceEvent> {
    Some(match event {
        Event::Joined { room, identity } => VoiceEvent::Joined { room, who: identity.parse().ok()? },
        Event::Left { room, identity, goodbye } => VoiceEvent::Left { room, who: identity.parse().ok()?, goodbye },
        Event::RoomFinished { room } => VoiceEvent::RoomFinished { room },
    })
}
