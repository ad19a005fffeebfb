//! Tokens: who may enter which room, and what they may do there.

use livekit_api::access_token::{AccessToken, Claims, TokenVerifier, VideoGrants};
use livekit_protocol as proto;
use std::time::Duration;

/// How long a renewed token is good for. It is renewed every [`RENEW_EVERY`].
const RENEWED_FOR: Duration = Duration::from_secs(10 * 60);
/// How often somebody who is connected gets a new one, so that they can come back after a break.
pub(crate) const RENEW_EVERY: Duration = Duration::from_secs(5 * 60);
/// Longest room name and identity.
const NAME_LIMIT: usize = 256;

/// Why somebody is not let in; the sentences are LiveKit's, because its clients read them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("no permissions to access the room")]
    NoToken,
    #[error("invalid token")]
    BadToken,
    #[error("permissions denied")]
    NotAllowed,
    #[error("identity cannot be empty")]
    NoIdentity,
    #[error("no room name")]
    NoRoom,
    #[error("name length exceeds limits")]
    TooLong,
}

/// Makes and checks tokens.
#[derive(Clone)]
pub(crate) struct Tokens {
    api_key: String,
    api_secret: String,
}

/// What a valid token says.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) room: String,
    pub(crate) identity: String,
    pub(crate) name: String,
    pub(crate) grants: VideoGrants,
}

impl Tokens {
    pub(crate) fn new(api_key: &str, api_secret: &str) -> Tokens {
        Tokens { api_key: api_key.to_owned(), api_secret: api_secret.to_owned() }
    }

    /// Reads a token that a browser brought.
    pub(crate) fn check(&self, token: &str) -> Result<Ticket, Refused> {
        if token.is_empty() {
            return Err(Refused::NoToken);
        }
        let verifier = TokenVerifier::with_api_key(&self.api_key, &self.api_secret);
        let Claims { sub: identity, name, video: grants, .. } =
            verifier.verify(token).map_err(|_| Refused::BadToken)?;
        if !grants.room_join {
            return Err(Refused::NotAllowed);
        }
        if identity.is_empty() {
            return Err(Refused::NoIdentity);
        }
        if grants.room.is_empty() {
            return Err(Refused::NoRoom);
        }
        if [&identity, &name, &grants.room].iter().any(|text| text.len() > NAME_LIMIT) {
            return Err(Refused::TooLong);
        }
        Ok(Ticket { room: grants.room.clone(), identity, name, grants })
    }

    /// The same permissions for a while longer.
    pub(crate) fn renew(&self, ticket: &Ticket) -> Option<String> {
        AccessToken::with_api_key(&self.api_key, &self.api_secret)
            .with_identity(&ticket.identity)
            .with_name(&ticket.name)
            .with_grants(ticket.grants.clone())
            .with_ttl(RENEWED_FOR)
            .to_jwt()
            .ok()
    }
}

impl Ticket {
    /// Whether they may let others hear this kind of source.
    pub(crate) fn may_publish(&self, source: proto::TrackSource) -> bool {
        let sources = &self.grants.can_publish_sources;
        let name = match source {
            proto::TrackSource::Microphone => "microphone",
            proto::TrackSource::ScreenShareAudio => "screen_share_audio",
            _ => "",
        };
        self.grants.can_publish() && (sources.is_empty() || sources.iter().any(|allowed| allowed == name))
    }

    /// As the others, and they themselves, are told.
    pub(crate) fn permission(&self) -> proto::ParticipantPermission {
        let sources = self.grants.can_publish_sources.iter().map(|source| match source.as_str() {
            "microphone" => proto::TrackSource::Microphone.into(),
            "screen_share_audio" => proto::TrackSource::ScreenShareAudio.into(),
            _ => proto::TrackSource::Unknown.into(),
        });
        proto::ParticipantPermission {
            can_subscribe: self.grants.can_subscribe(),
            can_publish: self.grants.can_publish(),
            can_publish_sources: sources.collect(),
            // Data channels exist, because the client wants them; nothing sent over them is passed on.
            can_publish_data: false,
            can_update_metadata: false,
            ..Default::default()
        }
    }
}
