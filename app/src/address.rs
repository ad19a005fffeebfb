//! The addresses of the pages. Their first part is the language.

use crate::api::Page;
use crate::i18n::Locale;
use domain::{ChannelId, MessageId};
use leptos_router::location::Url;

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

/// Looking for words in a channel.
pub(crate) fn search(locale: Locale, channel: ChannelId, words: &str) -> String {
    format!("/{locale}/community/chat?channel={channel}&search={}", Url::escape(words))
}

/// A line of a channel, and what stands around it.
pub(crate) fn message(locale: Locale, channel: ChannelId, message: MessageId) -> String {
    format!("/{locale}/community/chat?channel={channel}&message={message}#{SOUGHT}")
}

/// The id of the place on the page where that line is.
pub(crate) const SOUGHT: &str = "sought";

/// The calls: of a channel, or of all; only the missed ones, or whatever came of them.
pub(crate) fn calls(locale: Locale, channel: Option<ChannelId>, missed: bool) -> String {
    let channel = channel.map(|channel| format!("channel={channel}"));
    let query: Vec<String> = channel.into_iter().chain(missed.then(|| "show=missed".to_owned())).collect();
    match &*query.join("&") {
        "" => format!("/{locale}/community/calls"),
        query => format!("/{locale}/community/calls?{query}"),
    }
}

/// The people of the parish and its groups.
pub(crate) fn members(locale: Locale) -> String {
    format!("/{locale}/community/members")
}

/// The parish in numbers.
pub(crate) fn admin(locale: Locale) -> String {
    format!("/{locale}/community/admin")
}

/// What was reported to those who look after the parish.
pub(crate) fn reports(locale: Locale) -> String {
    format!("/{locale}/community/reports")
}

/// *Will this phone ring?*
pub(crate) fn phone(locale: Locale) -> String {
    format!("/{locale}/community/phone")
}

/// How a browser is made to let the app use the microphone.
pub(crate) fn microphone_help(locale: Locale) -> String {
    format!("/{locale}/help/microphone")
}

/// A page that is only read.
pub(crate) fn page(locale: Locale, page: Page) -> String {
    format!("/{locale}/{}", page.address())
}

/// The language of the page at this address, if it names one of ours.
pub(crate) fn locale(path: &str) -> Option<Locale> {
    path.split('/').nth(1)?.parse().ok()
}

/// The page at this address, with its query, in another language.
pub(crate) fn in_language(path: &str, query: &str, locale: Locale) -> String {
    let page = path.trim_start_matches('/').split_once('/').map_or("", |(_, page)| page);
    match query.trim_start_matches('?') {
        "" => format!("/{locale}/{page}"),
        query => format!("/{locale}/{page}?{query}"),
    }
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

    #[test]
    fn a_page_in_another_language_is_the_same_page_with_the_same_query() {
        assert_eq!(
            in_language("/en/community/chat", "channel=1&callId=2", Locale::pl),
            "/pl/community/chat?channel=1&callId=2"
        );
        assert_eq!(in_language("/pl/sign-in/link", "?token=x", Locale::es), "/es/sign-in/link?token=x");
        assert_eq!(in_language("/es/sign-in", "", Locale::en), "/en/sign-in");
        assert_eq!(in_language("/nothing", "", Locale::es), "/es/");
    }

    #[test]
    fn the_calls_are_narrowed_by_their_address() {
        let channel: ChannelId = "01900000-0000-7000-8000-000000000000".parse().unwrap();
        assert_eq!(calls(Locale::en, None, false), "/en/community/calls");
        assert_eq!(calls(Locale::en, None, true), "/en/community/calls?show=missed");
        assert_eq!(
            calls(Locale::en, Some(channel), true),
            format!("/en/community/calls?channel={channel}&show=missed")
        );
    }
}
