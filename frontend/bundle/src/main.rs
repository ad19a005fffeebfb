//! Makes what browsers load: turns the compiled `frontend`, the voice shim, the styles and `public/` into
//! `target/site`, under names that carry a hash of the content, and writes `manifest.json` to say which. For a server that
//! carries the files within it, `target/bundle/site.rs` lists them.
//!
//! Run by `script/build` from the top of the repository. Does nothing when nothing has changed.
#![expect(clippy::print_stdout, reason = "a command that a person reads")]

mod emptied;
mod files;
mod tools;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use files::Files;

const SITE: &str = "target/site";
const WORK: &str = "target/bundle";
const VOICE: &str = "app/livekit/js/voice.js";
const STYLE: &str = "style/main.css";
/// In `public`.
const ICONS: &str = "icons.svg";

fn main() -> Result<()> {
    let args: Vec<_> = env::args().skip(1).collect();
    let release = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--release"] => true,
        _ => bail!("usage: bundle [--release]"),
    };
    let profile = if release { "wasm-release" } else { "debug" };
    let wasm = PathBuf::from(format!("target/wasm32-unknown-unknown/{profile}/frontend.wasm"));

    fs::create_dir_all(WORK)?;
    let stamp = stamp(&wasm)?;
    let stamp_file = Path::new(WORK).join("stamp");
    let unchanged = fs::read_to_string(&stamp_file).is_ok_and(|last| last == stamp)
        && Path::new(SITE).join("manifest.json").exists();
    if !unchanged {
        let site = build(&wasm, release)?;
        publish(&site)?;
        fs::write(Path::new(WORK).join("site.rs"), carried(&site, made()?))?;
        fs::write(stamp_file, stamp)?;
    }
    let site = Files::read(SITE)?;
    report(&site);
    if release { weigh(&site) } else { Ok(()) }
}

/// Everything the result depends on, by size and date: reading the contents would cost more than it saves.
fn stamp(wasm: &Path) -> Result<String> {
    let itself = env::current_exe()?;
    let mut inputs = vec![wasm.to_owned(), itself, PathBuf::from("frontend/package-lock.json")];
    for folder in ["app/livekit/js", "style", "public"] {
        files::walk(Path::new(folder), &mut inputs)?;
    }
    let mut lines = format!("{:?}\n", env::var_os("SOURCE_DATE_EPOCH"));
    for path in inputs {
        let meta = fs::metadata(&path).with_context(|| format!("{} is missing", path.display()))?;
        lines += &format!("{} {} {:?}\n", path.display(), meta.len(), meta.modified()?);
    }
    Ok(lines)
}

fn build(wasm: &Path, release: bool) -> Result<Files> {
    let app = tools::bind(wasm, Path::new(WORK).join("app").as_path(), release)?;
    let voice = tools::bundle_script(Path::new(VOICE), &Path::new(WORK).join("voice.mjs"))?;
    let mut site = Files::read("public")?;
    let style = tools::bundle_style(Path::new(STYLE), &Path::new(WORK).join("main.css"), &site)?;

    let app_folder = format!("assets/app-{}", app.hash());
    site.add_all(&app_folder, app);
    let voice_path = site.add_hashed("assets/voice", "mjs", voice);
    let style_path = site.add_hashed("assets/main", "css", style);
    // Under a name that may be kept for ever: by another, browsers ask anew for each icon that comes up in a page.
    let icons = site.take(ICONS).with_context(|| format!("public/{ICONS} is missing"))?;
    let icons_path = site.add_hashed("assets/icons", "svg", icons);

    let manifest = json!({
        "app": format!("/{app_folder}/app.js"),
        "wasm": format!("/{app_folder}/app_bg.wasm"),
        "voice": format!("/{voice_path}"),
        "style": format!("/{style_path}"),
        "icons": format!("/{icons_path}"),
    });
    site.add("manifest.json", serde_json::to_vec_pretty(&manifest)?);

    if let Some(path) = site.with_source_map() {
        bail!("{path} names a source map, which browsers would ask for in vain");
    }
    if release {
        site.add_brotli()?;
    }
    Ok(site)
}

/// Puts the new site in the place of the old one in one step, so that a running server never serves half of it.
fn publish(site: &Files) -> Result<()> {
    let (fresh, old) = (Path::new(WORK).join("site"), Path::new(WORK).join("site.old"));
    files::remove(&fresh)?;
    files::remove(&old)?;
    site.write(&fresh)?;
    if Path::new(SITE).exists() {
        fs::rename(SITE, &old)?;
    }
    fs::rename(&fresh, SITE)?;
    files::remove(&old)
}

/// When the site was made, in seconds since 1970, or what `SOURCE_DATE_EPOCH` says: whoever builds the same source twice
/// wants to get the same twice.
fn made() -> Result<u64> {
    match env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => seconds.parse().context("SOURCE_DATE_EPOCH is no number of seconds"),
        Err(_) => {
            let made = fs::metadata(Path::new(SITE).join("manifest.json"))?.modified()?;
            Ok(made.duration_since(SystemTime::UNIX_EPOCH)?.as_secs())
        }
    }
}

/// The Rust expression by which a server carries the site (`server/src/site.rs` includes it).
fn carried(site: &Files, made: u64) -> String {
    let mut text = format!("Carried {{ made: {made}, files: &[\n");
    for (path, _) in site.iter() {
        text += &format!("    ({path:?}, include_bytes!({:?})),\n", format!("../site/{path}"));
    }
    text + "] }\n"
}

fn report(site: &Files) {
    let sizes: BTreeMap<&str, usize> = site.iter().map(|(path, bytes)| (path, bytes.len())).collect();
    for (path, raw) in &sizes {
        if path.starts_with("assets/") && !path.ends_with(".br") {
            let packed = sizes.get(format!("{path}.br").as_str());
            let packed = packed.map_or(String::new(), |size| format!("  {:>9} brotli", kilobytes(*size)));
            println!("{:>9}{packed}  {path}", kilobytes(*raw));
        }
    }
}

/// What a browser loads, packed, and at most how many bytes of it: of a chat before anybody calls; of ours for a call, and of
/// LiveKit; for the list of calls; for looking for words; for people and groups. The goal for the first is 250 KB
/// (`docs/decisions/0012-what-is-loaded-first.md`); until then it may not grow unnoticed.
const FIRST_LOAD: usize = 522_000;
const LATER: [(&str, &str, usize); 6] = [
    ("a call", "/split_call.wasm", 80_000),
    ("LiveKit", "assets/voice-", 130_000),
    ("the list of calls", "/split_calls.wasm", 38_000),
    ("looking for words", "/split_search.wasm", 39_000),
    ("people and groups", "/split_people.wasm", 75_000),
    ("reports", "/split_reports.wasm", 19_500),
];

fn weigh(site: &Files) -> Result<()> {
    let packed = |wanted: &dyn Fn(&str) -> bool| -> usize {
        let packed = site.iter().filter(|(path, _)| path.ends_with(".br") && wanted(path));
        packed.map(|(_, it)| it.len()).sum()
    };
    // Chunks are what two of the parts share.
    let is_later = |path: &str| path.contains("/split_") || path.contains("/chunk_");
    let first = packed(&|path| {
        ["assets/app-", "assets/main-", "assets/icons-"].iter().any(|of| path.starts_with(of)) && !is_later(path)
    });
    let mut too_heavy = Vec::new();
    let mut weighed = |what: &str, weight: usize, limit: usize| {
        println!("{:>9} for {what}", kilobytes(weight));
        if weight > limit {
            too_heavy.push(format!("{what}: at most {limit} bytes"));
        }
    };
    weighed("a chat before anybody calls", first, FIRST_LOAD);
    for (what, of, limit) in LATER {
        weighed(what, packed(&|path| path.contains(of)), limit);
    }
    ensure!(too_heavy.is_empty(), "too heavy: {}", too_heavy.join("; "));
    Ok(())
}

fn kilobytes(bytes: usize) -> String {
    format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100)
}
