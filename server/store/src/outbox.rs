//! The outbox: what a change wants done outside of the database, written in the change's own transaction and carried
//! out afterwards. Every job can be done twice without harm, and is not worth doing once it has expired.

use crate::row::{At, placeholders};
use crate::{Store, StoreError};
use domain::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe};
use std::time::Duration;

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// A fresh id. A job whose id is there already is not written again.
    pub id: String,
    /// What is to be done.
    pub kind: String,
    /// All that is needed to do it.
    pub payload: String,
    /// Not before this moment.
    pub not_before: Timestamp,
    /// Not from this moment on.
    pub expires_at: Timestamp,
}

/// A job to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueJob {
    /// The job.
    pub job: Job,
    /// How often it has failed.
    pub attempts: u32,
}

#[derive(sqlx::FromRow)]
struct JobRow {
    id: String,
    kind: String,
    payload: String,
    not_before: i64,
    expires_at: i64,
    attempts: i64,
}

impl TryFrom<JobRow> for DueJob {
    type Error = StoreError;
    fn try_from(row: JobRow) -> Result<Self, StoreError> {
        let attempts = At { table: "outbox", row: &row.id }.count(row.attempts)?;
        let (not_before, expires_at) = (Timestamp(row.not_before), Timestamp(row.expires_at));
        Ok(DueJob { job: Job { id: row.id, kind: row.kind, payload: row.payload, not_before, expires_at }, attempts })
    }
}

impl Store {
    /// Writes a job that no change is the reason for.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn add_job(&self, job: Job) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        insert_jobs(&mut tx, &[job]).await?;
        Ok(tx.commit().await?)
    }

    /// Takes the jobs that are to be done now, those first that have waited longest; those that have expired are passed
    /// over. Until the lease is over they are the caller's, whoever else asks; then they are due again, unless they were
    /// finished: that moment is now their `not_before`. They come in the order of their ids.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn claim_jobs(&self, now: Timestamp, lease: Duration, limit: u32) -> Result<Vec<DueJob>, StoreError> {
        // Whoever waited for another's claim finds `not_before` changed, and does not get those jobs as well.
        let claimed: Result<Vec<JobRow>, StoreError> = sqlx::query_as(
            "UPDATE outbox SET not_before = $2
             WHERE done_at IS NULL AND not_before <= $1 AND id IN (
                SELECT id FROM outbox WHERE done_at IS NULL AND not_before <= $1 AND expires_at > $1
                ORDER BY not_before, id LIMIT $3)
             RETURNING id, kind, payload, not_before, expires_at, attempts",
        )
        .bind(now.0)
        .bind((now + lease).0)
        .bind(i64::from(limit))
        .fetch_all(&self.write)
        .await
        .map_err(StoreError::from);
        let mut rows = match claimed {
            // Two claims, each of which waited for the other: PostgreSQL lets one go on.
            Err(StoreError::Conflict) => vec![],
            other => other?,
        };
        rows.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        rows.into_iter().map(DueJob::try_from).collect()
    }

    /// How many jobs are to be done now and nobody is at them, and since when the first of them waits.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn waiting_jobs(&self, now: Timestamp) -> Result<(u64, Option<Timestamp>), StoreError> {
        let (count, since): (i64, Option<i64>) = sqlx::query_as(
            "SELECT COUNT(*), MIN(not_before) FROM outbox
             WHERE done_at IS NULL AND not_before <= $1 AND expires_at > $1",
        )
        .bind(now.0)
        .fetch_one(&self.read)
        .await?;
        Ok((u64::try_from(count).unwrap_or_default(), since.map(Timestamp)))
    }

    /// Whoever has claimed the job is still at it: until that moment it is theirs.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn keep_job(&self, id: &str, until: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbox SET not_before = $2 WHERE id = $1 AND done_at IS NULL")
            .bind(id)
            .bind(until.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The job is done.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn finish_job(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbox SET done_at = $2 WHERE id = $1 AND done_at IS NULL")
            .bind(id)
            .bind(now.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The job failed: one attempt more, and not again before the given moment.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn retry_job(&self, id: &str, not_before: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbox SET attempts = attempts + 1, not_before = $2 WHERE id = $1 AND done_at IS NULL")
            .bind(id)
            .bind(not_before.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Forgets jobs that were done, or expired, before the given moment.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn purge_jobs(&self, done_before: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM outbox WHERE done_at < $1 OR expires_at < $1")
            .bind(done_before.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }
}

/// Writes jobs as part of a change.
pub(crate) async fn insert_jobs(tx: &mut AnyConnection, jobs: &[Job]) -> Result<(), sqlx::Error> {
    for jobs in jobs.chunks(500) {
        let values = placeholders(jobs.len(), 6);
        let sql = format!(
            "INSERT INTO outbox (id, kind, payload, not_before, expires_at, attempts) VALUES {values}
             ON CONFLICT (id) DO NOTHING"
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for job in jobs {
            query = query
                .bind(&*job.id)
                .bind(&*job.kind)
                .bind(&*job.payload)
                .bind(job.not_before.0)
                .bind(job.expires_at.0)
                .bind(0_i64);
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}
