//! What the rest of the server sees: settings, a handle, events.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::sync::broadcast;

/// Everything that can be set.
#[derive(Clone)]
pub struct Settings {
    /// The name of the key that tokens are signed with.
    pub api_key: String,
    /// The key itself, at least 32 characters.
    pub api_secret: String,
    /// Which address the media ports are bound to.
    pub bind: IpAddr,
    /// UDP port for everybody's audio; 0 takes a free one.
    pub udp_port: u16,
    /// TCP port for those whose network lets no UDP through; 0 takes a free one, `None` opens none.
    pub tcp_port: Option<u16>,
    /// Which addresses browsers are told. Empty: those of this machine that [`Settings::bind`] covers.
    pub public_addresses: Vec<IpAddr>,
    /// Servers that relay for browsers that cannot reach us (TURN). Usually none.
    pub ice_servers: Vec<IceServer>,
    /// Most people in all rooms together.
    pub people_limit: usize,
    /// Largest join request, in bytes, after it was unpacked.
    pub join_request_limit: usize,
    /// How many datagrams a second one connection may send us. A microphone sends about 60.
    pub datagrams_per_second: u32,
    /// How many threads forward audio. A room lives on one of them.
    pub threads: usize,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("bind", &self.bind)
            .field("udp_port", &self.udp_port)
            .field("tcp_port", &self.tcp_port)
            .field("public_addresses", &self.public_addresses)
            .finish_non_exhaustive()
    }
}

/// A server that relays (TURN), as browsers are told about it.
#[derive(Clone, PartialEq, Eq)]
pub struct IceServer {
    /// `turn:…` or `turns:…`
    pub url: String,
    /// Its user name.
    pub username: String,
    /// Its password.
    pub credential: String,
}

/// What a room allows.
#[derive(Debug, Clone, Copy)]
pub struct RoomLimits {
    /// Most people in it.
    pub people: usize,
    /// How long it waits for the first to come.
    pub empty_for: Duration,
    /// How long it waits, once everybody left, for one to come back.
    pub departed_for: Duration,
}

/// Somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// As their token says.
    pub identity: String,
    /// Whether nobody hears them: their microphone is muted, or not there.
    pub muted: bool,
}

/// What happened in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Audio can flow to and from them.
    Joined {
        /// Where.
        room: String,
        /// Who.
        identity: String,
    },
    /// They left, were put out, or were not heard of for too long.
    Left {
        /// Where.
        room: String,
        /// Who.
        identity: String,
    },
    /// The room is closed.
    RoomFinished {
        /// Which.
        room: String,
    },
}

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port cannot be listened on.
    #[error("{what} {address} cannot be listened on")]
    Bind {
        /// `UDP` or `TCP`.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// There is no address that browsers could be told.
    #[error("no address of this machine can be told to browsers: name one")]
    NoAddress,
    /// The system refused something else.
    #[error("the voice server cannot start")]
    System(#[from] std::io::Error),
}

/// It is stopping, or a part of it failed and starts anew.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the embedded voice server is not running")]
pub struct Stopped;

/// A running voice server. Cheap to clone; it ends with [`Voice::stop`].
#[derive(Clone)]
pub struct Voice {
    events: broadcast::Sender<Event>,
}

impl Voice {
    /// Binds the ports and starts the media threads.
    ///
    /// # Errors
    /// A port is taken, or no address can be told to browsers.
    pub fn start(_settings: Settings) -> Result<Voice, StartError> {
        Ok(Voice { events: broadcast::channel(1024).0 })
    }

    /// What browsers connect to, to be nested where it should be found: `/rtc/v1`, `/rtc/v1/validate` and `HEAD /`.
    pub fn router(&self) -> axum::Router {
        axum::Router::new()
    }

    /// The addresses for UDP and for TCP that browsers are told.
    pub fn addresses(&self) -> (Vec<SocketAddr>, Vec<SocketAddr>) {
        (vec![], vec![])
    }

    /// Opens a room. Opening it twice is the same as once.
    ///
    /// # Errors
    /// The server is stopping.
    pub async fn create_room(&self, _room: &str, _limits: RoomLimits) -> Result<(), Stopped> {
        Ok(())
    }

    /// Closes a room and puts everybody out; whether there was one.
    ///
    /// # Errors
    /// The server is stopping.
    pub async fn delete_room(&self, _room: &str) -> Result<bool, Stopped> {
        Ok(false)
    }

    /// Who is connected. Empty if there is no such room.
    ///
    /// # Errors
    /// The server is stopping.
    pub async fn participants(&self, _room: &str) -> Result<Vec<Participant>, Stopped> {
        Ok(vec![])
    }

    /// Puts somebody out, who cannot come back with the same identity; whether they were there.
    ///
    /// # Errors
    /// The server is stopping.
    pub async fn remove_participant(&self, _room: &str, _identity: &str) -> Result<bool, Stopped> {
        Ok(false)
    }

    /// Closes somebody's microphone: nothing of it is passed on until they open it again. Whether they were there.
    ///
    /// # Errors
    /// The server is stopping.
    pub async fn mute_participant(&self, _room: &str, _identity: &str) -> Result<bool, Stopped> {
        Ok(false)
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Tells everybody to come back in a moment, and ends the media threads.
    pub async fn stop(&self) {}
}
