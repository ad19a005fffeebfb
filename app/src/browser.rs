//! The browser, as far as the app's state needs it: time, the event stream, plain requests, what outlives a reload; its
//! other tabs, sounds, and what draws the eye.
//!
//! On the server the same names exist and do nothing.

#[cfg(feature = "hydrate")]
mod web;
#[cfg(feature = "hydrate")]
pub(crate) use web::{
    EventStream, agent, attention, copy, fetch, fetch_in_hiding, floating, forget, go_to, icons, is_hidden, keep, kept,
    nonce, now, on_return, on_wake, path, pause, phone, picture, presence, reload, remember, remember_word,
    remembered_word, remembers, sound, tabs, voice_bundle,
};

#[cfg(not(feature = "hydrate"))]
mod stub;
#[cfg(not(feature = "hydrate"))]
pub(crate) use stub::{
    EventStream, agent, attention, copy, fetch, fetch_in_hiding, floating, forget, go_to, icons, is_hidden, keep, kept,
    nonce, now, on_return, on_wake, path, pause, phone, picture, presence, reload, remember, remember_word,
    remembered_word, remembers, sound, tabs, voice_bundle,
};

use domain::CallId;

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

/// What a call can be controlled with outside of the page.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "on the server there is nothing to press"))]
pub(crate) struct Controls {
    pub(crate) hang_up: Box<dyn Fn()>,
    pub(crate) toggle_microphone: Box<dyn Fn()>,
}

/// What a notification of the operating system says of somebody who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) call: CallId,
    /// Where a tap leads.
    pub(crate) url: String,
}

/// What our service worker tells its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "on the server there is no worker"))]
pub(crate) enum FromWorker {
    /// Somebody tapped a card: this page is to go there.
    Open {
        /// A path of ours.
        url: String,
        /// The call that *Answer* was pressed for.
        answer: Option<CallId>,
    },
    /// Something came by push.
    Pushed(Kind),
}

/// What came by push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A test ring.
    Test,
    /// Anything else: it is time to ask what is new.
    News,
}

impl Kind {
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "on the server nothing comes by push"))]
    pub(crate) fn of(word: &str) -> Kind {
        if word == "test" { Kind::Test } else { Kind::News }
    }
}

/// Whether this browser may show cards while no page is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "nobody asks the server"))]
pub(crate) enum Permission {
    /// It cannot, at least not here: a browser without push, or Safari on a phone before the app is installed.
    Impossible,
    /// Nobody was asked yet.
    NotAsked,
    /// It may.
    Granted,
    /// The person, or the browser, said no.
    Denied,
}

/// Where the app runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "the server runs nowhere of these"))]
pub(crate) enum Place {
    /// From the home screen, or as a window of its own.
    Installed,
    /// In a browser of an iPhone or iPad.
    AppleBrowser,
    /// In a browser of an Android phone.
    AndroidBrowser,
    /// In a browser of a computer.
    Desktop,
}

/// Where a browser can be reached by push, as the server takes it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Registered {
    pub(crate) endpoint: String,
    /// The browser's own keys, as it writes them.
    pub(crate) keys: serde_json::Value,
    /// The server's public key that it was made with.
    pub(crate) key: String,
}

/// How far something was moved from where it stands by itself, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Offset {
    pub(crate) x: i32,
    pub(crate) y: i32,
}

/// A browser, as far as its settings are in a place of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Maker {
    /// Chrome, Edge and their kin on a computer.
    Chrome,
    Firefox,
    Safari,
    /// Chrome and its kin on Android.
    ChromePhone,
    FirefoxPhone,
    /// Any browser of an iPhone or iPad.
    ApplePhone,
    /// On an iPhone or iPad, from the home screen.
    AppleHomeScreen,
}

/// Whether somebody would be heard in a call, before the browser is asked for the microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "nobody speaks to the server"))]
pub(crate) enum Voice {
    /// Nothing speaks against it.
    Unknown,
    /// There is no microphone.
    Missing,
    /// The person, or the browser, said no to the microphone.
    Refused,
}
