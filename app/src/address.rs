//! The addresses of the pages. Their first part is the language.

use crate::i18n::Locale;
use domain::ChannelId;

/// The sign-in page.
pub(crate) fn sign_in(locale: Locale) -> String {
    format!("/{locale}/sign-in")
}

/// The chat, with nothing open.
pub(crate) fn chat(locale: Locale) -> String {
    format!("/{locale}/community/chat")
}

/// A channel.
pub(crate) fn channel(locale: Locale, channel: ChannelId) -> String {
    format!("/{locale}/community/chat?channel={channel}")
}

/// The people of the parish and its groups.
pub(crate) fn members(locale: Locale) -> String {
    format!("/{locale}/community/members")
}

/// *Will this phone ring?*
pub(crate) fn phone(locale: Locale) -> String {
    format!("/{locale}/community/phone")
}

/// How a browser is made to let the app use the microphone.
pub(crate) fn microphone_help(locale: Locale) -> String {
    format!("/{locale}/help/microphone")
}

/// The language of the page at this address, if it names one of ours.
pub(crate) fn locale(path: &str) -> Option<Locale> {
    path.split('/').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_part_of_an_address_is_its_language() {
        assert_eq!(locale("/en/sign-in"), Some(Locale::en));
        assert_eq!(locale("/xx/sign-in"), None);
        assert_eq!(locale("/"), None);
    }
}
