//! Timelines: messages, cards of calls, and how far each member has read.

use crate::channels::{readable, unread_lines};
use crate::row::At;
use crate::{News, Store, StoreError};
use domain::{CallCard, CallId, ChannelId, MemberId, Message, MessageId, Timestamp};

/// A message to be.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// A fresh id, greater than those before it.
    pub id: MessageId,
    /// Where.
    pub channel: ChannelId,
    /// Who writes.
    pub author: MemberId,
    /// Plain text.
    pub body: String,
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
            "SELECT msg.id, msg.channel_id, msg.author_id, msg.body, msg.created_at, msg.call_id,
                call.status, call.end_reason, call.duration,
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

#[derive(sqlx::FromRow)]
struct MessageRow {
    id: String,
    channel_id: String,
    author_id: String,
    body: String,
    created_at: i64,
    call_id: Option<String>,
    status: Option<String>,
    end_reason: Option<String>,
    duration: Option<i64>,
    people: i64,
}

impl TryFrom<MessageRow> for Message {
    type Error = StoreError;
    fn try_from(row: MessageRow) -> Result<Self, StoreError> {
        let at = At { table: "messages", row: &row.id };
        let call = match (&row.call_id, &row.status) {
            (None, None) => None,
            (Some(call), Some(status)) => {
                let at = At { table: "calls", row: call };
                Some(CallCard {
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
            body: row.body,
            call,
            sent_at: Timestamp(row.created_at),
        })
    }
}

impl Store {
    /// Writes a message.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if the channel does not exist.
    pub async fn insert_message(&self, new: &NewMessage) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("INSERT INTO messages (id, channel_id, author_id, body, created_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(new.id.to_string())
            .bind(new.channel.to_string())
            .bind(new.author.to_string())
            .bind(&*new.body)
            .bind(new.at.0)
            .execute(&mut *tx)
            .await?;
        self.tell(&mut tx, News::Message(new.id)).await?;
        tx.commit().await?;
        Ok(())
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

    /// For every channel of a member, how many lines by others they have not read.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn unread(&self, member: MemberId) -> Result<Vec<(ChannelId, u32)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT cm.channel_id, ",
            unread_lines!(),
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
