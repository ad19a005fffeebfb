//! One-time links by which somebody chooses a new password. Only hashes of tokens are stored.

use crate::devices::{Ended, Which, end};
use crate::row::At;
use crate::{Store, StoreError};
use domain::{MemberId, Timestamp};

/// Whose password a link would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetOwner {
    /// The name others read.
    pub name: String,
    /// What signs them in.
    pub login: Option<String>,
    /// The name of the parish that it is for.
    pub parish: String,
}

impl Store {
    /// Makes a link by which a member chooses a new password, once. Those made for them before lead nowhere.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn insert_reset_link(
        &self,
        token_hash: &str,
        member: MemberId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM sign_in_links WHERE member_id = $1 AND kind = 'reset'")
            .bind(member.to_string())
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT INTO sign_in_links (token_hash, member_id, expires_at, kind) VALUES ($1, $2, $3, 'reset')")
            .bind(token_hash)
            .bind(member.to_string())
            .bind(expires_at.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Whether the person of this member belongs to another parish as well.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn is_elsewhere(&self, member: MemberId) -> Result<bool, StoreError> {
        let others: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM members m JOIN members other ON other.person_id = m.person_id AND other.id <> m.id
             WHERE m.id = $1 AND other.left_at IS NULL",
        )
        .bind(member.to_string())
        .fetch_one(&self.read)
        .await?;
        Ok(others > 0)
    }

    /// Whose password a link would change. Looking does not use it up.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn reset_link(&self, token_hash: &str, now: Timestamp) -> Result<Option<ResetOwner>, StoreError> {
        let row: Option<(String, Option<String>, String)> = sqlx::query_as(
            "SELECT p.name, p.login, pa.name
             FROM sign_in_links l JOIN members m ON m.id = l.member_id JOIN persons p ON p.id = m.person_id
             JOIN parishes pa ON pa.id = m.parish_id
             WHERE l.token_hash = $1 AND l.kind = 'reset' AND l.used_at IS NULL AND l.expires_at > $2
             AND m.left_at IS NULL",
        )
        .bind(token_hash)
        .bind(now.0)
        .fetch_optional(&self.read)
        .await?;
        Ok(row.map(|(name, login, parish)| ResetOwner { name, login, parish }))
    }

    /// Uses a link up: its member has this password from now on, and is signed out everywhere, since whatever else could sign
    /// them in may be in the wrong hands. Answers who that is and which sessions have ended; of many that try at once, one gets
    /// the answer.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn reset_password(
        &self,
        token_hash: &str,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<Option<(MemberId, Vec<Ended>)>, StoreError> {
        let mut tx = self.begin().await?;
        // The person before their links, as whoever changes a password does: of two who waited for each other, PostgreSQL
        // would send one away.
        let person: Option<(String,)> = sqlx::query_as(
            "UPDATE persons SET password_hash = $2 WHERE id = (
                SELECT m.person_id FROM members m JOIN sign_in_links l ON l.member_id = m.id WHERE l.token_hash = $1)
             RETURNING id",
        )
        .bind(token_hash)
        .bind(password_hash)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((person,)) = person else { return Ok(None) };
        // Whether it is good still. If not, nothing has happened.
        let row: Option<(String,)> = sqlx::query_as(
            "UPDATE sign_in_links SET used_at = $2
             WHERE token_hash = $1 AND kind = 'reset' AND used_at IS NULL AND expires_at > $2
             AND EXISTS (SELECT 1 FROM members m WHERE m.id = member_id AND m.left_at IS NULL)
             RETURNING member_id",
        )
        .bind(token_hash)
        .bind(now.0)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((id,)) = row else { return Ok(None) };
        let at = At { table: "sign_in_links", row: &id };
        let ended = end(&mut tx, at.id(&person)?, Which::AllBut("")).await?;
        self.tell_ended(&mut tx, &ended).await?;
        tx.commit().await?;
        Ok(Some((at.id(&id)?, ended)))
    }
}
