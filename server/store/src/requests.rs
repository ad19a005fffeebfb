//! What a member's browser has asked for: the same request again has no second effect.

use crate::row::At;
use crate::{Store, StoreError};
use domain::{CallId, MemberId, Nonce, Timestamp};
use sqlx::AnyConnection;

/// A request that changes a call, as a browser made it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Whose browser.
    pub member: MemberId,
    /// What tells it from all others of this member.
    pub nonce: Nonce,
}

/// What a request has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// In which call.
    pub call: CallId,
    /// The member's epoch in it afterwards.
    pub epoch: u32,
}

impl Store {
    /// What this request has led to, if it was carried out before.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn granted(&self, request: Request) -> Result<Option<Granted>, StoreError> {
        let row: Option<(String, i64)> =
            sqlx::query_as("SELECT call_id, epoch FROM requests WHERE member_id = $1 AND nonce = $2")
                .bind(request.member.to_string())
                .bind(request.nonce.to_string())
                .fetch_optional(&self.read)
                .await?;
        row.map(|(call, epoch)| {
            let at = At { table: "requests", row: &call };
            Ok(Granted { call: at.id(&call)?, epoch: at.count(epoch)? })
        })
        .transpose()
    }

    /// Forgets requests that were made before the given moment.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn purge_requests(&self, made_before: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM requests WHERE created_at < $1").bind(made_before.0).execute(&self.write).await?;
        Ok(())
    }
}

/// Remembers what a request has led to, as part of a change. False if it was carried out before.
pub(crate) async fn insert_request(
    tx: &mut AnyConnection,
    request: Request,
    granted: Granted,
    at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(
        "INSERT INTO requests (member_id, nonce, call_id, epoch, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (member_id, nonce) DO NOTHING",
    )
    .bind(request.member.to_string())
    .bind(request.nonce.to_string())
    .bind(granted.call.to_string())
    .bind(i64::from(granted.epoch))
    .bind(at.0)
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}
