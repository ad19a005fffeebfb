//! The HTML document around the app.

use crate::{App, Assets};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// The document that the server answers with. Wants [`Assets`] in the context.
///
/// The style policy forbids inline styles; the one inline script, which starts the app, carries the nonce of this answer.
pub fn shell() -> impl IntoView {
    let Assets { app, wasm, voice, style } = use_context().unwrap_or_default();
    let nonce = use_nonce();
    let start =
        format!(r#"import init, {{ hydrate }} from "{app}"; await init({{ module_or_path: "{wasm}" }}); hydrate();"#);
    view! {
        <!DOCTYPE html>
        <html>
            <head>
                <meta charset="utf-8" />
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
                />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#fbf9f5" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#11141f" />
                <meta name="paxora-voice" content=voice />
                <link rel="stylesheet" href=style />
                <link rel="modulepreload" href=app nonce=nonce.clone() />
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <link rel="icon" href="/icon.svg" r#type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <MetaTags />
                <script r#type="module" nonce=nonce>
                    {start}
                </script>
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
