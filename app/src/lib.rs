//! What people see: pages, components, and the signatures of the server functions behind them.
//!
//! Compiled twice: with `ssr` into the server, with `hydrate` into WebAssembly. What differs between the two sits in twin
//! modules of the same names, so that the views themselves say nothing about it.
//!
//! - [`api`]: the server functions, and [`error`]: the one error that crosses the wire;
//! - [`state`]: what is live in a browser tab: the parish, its channels, the calls;
//! - `pages`, `chat`, `call`: the screens; `ui`: small pieces that know nothing of parishes;
//! - `i18n`: every word a person reads.
//!
//! A component of more than a few elements ends in `.into_any()`: without it the type of a page is the page itself, too
//! deep for the compiler and slow to build.

#![expect(unreachable_pub, reason = "`#[component]` makes public things, wherever it stands")]

pub mod api;
pub mod error;
pub mod state;

mod address;
mod app;
mod assets;
mod browser;
mod call;
mod chat;
#[cfg(feature = "ssr")]
mod document;
mod help;
mod i18n;
mod languages;
mod member;
mod pages;
mod parish;
mod parts;
#[cfg(feature = "ssr")]
mod reading;
mod ui;

pub use app::App;
pub use assets::Assets;
#[cfg(feature = "ssr")]
pub use document::shell;
