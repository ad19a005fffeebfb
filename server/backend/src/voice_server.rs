//! The port to what carries the audio. *Room* is its word: one room per call, named `call-<id>`, never used again.

mod embedded;
mod livekit;
mod tokens;
mod webhooks;

use async_trait::async_trait;
use domain::{Access, CallId, MemberId};
use futures::stream::{self, BoxStream, Stream};
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};

pub use embedded::{EMBEDDED_API_KEY, EMBEDDED_PATH, Embedded, embedded_api_secret};
pub use livekit::{LiveKit, LiveKitSettings};
pub use webhooks::{Refused, Webhooks};

/// How long a token lets somebody in. Once in, the voice server itself renews it for reconnects.
pub const TOKEN_TTL: Duration = Duration::from_secs(120);

/// How long anything asked of the voice server may take.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// Most people in one room.
pub const ROOM_LIMIT: u32 = 200;

/// How long a room waits for the first to come.
const EMPTY_FOR: Duration = Duration::from_secs(90);
/// How long a room that everybody left waits for one to come back: as long as their seats are kept.
pub(crate) const DEPARTED_FOR: Duration = Duration::from_secs(60);

/// The voice server did not answer in time, or refused us. It says nothing about who is in a call.
#[derive(Debug, Clone, thiserror::Error)]
#[error("voice server: {0}")]
pub struct VoiceServerError(pub String);

/// Keeps the promise of [`ANSWER_WITHIN`].
async fn in_time<T>(answer: impl Future<Output = T>) -> Result<T, VoiceServerError> {
    let late = |_| VoiceServerError(format!("no answer within {ANSWER_WITHIN:?}"));
    tokio::time::timeout(ANSWER_WITHIN, answer).await.map_err(late)
}

/// One connection of one member to a call's room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Who.
    pub member: MemberId,
    /// Which of their connections: rises each time they join.
    pub epoch: u32,
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.member, self.epoch)
    }
}

impl std::str::FromStr for Identity {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (member, epoch) = text.split_once(':').ok_or(())?;
        Ok(Identity { member: member.parse().map_err(|_| ())?, epoch: epoch.parse().map_err(|_| ())? })
    }
}

/// The name of a call's room.
#[must_use]
pub fn room_of(call: CallId) -> String {
    format!("call-{call}")
}

/// Which call's room this is; none for a room of somebody else.
#[must_use]
pub fn call_of(room: &str) -> Option<CallId> {
    room.strip_prefix("call-")?.parse().ok()
}

/// What happened in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VoiceEvent {
    /// Somebody is connected.
    Joined {
        /// Where.
        room: String,
        /// Who.
        who: Identity,
    },
    /// Somebody is not connected any more.
    Left {
        /// Where.
        room: String,
        /// Who.
        who: Identity,
        /// Whether their browser said goodbye. If not, it fell silent, or was put out.
        goodbye: bool,
    },
    /// The room is closed.
    RoomFinished {
        /// Which.
        room: String,
    },
}

impl VoiceEvent {
    /// Where it happened.
    #[must_use]
    pub fn room(&self) -> &str {
        match self {
            VoiceEvent::Joined { room, .. } | VoiceEvent::Left { room, .. } | VoiceEvent::RoomFinished { room } => room,
        }
    }
}

/// What happens, as it happens. One or the other may be missing: they are hints, the list of participants is the truth.
pub type VoiceEvents = BoxStream<'static, VoiceEvent>;

/// Events from now on, as a stream.
pub(crate) fn from_now_on<E: Clone + Send>(events: broadcast::Receiver<E>) -> impl Stream<Item = E> + Send {
    stream::unfold(events, |mut events| async move {
        loop {
            match events.recv().await {
                Ok(event) => return Some((event, events)),
                // Too many at once. Who is there can still be asked.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    })
}

/// Which voice server carries the audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoiceServerKind {
    /// The one within this process.
    Embedded,
    /// LiveKit, wherever it runs.
    LiveKit,
}

impl VoiceServerKind {
    /// Of whom nothing has come for so long, this one says that they have left.
    #[must_use]
    pub fn notices_within(self) -> Duration {
        match self {
            VoiceServerKind::Embedded => voice::GONE_AFTER,
            // Measured with 1.13.5: 21.2 s.
            VoiceServerKind::LiveKit => Duration::from_secs(23),
        }
    }
}

/// What carries the audio.
///
/// Every answer comes within [`ANSWER_WITHIN`], but for the time that it takes to put strangers out. Rooms exist only because
/// [`VoiceServer::create_room`] made them.
#[async_trait]
pub trait VoiceServer: Send + Sync {
    /// Opens a room. Opening it twice is the same as once.
    async fn create_room(&self, room: &str) -> Result<(), VoiceServerError>;

    /// Closes a room and puts everybody out. Closing one that is not there is no error.
    async fn delete_room(&self, room: &str) -> Result<(), VoiceServerError>;

    /// The names of all open rooms, those of somebody else among them.
    async fn rooms(&self) -> Result<Vec<String>, VoiceServerError>;

    /// Who is connected. Empty if there is no such room. Whoever is there under a name that is no [`Identity`] was not let in
    /// by us, and is not among them; where others can let people in, they are put out.
    async fn participants(&self, room: &str) -> Result<Vec<Identity>, VoiceServerError>;

    /// Puts one connection out. If it is not there, that is no error.
    async fn remove_participant(&self, room: &str, who: Identity) -> Result<(), VoiceServerError>;

    /// Closes the microphone of one connection, until they open it again. If it is not there, that is no error.
    async fn mute_participant(&self, room: &str, who: Identity) -> Result<(), VoiceServerError>;

    /// Which of the two it is.
    fn kind(&self) -> VoiceServerKind;

    /// So many people fit into one room.
    fn seats(&self) -> u32;

    /// A way in for one connection: this room, one microphone, no data, for [`TOKEN_TTL`].
    fn access(&self, room: &str, who: Identity) -> Result<Access, VoiceServerError>;

    /// What happens from now on; none for a voice server that tells nothing by itself.
    fn events(&self) -> Option<VoiceEvents>;
}
