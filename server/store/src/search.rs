//! Looking for words in a channel.

use crate::messages::{BEYOND_EVERY_ID, in_channel};
use crate::row::At;
use crate::{Store, StoreError};
use domain::search::{WORDS_MAX, excerpt, fold};
use domain::{ChannelId, Found, MemberId, MessageId, Timestamp};

/// So many messages are folded in one transaction.
const BATCH: i64 = 500;

/// What any text is like.
const ANYTHING: &str = "%";

#[derive(sqlx::FromRow)]
struct FoundRow {
    id: String,
    author_id: String,
    body: String,
    created_at: i64,
}

impl Store {
    /// The newest `limit` messages of a channel (before `before`, if given) that have all these folded words in them, newest
    /// first. Empty for those who are not in the channel.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn search(
        &self,
        member: MemberId,
        channel: ChannelId,
        asked: &[String],
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<Found>, StoreError> {
        // As many as there may be words: one text for any number of them.
        const SQL: &str = concat!(
            "SELECT msg.id, msg.author_id, msg.body, msg.created_at FROM messages msg
             WHERE msg.channel_id = $2 AND msg.id < $3 AND msg.call_id IS NULL AND msg.removed IS NULL
             AND msg.folded LIKE $5 ESCAPE '!' AND msg.folded LIKE $6 ESCAPE '!'
             AND msg.folded LIKE $7 ESCAPE '!' AND msg.folded LIKE $8 ESCAPE '!'
             AND msg.folded LIKE $9 ESCAPE '!' AND msg.folded LIKE $10 ESCAPE '!'
             AND msg.folded LIKE $11 ESCAPE '!' AND msg.folded LIKE $12 ESCAPE '!' AND ",
            in_channel!(),
            " ORDER BY msg.id DESC LIMIT $4"
        );
        let mut query = sqlx::query_as(SQL)
            .bind(member.to_string())
            .bind(channel.to_string())
            .bind(before.map_or(BEYOND_EVERY_ID.to_owned(), |id| id.to_string()))
            .bind(i64::from(limit));
        for word in 0..WORDS_MAX {
            query = query.bind(asked.get(word).map_or(ANYTHING.to_owned(), |word| containing(word)));
        }
        let rows: Vec<FoundRow> = query.fetch_all(&self.read).await?;
        rows.into_iter()
            .map(|row| {
                let at = At { table: "messages", row: &row.id };
                Ok(Found {
                    id: at.id(&row.id)?,
                    author: at.id(&row.author_id)?,
                    sent_at: Timestamp(row.created_at),
                    pieces: excerpt(&row.body, asked),
                })
            })
            .collect()
    }

    /// Folds what was written before messages were folded when they are written.
    pub(crate) async fn fold_the_rest(&self) -> Result<(), StoreError> {
        loop {
            let mut tx = self.begin().await?;
            let rows: Vec<(String, String)> = sqlx::query_as(
                "SELECT id, body FROM messages WHERE folded IS NULL AND call_id IS NULL ORDER BY id LIMIT $1",
            )
            .bind(BATCH)
            .fetch_all(&mut *tx)
            .await?;
            if rows.is_empty() {
                return Ok(());
            }
            for (id, body) in rows {
                // Not what somebody changes in this moment: that is folded by them.
                sqlx::query("UPDATE messages SET folded = $3 WHERE id = $1 AND body = $2 AND folded IS NULL")
                    .bind(&id)
                    .bind(&body)
                    .bind(fold(&body))
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
        }
    }
}

/// A text like this has the word in it; what means something else in a `LIKE` means itself.
fn containing(word: &str) -> String {
    let mut like = String::from(ANYTHING);
    for c in word.chars() {
        if matches!(c, '%' | '_' | '!') {
            like.push('!');
        }
        like.push(c);
    }
    like + ANYTHING
}
