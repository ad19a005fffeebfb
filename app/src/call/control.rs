//! The round buttons of a call.

use crate::ui::{Glyph, Icon};
use leptos::ev::MouseEvent;
use leptos::html::Button;
use leptos::prelude::*;

/// What a button means. The colour never speaks alone: its icon and its word say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Answer.
    Yes,
    /// Refuse, hang up.
    No,
    /// Everything else.
    Plain,
}

/// A large round button with its word under it.
#[component]
pub(crate) fn CallControl(
    tone: Tone,
    #[prop(into)] glyph: Signal<Glyph>,
    #[prop(into)] word: Signal<String>,
    /// Said by screen readers in place of the word; must contain it.
    #[prop(into, optional)]
    label: Signal<Option<String>>,
    /// Stands out: what it does is in force. Its word says so, too.
    #[prop(into, optional)]
    lit: Signal<bool>,
    /// Whether what it opens is open, for a button that opens something.
    #[prop(into, optional)]
    expanded: Signal<Option<bool>>,
    /// Is not there while the call is made small.
    #[prop(optional)]
    is_extra: bool,
    /// Draws the eye.
    #[prop(optional)]
    pulses: bool,
    #[prop(optional)] node: NodeRef<Button>,
    /// One type for all, so that all are one piece of code.
    #[prop(into)]
    on_tap: Callback<MouseEvent>,
) -> impl IntoView {
    let tone = match tone {
        Tone::Yes => "is-yes",
        Tone::No => "is-no",
        Tone::Plain => "is-plain",
    };
    view! {
        <button
            type="button"
            class=format!("control {tone}")
            class:pulses=pulses
            class:is-lit=lit
            class:is-extra=is_extra
            node_ref=node
            aria-label=label
            aria-expanded=move || expanded.get().map(|expanded| expanded.to_string())
            on:click=move |event| on_tap.run(event)
        >
            <span class="control-face">
                {move || view! { <Icon glyph=glyph.get() /> }}
            </span>
            <span class="control-word">{word}</span>
        </button>
    }
    .into_any()
}
