//! Keys that a server made for itself. They are kept as they are, so whoever can read the database can use them.

use crate::{Store, StoreError};
use domain::Timestamp;

impl Store {
    /// The secret of this name: the one that is kept, or `fresh`, which is kept from now on. Servers that start together
    /// agree on one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn secret(&self, name: &str, fresh: &str, now: Timestamp) -> Result<String, StoreError> {
        sqlx::query(
            "INSERT INTO secrets (name, value, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(fresh)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        let kept = sqlx::query_scalar("SELECT value FROM secrets WHERE name = $1").bind(name).fetch_one(&self.read);
        Ok(kept.await?)
    }

    /// The secret of this name, if there is one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn kept_secret(&self, name: &str) -> Result<Option<String>, StoreError> {
        let kept =
            sqlx::query_scalar("SELECT value FROM secrets WHERE name = $1").bind(name).fetch_optional(&self.read);
        Ok(kept.await?)
    }

    /// Puts a fresh secret in the place of the one of this name, which is kept as `old_name`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if there is one of the old name already.
    pub async fn replace_secret(
        &self,
        name: &str,
        fresh: &str,
        old_name: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE secrets SET name = $2 WHERE name = $1").bind(name).bind(old_name).execute(&mut *tx).await?;
        sqlx::query("INSERT INTO secrets (name, value, created_at) VALUES ($1, $2, $3)")
            .bind(name)
            .bind(fresh)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}
