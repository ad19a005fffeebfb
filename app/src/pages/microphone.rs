//! How a browser is made to let the app use the microphone.

use super::page_head::PageHead;
use crate::browser::{Maker, agent};
use crate::i18n::{browser_name, microphone_step, t, use_i18n};
use leptos::prelude::*;

/// As they are listed; whatever the reader has comes first.
const BROWSERS: [Maker; 7] = [
    Maker::ChromePhone,
    Maker::ApplePhone,
    Maker::AppleHomeScreen,
    Maker::Chrome,
    Maker::Firefox,
    Maker::Safari,
    Maker::FirefoxPhone,
];

/// What to do, browser by browser. It needs no account: somebody else may read it aloud.
///
/// ## Server-Side Rendering
/// The server does not look at what browser asks; the browser puts itself first when the page is alive.
#[component]
pub(crate) fn MicrophonePage() -> impl IntoView {
    let i18n = use_i18n();
    let mine = RwSignal::new(None::<Maker>);
    Effect::new(move || mine.set(Some(agent::maker())));
    let others = move || BROWSERS.into_iter().filter(|browser| Some(*browser) != mine.get()).collect::<Vec<_>>();
    view! {
        <main class="phone help">
            <PageHead title=t!(i18n, help.title) />
            <p>{t!(i18n, help.lead)}</p>
            {move || mine.get().map(|browser| view! {
                <section class="help-mine">
                    <h2>{t!(i18n, help.yours, name = browser_name(i18n, browser))}</h2>
                    <Steps browser />
                </section>
            })}
            <section class="help-others">
                <h2 hidden=move || mine.get().is_none()>{t!(i18n, help.others)}</h2>
                <For each=others key=|browser| *browser let:browser>
                    <details>
                        <summary>{browser_name(i18n, browser)}</summary>
                        <Steps browser />
                    </details>
                </For>
            </section>
            <section class="phone-limits">
                <h2>{t!(i18n, help.still.title)}</h2>
                <ul>
                    <li>{t!(i18n, help.still.busy)}</li>
                    <li>{t!(i18n, help.still.plug)}</li>
                    <li>{t!(i18n, help.still.computer)}</li>
                </ul>
            </section>
        </main>
    }
    .into_any()
}

#[component]
fn Steps(browser: Maker) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <ol class="help-steps">
            <li>{microphone_step(i18n, browser, 0)}</li>
            <li>{microphone_step(i18n, browser, 1)}</li>
            <li>{microphone_step(i18n, browser, 2)}</li>
        </ol>
    }
    .into_any()
}
