//! The invitations of a parish that can still be used.

use crate::row::At;
use crate::{Store, StoreError};
use domain::{InviteId, OpenInvite, ParishId, Timestamp};

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    role: String,
    uses_left: i64,
    expires_at: i64,
    created_by: Option<String>,
}

impl TryFrom<Row> for OpenInvite {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        let at = At { table: "invites", row: &row.id };
        Ok(OpenInvite {
            id: at.id(&row.id)?,
            role: at.word(&row.role)?,
            uses_left: at.count(row.uses_left)?,
            expires_at: Timestamp(row.expires_at),
            by: row.created_by.map(|member| at.id(&member)).transpose()?,
        })
    }
}

impl Store {
    /// The invitations of a parish that can still be used, the newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn open_invites(&self, parish: ParishId, now: Timestamp) -> Result<Vec<OpenInvite>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, role, uses_left, expires_at, created_by FROM invites
             WHERE parish_id = $1 AND expires_at > $2 AND uses_left > 0 AND revoked_at IS NULL
             ORDER BY id DESC",
        )
        .bind(parish.to_string())
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        rows.into_iter().map(OpenInvite::try_from).collect()
    }

    /// Withdraws an invitation of this parish. One that cannot be used any more is no error.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn revoke_invite(&self, parish: ParishId, invite: InviteId, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE invites SET revoked_at = $3 WHERE id = $1 AND parish_id = $2 AND revoked_at IS NULL")
            .bind(invite.to_string())
            .bind(parish.to_string())
            .bind(at.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }
}
