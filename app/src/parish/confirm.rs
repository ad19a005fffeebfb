//! Something that cannot be undone is asked about once more.

use crate::i18n::{t, use_i18n};
use crate::ui::{Glyph, Icon};
use leptos::prelude::*;

/// What would happen, and the two ways on.
#[component]
pub(super) fn Confirm(
    /// What would happen.
    #[prop(into)]
    lead: Signal<String>,
    /// The button that does it.
    words: &'static str,
    #[prop(into)] pending: Signal<bool>,
    #[prop(into)] on_yes: Callback<()>,
    #[prop(into)] on_no: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <p>{lead}</p>
        <footer class="sheet-foot">
            <button type="button" class="button is-no" disabled=pending on:click=move |_| on_yes.run(())>
                <Icon glyph=Glyph::TriangleAlert />
                {words}
            </button>
            <button type="button" class="button is-quiet" on:click=move |_| on_no.run(())>
                {t!(i18n, members.cancel)}
            </button>
        </footer>
    }
    .into_any()
}
