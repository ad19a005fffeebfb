//! The status of the answer that carries a page.

#[cfg(feature = "ssr")]
pub(super) use ssr::not_found;

/// Nothing to say in the browser: the answer is here already.
#[cfg(not(feature = "ssr"))]
pub(super) fn not_found() {}

#[cfg(feature = "ssr")]
mod ssr {
    use leptos::prelude::use_context;

    /// The answer has status 404.
    pub(in crate::pages) fn not_found() {
        if let Some(options) = use_context::<leptos_axum::ResponseOptions>() {
            options.set_status(http::StatusCode::NOT_FOUND);
        }
    }
}
