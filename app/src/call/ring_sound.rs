//! The offer to let this page be heard.

use crate::address;
use crate::i18n::{t, use_i18n};
use crate::state::use_ringer;
use crate::ui::{Glyph, Icon, Offer, Show};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// A chip that turns the ring's sound on, while the browser keeps the page silent: until somebody touches the page, or has
/// refused the offer, once and for all. The page *Will this phone ring?* has the same button in its own place.
#[component]
pub(crate) fn RingSound() -> impl IntoView {
    let i18n = use_i18n();
    let ringer = use_ringer();
    let locked = ringer.is_locked();
    let offer = Offer::new("paxora-ring-sound-refused");
    let path = use_location().pathname;
    let offered_elsewhere = Memo::new(move |_| path.get() == address::phone(i18n.locale()));
    let offered = Memo::new(move |_| locked.get() && !offered_elsewhere.get() && !offer.is_refused());
    view! {
        <Show when=move || offered.get()>
            <div class="ring-sound">
                <button type="button" class="ring-sound-on" on:click=move |_| ringer.unlock()>
                    <Icon glyph=Glyph::Volume />
                    {t!(i18n, ring_sound.turn_on)}
                </button>
                <button
                    type="button"
                    class="button-round"
                    aria-label=t!(i18n, ring_sound.refuse)
                    // With the first touch the sound may be on, and all of this gone before the click.
                    on:pointerdown=move |_| offer.refuse()
                    on:click=move |_| offer.refuse()
                >
                    <Icon glyph=Glyph::X />
                </button>
            </div>
        </Show>
    }
    .into_any()
}
