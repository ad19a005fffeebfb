//! A participant without a browser: what tests and the load generator put into rooms.
//!
//! It speaks LiveKit's signalling over one peer connection, in the order and with the messages of `livekit-client`
//! 2.23, and really does ICE, DTLS and SRTP. [`Participant`] knows neither sockets nor clocks; [`Session`] is one of
//! them on real sockets.

mod framing;
mod microphone;
mod negotiation;
mod options;
mod participant;
mod sdp;
mod session;
mod signalling;
mod wire;

pub use framing::{Frames, frame};
pub use livekit_protocol as proto;
pub use options::{Options, Transport};
pub use participant::{Datagram, Event, Heard, Output, Participant, Track};
pub use session::{Session, SessionError, connect};
pub use signalling::{join_path, join_query};
