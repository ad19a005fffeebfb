//! Pages that are only read. The server writes them; a browser carries neither their words nor the code that puts them
//! together.

use crate::error::ApiError;
use domain::Language;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::ssr::{actor, backend};
#[cfg(feature = "ssr")]
use crate::reading;

/// A page that is only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    /// What is kept of people, for how long, and who sees it.
    Privacy,
    /// What to do about a poor connection.
    Network,
    /// What to do if nothing is heard.
    Sound,
    /// What to do if a phone does not ring.
    Ringing,
    /// What to do if a call cannot be made or joined.
    Calls,
    /// What to do if nobody can sign in.
    SignIn,
}

impl Page {
    /// Those that help.
    pub const HELP: [Page; 5] = [Page::Network, Page::Sound, Page::Ringing, Page::Calls, Page::SignIn];

    /// Its address, behind the language.
    #[must_use]
    pub fn address(self) -> &'static str {
        match self {
            Page::Privacy => "privacy",
            Page::Network => "help/network",
            Page::Sound => "help/sound",
            Page::Ringing => "help/ringing",
            Page::Calls => "help/calls",
            Page::SignIn => "help/sign-in",
        }
    }

    /// The one at this address, if there is one.
    #[must_use]
    pub fn at(address: &str) -> Option<Page> {
        [Page::Privacy].into_iter().chain(Page::HELP).find(|page| page.address() == address)
    }
}

/// What stands on a page that is only read, in this language: HTML of ours, in which whatever people wrote is text. Nobody needs
/// to be signed in.
///
/// # Errors
/// None but those of the network.
#[server(name = ReadPage, prefix = "/api", endpoint = "page", input = Json)]
pub async fn page(page: Page, language: Language) -> Result<String, ApiError> {
    Ok(reading::page(page, language.into(), &backend()?.keeping()))
}

/// The parish in numbers, in this language, as [`page`] has it.
///
/// # Errors
/// Looks after nobody.
#[server(prefix = "/api", endpoint = "parish/overview", input = Json)]
pub async fn overview(language: Language) -> Result<String, ApiError> {
    Ok(reading::overview(language.into(), &backend()?.overview(&actor().await?).await?))
}
