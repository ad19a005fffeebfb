//! A link that is shown once.

use crate::browser;
use crate::i18n::{t, use_i18n};
use crate::ui::{Glyph, Icon};
use domain::HandedOut;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Room that a camera needs around the squares.
const MARGIN: u32 = 4;

/// A link to be passed on: for a camera, and as words with a button that copies them.
#[component]
pub(super) fn Link(handed: HandedOut) -> impl IntoView {
    let i18n = use_i18n();
    let HandedOut { address, qr } = handed;
    let whole = qr.side + 2 * MARGIN;
    let copied = RwSignal::new(None::<bool>);
    let to_copy = address.clone();
    let copy = move |_| {
        let address = to_copy.clone();
        spawn_local(async move { _ = copied.try_set(Some(browser::copy(&address).await)) });
    };
    view! {
        <div class="handed-out">
            <svg
                class="qr"
                viewBox=format!("-{MARGIN} -{MARGIN} {whole} {whole}")
                role="img"
                aria-label=t!(i18n, handed_out.qr)
                shape-rendering="crispEdges"
            >
                <rect
                    class="qr-paper"
                    x=format!("-{MARGIN}")
                    y=format!("-{MARGIN}")
                    width=whole.to_string()
                    height=whole.to_string()
                />
                <path class="qr-ink" d=qr.path />
            </svg>
            <input class="handed-out-link" readonly aria-label=t!(i18n, handed_out.link) value=address />
            <button type="button" class="button is-accent" on:click=copy>
                <Icon glyph=Glyph::Copy />
                {t!(i18n, handed_out.copy)}
            </button>
            <p role="status">
                {move || match copied.get() {
                    None => None,
                    Some(true) => Some(t!(i18n, handed_out.copied)),
                    Some(false) => Some(t!(i18n, handed_out.not_copied)),
                }}
            </p>
        </div>
    }
    .into_any()
}
