//! Where the things are that a page loads.

use serde::Deserialize;

/// The addresses of what `script/build` made, each with a hash of its content in its name. The server reads them from
/// `target/site/manifest.json` and puts them into the context of every page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Assets {
    /// The JavaScript that loads the app.
    pub app: String,
    /// The app.
    pub wasm: String,
    /// The LiveKit client and our shim; loaded only when somebody calls.
    pub voice: String,
    /// The style sheet.
    pub style: String,
    /// The sprite of the icons.
    pub icons: String,
}
