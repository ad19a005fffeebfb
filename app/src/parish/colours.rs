//! The colour of one's own face.

use super::deed::Deed;
use crate::api::choose_hue;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::{Avatar, Size};
use domain::{Hue, MemberId};
use leptos::prelude::*;

/// All colours, with the face of the one who chooses in each.
#[component]
pub(super) fn Colours(me: MemberId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let deed = Deed::new();
    let name = Signal::derive(move || live.name_of(me));
    let choice = move |number: u8| {
        let hue = Hue::try_from(number).ok()?;
        Some(view! {
            <button
                type="button"
                class="colour"
                aria-label=t!(i18n, myself.colour_label, number = number + 1)
                aria-pressed=move || if live.hue_of(me) == Some(hue) { "true" } else { "false" }
                on:click=move |_| deed.ask(choose_hue(hue), move |()| live.reload())
            >
                <Avatar name hue=Signal::stored(number) size=Size::Medium />
            </button>
        })
    };
    view! {
        <fieldset class="colours">
            <legend>{t!(i18n, myself.colour)}</legend>
            {(0..Hue::COUNT).map(choice).collect::<Vec<_>>()}
        </fieldset>
        <Refused why=deed.refused() />
    }
    .into_any()
}
