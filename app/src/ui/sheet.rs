//! Something to decide before going on: a card over the page.

use crate::i18n::{t, use_i18n};
use crate::ui::{Glyph, Icon, Show};
use leptos::html::Dialog;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// A card over the page, closed by its cross, by Escape, by going elsewhere, or by setting `open` to false. The browser's own
/// `<dialog>` keeps the focus inside and gives it back afterwards. What is in it exists only while it is open.
#[component]
pub(crate) fn Sheet(
    open: RwSignal<bool>,
    /// The id of its heading; unique on the page.
    id: &'static str,
    #[prop(into)] title: Signal<String>,
    children: ChildrenFn,
) -> impl IntoView {
    let i18n = use_i18n();
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        match (open.get(), dialog.open()) {
            // It can only fail when the dialog is not in the page any more.
            (true, false) => _ = dialog.show_modal(),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let place = use_location();
    // Where it was opened may not be seen any more, and it would block the page unseen.
    Effect::new(move |before: Option<(String, String)>| {
        let here = (place.pathname.get(), place.search.get());
        if before.is_some_and(|before| before != here) {
            open.set(false);
        }
        here
    });
    view! {
        <dialog class="sheet" node_ref=dialog aria-labelledby=id on:close=move |_| open.set(false)>
            <header class="sheet-head">
                <h2 id=id>{title}</h2>
                <button
                    type="button"
                    class="button-round"
                    aria-label=t!(i18n, sheet.close)
                    on:click=move |_| open.set(false)
                >
                    <Icon glyph=Glyph::X />
                </button>
            </header>
            <Show when=move || open.get()>{children()}</Show>
        </dialog>
    }
    .into_any()
}
