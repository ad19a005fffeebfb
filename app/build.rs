//! Compiles the words of `locales/` into types, so that a key that is missing or misspelt does not build.
//!
//! This is what `leptos_i18n_build` does, without its ICU data generator: that alone would bring a hundred more crates
//! (a TLS stack among them), and no ICU data goes into the app (`src/i18n.rs` says why).

use leptos_i18n_parser::parse_locales::options::{Config, ParseOptions};
use leptos_i18n_parser::parse_locales::parse_locales;
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

/// The first is spoken where the address names none.
const LANGUAGES: [&str; 3] = ["en", "es", "pl"];

/// Made by a generator, not for reading: what the workspace asks of written code does not apply. `expect` will not do,
/// since which of these the generator's code needs changes with the words.
const GENERATED: &str = "#![allow(clippy::allow_attributes, clippy::allow_attributes_without_reason, \
                         missing_docs, unused_qualifications, unused_imports, dead_code)]";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");

    let options = ParseOptions::default().interpolate_display(true);
    let config = Config::new(LANGUAGES[0])?.add_locales(&LANGUAGES[1..])?.parse_options(options);
    let words = parse_locales(None, config)?;
    // A word that one language has and another lacks is a mistake, not a warning.
    for trouble in words.diag.errors().iter().map(ToString::to_string) {
        println!("cargo::error=app/locales: {trouble}");
    }
    for trouble in words.diag.warnings().iter().map(ToString::to_string) {
        println!("cargo::error=app/locales: {trouble}");
    }

    let code = leptos_i18n_codegen::gen_code(&words, None, false, Some(&GENERATED.parse()?), false)?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("words.rs"), code.to_string())?;
    Ok(())
}
