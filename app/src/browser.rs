//! The browser, as far as the app's state needs it: time, the event stream, plain requests, what outlives a reload.
//!
//! On the server the same names exist and do nothing.

#[cfg(feature = "hydrate")]
mod web;
#[cfg(feature = "hydrate")]
pub(crate) use web::{EventStream, fetch, go_to, keep, kept, nonce, now, on_return, pause, voice_bundle};

#[cfg(not(feature = "hydrate"))]
mod stub;
#[cfg(not(feature = "hydrate"))]
pub(crate) use stub::{EventStream, fetch, go_to, keep, kept, nonce, now, on_return, pause, voice_bundle};
