//! The browser, as far as the app's state needs it: time, the event stream, plain requests, what outlives a reload; its
//! other tabs, sounds, and what draws the eye.
//!
//! On the server the same names exist and do nothing.

#[cfg(feature = "hydrate")]
mod web;
#[cfg(feature = "hydrate")]
pub(crate) use web::{
    EventStream, attention, fetch, fetch_in_hiding, go_to, is_hidden, keep, kept, nonce, now, on_return, pause,
    remember, remembers, sound, tabs, voice_bundle,
};

#[cfg(not(feature = "hydrate"))]
mod stub;
#[cfg(not(feature = "hydrate"))]
pub(crate) use stub::{
    EventStream, attention, fetch, fetch_in_hiding, go_to, is_hidden, keep, kept, nonce, now, on_return, pause,
    remember, remembers, sound, tabs, voice_bundle,
};

/// What a person hears of the app, besides people. The files are in `public/sounds`, made by `script/sounds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sound {
    /// Somebody calls.
    Ring,
    /// Somebody calls a group.
    GroupRing,
    /// Whom we call is being rung.
    Ringback,
    /// Whom we called does not come.
    Busy,
    /// A call is over.
    Ended,
}

/// How this tab stands with a [`Lock`](tabs::Lock).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "on the server nobody asks for a lock"))]
pub(crate) enum Standing {
    /// It has the lock.
    Held,
    /// Another tab has it; this one is in the queue.
    Waiting,
    /// Another tab took it away.
    Lost,
}

/// What a notification of the operating system says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) title: String,
    pub(crate) body: String,
    /// A second one with the same tag takes the place of the first.
    pub(crate) tag: String,
    /// What the service worker has to know when it is tapped, as JSON.
    pub(crate) data: String,
}
