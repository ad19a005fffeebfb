//! An account that is deleted.

use crate::members::{leave, theirs};
use crate::row::ids;
use crate::{Cared, News, Store, StoreError};
use domain::{MemberId, PersonId, Timestamp};

/// What came of deleting an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone: these were its members.
    Members(Vec<MemberId>),
    /// Nothing: a parish would be without an admin.
    LastAdmin,
}

impl Store {
    /// The hash of a person's password, if they have one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn password_hash(&self, person: PersonId) -> Result<Option<String>, StoreError> {
        let row: Option<(Option<String>,)> = sqlx::query_as("SELECT password_hash FROM persons WHERE id = $1")
            .bind(person.to_string())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.and_then(|(hash,)| hash))
    }

    /// What a person signs in with, if they can.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn login(&self, person: PersonId) -> Result<Option<String>, StoreError> {
        let row: Option<(Option<String>,)> = sqlx::query_as("SELECT login FROM persons WHERE id = $1")
            .bind(person.to_string())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.and_then(|(login,)| login))
    }

    /// Deletes an account: leaves every parish, takes the words out of what they wrote, and forgets their name and whatever
    /// else is said of them. Every parish keeps its last admin, or nothing happens.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn delete_person(&self, person: PersonId, at: Timestamp) -> Result<Deleted, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query_as("SELECT id FROM members WHERE person_id = $1 ORDER BY id")
            .bind(person.to_string())
            .fetch_all(&mut *tx)
            .await?;
        let members: Vec<MemberId> = ids("members", rows)?;
        for member in &members {
            match leave(&mut tx, *member, at).await? {
                Ok(parish) => self.tell(&mut tx, News::Parish(parish)).await?,
                Err(Cared::LastAdmin) => return Ok(Deleted::LastAdmin),
                Err(Cared::Gone | Cared::Done) => {}
            }
        }
        for forget in [
            concat!(
                "UPDATE messages SET body = '', folded = '', marks = '', removed = 'author'
                 WHERE call_id IS NULL AND removed IS NULL AND author_id IN ",
                theirs!()
            ),
            concat!("DELETE FROM blocks WHERE member_id IN ", theirs!(), " OR blocked_id IN ", theirs!()),
            concat!("DELETE FROM reports WHERE by_id IN ", theirs!()),
            // What others say of them stays, without their words.
            concat!("UPDATE reports SET words = '' WHERE about_id IN ", theirs!()),
            "UPDATE persons SET name = '', login = NULL, password_hash = NULL, locale = '', hue = NULL,
                quiet_from = NULL, quiet_until = NULL
             WHERE id = $1",
        ] {
            sqlx::query(forget).bind(person.to_string()).execute(&mut *tx).await?;
        }
        self.tell(&mut tx, News::Members(members.clone())).await?;
        self.tell(&mut tx, News::Everything).await?;
        tx.commit().await?;
        Ok(Deleted::Members(members))
    }
}
