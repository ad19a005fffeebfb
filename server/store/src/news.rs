//! News: what processes that share one PostgreSQL tell each other, so that each can tell its own browsers.
//!
//! A change tells by NOTIFY within its own transaction: it is heard exactly if the change was committed, and a process
//! that dies right afterwards has told it already. News name what changed and say nothing about it; whoever hears them
//! reads the database. On SQLite one process serves, and nothing of this happens.

use crate::open::IN_USE_BY_US;
use crate::{Store, StoreError};
use domain::{CallId, ChannelId, MemberId, MessageId, ParishId};
use sqlx::any::AnyConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{AnyConnection, ConnectOptions, Executor};
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A listening connection on which nothing was heard for so long is asked whether it is still there: a network that
/// forgets connections does not tell.
const CHECK_AFTER: Duration = Duration::from_secs(10);
/// How long it may take to connect, or to say that it is still there.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many members are told of at once. PostgreSQL takes less than 8000 bytes; an id and its comma are 37.
const MEMBERS_AT_ONCE: usize = 200;

/// The name of the channel (PostgreSQL's word). Every schema has its own, as it has its own tables; its number keeps the
/// name short.
macro_rules! channel {
    () => {
        "CONCAT('paxora_', (SELECT oid FROM pg_namespace WHERE nspname = current_schema()))"
    };
}
#[cfg(feature = "testing")]
pub(crate) use channel;

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// This call began or changed.
    Call(CallId),
    /// There is a new line in a timeline.
    Message(MessageId),
    /// A line of a timeline is another now.
    Changed(MessageId),
    /// This member has read in this channel.
    Read(MemberId, ChannelId),
    /// These members have missed a call more, or have taken notice of some.
    Missed(Vec<MemberId>),
    /// These members see other channels or people than before.
    Members(Vec<MemberId>),
    /// There is somebody new in this parish, or another channel for everybody in it.
    Parish(ParishId),
    /// More than can be told one by one: every page starts over.
    Everything,
}

/// What a [`Listener`] heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Another process changed this.
    News(News),
    /// We listen from here on. What was told before is lost.
    Lost,
}

/// Hears what other processes tell, on a connection of its own.
pub struct Listener {
    database: Arc<AnyConnectOptions>,
    /// Who we are: our own news are no news to us.
    process: Arc<str>,
    /// None before the first time, and after it broke.
    connection: Option<PgListener>,
}

impl Store {
    /// What other processes change from now on; none on SQLite, where there are no others. Nothing is heard before
    /// [`Listener::next`] is called.
    #[must_use]
    pub fn news(&self) -> Option<Listener> {
        let process = Arc::clone(self.process.as_ref()?);
        Some(Listener { database: self.write.connect_options(), process, connection: None })
    }

    /// Tells all other processes, once the transaction is committed.
    pub(crate) async fn tell(&self, tx: &mut AnyConnection, news: News) -> Result<(), sqlx::Error> {
        let Some(process) = &self.process else { return Ok(()) };
        for words in words(&news) {
            sqlx::query(concat!("SELECT pg_notify(", channel!(), ", $1)"))
                .bind(format!("{process} {words}"))
                .execute(&mut *tx)
                .await?;
        }
        Ok(())
    }
}

impl Listener {
    /// Waits for what comes next. The first is always [`Heard::Lost`], and so is the first after the connection broke: it
    /// is opened again right here.
    ///
    /// # Errors
    /// See [`StoreError`]: the database cannot be listened to. Ask again after a pause.
    pub async fn next(&mut self) -> Result<Heard, StoreError> {
        loop {
            let Some(connection) = &mut self.connection else {
                self.connection = Some(self.connect().await?);
                return Ok(Heard::Lost);
            };
            let goes_on = match timeout(CHECK_AFTER, connection.try_recv()).await {
                Ok(Ok(Some(told))) => match read(told.payload()) {
                    Some((process, _)) if process == &*self.process => true,
                    Some((_, news)) => return Ok(Heard::News(news)),
                    None => {
                        tracing::debug!("something was told that cannot be read: perhaps by a newer version of ours");
                        true
                    }
                },
                Ok(Ok(None) | Err(_)) => false,
                Err(_) => matches!(timeout(PATIENCE, connection.execute("SELECT 1")).await, Ok(Ok(_))),
            };
            if !goes_on {
                self.connection = None;
            }
        }
    }

    async fn connect(&self) -> Result<PgListener, StoreError> {
        let options = PgConnectOptions::from_url(&self.database.database_url)?;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        let mut connection = PgListener::connect_with(&pool).await?;
        // It would connect again by itself, but could fail to, and then say so only once.
        connection.eager_reconnect(false);
        let channel: String = sqlx::query_scalar(concat!("SELECT ", channel!())).fetch_one(&mut connection).await?;
        // This one lives as long as the server, while those of the pool come and go.
        sqlx::query(IN_USE_BY_US).execute(&mut connection).await?;
        connection.listen(&channel).await?;
        Ok(connection)
    }
}

/// News as text, in as many pieces as it takes.
fn words(news: &News) -> Vec<String> {
    match news {
        News::Call(id) => vec![format!("call {id}")],
        News::Message(id) => vec![format!("message {id}")],
        News::Changed(id) => vec![format!("changed {id}")],
        News::Read(member, channel) => vec![format!("read {member},{channel}")],
        News::Missed(members) => in_pieces("missed", members),
        News::Members(members) => in_pieces("members", members),
        News::Parish(id) => vec![format!("parish {id}")],
        News::Everything => vec!["everything all".to_owned()],
    }
}

fn in_pieces(what: &str, members: &[MemberId]) -> Vec<String> {
    members.chunks(MEMBERS_AT_ONCE).map(|ids| format!("{what} {}", list(ids))).collect()
}

/// Who told what; none if it is nothing that we would tell. Anybody who may use the database can send anything.
fn read(payload: &str) -> Option<(&str, News)> {
    let (process, words) = payload.split_once(' ')?;
    let (what, ids) = words.split_once(' ')?;
    let news = match what {
        "call" => News::Call(ids.parse().ok()?),
        "message" => News::Message(ids.parse().ok()?),
        "changed" => News::Changed(ids.parse().ok()?),
        "read" => {
            let (member, channel) = ids.split_once(',')?;
            News::Read(member.parse().ok()?, channel.parse().ok()?)
        }
        "missed" => News::Missed(unlist(ids)?),
        "members" => News::Members(unlist(ids)?),
        "parish" => News::Parish(ids.parse().ok()?),
        "everything" => News::Everything,
        _ => return None,
    };
    Some((process, news))
}

fn list<T: Display>(ids: &[T]) -> String {
    ids.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

fn unlist<T: FromStr>(ids: &str) -> Option<Vec<T>> {
    ids.split(',').map(|id| id.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    /// PostgreSQL refuses a payload of this many bytes.
    const TOO_LONG: usize = 8_000;

    fn members(count: u128) -> Vec<MemberId> {
        (0..count).map(|n| MemberId(Uuid::from_u128(n))).collect()
    }

    #[test]
    fn what_is_told_is_what_is_read() {
        let id = Uuid::from_u128(7);
        let all = [
            News::Call(CallId(id)),
            News::Message(MessageId(id)),
            News::Changed(MessageId(id)),
            News::Read(MemberId(id), ChannelId(Uuid::from_u128(8))),
            News::Missed(members(2)),
            News::Members(members(2)),
            News::Parish(ParishId(id)),
            News::Everything,
        ];
        for news in all {
            let [words] = &words(&news)[..] else { panic!("{news:?} takes one piece") };
            assert_eq!(read(&format!("process {words}")), Some(("process", news)));
        }
    }

    #[test]
    fn a_thousand_members_are_told_of_in_pieces_that_postgresql_takes() {
        let process = Uuid::nil();
        let pieces: Vec<String> =
            words(&News::Members(members(1_000))).iter().map(|words| format!("{process} {words}")).collect();
        assert!(pieces.iter().all(|piece| piece.len() < TOO_LONG));
        let heard = pieces.iter().flat_map(|piece| match read(piece) {
            Some((_, News::Members(members))) => members,
            other => panic!("{other:?}"),
        });
        assert_eq!(heard.collect::<Vec<_>>(), members(1_000));
        assert_eq!(words(&News::Members(vec![])), Vec::<String>::new());
    }

    #[test]
    fn what_we_would_not_tell_is_not_read() {
        let id = Uuid::from_u128(7);
        let nonsense = [
            "",
            " ",
            "call",
            "process",
            "process call",
            "process call ",
            "process call 7",
            "process members ,",
            "process read ,",
        ];
        let nearly =
            [format!("call {id}"), format!("process door {id}"), format!("process call {id} "), format!("p c {id}")];
        for payload in nonsense.into_iter().map(str::to_owned).chain(nearly) {
            assert_eq!(read(&payload), None, "{payload:?}");
        }
    }
}
