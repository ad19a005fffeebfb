//! What can be done, trouble by trouble.

use super::say;
use crate::address;
use crate::api::Page;
use crate::i18n::{Locale, page_title};
use leptos::prelude::*;

/// What there is to do, the likeliest first, and the way to the other pages.
pub(super) fn body(locale: Locale, page: Page) -> AnyView {
    let others = Page::HELP.into_iter().filter(|other| *other != page);
    let others = others.map(|other| (address::page(locale, other), page_title(locale, other).to_owned()));
    let microphone = (address::microphone_help(locale), say!(locale, help.title));
    let links = others.chain([microphone]).map(|(href, title)| view! { <li><a href=href>{title}</a></li> });
    let lines = lines(locale, page).into_iter().map(|line| view! { <li>{line}</li> });
    let phone = (page == Page::Ringing).then(|| {
        view! {
            <p>
                <a class="button is-accent" href=address::phone(locale)>{say!(locale, reading.ringing.page_link)}</a>
            </p>
        }
    });
    view! {
        <ul class="reading-steps">{lines.collect::<Vec<_>>()}</ul>
        {phone}
        <nav aria-labelledby="more-help">
            <h2 id="more-help">{say!(locale, reading.more)}</h2>
            <ul class="reading-links">{links.collect::<Vec<_>>()}</ul>
        </nav>
    }
    .into_any()
}

fn lines(locale: Locale, page: Page) -> Vec<String> {
    match page {
        Page::Privacy => vec![],
        Page::Network => vec![
            say!(locale, reading.network.again),
            say!(locale, reading.network.nearer),
            say!(locale, reading.network.others),
            say!(locale, reading.network.unsent),
            say!(locale, reading.network.blocked),
            say!(locale, reading.network.server),
        ],
        Page::Sound => vec![
            say!(locale, reading.sound.tap),
            say!(locale, reading.sound.loud),
            say!(locale, reading.sound.through),
            say!(locale, reading.sound.one),
            say!(locale, reading.sound.leave),
        ],
        Page::Ringing => vec![
            say!(locale, reading.ringing.page),
            say!(locale, reading.ringing.allow),
            say!(locale, reading.ringing.quiet),
            say!(locale, reading.ringing.saving),
            say!(locale, reading.ringing.theirs),
        ],
        Page::Calls => vec![
            say!(locale, reading.calls.now),
            say!(locale, reading.calls.full),
            say!(locale, reading.calls.locked),
            say!(locale, reading.calls.put_out),
            say!(locale, reading.calls.other),
            say!(locale, reading.calls.not_here),
            say!(locale, reading.calls.not_you),
        ],
        Page::SignIn => vec![
            say!(locale, reading.sign_in.typed),
            say!(locale, reading.sign_in.forgotten),
            say!(locale, reading.sign_in.used),
            say!(locale, reading.sign_in.device),
            say!(locale, reading.sign_in.often),
            say!(locale, reading.sign_in.lost),
            say!(locale, reading.sign_in.newcomer),
        ],
    }
}
