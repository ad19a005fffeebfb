//! Timelines: messages, cards of calls, and how far each member has read.

use crate::channels::{count_of_unread_lines, readable};
use crate::members::stays;
use crate::outbox::insert_jobs;
use crate::quiet::quiet_hours;
use crate::row::{At, Word};
use crate::{Job, News, Rest, Store, StoreError};
use domain::search::fold;
use domain::{
    CallCard, CallId, ChannelId, ChannelKind, Content, Mark, MemberId, Message, MessageId, Notices, Remover, Timestamp,
    Words,
};
use sqlx::{Any, Transaction};

/// Where a message stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of who wrote it.
    pub author: String,
    /// The name of the channel; of a direct one, nothing.
    pub channel: String,
    /// Its kind.
    pub kind: ChannelKind,
}

/// Somebody who may want to be told of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Who.
    pub member: MemberId,
    /// Their language.
    pub locale: String,
    /// What they want to be told of in this channel.
    pub notices: Notices,
    /// When they want to be told of nothing.
    pub rest: Option<Rest>,
}

/// A message to be.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// A fresh id, greater than those before it.
    pub id: MessageId,
    /// Where.
    pub channel: ChannelId,
    /// Who writes.
    pub author: MemberId,
    /// What.
    pub words: Words,
    /// When.
    pub at: Timestamp,
}

/// Ids are hexadecimal, and this is greater in any order of letters. Asking for `id < $3` alone, without "or $3 is
/// null", is what lets a page far back in the timeline start at its place in the index.
pub(crate) const BEYOND_EVERY_ID: &str = "g";

/// Lines of a timeline, each with the call it remembers. Who was ever in that call has an epoch above zero.
macro_rules! messages_where {
    ($($condition:expr),+) => {
        concat!(
            "SELECT msg.id, msg.channel_id, msg.author_id, msg.body, msg.marks, msg.edited_at, msg.removed, msg.nonce,
                msg.created_at, msg.call_id, call.status, call.end_reason, call.duration,
                (SELECT COUNT(*) FROM participants p WHERE p.call_id = call.id AND p.epoch > 0) AS people
             FROM messages msg LEFT JOIN calls call ON call.id = msg.call_id
             WHERE ",
            $($condition),+
        )
    };
}

/// Whether member `$1` is in channel `$2`, and still in the parish.
macro_rules! in_channel {
    () => {
        "EXISTS (SELECT 1 FROM channel_members cm JOIN members me ON me.id = cm.member_id
            WHERE cm.member_id = $1 AND cm.channel_id = $2 AND me.left_at IS NULL)"
    };
}
pub(crate) use in_channel;

#[derive(sqlx::FromRow)]
struct MessageRow {
    id: String,
    channel_id: String,
    author_id: String,
    body: String,
    marks: String,
    edited_at: Option<i64>,
    removed: Option<String>,
    nonce: Option<String>,
    created_at: i64,
    call_id: Option<String>,
    status: Option<String>,
    end_reason: Option<String>,
    duration: Option<i64>,
    people: i64,
}

#[derive(sqlx::FromRow)]
struct ReaderRow {
    member_id: String,
    locale: String,
    kind: String,
    announcements_only: i64,
    notices: Option<String>,
    quiet_from: Option<i64>,
    quiet_until: Option<i64>,
    time_zone: String,
}

impl TryFrom<ReaderRow> for Reader {
    type Error = StoreError;
    fn try_from(row: ReaderRow) -> Result<Self, StoreError> {
        let at = At { table: "channel_members", row: &row.member_id };
        let usual = Notices::usual(at.word(&row.kind)?, row.announcements_only != 0);
        let member = at.id(&row.member_id)?;
        let hours = quiet_hours(at, row.quiet_from, row.quiet_until)?;
        Ok(Reader {
            member,
            rest: hours.map(|hours| Rest { member, hours, time_zone: row.time_zone }),
            notices: row.notices.map(|chosen| at.word(&chosen)).transpose()?.unwrap_or(usual),
            locale: row.locale,
        })
    }
}

impl TryFrom<MessageRow> for Message {
    type Error = StoreError;
    fn try_from(row: MessageRow) -> Result<Self, StoreError> {
        let at = At { table: "messages", row: &row.id };
        let content = match (&row.call_id, &row.status, &row.removed) {
            (None, None, None) => Content::Words(Words {
                marks: read_marks(&row.marks).ok_or_else(|| at.inconsistent())?,
                edited: row.edited_at.is_some(),
                nonce: row.nonce.map(|nonce| at.id(&nonce)).transpose()?,
                text: row.body,
            }),
            (None, None, Some(by)) => Content::Removed(at.word(by)?),
            (Some(call), Some(status), None) => {
                let at = At { table: "calls", row: call };
                Content::Call(CallCard {
                    id: at.id(call)?,
                    status: at.word(status)?,
                    end_reason: row.end_reason.map(|reason| at.word(&reason)).transpose()?,
                    duration: row.duration.map(|seconds| at.count(seconds)).transpose()?,
                    people: at.count(row.people)?,
                })
            }
            _ => return Err(at.inconsistent()),
        };
        Ok(Message {
            id: at.id(&row.id)?,
            channel: at.id(&row.channel_id)?,
            author: at.id(&row.author_id)?,
            content,
            sent_at: Timestamp(row.created_at),
        })
    }
}

fn written_marks(marks: &[Mark]) -> String {
    if marks.is_empty() { String::new() } else { serde_json::to_string(marks).unwrap_or_default() }
}

fn read_marks(written: &str) -> Option<Vec<Mark>> {
    if written.is_empty() { Some(vec![]) } else { serde_json::from_str(written).ok() }
}

impl Store {
    /// Writes a message, and what is to be done about it, unless its author has sent the same before: by its nonce. Tells
    /// which line of the timeline it is; none, if the author has left the parish.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if the channel does not exist.
    pub async fn insert_message(&self, new: &NewMessage, jobs: &[Job]) -> Result<Option<MessageId>, StoreError> {
        let nonce = new.words.nonce.map(|nonce| nonce.to_string());
        let mut tx = self.begin().await?;
        if !stays(&mut tx, new.author).await? {
            return Ok(None);
        }
        let inserted = sqlx::query(
            "INSERT INTO messages (id, channel_id, author_id, body, folded, marks, nonce, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (author_id, nonce) WHERE nonce IS NOT NULL DO NOTHING",
        )
        .bind(new.id.to_string())
        .bind(new.channel.to_string())
        .bind(new.author.to_string())
        .bind(&*new.words.text)
        .bind(fold(&new.words.text))
        .bind(written_marks(&new.words.marks))
        .bind(&nonce)
        .bind(new.at.0)
        .execute(&mut *tx)
        .await?;
        if inserted.rows_affected() == 0 {
            let (id,): (String,) = sqlx::query_as("SELECT id FROM messages WHERE author_id = $1 AND nonce = $2")
                .bind(new.author.to_string())
                .bind(&nonce)
                .fetch_one(&mut *tx)
                .await?;
            return At { table: "messages", row: &id }.id(&id).map(Some);
        }
        insert_jobs(&mut tx, jobs).await?;
        self.tell(&mut tx, News::Message(new.id)).await?;
        tx.commit().await?;
        Ok(Some(new.id))
    }

    /// Puts other words in the place of those that the author wrote. Tells whether there were any, and the author has not left.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn edit_message(
        &self,
        id: MessageId,
        author: MemberId,
        words: &Words,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if !stays(&mut tx, author).await? {
            return Ok(false);
        }
        let edited = sqlx::query(
            "UPDATE messages SET body = $3, folded = $4, marks = $5, edited_at = $6
             WHERE id = $1 AND author_id = $2 AND call_id IS NULL AND removed IS NULL",
        )
        .bind(id.to_string())
        .bind(author.to_string())
        .bind(&*words.text)
        .bind(fold(&words.text))
        .bind(written_marks(&words.marks))
        .bind(at.0)
        .execute(&mut *tx)
        .await?;
        self.commit_change(tx, id, edited.rows_affected()).await
    }

    /// Takes the words of a message away, for good. Tells whether there were any.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove_message(&self, id: MessageId, by: Remover) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let removed = sqlx::query(
            "UPDATE messages SET body = '', folded = '', marks = '', removed = $2
             WHERE id = $1 AND call_id IS NULL AND removed IS NULL",
        )
        .bind(id.to_string())
        .bind(by.word())
        .execute(&mut *tx)
        .await?;
        self.commit_change(tx, id, removed.rows_affected()).await
    }

    async fn commit_change(
        &self,
        mut tx: Transaction<'_, Any>,
        id: MessageId,
        changed: u64,
    ) -> Result<bool, StoreError> {
        if changed > 0 {
            self.tell(&mut tx, News::Changed(id)).await?;
        }
        tx.commit().await?;
        Ok(changed > 0)
    }

    /// The newest `limit` lines (before `before`, if given), oldest first. Empty for those who are not in the channel.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn messages(
        &self,
        member: MemberId,
        channel: ChannelId,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        const SQL: &str = messages_where!(
            "msg.channel_id = $2 AND msg.id < $3 AND ",
            in_channel!(),
            " AND ",
            readable!("$1"),
            " ORDER BY msg.id DESC LIMIT $4"
        );
        let rows: Vec<MessageRow> = sqlx::query_as(SQL)
            .bind(member.to_string())
            .bind(channel.to_string())
            .bind(before.map_or(BEYOND_EVERY_ID.to_owned(), |id| id.to_string()))
            .bind(i64::from(limit))
            .fetch_all(&self.read)
            .await?;
        rows.into_iter().rev().map(Message::try_from).collect()
    }

    /// Up to `limit` lines, oldest first, from this one on, which is the first of them. Empty for those who are not in the
    /// channel.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn messages_from(
        &self,
        member: MemberId,
        channel: ChannelId,
        from: MessageId,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        const SQL: &str = messages_where!(
            "msg.channel_id = $2 AND msg.id >= $3 AND ",
            in_channel!(),
            " AND ",
            readable!("$1"),
            " ORDER BY msg.id LIMIT $4"
        );
        let rows: Vec<MessageRow> = sqlx::query_as(SQL)
            .bind(member.to_string())
            .bind(channel.to_string())
            .bind(from.to_string())
            .bind(i64::from(limit))
            .fetch_all(&self.read)
            .await?;
        rows.into_iter().map(Message::try_from).collect()
    }

    /// One line of a timeline of this member; none for those who are not in its channel.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn message_for(&self, member: MemberId, id: MessageId) -> Result<Option<Message>, StoreError> {
        const SQL: &str = messages_where!(
            "msg.id = $2 AND EXISTS (SELECT 1 FROM channel_members cm JOIN members me ON me.id = cm.member_id
                WHERE cm.member_id = $1 AND cm.channel_id = msg.channel_id AND me.left_at IS NULL) AND ",
            readable!("$1")
        );
        let row: Option<MessageRow> =
            sqlx::query_as(SQL).bind(member.to_string()).bind(id.to_string()).fetch_optional(&self.read).await?;
        row.map(Message::try_from).transpose()
    }

    /// One line of a timeline. Who may read it is not asked: this is for telling those who may.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        let row: Option<MessageRow> =
            sqlx::query_as(messages_where!("msg.id = $1")).bind(id.to_string()).fetch_optional(&self.read).await?;
        row.map(Message::try_from).transpose()
    }

    /// The line that remembers this call. Who may read it is not asked.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn card(&self, call: CallId) -> Result<Option<Message>, StoreError> {
        let row: Option<MessageRow> = sqlx::query_as(messages_where!("msg.call_id = $1"))
            .bind(call.to_string())
            .fetch_optional(&self.read)
            .await?;
        row.map(Message::try_from).transpose()
    }

    /// The member has read the channel up to this line, and taken notice of its missed calls. Never goes back, and only
    /// takes a line of that channel. Tells whether anything changed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn mark_read(
        &self,
        member: MemberId,
        channel: ChannelId,
        up_to: MessageId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let read = sqlx::query(
            "UPDATE channel_members SET read_up_to = $3
             WHERE member_id = $1 AND channel_id = $2 AND (read_up_to IS NULL OR read_up_to < $3)
             AND EXISTS (SELECT 1 FROM messages msg WHERE msg.id = $3 AND msg.channel_id = $2)",
        )
        .bind(member.to_string())
        .bind(channel.to_string())
        .bind(up_to.to_string())
        .execute(&mut *tx)
        .await?;
        let seen = sqlx::query(
            "UPDATE participants SET seen_at = $3
             WHERE member_id = $1 AND status IN ('invited', 'ringing') AND left_at IS NOT NULL AND seen_at IS NULL
             AND call_id IN (SELECT id FROM calls WHERE channel_id = $2)",
        )
        .bind(member.to_string())
        .bind(channel.to_string())
        .bind(at.0)
        .execute(&mut *tx)
        .await?;
        let changed = read.rows_affected() + seen.rows_affected() > 0;
        if changed {
            self.tell(&mut tx, News::Read(member, channel)).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// Who wrote this message, and where; none if either is gone.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn place_of(&self, message: &Message) -> Result<Option<Place>, StoreError> {
        let row: Option<(String, String, String)> = sqlx::query_as(
            "SELECT person.name, c.name, c.kind FROM channels c, members m
             JOIN persons person ON person.id = m.person_id
             WHERE c.id = $1 AND m.id = $2",
        )
        .bind(message.channel.to_string())
        .bind(message.author.to_string())
        .fetch_optional(&self.read)
        .await?;
        let Some((author, channel, kind)) = row else { return Ok(None) };
        let kind = At { table: "channels", row: &message.channel.to_string() }.word(&kind)?;
        Ok(Some(Place { author, channel, kind }))
    }

    /// Who is in the channel of this message and has not read it, but for its author and whoever has blocked them.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn has_not_read(&self, message: &Message) -> Result<Vec<Reader>, StoreError> {
        let rows: Vec<ReaderRow> = sqlx::query_as(
            "SELECT cm.member_id, person.locale, c.kind, c.announcements_only, cm.notices, person.quiet_from,
                person.quiet_until, parish.time_zone
             FROM channel_members cm
             JOIN channels c ON c.id = cm.channel_id
             JOIN parishes parish ON parish.id = c.parish_id
             JOIN members m ON m.id = cm.member_id AND m.left_at IS NULL AND m.blocked_at IS NULL
             JOIN persons person ON person.id = m.person_id
             WHERE cm.channel_id = $1 AND cm.member_id <> $2 AND COALESCE(cm.read_up_to, '') < $3
             AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.member_id = cm.member_id AND b.blocked_id = $2)
             ORDER BY cm.member_id",
        )
        .bind(message.channel.to_string())
        .bind(message.author.to_string())
        .bind(message.id.to_string())
        .fetch_all(&self.read)
        .await?;
        rows.into_iter().map(Reader::try_from).collect()
    }

    /// For every channel of a member, how many lines by others they have not read, [`domain::channel::UNREAD_AT_MOST`] if
    /// there are more.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn unread(&self, member: MemberId) -> Result<Vec<(ChannelId, u32)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT cm.channel_id, ",
            count_of_unread_lines!(),
            " AS unread
             FROM channel_members cm JOIN members me ON me.id = cm.member_id AND me.left_at IS NULL
             WHERE cm.member_id = $1 ORDER BY cm.channel_id"
        );
        let rows: Vec<(String, i64)> = sqlx::query_as(SQL).bind(member.to_string()).fetch_all(&self.read).await?;
        rows.iter()
            .map(|(channel, unread)| {
                let at = At { table: "channel_members", row: channel };
                Ok((at.id(channel)?, at.count(*unread)?))
            })
            .collect()
    }
}
