//! Web Push: one message to one subscription of one browser (RFC 8030, 8188, 8291 and 8292).
//!
//! `web-push` encrypts and signs, our own HTTP client sends. Of parishes, calls and databases this crate knows
//! nothing; whoever uses it stores the [`VapidKeys`] and the [`Subscription`]s, and decides what an [`Answer`] means.
//!
//! An endpoint comes from a browser, which is to say from anybody, and this server goes there. So it only goes to
//! push services that are known by name ([`ExtraHost`] adds some), by https on its own port, to public addresses
//! only, and follows nobody anywhere else. What a service says about a refusal is cut short before it is shown.
//!
//! An endpoint is also a capability: who knows it may try to send there. Neither endpoints nor keys nor tokens are in
//! an error, in a `Debug`, or in a line of a log; [`Subscription::host`] is what a log may name.

mod addresses;
mod endpoint;
mod keys;
mod message;
mod sender;
mod vapid;

pub use endpoint::{ExtraHost, NotAHost};
pub use keys::{NotAKey, VapidKeys};
pub use message::{Message, Subscription, Topic, Unfit};
pub use sender::{Answer, Failure, Patience, Sender, StartError};
pub use web_push::Urgency;
