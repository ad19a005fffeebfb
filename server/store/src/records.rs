//! Lists of calls, and which of the missed ones somebody has taken notice of.

use crate::call_rows::{JoinedRow, calls};
use crate::calls::{calls_where, visible};
use crate::messages::BEYOND_EVERY_ID;
use crate::row::{At, placeholders_from};
use crate::{News, Store, StoreError};
use domain::{Call, CallId, ChannelId, MemberId, Timestamp};
use sqlx::AssertSqlSafe;
use std::cmp::Reverse;

/// Whether the member of `p` has missed call `p`. Whoever has blocked the one who rang has not.
macro_rules! missed {
    () => {
        "p.status IN ('invited', 'ringing') AND p.left_at IS NOT NULL AND p.hushed = 0"
    };
}

/// Whether the member of `p` has missed call `c`, has taken no notice of it, and may see it.
macro_rules! unseen {
    () => {
        concat!(
            $crate::records::missed!(),
            " AND p.seen_at IS NULL AND (p.guest = 1 OR EXISTS (SELECT 1 FROM channel_members theirs
                WHERE theirs.channel_id = c.channel_id AND theirs.member_id = p.member_id))"
        )
    };
}
pub(crate) use {missed, unseen};

impl Store {
    /// The calls of all channels of a member, and those they were picked for, over or not, newest first; only those before
    /// `before`, if given; with `missed`, only those that they have missed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn recent_calls(
        &self,
        member: MemberId,
        missed: bool,
        before: Option<CallId>,
        limit: u32,
    ) -> Result<Vec<Call>, StoreError> {
        const ALL: &str = calls_where!(
            "c.id IN (SELECT found.id FROM (
                SELECT c.id FROM channel_members cm JOIN calls c ON c.channel_id = cm.channel_id
                WHERE cm.member_id = $1 AND c.audience = 'channel' AND c.id < $2
                UNION SELECT p.call_id AS id FROM participants p
                WHERE p.member_id = $1 AND p.guest = 1 AND p.call_id < $2
            ) found ORDER BY found.id DESC LIMIT $3)
            AND EXISTS (SELECT 1 FROM members me WHERE me.id = $1 AND me.left_at IS NULL)"
        );
        const MISSED: &str = calls_where!(
            "c.id IN (SELECT c.id FROM participants p JOIN calls c ON c.id = p.call_id
                WHERE p.member_id = $1 AND p.call_id < $2 AND ",
            missed!(),
            " AND ",
            visible!(),
            " ORDER BY c.id DESC LIMIT $3)"
        );
        let rows = sqlx::query_as(if missed { MISSED } else { ALL })
            .bind(member.to_string())
            .bind(place(before))
            .bind(i64::from(limit))
            .fetch_all(&self.read)
            .await?;
        newest_first(rows)
    }

    /// The calls of a channel that this member may see, as [`Store::recent_calls`].
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn call_history(
        &self,
        member: MemberId,
        channel: ChannelId,
        missed: bool,
        before: Option<CallId>,
        limit: u32,
    ) -> Result<Vec<Call>, StoreError> {
        const SQL: &str = calls_where!(
            "c.id IN (SELECT c.id FROM calls c WHERE c.channel_id = $2 AND c.id < $3
                AND ($4 = 0 OR EXISTS (SELECT 1 FROM participants p
                    WHERE p.call_id = c.id AND p.member_id = $1 AND ",
            missed!(),
            ")) AND ",
            visible!(),
            " ORDER BY c.id DESC LIMIT $5)"
        );
        let rows = sqlx::query_as(SQL)
            .bind(member.to_string())
            .bind(channel.to_string())
            .bind(place(before))
            .bind(i64::from(missed))
            .bind(i64::from(limit))
            .fetch_all(&self.read)
            .await?;
        newest_first(rows)
    }

    /// The member has taken notice of the calls they have missed so far: of all, or of those of one channel. Tells whether
    /// there were any.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn mark_calls_seen(
        &self,
        member: MemberId,
        channel: Option<ChannelId>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let seen = sqlx::query(
            "UPDATE participants SET seen_at = $3
             WHERE member_id = $1 AND status IN ('invited', 'ringing') AND left_at IS NOT NULL AND seen_at IS NULL
             AND ($2 = '' OR call_id IN (SELECT id FROM calls WHERE channel_id = $2))",
        )
        .bind(member.to_string())
        .bind(channel.map(|channel| channel.to_string()).unwrap_or_default())
        .bind(at.0)
        .execute(&mut *tx)
        .await?;
        let changed = seen.rows_affected() > 0;
        if changed {
            self.tell(&mut tx, News::Missed(vec![member])).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// How many calls each of these members has missed without having taken notice of it, in their order. As
    /// [`Store::unseen`] counts them.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn missed_calls(&self, members: &[MemberId]) -> Result<Vec<(MemberId, u32)>, StoreError> {
        let mut counts = Vec::with_capacity(members.len());
        for members in members.chunks(500) {
            let sql = format!(
                "SELECT p.member_id, COUNT(*) FROM participants p JOIN calls c ON c.id = p.call_id
                 WHERE p.member_id IN {} AND {} GROUP BY p.member_id",
                placeholders_from(1, members.len()),
                unseen!()
            );
            let mut query = sqlx::query_as::<_, (String, i64)>(AssertSqlSafe(sql));
            for member in members {
                query = query.bind(member.to_string());
            }
            let rows = query.fetch_all(&self.read).await?;
            for member in members {
                let id = member.to_string();
                let missed = rows.iter().find(|(known, _)| *known == id).map_or(0, |(_, missed)| *missed);
                counts.push((*member, At { table: "participants", row: &id }.count(missed)?));
            }
        }
        Ok(counts)
    }
}

fn place(before: Option<CallId>) -> String {
    before.map_or(BEYOND_EVERY_ID.to_owned(), |id| id.to_string())
}

/// In the order in which pages follow each other.
fn newest_first(rows: Vec<JoinedRow>) -> Result<Vec<Call>, StoreError> {
    let mut calls = calls(rows)?;
    calls.sort_by_key(|call| Reverse(call.id));
    Ok(calls)
}
