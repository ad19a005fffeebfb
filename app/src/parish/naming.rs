//! What somebody, or a group, is called.

use crate::ui::Autofill;
use domain::text::NAME_MAX;
use leptos::prelude::*;

/// A line for a name.
#[component]
pub(super) fn NameField(
    name: RwSignal<String>,
    label: &'static str,
    /// Whose name it is, if the browser may know it.
    #[prop(into, optional_no_strip)]
    autofill: Option<Autofill>,
) -> impl IntoView {
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                type="text"
                required
                autocomplete=autofill.map_or("off", Autofill::token)
                maxlength=NAME_MAX.to_string()
                prop:value=move || name.get()
                on:input=move |event| name.set(event_target_value(&event))
            />
        </label>
    }
    .into_any()
}

/// The line, and a button that gives the new name.
#[component]
pub(super) fn Rename(
    name: RwSignal<String>,
    label: &'static str,
    #[prop(into, optional_no_strip)] autofill: Option<Autofill>,
    /// The button.
    words: &'static str,
    #[prop(into)] pending: Signal<bool>,
    #[prop(into)] on_rename: Callback<String>,
) -> impl IntoView {
    let rename = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        on_rename.run(name.get_untracked());
    };
    view! {
        <form class="rename" on:submit=rename>
            <NameField name label autofill />
            <button type="submit" class="button is-quiet" disabled=pending>{words}</button>
        </form>
    }
    .into_any()
}
