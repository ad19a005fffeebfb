//! The files for browsers, as `script/build` made them: in a folder, or within this binary.

mod carried;

use anyhow::Context;
use app::Assets;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use carried::Carried;
use std::path::{Path, PathBuf};
use tower::ServiceExt;
use tower_http::services::ServeDir;
use tower_http::services::fs::{Backend, DefaultServeDirFallback};

/// What `script/build --release` put into the binary.
#[cfg(feature = "release")]
const CARRIED: Option<Carried> = Some(include!("../../target/bundle/site.rs"));
#[cfg(not(feature = "release"))]
const CARRIED: Option<Carried> = None;

/// Where they are, if nobody says so and the binary carries none: `script/build` makes it.
const BUILT: &str = "target/site";

/// The files for browsers, and what the important ones are called in this build.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    files: Files,
    pub(crate) assets: Assets,
}

#[derive(Debug, Clone)]
enum Files {
    Folder(PathBuf),
    Carried(Carried),
}

impl Site {
    /// Those in `folder`; without one, those that this binary carries.
    pub(crate) fn open(folder: Option<&Path>) -> anyhow::Result<Self> {
        match (folder, CARRIED) {
            (Some(folder), _) => Site::in_folder(folder),
            (None, Some(carried)) => Site::carried(carried),
            (None, None) => Site::in_folder(Path::new(BUILT)),
        }
    }

    pub(crate) fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        let manifest = folder.join("manifest.json");
        let text = std::fs::read_to_string(&manifest)
            .with_context(|| format!("SITE_DIR: {} cannot be read (script/build makes it)", manifest.display()))?;
        let assets = serde_json::from_str(&text)
            .with_context(|| format!("SITE_DIR: {} is not what script/build writes", manifest.display()))?;
        Ok(Site { files: Files::Folder(folder.to_owned()), assets })
    }

    fn carried(carried: Carried) -> anyhow::Result<Self> {
        let manifest = carried.find(Path::new("manifest.json")).context("this binary carries no manifest.json")?;
        let assets = serde_json::from_slice(manifest).context("the manifest.json that this binary carries")?;
        Ok(Site { files: Files::Carried(carried), assets })
    }

    /// Answers with the file that is asked for, packed if whoever asks can unpack it; 404 if there is none.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        match &self.files {
            Files::Folder(folder) => serve(ServeDir::new(folder), request).await,
            Files::Carried(carried) => serve(ServeDir::with_backend("", *carried), request).await,
        }
    }
}

async fn serve<B: Backend>(files: ServeDir<DefaultServeDirFallback, B>, request: Request) -> Response {
    let files = files.precompressed_br().append_index_html_on_directories(false);
    match files.oneshot(request).await {
        Ok(answer) => answer.map(Body::new).into_response(),
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::{ACCEPT_ENCODING, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, RANGE};
    use http::{HeaderMap, HeaderName, Method, StatusCode};
    use http_body_util::BodyExt;
    use std::time::{Duration, SystemTime};

    const FILES: [(&str, &[u8]); 6] = [
        ("assets/app_bg.wasm", b"\0asm and so on"),
        ("assets/app_bg.wasm.br", b"packed"),
        ("icon.svg", b"<svg/>"),
        (
            "manifest.json",
            br#"{ "app": "/a.js", "wasm": "/a.wasm", "voice": "/v.mjs", "style": "/s.css", "icons": "/i.svg" }"#,
        ),
        ("sounds/ringtone.mp3", b"ding dong"),
        ("sw.js", b"self"),
    ];
    const MADE: u64 = 1_700_000_000;

    type With<'a> = &'a [(HeaderName, &'a str)];

    /// The same files twice: in a folder, and carried.
    fn twins() -> (Site, Site, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in FILES {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, content).unwrap();
            let made = SystemTime::UNIX_EPOCH + Duration::from_secs(MADE);
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(made).unwrap();
        }
        (Site::in_folder(folder.path()).unwrap(), Site::carried(Carried { made: MADE, files: &FILES }).unwrap(), folder)
    }

    async fn ask(site: &Site, method: &Method, path: &str, with: With<'_>) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in with {
            request = request.header(name, *value);
        }
        let (head, body) = site.answer(request.body(Body::empty()).unwrap()).await.into_parts();
        (head.status, head.headers, body.collect().await.unwrap().to_bytes().to_vec())
    }

    #[tokio::test]
    async fn what_the_binary_carries_is_answered_exactly_as_a_folder_is() {
        let (folder, carried, _kept) = twins();
        assert_eq!(folder.assets, carried.assets);
        let wasm = "/assets/app_bg.wasm";
        let whole = ask(&carried, &Method::GET, wasm, &[]).await;
        let etag = whole.1[ETAG].to_str().unwrap().to_owned();
        let made = whole.1[LAST_MODIFIED].to_str().unwrap().to_owned();
        let cases: [(Method, &str, With<'_>, u16, &[u8]); 14] = [
            (Method::GET, wasm, &[], 200, b"\0asm and so on"),
            (Method::GET, wasm, &[(ACCEPT_ENCODING, "gzip, br")], 200, b"packed"),
            (Method::GET, wasm, &[(ACCEPT_ENCODING, "br;q=0")], 200, b"\0asm and so on"),
            (Method::GET, wasm, &[(IF_NONE_MATCH, &etag)], 304, b""),
            (Method::GET, wasm, &[(IF_NONE_MATCH, "\"older\"")], 200, b"\0asm and so on"),
            (Method::GET, wasm, &[(IF_MODIFIED_SINCE, &made)], 304, b""),
            (Method::HEAD, wasm, &[], 200, b""),
            (Method::GET, "/sounds/ringtone.mp3", &[(RANGE, "bytes=5-8")], 206, b"dong"),
            (Method::GET, "/sounds/ringtone.mp3", &[(RANGE, "bytes=90-")], 416, b""),
            (Method::POST, wasm, &[], 405, b""),
            (Method::GET, "/assets/app_bg2.wasm", &[], 404, b""),
            (Method::GET, "/assets", &[], 404, b""),
            (Method::GET, "/assets/../sw.js", &[], 404, b""),
            (Method::GET, "/%2e%2e/%2e%2e/etc/passwd", &[], 404, b""),
        ];
        for (method, path, with, status, content) in cases {
            let answer = ask(&carried, &method, path, with).await;
            assert_eq!((answer.0.as_u16(), &*answer.2), (status, content), "{method} {path} {with:?}");
            assert_eq!(answer, ask(&folder, &method, path, with).await, "{method} {path} {with:?}");
        }
    }

    #[tokio::test]
    async fn a_new_edition_of_the_same_length_is_another_one_to_browsers() {
        let (_, carried, _kept) = twins();
        let newer = Site::carried(Carried { made: MADE + 1, files: &FILES }).unwrap();
        let etag = ask(&carried, &Method::GET, "/sw.js", &[]).await.1[ETAG].to_str().unwrap().to_owned();
        assert_eq!(ask(&newer, &Method::GET, "/sw.js", &[(IF_NONE_MATCH, &etag)]).await.0, 200);
    }

    #[test]
    fn a_binary_that_carries_no_manifest_does_not_start() {
        let refused = Site::carried(Carried { made: MADE, files: &[] }).unwrap_err();
        assert!(refused.to_string().contains("manifest.json"), "{refused}");
    }
}
