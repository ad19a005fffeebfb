//! Which browser this is, as far as people have to be told different things, and what it lets them do.

use super::phone::place;
use crate::browser::{Maker, Place, Voice};
use leptos::prelude::window;
use serde_json::json;
use std::sync::OnceLock;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaDeviceInfo, MediaDeviceKind, PermissionState, PermissionStatus};

fn says(word: &str) -> bool {
    window().navigator().user_agent().is_ok_and(|agent| agent.contains(word))
}

/// Whose settings people have to look for. Looked up once: a browser stays the same, and a call of thirty asks for each of them
/// whenever something changes in it.
pub(crate) fn maker() -> Maker {
    static MAKER: OnceLock<Maker> = OnceLock::new();
    *MAKER.get_or_init(look_up_maker)
}

fn look_up_maker() -> Maker {
    let touched = window().navigator().max_touch_points() > 1;
    // An iPad says that it is a Mac.
    let apple_phone = says("iPhone") || says("iPad") || (says("Macintosh") && touched);
    match (place(), says("Firefox")) {
        (Place::Installed, _) if apple_phone => Maker::AppleHomeScreen,
        (_, _) if apple_phone => Maker::ApplePhone,
        (_, true) if says("Android") => Maker::FirefoxPhone,
        (_, false) if says("Android") => Maker::ChromePhone,
        (_, true) => Maker::Firefox,
        (_, false) if says("Chrome") => Maker::Chrome,
        (_, false) => Maker::Safari,
    }
}

/// Whether this is a phone or a tablet.
pub(crate) fn is_phone() -> bool {
    !matches!(maker(), Maker::Chrome | Maker::Firefox | Maker::Safari)
}

/// Whether somebody who calls now would be heard, as far as the browser tells before it is asked for the microphone.
pub(crate) async fn voice() -> Voice {
    // Not there at all where the page did not come by https.
    let Ok(devices) = window().navigator().media_devices() else { return Voice::Missing };
    if is_refused().await == Some(true) {
        return Voice::Refused;
    }
    let Ok(asked) = devices.enumerate_devices() else { return Voice::Unknown };
    let Ok(found) = JsFuture::from(asked).await else { return Voice::Unknown };
    let is_microphone = |found| MediaDeviceInfo::kind(&JsCast::unchecked_into(found)) == MediaDeviceKind::Audioinput;
    if js_sys::Array::from(&found).iter().any(is_microphone) { Voice::Unknown } else { Voice::Missing }
}

async fn is_refused() -> Option<bool> {
    let microphone = js_sys::JSON::parse(&json!({ "name": "microphone" }).to_string()).ok()?;
    // Some browsers do not know this name.
    let asked = window().navigator().permissions().ok()?.query(microphone.unchecked_ref()).ok()?;
    let status: PermissionStatus = JsFuture::from(asked).await.ok()?.unchecked_into();
    Some(status.state() == PermissionState::Denied)
}
