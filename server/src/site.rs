//! The files for browsers, as `script/build` made them.

use anyhow::Context;
use app::Assets;
use std::path::{Path, PathBuf};

/// The folder of files for browsers, and what the important ones are called in this build.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) folder: PathBuf,
    pub(crate) assets: Assets,
}

impl Site {
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let manifest = folder.join("manifest.json");
        let text = std::fs::read_to_string(&manifest)
            .with_context(|| format!("SITE_DIR: {} cannot be read (script/build makes it)", manifest.display()))?;
        let assets = serde_json::from_str(&text)
            .with_context(|| format!("SITE_DIR: {} is not what script/build writes", manifest.display()))?;
        Ok(Site { folder: folder.to_owned(), assets })
    }
}
