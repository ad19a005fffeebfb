//! Calls, written. The row of the call always comes first: its lock makes changes of one call queue up, on both
//! databases, before any participant is touched.

use crate::call_rows::{ParticipationColumns, StateColumns};
use crate::outbox::insert_jobs;
use crate::row::{At, Word, placeholders};
use crate::{Job, News, Store, StoreError};
use domain::{Call, CallId, MessageId, Timestamp};
use sqlx::{AnyConnection, AssertSqlSafe};

/// What came of starting a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Inserted {
    /// It is there.
    Yes,
    /// Somebody was faster: this live call is the channel's. Nothing was written.
    ChannelBusy(CallId),
    /// Somebody who would be in it is connected to another call. Nothing was written.
    MemberBusy,
}

/// What came of changing a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// It is saved, under the next version.
    Yes,
    /// Somebody who would be in it is connected to another call. Nothing was written.
    MemberBusy,
}

/// What goes with a change of a call, in the same transaction.
#[derive(Debug, Clone)]
pub struct Change {
    /// The call is over: its card is posted under this id, unless it has one.
    pub card: Option<MessageId>,
    /// What is to be done outside of the database.
    pub jobs: Vec<Job>,
    /// When.
    pub at: Timestamp,
}

/// How often a start is tried again because the channel's call ended at the very moment it was in the way.
const TRIES: u32 = 3;

impl Store {
    /// Starts a call: its row, its participants and what is to be done about it, or nothing at all.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn insert_call(&self, call: &Call, jobs: &[Job]) -> Result<Inserted, StoreError> {
        for _ in 0..TRIES {
            let mut tx = self.begin().await?;
            if insert_call_row(&mut tx, call).await? {
                if !upsert_participants(&mut tx, call).await? {
                    return Ok(Inserted::MemberBusy);
                }
                insert_jobs(&mut tx, jobs).await?;
                self.tell(&mut tx, News::Call(call.id)).await?;
                tx.commit().await?;
                return Ok(Inserted::Yes);
            }
            let busy: Option<(String,)> = sqlx::query_as(
                "SELECT id FROM calls
                 WHERE channel_id = $1 AND status IN ('ringing', 'active') AND audience = 'channel'",
            )
            .bind(call.channel.to_string())
            .fetch_optional(&mut *tx)
            .await?;
            if let Some((id,)) = busy {
                return Ok(Inserted::ChannelBusy(At { table: "calls", row: &id }.id(&id)?));
            }
        }
        Err(StoreError::Conflict)
    }

    /// Saves the next state of a call, if nobody has changed it since it was loaded: `call.version` is the version it
    /// was loaded with. Afterwards it is one more.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody was faster. Load, apply and save again.
    pub async fn save_call(&self, call: &Call, change: &Change) -> Result<Saved, StoreError> {
        let mut tx = self.begin().await?;
        let state = StateColumns::from(call.state);
        let updated = sqlx::query(
            "UPDATE calls SET status = $3, end_reason = $4, started_at = $5, ended_at = $6, duration = $7,
                version = version + 1
             WHERE id = $1 AND version = $2",
        )
        .bind(call.id.to_string())
        .bind(i64::from(call.version))
        .bind(state.status)
        .bind(state.end_reason)
        .bind(state.started_at)
        .bind(state.ended_at)
        .bind(state.duration)
        .execute(&mut *tx)
        .await?;
        if updated.rows_affected() == 0 {
            return Err(StoreError::Conflict);
        }
        if !upsert_participants(&mut tx, call).await? {
            return Ok(Saved::MemberBusy);
        }
        if let Some(card) = change.card {
            sqlx::query(
                "INSERT INTO messages (id, channel_id, author_id, body, call_id, created_at)
                 VALUES ($1, $2, $3, '', $4, $5)
                 ON CONFLICT (call_id) WHERE call_id IS NOT NULL DO NOTHING",
            )
            .bind(card.to_string())
            .bind(call.channel.to_string())
            .bind(call.initiator.to_string())
            .bind(call.id.to_string())
            .bind(change.at.0)
            .execute(&mut *tx)
            .await?;
        }
        insert_jobs(&mut tx, &change.jobs).await?;
        self.tell(&mut tx, News::Call(call.id)).await?;
        if let Some(card) = change.card {
            self.tell(&mut tx, News::Message(card)).await?;
        }
        tx.commit().await?;
        Ok(Saved::Yes)
    }
}

/// False if the channel has a live call already. Another start that is not yet decided is waited for.
async fn insert_call_row(tx: &mut AnyConnection, call: &Call) -> Result<bool, sqlx::Error> {
    let state = StateColumns::from(call.state);
    let inserted = sqlx::query(
        "INSERT INTO calls (id, channel_id, initiator_id, room_name, audience, status, end_reason, started_at,
            ended_at, duration, created_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (channel_id) WHERE status IN ('ringing', 'active') AND audience = 'channel' DO NOTHING",
    )
    .bind(call.id.to_string())
    .bind(call.channel.to_string())
    .bind(call.initiator.to_string())
    .bind(format!("call-{}", call.id))
    .bind(call.audience.word())
    .bind(state.status)
    .bind(state.end_reason)
    .bind(state.started_at)
    .bind(state.ended_at)
    .bind(state.duration)
    .bind(call.created.0)
    .bind(i64::from(call.version))
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Writes the participants that changed. False if one of them is connected to another call; the transaction is then
/// of no more use. `(call, member)` is what the statement itself settles, so the only uniqueness it can run into is
/// `one_live_participation`.
async fn upsert_participants(tx: &mut AnyConnection, call: &Call) -> Result<bool, sqlx::Error> {
    const ROWS_AT_ONCE: usize = 500;
    for (chunk, participants) in call.participants.chunks(ROWS_AT_ONCE).enumerate() {
        let values = placeholders(participants.len(), 8);
        let sql = format!(
            "INSERT INTO participants (call_id, member_id, status, ring_until, joined_at, left_at, epoch, position)
             VALUES {values}
             ON CONFLICT (call_id, member_id) DO UPDATE SET status = excluded.status,
                ring_until = excluded.ring_until, joined_at = excluded.joined_at, left_at = excluded.left_at,
                epoch = excluded.epoch, position = excluded.position
             WHERE participants.status <> excluded.status
                OR participants.ring_until IS DISTINCT FROM excluded.ring_until
                OR participants.joined_at IS DISTINCT FROM excluded.joined_at
                OR participants.left_at IS DISTINCT FROM excluded.left_at
                OR participants.epoch <> excluded.epoch OR participants.position <> excluded.position"
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (i, participant) in participants.iter().enumerate() {
            let columns = ParticipationColumns::from(participant.participation);
            let position = i64::try_from(chunk * ROWS_AT_ONCE + i).unwrap_or(i64::MAX);
            query = query
                .bind(call.id.to_string())
                .bind(participant.member.to_string())
                .bind(columns.status)
                .bind(columns.ring_until)
                .bind(columns.joined_at)
                .bind(columns.left_at)
                .bind(i64::from(participant.epoch))
                .bind(position);
        }
        match query.execute(&mut *tx).await {
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}
