//! What is kept of people, for how long, and who sees it. Whatever changes what is stored changes this page with it; how
//! long it is stored is not written here but asked.

use super::{days, part, say};
use crate::i18n::Locale;
use backend::{Keeping, VoiceServerKind};
use leptos::prelude::*;

pub(super) fn body(locale: Locale, keeping: &Keeping) -> AnyView {
    let listens = match keeping.voice_server {
        VoiceServerKind::Embedded => say!(locale, privacy.calls.embedded),
        VoiceServerKind::LiveKit => say!(locale, privacy.calls.elsewhere),
    };
    let until = match keeping.calls {
        Some(kept) => say!(locale, privacy.calls.until, days = days(locale, kept)),
        None => say!(locale, privacy.calls.forever),
    };
    view! {
        <p class="reading-lead">{say!(locale, privacy.lead)}</p>
        {part(
            say!(locale, privacy.who.title),
            [
                say!(locale, privacy.who.outside),
                say!(locale, privacy.who.members),
                say!(locale, privacy.who.messages),
                say!(locale, privacy.who.leaders),
                say!(locale, privacy.who.calls),
                say!(locale, privacy.who.server),
            ],
        )}
        {part(
            say!(locale, privacy.calls.title),
            [say!(locale, privacy.calls.sound), listens, say!(locale, privacy.calls.kept), until],
        )}
        {part(
            say!(locale, privacy.kept.title),
            [
                say!(locale, privacy.kept.account),
                say!(locale, privacy.kept.leaving),
                say!(locale, privacy.kept.messages),
                say!(locale, privacy.kept.reading),
                say!(locale, privacy.kept.sessions, days = days(locale, keeping.sessions)),
                say!(locale, privacy.kept.address),
                say!(locale, privacy.kept.push, days = days(locale, keeping.devices)),
                say!(locale, privacy.kept.invites),
                say!(locale, privacy.kept.work),
            ],
        )}
        {part(
            say!(locale, privacy.push.title),
            [say!(locale, privacy.push.service), say!(locale, privacy.push.screen)],
        )}
        {part(
            say!(locale, privacy.browser.title),
            [
                say!(locale, privacy.browser.cookie),
                say!(locale, privacy.browser.store),
                say!(locale, privacy.browser.none),
            ],
        )}
        {part(say!(locale, privacy.ask.title), [say!(locale, privacy.ask.words)])}
    }
    .into_any()
}
