//! The server functions: public endpoints of about three lines each. No rule and no SQL lives here.
//!
//! Each has a stable `endpoint`: the default one hashes the build path, so that yesterday's open tab would be lost.

#![expect(missing_docs, reason = "the macro makes a public struct of each function's arguments")]

mod calls;
mod community;
mod messages;
mod parish;
mod quiet;
mod reading;
mod reports;
mod session;

pub use calls::*;
pub use community::*;
pub use messages::*;
pub use parish::*;
pub use quiet::*;
pub use reading::*;
pub use reports::*;
pub use session::*;

#[cfg(feature = "ssr")]
mod ssr;

#[cfg(feature = "ssr")]
pub use ssr::{SessionCookie, Visitor, preferred_language};
