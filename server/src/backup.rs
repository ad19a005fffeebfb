//! `paxora backup` and `paxora restore`: all of a database in one file, for either kind of database.

mod file;

use crate::commands::backend_of;
use crate::config::Config;
use crate::open_store;
use anyhow::{Context, anyhow, bail, ensure};
use backend::{Clock, SystemClock};
use domain::Timestamp;
use file::{FORMAT, Head, Reader, Writer};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;
use store::{RestoreError, Restoring, Snapshot, StoreError, newest_schema};

/// What to do with a damaged database.
pub(crate) const WHEN_DAMAGED: &str =
    "stop the server, move the file away with its -wal and -shm, and restore the last backup: docs/operating.md";

/// A clock that shows when the backup was made.
struct ThenClock(Timestamp);

impl Clock for ThenClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Writes a backup into a new file. It has its name only when all of it is there.
pub(crate) async fn back_up(config: &Config, to: &Path) -> anyhow::Result<()> {
    ensure!(!to.try_exists().unwrap_or(true), "{} is there already: name another file", to.display());
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let at = SystemClock.now();
    let snapshot = match Snapshot::of(&config.database_url).await {
        Err(error @ StoreError::Damaged(_)) => return Err(broken(error)),
        Err(StoreError::Refused(_)) => bail!("DATABASE_URL: there is nothing of Paxora in this database"),
        snapshot => snapshot.context("DATABASE_URL cannot be opened")?,
    };
    ensure!(
        snapshot.schema() <= newest_schema(),
        "a newer paxora has changed this database: take the backup with that one"
    );
    // Nobody but its owner can read it, from its first moment on.
    let partial = tempfile::Builder::new().prefix(".paxora-").suffix(".partial").tempfile_in(folder);
    let partial = partial.with_context(|| format!("no file can be made in {}", folder.display()))?;
    let head = Head { paxora_backup: FORMAT, program: env!("CARGO_PKG_VERSION").into(), schema: snapshot.schema(), at };
    let mut writer = Writer::begin(partial.as_file(), &head)?;
    snapshot.read(|piece| writer.piece(&piece).map_err(anyhow::Error::from)).await?;
    let rows = writer.finish().context("the backup cannot be written")?;
    partial.as_file().sync_all()?;
    partial.persist_noclobber(to).map_err(|refused| match refused.error.kind() {
        ErrorKind::AlreadyExists => anyhow!("{} is there already: name another file", to.display()),
        _ => refused.error.into(),
    })?;
    File::open(folder)?.sync_all()?;
    writeln!(
        std::io::stdout(),
        "{} holds all of it: {rows} rows. Whoever has this file can read everything that was ever said: keep it safe.",
        to.display()
    )?;
    Ok(())
}

/// Puts back what a backup holds.
pub(crate) async fn restore(config: &Config, from: &Path, replace: bool, sign_out: bool) -> anyhow::Result<()> {
    // All of it is looked at before anything is touched.
    let head = read(from, async |_| Ok(())).await?;
    let mut restoring = Restoring::into(&config.database_url, head.schema, replace).await.map_err(refused)?;
    let mut rows = 0_u64;
    let all = read(from, async |piece| {
        rows += 1;
        restoring.take(piece).await.map_err(refused)
    });
    if let Err(error) = all.await {
        restoring.give_up().await;
        return Err(error);
    }
    restoring.finish(sign_out).await.map_err(refused)?;
    let store = open_store(config).await?;
    let ended = backend_of(store.clone(), config, Arc::new(ThenClock(head.at)))?.end_live_calls().await?;
    store.close().await;
    let mut out = std::io::stdout();
    writeln!(out, "Everything is as it was when the backup was made.")?;
    if ended > 0 {
        writeln!(out, "Calls that went on then have ended at that moment: {ended}.")?;
    }
    Ok(())
}

/// Reads a backup from its beginning to its end; an error if any of it is missing, or not as it was written.
async fn read(from: &Path, mut take: impl AsyncFnMut(store::Piece) -> anyhow::Result<()>) -> anyhow::Result<Head> {
    let file = File::open(from).with_context(|| format!("{} cannot be opened", from.display()))?;
    let (head, mut pieces) = Reader::open(file).with_context(|| format!("{} is no backup", from.display()))?;
    ensure!(
        head.paxora_backup <= FORMAT && head.schema <= newest_schema(),
        "this backup was made by paxora {}, which is newer than this one: install that one first",
        head.program
    );
    let damaged = || format!("{} is damaged or cut off: nothing was restored", from.display());
    while let Some(piece) = pieces.next().with_context(damaged)? {
        take(piece).await?;
    }
    Ok(head)
}

fn broken(error: StoreError) -> anyhow::Error {
    anyhow::Error::new(error).context(format!("nothing was done, for the database is damaged: {WHEN_DAMAGED}"))
}

fn refused(error: RestoreError) -> anyhow::Error {
    match error {
        RestoreError::InUse => {
            anyhow!("a server runs on this database, or another program has it open: stop it, and try again")
        }
        RestoreError::NotEmpty => anyhow!(
            "there are people in this database: name an empty one in DATABASE_URL, or take a backup of this one and add \
             --replace"
        ),
        RestoreError::Newer(_) => anyhow!("a newer paxora has changed this database: restore with that one"),
        RestoreError::Foreign(_) => anyhow::Error::new(error).context("nothing was restored"),
        RestoreError::Store(error @ StoreError::Damaged(_)) => broken(error),
        RestoreError::Store(error) => {
            anyhow::Error::new(error).context("the database does not take it: nothing was restored")
        }
    }
}
