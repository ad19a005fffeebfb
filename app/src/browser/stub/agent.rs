//! The server is no browser.

use crate::browser::{Maker, Voice};

pub(crate) fn maker() -> Maker {
    Maker::Chrome
}

pub(crate) fn is_phone() -> bool {
    false
}

pub(crate) async fn voice() -> Voice {
    Voice::Unknown
}
