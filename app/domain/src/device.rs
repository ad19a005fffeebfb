//! The devices that somebody is signed in with, as they are told of them.

use crate::{DeviceId, Timestamp};
use serde::{Deserialize, Serialize};

/// A browser, as far as people know it by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Browser {
    /// Google's.
    Chrome,
    /// Microsoft's.
    Edge,
    /// Mozilla's.
    Firefox,
    /// Apple's.
    Safari,
    /// Samsung's.
    Samsung,
    /// Another one.
    Other,
}

/// What a browser runs on, as far as people know it by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Machine {
    /// A phone or tablet by anybody but Apple.
    Android,
    /// A phone by Apple.
    IPhone,
    /// A tablet by Apple; newer ones call themselves a Mac.
    IPad,
    /// A computer by Apple.
    Mac,
    /// A computer with Windows.
    Windows,
    /// A computer with Linux.
    Linux,
    /// Another one.
    Other,
}

/// What a browser says of itself (`User-Agent`), in two words: nothing else of it is kept.
#[must_use]
pub fn recognised(user_agent: &str) -> (Browser, Machine) {
    let says = |word| user_agent.contains(word);
    // Most of them name those as well whom they are like.
    let browser = if says("Edg/") || says("EdgA/") || says("EdgiOS/") {
        Browser::Edge
    } else if says("SamsungBrowser/") {
        Browser::Samsung
    } else if says("Firefox/") || says("FxiOS/") {
        Browser::Firefox
    } else if says("OPR/") {
        Browser::Other
    } else if says("Chrome/") || says("CriOS/") {
        Browser::Chrome
    } else if says("Safari/") || says("AppleWebKit/") && (says("iPhone") || says("iPad")) {
        Browser::Safari
    } else {
        Browser::Other
    };
    let machine = if says("iPhone") {
        Machine::IPhone
    } else if says("iPad") {
        Machine::IPad
    } else if says("Android") {
        Machine::Android
    } else if says("Windows") {
        Machine::Windows
    } else if says("Macintosh") {
        Machine::Mac
    } else if says("Linux") || says("CrOS") {
        Machine::Linux
    } else {
        Machine::Other
    };
    (browser, machine)
}

/// A device that somebody is signed in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnDevice {
    /// Which one.
    pub id: DeviceId,
    /// By which browser.
    pub browser: Browser,
    /// On what.
    pub machine: Machine,
    /// Since when.
    pub since: Timestamp,
    /// When it was last seen, to a few hours.
    pub seen: Timestamp,
    /// Whether it is the one that asks.
    pub here: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_what_only_they_say() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (says, browser, machine) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
                Browser::Firefox,
                Machine::Windows,
            ),
            (
                &*format!("Mozilla/5.0 (Windows NT 10.0) {webkit} Chrome/140.0 Safari/537.36 Edg/140.0"),
                Browser::Edge,
                Machine::Windows,
            ),
            (
                &*format!("Mozilla/5.0 (Linux; Android 10; K) {webkit} Chrome/140.0 Mobile Safari/537.36"),
                Browser::Chrome,
                Machine::Android,
            ),
            (
                &*format!("Mozilla/5.0 (Linux; Android 10) {webkit} SamsungBrowser/28 Chrome/130 Safari/1"),
                Browser::Samsung,
                Machine::Android,
            ),
            (
                &*format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/140.0 Safari/537.36"),
                Browser::Chrome,
                Machine::Linux,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
                Browser::Safari,
                Machine::IPhone,
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15",
                Browser::Safari,
                Machine::Mac,
            ),
            ("curl/8", Browser::Other, Machine::Other),
            ("", Browser::Other, Machine::Other),
        ] {
            assert_eq!(recognised(says), (browser, machine), "{says}");
        }
    }
}
