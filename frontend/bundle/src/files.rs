//! A folder of files in memory: small enough, and easy to name by content.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use sha2::{Digest, Sha256};

/// What pays to compress. Pictures and sounds are compressed by their own format.
const COMPRESSIBLE: [&str; 10] = ["js", "mjs", "css", "wasm", "html", "svg", "json", "webmanifest", "txt", "xml"];
const WORTH_COMPRESSING: usize = 1024;

/// Contents by relative path, always in the same order.
#[derive(Default)]
pub(crate) struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// Everything below `folder`.
    pub(crate) fn read(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let mut paths = Vec::new();
        walk(folder, &mut paths)?;
        let mut files = Self::default();
        for path in paths {
            let name = path.strip_prefix(folder)?.to_str().context("a file name that is not UTF-8")?;
            files.add(name, fs::read(&path)?);
        }
        Ok(files)
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        for (name, bytes) in &self.0 {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(path, bytes)?;
        }
        Ok(())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    pub(crate) fn add(&mut self, name: &str, bytes: Vec<u8>) {
        self.0.insert(name.to_owned(), bytes);
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        self.0.remove(name)
    }

    pub(crate) fn add_all(&mut self, folder: &str, files: Self) {
        self.0.extend(files.0.into_iter().map(|(name, bytes)| (format!("{folder}/{name}"), bytes)));
    }

    /// Adds `bytes` as `<stem>-<hash>.<extension>` and answers that name.
    pub(crate) fn add_hashed(&mut self, stem: &str, extension: &str, bytes: Vec<u8>) -> String {
        let name = format!("{stem}-{}.{extension}", hash([("", bytes.as_slice())]));
        self.add(&name, bytes);
        name
    }

    /// One hash for all of them: they name each other, so they change their address together.
    pub(crate) fn hash(&self) -> String {
        hash(self.iter())
    }

    /// The first script or style that names a source map.
    pub(crate) fn with_source_map(&self) -> Option<&str> {
        const MARK: &[u8] = b"sourceMappingURL=";
        let is_text = |name: &str| [".js", ".mjs", ".css"].iter().any(|end| name.ends_with(end));
        self.iter()
            .find(|(name, bytes)| is_text(name) && bytes.windows(MARK.len()).any(|part| part == MARK))
            .map(|(name, _)| name)
    }

    /// Puts a `.br` beside every file that pays to compress.
    pub(crate) fn add_brotli(&mut self) -> Result<()> {
        let mut packed = BTreeMap::new();
        for (name, bytes) in &self.0 {
            let extension = Path::new(name).extension().and_then(|end| end.to_str());
            if bytes.len() > WORTH_COMPRESSING && extension.is_some_and(|end| COMPRESSIBLE.contains(&end)) {
                packed.insert(format!("{name}.br"), compress(bytes)?);
            }
        }
        self.0.extend(packed);
        Ok(())
    }
}

fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let params = BrotliEncoderParams { quality: 11, lgwin: 24, size_hint: bytes.len(), ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &params)?;
    Ok(packed)
}

fn hash<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hasher = Sha256::new();
    for (name, bytes) in files {
        // Lengths keep "ab" + "c" apart from "a" + "bc".
        hasher.update(name.len().to_le_bytes());
        hasher.update(name);
        hasher.update(bytes.len().to_le_bytes());
        hasher.update(bytes);
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// All files below `folder`, in a stable order.
pub(crate) fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} is missing", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            walk(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// Removes a folder, which may be missing.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::Files;

    fn files(contents: &[(&str, &str)]) -> Files {
        let mut files = Files::default();
        for (name, text) in contents {
            files.add(name, text.as_bytes().to_vec());
        }
        files
    }

    #[test]
    fn the_hash_depends_on_names_and_contents_but_not_on_the_order() {
        let hash = files(&[("app.js", "1"), ("app_bg.wasm", "2")]).hash();
        assert_eq!(hash, files(&[("app_bg.wasm", "2"), ("app.js", "1")]).hash());
        assert_ne!(hash, files(&[("app.js", "1"), ("app_bg.wasm", "3")]).hash());
        assert_ne!(hash, files(&[("app.js", "1"), ("app_bg2.wasm", "2")]).hash());
        assert_ne!(files(&[("a", "bc")]).hash(), files(&[("ab", "c")]).hash());
    }

    #[test]
    fn only_what_pays_is_compressed_and_it_unpacks_to_the_same() {
        let long = "ring ".repeat(1000);
        let mut site = files(&[("a.css", long.as_str()), ("b.css", "short"), ("c.mp3", long.as_str())]);
        site.add_brotli().expect("compresses");
        let names: Vec<_> = site.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a.css", "a.css.br", "b.css", "c.mp3"]);

        let (_, packed) = site.iter().nth(1).expect("a.css.br");
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut &packed[..], &mut unpacked).expect("unpacks");
        assert_eq!(unpacked, long.as_bytes());
    }

    #[test]
    fn a_source_map_is_found_in_scripts_and_styles_only() {
        let mark = "//# sourceMappingURL=x.map";
        assert_eq!(files(&[("a.txt", mark), ("b.mjs", "1")]).with_source_map(), None);
        assert_eq!(files(&[("b.mjs", mark)]).with_source_map(), Some("b.mjs"));
    }
}
