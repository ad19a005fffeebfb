//! Calls, read. How they are written: `save_calls`.

use crate::call_rows::{JoinedRow, calls};
use crate::row::{At, ids};
use crate::{Store, StoreError};
use domain::call::LONGEST;
use domain::{Audience, Call, CallId, ChannelId, MemberId, Timestamp};

/// Calls with all their participants in one query, newest first.
macro_rules! calls_where {
    ($($condition:expr),+) => {
        concat!(
            "SELECT c.id, c.channel_id, ch.kind, c.initiator_id, c.audience, c.status, c.end_reason, c.started_at,
                c.ended_at, c.created_at, c.version, c.locked,
                p.member_id, p.status AS participant_status, p.ring_until, p.joined_at, p.left_at, p.epoch,
                p.device, p.guest, p.hushed, p.busy, p.quiet, p.rings_on, p.asleep, p.rung_by, p.put_out, p.hand_at, p.prompt,
                p.prompt_by, p.prompt_at, p.reaction, p.reaction_at
             FROM calls c
             JOIN channels ch ON ch.id = c.channel_id
             LEFT JOIN participants p ON p.call_id = c.id
             WHERE ",
            $($condition),+,
            " ORDER BY c.created_at DESC, c.id DESC, p.position"
        )
    };
}
pub(crate) use calls_where;

/// Whether call `c` may be seen by member `$1`: by everybody in its channel if it is for the channel, by those who
/// were picked for it in any case, and never by those who have left the parish.
macro_rules! visible {
    () => {
        "EXISTS (SELECT 1 FROM members me WHERE me.id = $1 AND me.left_at IS NULL)
         AND (EXISTS (SELECT 1 FROM participants mine
                WHERE mine.call_id = c.id AND mine.member_id = $1 AND mine.guest = 1)
            OR (c.audience = 'channel' AND EXISTS (SELECT 1 FROM channel_members cm
                WHERE cm.channel_id = c.channel_id AND cm.member_id = $1)))"
    };
}
pub(crate) use visible;

impl Store {
    /// A call, whoever asks.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn call(&self, id: CallId) -> Result<Option<Call>, StoreError> {
        let rows = sqlx::query_as(calls_where!("c.id = $1")).bind(id.to_string()).fetch_all(&self.read).await?;
        one(rows)
    }

    /// A call, if this member may see it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn visible_call(&self, member: MemberId, id: CallId) -> Result<Option<Call>, StoreError> {
        let rows = sqlx::query_as(calls_where!("c.id = $2 AND ", visible!()))
            .bind(member.to_string())
            .bind(id.to_string())
            .fetch_all(&self.read)
            .await?;
        one(rows)
    }

    /// The ringing and active calls that this member may see, newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn live_calls(&self, member: MemberId) -> Result<Vec<Call>, StoreError> {
        let rows = sqlx::query_as(calls_where!("c.status IN ('ringing', 'active') AND ", visible!()))
            .bind(member.to_string())
            .fetch_all(&self.read)
            .await?;
        calls(rows)
    }

    /// The live call that everybody in this channel may join.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn live_call_in(&self, channel: ChannelId) -> Result<Option<Call>, StoreError> {
        const SQL: &str =
            calls_where!("c.channel_id = $1 AND c.status IN ('ringing', 'active') AND c.audience = 'channel'");
        let rows = sqlx::query_as(SQL).bind(channel.to_string()).fetch_all(&self.read).await?;
        one(rows)
    }

    /// Every ringing or active call.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn live_call_ids(&self) -> Result<Vec<CallId>, StoreError> {
        let rows = sqlx::query_as("SELECT id FROM calls WHERE status IN ('ringing', 'active') ORDER BY id")
            .fetch_all(&self.read)
            .await?;
        ids("calls", rows)
    }

    /// The call that this member is connected to.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn connected_call(&self, member: MemberId) -> Result<Option<Call>, StoreError> {
        const SQL: &str = calls_where!(
            "c.id = (SELECT mine.call_id FROM participants mine WHERE mine.member_id = $1 AND mine.status = 'connected')"
        );
        let rows = sqlx::query_as(SQL).bind(member.to_string()).fetch_all(&self.read).await?;
        one(rows)
    }

    /// The calls in which somebody's ring is over by now, and those that have lasted too long.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn due_calls(&self, now: Timestamp) -> Result<Vec<CallId>, StoreError> {
        // Sorted here: asked to sort, SQLite walks all participants there ever were, by the index on their call,
        // instead of the few live rings. This runs every second.
        let rows = sqlx::query_as(
            "SELECT call_id FROM participants
             WHERE status IN ('invited', 'ringing') AND left_at IS NULL AND ring_until <= $1
             UNION ALL
             SELECT id FROM calls WHERE status IN ('ringing', 'active') AND created_at <= $2",
        )
        .bind(now.0)
        .bind((now - LONGEST).0)
        .fetch_all(&self.read)
        .await?;
        let mut calls: Vec<CallId> = ids("participants", rows)?;
        calls.sort_unstable();
        calls.dedup();
        Ok(calls)
    }

    /// Who rings for, or is in, a live call that they may not take part in: they have left the parish or are blocked, or
    /// have left the channel and were not picked for the call itself.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn trespassers(&self) -> Result<Vec<(CallId, MemberId)>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT p.call_id, p.member_id FROM calls c
             JOIN participants p ON p.call_id = c.id AND p.left_at IS NULL
             JOIN members m ON m.id = p.member_id
             WHERE c.status IN ('ringing', 'active')
             AND (m.left_at IS NOT NULL OR m.blocked_at IS NOT NULL
                OR (p.guest = 0 AND NOT EXISTS (SELECT 1 FROM channel_members cm
                    WHERE cm.channel_id = c.channel_id AND cm.member_id = p.member_id)))",
        )
        .fetch_all(&self.read)
        .await?;
        rows.iter()
            .map(|(call, member)| {
                let at = At { table: "participants", row: call };
                Ok((at.id(call)?, at.id(member)?))
            })
            .collect()
    }

    /// Forgets calls that ended before the given moment, with their cards.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn purge_calls(&self, ended_before: Timestamp) -> Result<u64, StoreError> {
        let purged = sqlx::query("DELETE FROM calls WHERE ended_at < $1").bind(ended_before.0).execute(&self.write);
        Ok(purged.await?.rows_affected())
    }

    /// Everybody who may see this call: those for whom [`Store::visible_call`] finds it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn viewers(&self, call: &Call) -> Result<Vec<MemberId>, StoreError> {
        let whole_channel = match call.audience {
            Audience::Channel => 1_i64,
            Audience::Invited => 0,
        };
        let rows = sqlx::query_as(
            "SELECT m.id FROM members m
             WHERE m.left_at IS NULL AND m.id IN (
                SELECT member_id FROM participants WHERE call_id = $1 AND guest = 1
                UNION SELECT member_id FROM channel_members WHERE channel_id = $2 AND $3 = 1)
             ORDER BY m.id",
        )
        .bind(call.id.to_string())
        .bind(call.channel.to_string())
        .bind(whole_channel)
        .fetch_all(&self.read)
        .await?;
        ids("members", rows)
    }
}

fn one(rows: Vec<JoinedRow>) -> Result<Option<Call>, StoreError> {
    Ok(calls(rows)?.into_iter().next())
}
