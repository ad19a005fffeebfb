//! Who is signed in, and one-time links that sign somebody in. Only hashes of tokens are stored.

use crate::row::At;
use crate::{Credentials, Store, StoreError};
use domain::{MemberId, ParishId, PersonId, Role, Timestamp};
use sqlx::AnyConnection;

/// Who a session belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The member.
    pub member: MemberId,
    /// Their person.
    pub person: PersonId,
    /// Their parish.
    pub parish: ParishId,
    /// Its name.
    pub parish_name: String,
    /// The name others read.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they have been blocked.
    pub blocked: bool,
    /// The language they have chosen, if they have.
    pub locale: Option<String>,
    /// When the session was last seen, as far as it was written down.
    pub seen_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct SignedInRow {
    member_id: String,
    person_id: String,
    parish_id: String,
    parish_name: String,
    name: String,
    role: String,
    blocked_at: Option<i64>,
    locale: String,
    seen_at: i64,
}

impl TryFrom<SignedInRow> for SignedIn {
    type Error = StoreError;
    fn try_from(row: SignedInRow) -> Result<Self, StoreError> {
        let at = At { table: "members", row: &row.member_id };
        Ok(SignedIn {
            member: at.id(&row.member_id)?,
            person: at.id(&row.person_id)?,
            parish: at.id(&row.parish_id)?,
            role: at.word(&row.role)?,
            blocked: row.blocked_at.is_some(),
            locale: Some(row.locale).filter(|locale| !locale.is_empty()),
            seen_at: Timestamp(row.seen_at),
            parish_name: row.parish_name,
            name: row.name,
        })
    }
}

impl Store {
    /// Signs a member in.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn insert_session(
        &self,
        token_hash: &str,
        member: MemberId,
        at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut connection = self.write.acquire().await?;
        insert(&mut connection, token_hash, member, at, expires_at).await
    }

    /// Signs a member in whose password was checked. False, and nothing has happened, if they have another one by now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sign_in(
        &self,
        checked: &Credentials,
        token_hash: &str,
        at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        // Whoever chooses another one has done so, or waits for this session and ends it.
        let same = sqlx::query("UPDATE persons SET password_hash = password_hash WHERE id = $1 AND password_hash = $2")
            .bind(checked.person.to_string())
            .bind(checked.password_hash.as_deref())
            .execute(&mut *tx)
            .await?;
        if same.rows_affected() == 0 {
            return Ok(false);
        }
        insert(&mut tx, token_hash, checked.member, at, expires_at).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Who is signed in by this token. None if the session is unknown or has expired, or its member has left.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn session(&self, token_hash: &str, now: Timestamp) -> Result<Option<SignedIn>, StoreError> {
        let row: Option<SignedInRow> = sqlx::query_as(
            "SELECT m.id AS member_id, m.person_id, m.parish_id, pa.name AS parish_name, p.name, m.role, m.blocked_at,
                p.locale, s.seen_at
             FROM sessions s
             JOIN members m ON m.id = s.member_id
             JOIN persons p ON p.id = m.person_id
             JOIN parishes pa ON pa.id = m.parish_id
             WHERE s.token_hash = $1 AND s.expires_at > $2 AND m.left_at IS NULL",
        )
        .bind(token_hash)
        .bind(now.0)
        .fetch_optional(&self.read)
        .await?;
        row.map(SignedIn::try_from).transpose()
    }

    /// Signs out.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn delete_session(&self, token_hash: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE token_hash = $1").bind(token_hash).execute(&self.write).await?;
        Ok(())
    }

    /// Forgets sessions that have expired, and links that can no longer be followed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn delete_expired_sessions(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(now.0).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM sign_in_links WHERE expires_at <= $1").bind(now.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Makes a link that signs a member in, once.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn insert_sign_in_link(
        &self,
        token_hash: &str,
        member: MemberId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO sign_in_links (token_hash, member_id, expires_at) VALUES ($1, $2, $3)")
            .bind(token_hash)
            .bind(member.to_string())
            .bind(expires_at.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The name of whom a link would sign in. Looking does not use it up.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sign_in_link(&self, token_hash: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as(
            "SELECT p.name
             FROM sign_in_links l JOIN members m ON m.id = l.member_id JOIN persons p ON p.id = m.person_id
             WHERE l.token_hash = $1 AND l.kind = 'sign_in' AND l.used_at IS NULL AND l.expires_at > $2 AND m.left_at IS NULL",
        )
        .bind(token_hash)
        .bind(now.0)
        .fetch_optional(&self.read)
        .await?;
        Ok(row.map(|(name,)| name))
    }

    /// Uses a link up, signs its member in, and tells who that is. However many try at once, one of them gets the answer.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sign_in_by_link(
        &self,
        link_hash: &str,
        token_hash: &str,
        at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Option<MemberId>, StoreError> {
        let mut tx = self.begin().await?;
        let row: Option<(String,)> = sqlx::query_as(
            "UPDATE sign_in_links SET used_at = $2
             WHERE token_hash = $1 AND kind = 'sign_in' AND used_at IS NULL AND expires_at > $2
             AND EXISTS (SELECT 1 FROM members m WHERE m.id = member_id AND m.left_at IS NULL)
             RETURNING member_id",
        )
        .bind(link_hash)
        .bind(at.0)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((id,)) = row else { return Ok(None) };
        let member = At { table: "sign_in_links", row: &id }.id(&id)?;
        insert(&mut tx, token_hash, member, at, expires_at).await?;
        tx.commit().await?;
        Ok(Some(member))
    }
}

async fn insert(
    connection: &mut AnyConnection,
    token_hash: &str,
    member: MemberId,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (token_hash, member_id, created_at, expires_at, seen_at) VALUES ($1, $2, $3, $4, $3)",
    )
    .bind(token_hash)
    .bind(member.to_string())
    .bind(at.0)
    .bind(expires_at.0)
    .execute(connection)
    .await?;
    Ok(())
}
