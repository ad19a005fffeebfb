//! The way to the page *Will this phone ring?*.

use crate::address;
use crate::i18n::{t, use_i18n};
use crate::state::{Standing, use_reach};
use crate::ui::{Glyph, Icon, Offer, Show};
use leptos::prelude::*;

/// Offers to let this device ring while Paxora is closed, until it does or somebody does not want to.
#[component]
pub(crate) fn RingOffer() -> impl IntoView {
    let i18n = use_i18n();
    let standing = use_reach().standing();
    let offer = Offer::new("paxora-ring-offer-refused");
    let offered = Memo::new(move |_| {
        let missing = matches!(
            standing.get(),
            Some(Standing::NotAsked | Standing::Denied | Standing::Unreachable | Standing::InstallFirst)
        );
        missing && !offer.is_refused()
    });
    view! {
        <Show when=move || offered.get()>
            <div class="ring-offer">
                <p>{t!(i18n, phone.offer.lead)}</p>
                <a class="button is-accent" href=address::phone(i18n.locale())>
                    <Icon glyph=Glyph::Phone />
                    {t!(i18n, phone.offer.go)}
                </a>
                <button
                    type="button"
                    class="button-round"
                    aria-label=t!(i18n, phone.offer.refuse)
                    on:click=move |_| offer.refuse()
                >
                    <Icon glyph=Glyph::X />
                </button>
            </div>
        </Show>
    }
    .into_any()
}
