//! The programs that do the work: wasm-bindgen (a library of the same version as the crate, from the one
//! Cargo.lock), and from npm wasm-opt and esbuild.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

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

/// Gives the compiled `frontend` its JavaScript: `app.js`, `app_bg.wasm` and `snippets/`.
pub(crate) fn bind(wasm: &Path, folder: &Path, release: bool) -> Result<Files> {
    files::remove(folder)?;
    Bindgen::new()
        .input_path(wasm)
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
        run(tool("wasm-opt").arg("-Oz").args(WASM_FEATURES).arg(&module).arg("-o").arg(&module))?;
        run(esbuild(&script, &script).args(["--format=esm", "--allow-overwrite"]))?;
    }
    Files::read(folder)
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
