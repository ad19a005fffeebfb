//! The HTML document around the app.

use crate::i18n::td_string;
use crate::{App, Assets, address};
use http::request::Parts;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// Hides the sentence about scripts that do not run, and shows another in a browser that cannot run the app, in the words of a script of long ago (ECMAScript 5): it may know no
/// modules, no WebAssembly, or not all of what ours needs (in the order of the bytes: multi-value, reference types, bulk
/// memory, sign extension, saturating conversion), or stumble over the JavaScript around it.
const IS_TOO_OLD: &str = r#"(function () {
  function say(state) { document.documentElement.className += " " + state; }
  function tell() { say("is-too-old"); }
  var program = [0,97,115,109,1,0,0,0,1,6,1,96,0,2,127,127,3,2,1,0,4,4,1,111,0,1,5,3,1,0,1,10,23,1,21,0,
    65,0,65,0,65,0,252,11,0,65,0,192,67,0,0,0,0,252,0,11];
  var runs = "noModule" in document.createElement("script") && window.WebAssembly;
  say("has-scripts");
  if (!runs || !WebAssembly.validate(new Uint8Array(program))) tell();
  else window.addEventListener("error", function (event) { if (/^(Uncaught )?SyntaxError/.test(event.message)) tell(); });
})();"#;

/// Fetches the program once the page is drawn: until then, on a slow network, it would take its share of the way from what there is
/// to see. A page that is not looked at is not drawn, and one may be hidden before it is: it is to ring all the same, so nothing waits
/// for longer than `AT_LATEST_AFTER`. What a promise keeps to itself is thrown to where errors are heard of that nobody caught.
fn start(app: &str, wasm: &str) -> String {
    format!(
        r#"let begun = false;
const begin = () => {{
  if (begun) return;
  begun = true;
  const program = fetch("{wasm}");
  import("{app}")
    .then(({{ default: init, hydrate }}) => init({{ module_or_path: program }}).then(hydrate))
    .catch((error) => setTimeout(() => {{ throw error; }}));
}};
if (document.hidden) begin();
else {{
  requestAnimationFrame(() => setTimeout(begin));
  setTimeout(begin, {AT_LATEST_AFTER});
}}"#
    )
}

/// In milliseconds.
const AT_LATEST_AFTER: u32 = 1_000;

/// The document that the server answers with. Wants [`Assets`] in the context.
///
/// The style policy forbids inline styles; the two inline scripts, which tell whether the app can
/// run and start it, carry the nonce of this answer.
pub fn shell() -> impl IntoView {
    let Assets { app, wasm, voice, style, icons } = use_context().unwrap_or_default();
    let nonce = use_nonce();
    let path = use_context::<Parts>().map(|request| request.uri.path().to_owned());
    let locale = path.and_then(|path| address::locale(&path)).unwrap_or_default();
    let start = start(&app, &wasm);
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
                <script nonce=nonce.clone()>{IS_TOO_OLD}</script>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#fbf9f5" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#11141f" />
                <meta name="paxora-voice" content=voice />
                <meta name="paxora-icons" content=icons />
                <link rel="stylesheet" href=style />
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
                // Behind the app: a browser finds its way through the page from the beginning.
                <p class="too-old">{td_string!(locale, too_old.lead)}</p>
                <p class="without-scripts">{td_string!(locale, too_old.without_scripts)}</p>
            </body>
        </html>
    }
}
