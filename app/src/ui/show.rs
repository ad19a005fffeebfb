//! What is there only some of the time.

use leptos::children::ViewFn;
use leptos::prelude::*;

/// As Leptos's own `Show`, but for its types: one for all, so that all are one piece of code.
#[component]
pub(crate) fn Show(
    when: impl Fn() -> bool + Send + Sync + 'static,
    #[prop(optional, into)] fallback: ViewFn,
    children: ChildrenFn,
) -> impl IntoView {
    show(Memo::new(move |_| when()), fallback, children)
}

fn show(when: Memo<bool>, otherwise: ViewFn, children: ChildrenFn) -> AnyView {
    (move || if when.get() { children() } else { otherwise.run() }).into_any()
}
