//! Where the keyboard is, when what it was on comes and goes.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlDialogElement, HtmlElement};

/// Where a call begins: the button in the channel's head.
const CALL_BUTTON: &str = ".channel-head .is-call, .channel-head .is-yes";

/// The cards that are open, but for what the call itself asks.
const CARDS: &str = "dialog[open]:not(.call dialog)";

/// Closes whatever card is open over the page: while it is, nothing outside of it can be seen to or reached, no call either.
pub(crate) fn close_cards() {
    let Ok(open) = document().query_selector_all(CARDS) else { return };
    for card in (0..open.length()).filter_map(|index| open.item(index)) {
        let card = card.unchecked_into::<HtmlDialogElement>();
        card.close();
        // The focus goes back to where it was before, unless that cannot be seen any more: nobody writes in a closed card.
        let left = document().active_element().filter(|active| card.contains(Some(active)));
        if let Some(left) = left.and_then(|left| left.dyn_into::<HtmlElement>().ok()) {
            // Fails only when it has left the page.
            _ = left.blur();
        }
    }
}

pub(crate) fn focus(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        // Fails only when it has left the page.
        _ = element.focus();
    }
}

/// Whether nothing on the page has the focus.
fn is_lost() -> bool {
    document().active_element().is_none_or(|active| active.tag_name() == "BODY")
}

/// Moves the focus to `target` if nothing has it.
pub(crate) fn focus_if_lost(target: &HtmlElement) {
    if is_lost() {
        // Fails only when it has left the page.
        _ = target.focus();
    }
}

/// Moves the focus, unless that would take the keyboard away from somebody who is writing.
pub(crate) fn focus_unless_writing(target: &HtmlElement) {
    if !is_writing() {
        // Fails only when it has left the page.
        _ = target.focus();
    }
}

pub(crate) fn is_writing() -> bool {
    document().active_element().is_some_and(|active| {
        matches!(active.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || active.dyn_ref::<HtmlElement>().is_some_and(HtmlElement::is_content_editable)
    })
}

/// Shows nothing: when what it stands beside goes and takes the focus with it, the focus goes back to where it was before.
/// That may be gone too: then it goes to where a call begins.
#[component]
pub(crate) fn FocusReturned() -> impl IntoView {
    let before = StoredValue::new_local(None::<Element>);
    Effect::new(move || before.set_value(document().active_element().filter(|active| active.tag_name() != "BODY")));
    on_cleanup(move || {
        let before = before.try_update_value(Option::take).flatten();
        request_animation_frame(move || {
            if is_lost() {
                let still_there = before.filter(|element| element.is_connected());
                let begin = || document().query_selector(CALL_BUTTON).ok().flatten();
                _ = still_there.or_else(begin).map(focus);
            }
        });
    });
}
