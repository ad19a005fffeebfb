//! Calls, written. The row of the call always comes first: its lock makes changes of one call queue up, on both
//! databases, before any participant is touched.

use crate::call_rows::{ParticipationColumns, StateColumns};
use crate::outbox::insert_jobs;
use crate::requests::insert_request;
use crate::row::{At, Word, placeholders};
use crate::{Granted, Job, News, Request, Store, StoreError};
use domain::{Audience, Call, CallId, MemberId, MessageId, Timestamp};
use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, AssertSqlSafe};

/// What came of starting a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Inserted {
    /// It is there.
    Yes,
    /// Somebody was faster: this live call is the channel's, or that of the same people. Nothing was written.
    Busy(CallId),
    /// Somebody who would be in it is connected to another call. Nothing was written.
    MemberBusy,
    /// The same request was carried out before. Nothing was written.
    Repeated,
}

/// What came of changing calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// They are saved, each under its next version.
    Yes,
    /// Somebody who would be in one is connected to another call. Nothing was written.
    MemberBusy,
    /// The same request was carried out before. Nothing was written.
    Repeated,
}

/// The next state of a call, and what goes with it in the same transaction.
#[derive(Debug, Clone)]
pub struct Change {
    /// The next state, with the version that it was loaded with. Afterwards that is one more.
    pub call: Call,
    /// There is something to join, or to remember: its card is posted under this id, unless it has one.
    pub card: Option<MessageId>,
    /// Who has a missed call more by this, or one less.
    pub missed: Vec<MemberId>,
    /// What is to be done outside of the database.
    pub jobs: Vec<Job>,
    /// Who asked for it.
    pub request: Option<Request>,
    /// When.
    pub at: Timestamp,
}

/// How often a start is tried again because the call in its way ended at that very moment.
const TRIES: u32 = 3;

impl Store {
    /// Starts a call: its row, its participants and what goes with it, or nothing at all. `left` is the call that the
    /// starter leaves for it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody has changed `left` meanwhile. See [`StoreError`].
    pub async fn start_call(&self, new: &Change, left: Option<&Change>) -> Result<Inserted, StoreError> {
        for _ in 0..TRIES {
            let mut tx = self.begin().await?;
            // A call that exists always comes before one that begins, so that no two wait for each other.
            if let Some(left) = left {
                update_call_row(&mut tx, left).await?;
            }
            if insert_call_row(&mut tx, &new.call).await? {
                for change in left.into_iter().chain([new]) {
                    match self.write_what_goes_with(&mut tx, change).await? {
                        Saved::Yes => {}
                        Saved::MemberBusy => return Ok(Inserted::MemberBusy),
                        Saved::Repeated => return Ok(Inserted::Repeated),
                    }
                }
                tx.commit().await?;
                return Ok(Inserted::Yes);
            }
            let busy: Option<(String,)> = sqlx::query_as(
                "SELECT id FROM calls WHERE channel_id = $1 AND status IN ('ringing', 'active')
                 AND ((audience = 'channel' AND $2 = 'channel') OR party = $3)",
            )
            .bind(new.call.channel.to_string())
            .bind(new.call.audience.word())
            .bind(party(&new.call))
            .fetch_optional(&mut *tx)
            .await?;
            if let Some((id,)) = busy {
                return Ok(Inserted::Busy(At { table: "calls", row: &id }.id(&id)?));
            }
        }
        Err(StoreError::Conflict)
    }

    /// Saves the next states of calls, all or none, if nobody has changed one since it was loaded. Where somebody goes
    /// from one call to another, the one they leave comes first.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody was faster. Load, apply and save again.
    pub async fn save_calls(&self, changes: &[Change]) -> Result<Saved, StoreError> {
        let mut tx = self.begin().await?;
        // Always in the same order, so that no two wait for each other.
        let mut rows: Vec<&Change> = changes.iter().collect();
        rows.sort_unstable_by_key(|change| change.call.id);
        for change in rows {
            update_call_row(&mut tx, change).await?;
        }
        for change in changes {
            match self.write_what_goes_with(&mut tx, change).await? {
                Saved::Yes => {}
                refused => return Ok(refused),
            }
        }
        tx.commit().await?;
        Ok(Saved::Yes)
    }

    /// Everything but the call's own row, which must have been written before: who holds it has the call to themselves.
    async fn write_what_goes_with(&self, tx: &mut AnyConnection, change: &Change) -> Result<Saved, StoreError> {
        let call = &change.call;
        if !upsert_participants(tx, call).await? {
            return Ok(Saved::MemberBusy);
        }
        let card = match change.card {
            Some(card) => Some(put_card(tx, change, card).await?),
            None => None,
        };
        insert_jobs(tx, &change.jobs).await?;
        if let Some(request) = change.request {
            let epoch = call.participant(request.member).map_or(0, |participant| participant.epoch);
            if !insert_request(tx, request, Granted { call: call.id, epoch }, change.at).await? {
                return Ok(Saved::Repeated);
            }
        }
        self.tell(tx, News::Call(call.id)).await?;
        if let Some(card) = card {
            let is_new = change.card == Some(card);
            self.tell(tx, if is_new { News::Message(card) } else { News::Changed(card) }).await?;
        }
        if !change.missed.is_empty() {
            self.tell(tx, News::Missed(change.missed.clone())).await?;
        }
        Ok(Saved::Yes)
    }
}

async fn update_call_row(tx: &mut AnyConnection, change: &Change) -> Result<(), StoreError> {
    let state = StateColumns::from(change.call.state);
    let updated = sqlx::query(
        "UPDATE calls SET status = $3, end_reason = $4, started_at = $5, ended_at = $6, duration = $7,
            version = version + 1, locked = $8
         WHERE id = $1 AND version = $2",
    )
    .bind(change.call.id.to_string())
    .bind(i64::from(change.call.version))
    .bind(state.status)
    .bind(state.end_reason)
    .bind(state.started_at)
    .bind(state.ended_at)
    .bind(state.duration)
    .bind(i64::from(change.call.locked))
    .execute(tx)
    .await?;
    if updated.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Which people a call between picked people began with; none for a call of the channel.
fn party(call: &Call) -> Option<String> {
    if call.audience == Audience::Channel {
        return None;
    }
    let mut members: Vec<MemberId> = call.participants.iter().map(|participant| participant.member).collect();
    members.sort_unstable();
    let hash = members.iter().fold(Sha256::new(), |hash, member| hash.chain_update(member.0));
    Some(hash.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
}

/// False if the channel, or the same people, have a live call already. Another start that is not yet decided is waited for.
async fn insert_call_row(tx: &mut AnyConnection, call: &Call) -> Result<bool, sqlx::Error> {
    let state = StateColumns::from(call.state);
    let inserted = sqlx::query(
        "INSERT INTO calls (id, channel_id, initiator_id, room_name, audience, status, end_reason, started_at,
            ended_at, duration, created_at, version, party)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT DO NOTHING",
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
    .bind(party(call))
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
        let values = placeholders(participants.len(), 23);
        let sql = format!(
            "INSERT INTO participants (call_id, member_id, status, ring_until, joined_at, left_at, epoch, position,
                device, guest, hushed, busy, quiet, rings_on, asleep, rung_by, put_out, hand_at, prompt, prompt_by, prompt_at,
                reaction, reaction_at)
             VALUES {values}
             ON CONFLICT (call_id, member_id) DO UPDATE SET status = excluded.status,
                ring_until = excluded.ring_until, joined_at = excluded.joined_at, left_at = excluded.left_at,
                epoch = excluded.epoch, position = excluded.position, device = excluded.device,
                guest = excluded.guest, hushed = excluded.hushed, busy = excluded.busy, quiet = excluded.quiet,
                rings_on = excluded.rings_on,
                asleep = excluded.asleep, rung_by = excluded.rung_by, put_out = excluded.put_out,
                hand_at = excluded.hand_at, prompt = excluded.prompt, prompt_by = excluded.prompt_by,
                prompt_at = excluded.prompt_at, reaction = excluded.reaction, reaction_at = excluded.reaction_at,
                seen_at = CASE WHEN excluded.ring_until IS NULL THEN participants.seen_at END
             WHERE participants.status <> excluded.status
                OR participants.ring_until IS DISTINCT FROM excluded.ring_until
                OR participants.joined_at IS DISTINCT FROM excluded.joined_at
                OR participants.left_at IS DISTINCT FROM excluded.left_at
                OR participants.epoch <> excluded.epoch OR participants.position <> excluded.position
                OR participants.device IS DISTINCT FROM excluded.device OR participants.guest <> excluded.guest
                OR participants.hushed <> excluded.hushed OR participants.busy <> excluded.busy
                OR participants.quiet <> excluded.quiet
                OR participants.rings_on <> excluded.rings_on OR participants.asleep <> excluded.asleep
                OR participants.rung_by IS DISTINCT FROM excluded.rung_by OR participants.put_out <> excluded.put_out
                OR participants.hand_at IS DISTINCT FROM excluded.hand_at
                OR participants.prompt_at IS DISTINCT FROM excluded.prompt_at
                OR participants.reaction_at IS DISTINCT FROM excluded.reaction_at"
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
                .bind(position)
                .bind(participant.device.map(|device| device.to_string()))
                .bind(i64::from(participant.guest))
                .bind(i64::from(participant.hushed))
                .bind(i64::from(participant.busy))
                .bind(i64::from(participant.quiet))
                .bind(participant.rings_on.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
                .bind(columns.asleep)
                .bind(participant.rung_by.map(|member| member.to_string()))
                .bind(i64::from(participant.put_out))
                .bind(columns.hand_at)
                .bind(participant.prompt.map(|prompt| prompt.what.word()))
                .bind(participant.prompt.map(|prompt| prompt.by.to_string()))
                .bind(participant.prompt.map(|prompt| prompt.at.0))
                .bind(participant.reaction.map(|reacted| reacted.with.word()))
                .bind(participant.reaction.map(|reacted| reacted.at.0));
        }
        match query.execute(&mut *tx).await {
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Which line of the timeline it is.
async fn put_card(tx: &mut AnyConnection, change: &Change, card: MessageId) -> Result<MessageId, StoreError> {
    let call = &change.call;
    // Sets nothing new: only so that the line that is there already is answered.
    let (id,): (String,) = sqlx::query_as(
        "INSERT INTO messages (id, channel_id, author_id, body, call_id, created_at)
         VALUES ($1, $2, $3, '', $4, $5)
         ON CONFLICT (call_id) WHERE call_id IS NOT NULL DO UPDATE SET call_id = excluded.call_id
         RETURNING id",
    )
    .bind(card.to_string())
    .bind(call.channel.to_string())
    .bind(call.initiator.to_string())
    .bind(call.id.to_string())
    .bind(change.at.0)
    .fetch_one(tx)
    .await?;
    At { table: "messages", row: &id }.id(&id)
}
