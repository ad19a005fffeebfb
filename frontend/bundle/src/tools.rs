//! The programs that do the work: wasm-split and wasm-bindgen (libraries of the same versions as the crates, from the one
//! Cargo.lock), and from npm wasm-opt and esbuild.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::emptied;
use crate::files::{self, Files};

const TOOLS: &str = "frontend/node_modules/.bin";
const MODULES: &str = "frontend/node_modules";

/// What Rust's WASM target uses and every browser we support has.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Smaller, packed, than what is made as small as can be (`-Oz`), and fewer functions: Chromium compiles each when it is first called.
const OPTIMISED: [&str; 3] = ["-O2", "--shrink-level", "1"];

/// Gives the compiled `frontend` its JavaScript: `app.js`, `app_bg.wasm` and `snippets/`; and `split_*.wasm`, one for each
/// part of the program that is loaded when it is needed (`#[wasm_split]`), with `parts.js`, which loads them.
pub(crate) fn bind(wasm: &Path, folder: &Path, release: bool) -> Result<Files> {
    files::remove(folder)?;
    fs::create_dir_all(folder)?;
    let main = folder.with_extension("main.wasm");
    let whole = fs::read(wasm).with_context(|| format!("{} is missing", wasm.display()))?;
    let whole = if release { emptied::without_what_is_never_called(&whole)? } else { whole };
    let parts = split(&whole, folder, &main).with_context(|| format!("{} cannot be split", wasm.display()))?;
    Bindgen::new()
        .input_path(&main)
        // The parts need the table of functions.
        .keep_lld_exports(true)
        .web(true)?
        .out_name("app")
        .omit_default_module_path(false)
        .typescript(false)
        .remove_name_section(release)
        .remove_producers_section(true)
        .generate(folder)
        .with_context(|| format!("wasm-bindgen cannot read {}", wasm.display()))?;
    if release {
        let (script, module) = (folder.join("app.js"), folder.join("app_bg.wasm"));
        for module in parts.iter().chain([&module]) {
            run(tool("wasm-opt")
                .args(OPTIMISED)
                .arg("--strip-debug")
                .args(WASM_FEATURES)
                .arg(module)
                .arg("-o")
                .arg(module))?;
        }
        run(esbuild(&script, &script).args(["--format=esm", "--allow-overwrite"]))?;
    }
    Files::read(folder)
}

/// Writes the parts of `whole` and what loads them into `folder`, and what is left to `main`; answers where the parts are.
fn split(whole: &[u8], folder: &Path, main: &Path) -> Result<Vec<PathBuf>> {
    let mut options = wasm_split_cli_support::Options::new(whole);
    (options.output_dir, options.main_out_path) = (folder, main);
    (options.main_module, options.link_name) = ("./app.js", "./parts.js");
    Ok(wasm_split_cli_support::transform(options).map_err(|error| anyhow!("{error:?}"))?.split_modules)
}

/// One module of a script and everything it imports from npm.
pub(crate) fn bundle_script(entry: &Path, to: &Path) -> Result<Vec<u8>> {
    run(esbuild(entry, to).args(["--bundle", "--format=esm"]))?;
    Ok(fs::read(to)?)
}

/// One style sheet of an entry and everything it imports. Addresses of files in `public` stay as they are; any other fails.
pub(crate) fn bundle_style(entry: &Path, to: &Path, public: &Files) -> Result<Vec<u8>> {
    let addresses = public.iter().map(|(name, _)| format!("--external:/{name}"));
    run(esbuild(entry, to).args(["--bundle", "--log-override:css-syntax-error=error"]).args(addresses))?;
    Ok(fs::read(to)?)
}

fn esbuild(entry: &Path, to: &Path) -> Command {
    let mut command = tool("esbuild");
    command.arg(entry).arg(format!("--outfile={}", to.display()));
    command.args(["--minify", "--legal-comments=eof", "--log-level=warning"]).env("NODE_PATH", MODULES);
    command
}

fn tool(name: &str) -> Command {
    Command::new(Path::new(TOOLS).join(name))
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_owned();
    let status = command.status().with_context(|| format!("{} is missing: run script/bootstrap", name.display()))?;
    ensure!(status.success(), "{} failed", name.display());
    Ok(())
}
