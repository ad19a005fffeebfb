//! A sentence about something that went wrong, said aloud when it appears.

use crate::ui::{Glyph, Icon};
use leptos::prelude::*;

/// A sentence about trouble. It stands in the page all the time and is hidden while there is nothing to say, so that
/// screen readers notice when it is filled.
#[component]
pub(crate) fn Notice(
    /// The sentence; none hides it.
    #[prop(into)]
    text: Signal<Option<String>>,
    /// What stands behind it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="notice" role="alert" hidden=move || text.with(Option::is_none)>
            <p class="notice-text">
                <Icon glyph=Glyph::TriangleAlert />
                <span>{move || text.get().unwrap_or_default()} {children.map(|children| children())}</span>
            </p>
        </div>
    }
}
