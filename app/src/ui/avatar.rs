//! Faces: initials on one of twelve hues, with the ring around them that says that something is happening.

use crate::ui::{Glyph, Icon};
use leptos::prelude::*;

/// What the ring around a face says. Stillness means that nothing is happening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Ring {
    /// Nothing.
    #[default]
    None,
    /// A call goes on here.
    Live,
    /// A phone rings.
    Ringing,
    /// This person is speaking.
    Speaking,
}

/// How large a face is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Size {
    /// Beside a line of text.
    #[default]
    Small,
    /// In a list.
    Medium,
    /// Alone on a screen.
    Large,
}

/// A face. Its name always stands beside it, so screen readers pass over the face itself.
#[component]
pub(crate) fn Avatar(
    /// Whose initials are shown.
    #[prop(into)]
    name: Signal<String>,
    /// 0 to 11.
    hue: Signal<u8>,
    /// A drawing in place of the initials.
    #[prop(optional_no_strip)]
    glyph: Option<Glyph>,
    #[prop(optional)] size: Size,
    #[prop(into, optional)] ring: Signal<Ring>,
) -> impl IntoView {
    let size = match size {
        Size::Small => "is-small",
        Size::Medium => "is-medium",
        Size::Large => "is-large",
    };
    let class = move || {
        let ring = match ring.get() {
            Ring::None => "",
            Ring::Live => "has-ring is-live",
            Ring::Ringing => "has-ring is-ringing",
            Ring::Speaking => "has-ring is-speaking",
        };
        format!("avatar {size} hue-{} {ring}", hue.get())
    };
    // A drawing, not words: what is said aloud and what is seen beside it would not agree.
    let letters = glyph.is_none().then_some(move || name.with(|name| initials(name)));
    view! {
        <span class=class aria-hidden="true">
            <span class="avatar-face" data-initials=letters>
                {glyph.map(|glyph| view! { <Icon glyph /> })}
            </span>
        </span>
    }
    .into_any()
}

/// The first letter of the first word and of the last.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_word_and_the_last() {
        assert_eq!(initials("Anna Nowak"), "AN");
        assert_eq!(initials("Jan Maria van der Berg"), "JB");
        assert_eq!(initials("Żaneta"), "Ż");
        assert_eq!(initials("fr. (Tom) O'Neill"), "FO");
        assert_eq!(initials(""), "");
    }
}
