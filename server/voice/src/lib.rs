//! The embedded voice server: audio calls with nothing beside the binary.
//!
//! It speaks LiveKit's signalling, so that the unchanged `livekit-client` connects to it, and forwards Opus between
//! the people in a room. It knows rooms, identities and tokens; of parishes, members and databases it knows nothing.

mod api;

pub use api::{Event, IceServer, Participant, RoomLimits, Settings, StartError, Stopped, Voice};
