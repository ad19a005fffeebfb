//! The embedded voice server: audio calls with nothing beside the binary.
//!
//! It speaks LiveKit's signalling, so that the unchanged `livekit-client` connects to it, and forwards Opus between
//! the people in a room. It knows rooms, identities and tokens; of parishes, members and databases it knows nothing.

mod addresses;
mod api;
mod bucket;
mod core;
mod framing;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod join;
mod link;
mod loudness;
mod names;
mod out;
mod peer;
mod quality;
mod red;
mod room;
mod sdp;
mod shard;
mod srtp;
mod stream;
mod stun;
mod tcp;
mod token;
mod traffic;
mod udp;

pub use api::{Event, IceServer, Participant, RoomLimits, Settings, StartError, Stopped, Voice};
pub use room::GONE_AFTER;
pub use traffic::{Busyness, Load};
