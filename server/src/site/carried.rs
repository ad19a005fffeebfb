//! Files that are a part of the program, for `ServeDir` to serve as it serves those of a folder.

use std::future::{Ready, ready};
use std::io::{Cursor, Error, ErrorKind, Result, SeekFrom};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::services::fs::{Backend, File, Metadata};

/// Contents by relative path, sorted by path. `frontend/bundle` writes one down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carried {
    /// When they were made, in seconds since 1970: with their size, it tells browsers which edition they have.
    pub(super) made: u64,
    pub(super) files: &'static [(&'static str, &'static [u8])],
}

impl Carried {
    pub(super) fn find(&self, path: &Path) -> Option<&'static [u8]> {
        // `ServeDir` begins at `.`.
        let path = path.strip_prefix(".").unwrap_or(path).to_str()?;
        let at = self.files.binary_search_by_key(&path, |(name, _)| name).ok()?;
        Some(self.files[at].1)
    }

    fn open_now(&self, path: &Path) -> Result<CarriedFile> {
        let content = self.find(path).ok_or(Error::from(ErrorKind::NotFound))?;
        let about = About { size: content.len() as u64, made: SystemTime::UNIX_EPOCH + Duration::from_secs(self.made) };
        Ok(CarriedFile { content: Cursor::new(content), about })
    }
}

impl Backend for Carried {
    type File = CarriedFile;
    type Metadata = About;
    type OpenFuture = Ready<Result<CarriedFile>>;
    type MetadataFuture = Ready<Result<About>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        ready(self.open_now(&path))
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        ready(self.open_now(&path).map(|file| file.about))
    }
}

/// What is known of a file without reading it.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    size: u64,
    made: SystemTime,
}

impl Metadata for About {
    fn is_dir(&self) -> bool {
        false
    }

    fn modified(&self) -> Result<SystemTime> {
        Ok(self.made)
    }

    fn len(&self) -> u64 {
        self.size
    }
}

pub(super) struct CarriedFile {
    content: Cursor<&'static [u8]>,
    about: About,
}

impl File for CarriedFile {
    type Metadata = About;
    type MetadataFuture<'a> = Ready<Result<About>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        ready(Ok(self.about))
    }
}

impl AsyncRead for CarriedFile {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.content).poll_read(context, into)
    }
}

impl AsyncSeek for CarriedFile {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> Result<()> {
        Pin::new(&mut self.content).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<u64>> {
        Pin::new(&mut self.content).poll_complete(context)
    }
}
