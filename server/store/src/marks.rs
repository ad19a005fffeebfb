//! When something was last so, for all processes that share the database.

use crate::{Store, StoreError};
use domain::Timestamp;

impl Store {
    /// Notes that it was so at this moment. A later mark stays.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn mark(&self, name: &str, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO marks (name, at) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE marks.at < excluded.at",
        )
        .bind(name)
        .bind(at.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// When it was last so, if ever.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn marked(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> =
            sqlx::query_scalar("SELECT at FROM marks WHERE name = $1").bind(name).fetch_optional(&self.read).await?;
        Ok(at.map(Timestamp))
    }
}
