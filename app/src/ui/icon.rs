//! Icons: one sprite, `public/icons.svg`, made by `script/icons` from Lucide.

use crate::browser;
use leptos::prelude::*;

macro_rules! glyphs {
    ($($(#[$doc:meta])* $name:ident = $symbol:literal,)+) => {
        /// A drawing of the sprite. Each is named as Lucide names it; `script/icons` reads this list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Glyph {
            $($(#[$doc])* $name,)+
        }

        impl Glyph {
            fn symbol(self) -> &'static str {
                match self {
                    $(Glyph::$name => $symbol,)+
                }
            }
        }
    };
}

glyphs! {
    ArrowLeft = "arrow-left",
    Bell = "bell",
    BellOff = "bell-off",
    ChevronDown = "chevron-down",
    ChevronUp = "chevron-up",
    CircleCheck = "circle-check",
    Church = "church",
    Copy = "copy",
    Grip = "grip-horizontal",
    Headphones = "headphones",
    Hand = "hand",
    Help = "circle-question-mark",
    History = "history",
    Lock = "lock",
    LockOpen = "lock-open",
    LogOut = "log-out",
    Megaphone = "megaphone",
    Mic = "mic",
    MicOff = "mic-off",
    More = "ellipsis",
    Phone = "phone",
    PhoneCall = "phone-call",
    PhoneIncoming = "phone-incoming",
    PhoneMissed = "phone-missed",
    PhoneOff = "phone-off",
    PhoneOutgoing = "phone-outgoing",
    Picture = "picture-in-picture-2",
    Search = "search",
    Send = "send-horizontal",
    Settings = "settings-2",
    Sleep = "moon",
    Smartphone = "smartphone",
    Smile = "smile-plus",
    SquarePen = "square-pen",
    Trash = "trash-2",
    TriangleAlert = "triangle-alert",
    UserMinus = "user-minus",
    UserPlus = "user-plus",
    Users = "users",
    Volume = "volume-2",
    WifiOff = "wifi-off",
    X = "x",
}

/// A drawing beside a word, never instead of one: screen readers pass over it. It stays the same: where it changes, another takes
/// its place.
#[component]
pub(crate) fn Icon(glyph: Glyph) -> impl IntoView {
    // In one piece: in an element of its own, a page that comes to life would say once more where it leads, and the browser would
    // look it up anew.
    let use_of_sprite = format!(r##"<use href="{}#{}"></use>"##, browser::icons(), glyph.symbol());
    view! { <svg class="icon" aria-hidden="true" inner_html=use_of_sprite></svg> }.into_any()
}
