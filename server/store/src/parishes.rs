//! Parishes, and who is in them.

use crate::row::{At, MemberRow, by_name};
use crate::{Store, StoreError};
use domain::{Member, ParishId, Timestamp};

/// A parish to be.
#[derive(Debug, Clone)]
pub struct NewParish {
    /// A fresh id.
    pub id: ParishId,
    /// Its name.
    pub name: String,
    /// When.
    pub at: Timestamp,
}

/// A parish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parish {
    /// Which one.
    pub id: ParishId,
    /// Its name.
    pub name: String,
}

impl Store {
    /// Founds a parish.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the id is taken.
    pub async fn insert_parish(&self, new: &NewParish) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO parishes (id, name, created_at) VALUES ($1, $2, $3)")
            .bind(new.id.to_string())
            .bind(&*new.name)
            .bind(new.at.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Every parish, by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn parishes(&self) -> Result<Vec<Parish>, StoreError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT id, name FROM parishes ORDER BY id").fetch_all(&self.read).await?;
        let mut parishes = rows
            .into_iter()
            .map(|(id, name)| Ok(Parish { id: At { table: "parishes", row: &id }.id(&id)?, name }))
            .collect::<Result<Vec<_>, StoreError>>()?;
        by_name(&mut parishes, |parish| &parish.name);
        Ok(parishes)
    }

    /// The members of a parish who have neither left nor been blocked, by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn members(&self, parish: ParishId) -> Result<Vec<Member>, StoreError> {
        let members = self.members_with_login(parish).await?;
        Ok(members.into_iter().map(|(member, _)| member).collect())
    }

    /// As [`Store::members`], each with what signs them in.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn members_with_login(&self, parish: ParishId) -> Result<Vec<(Member, Option<String>)>, StoreError> {
        #[derive(sqlx::FromRow)]
        struct Row {
            #[sqlx(flatten)]
            member: MemberRow,
            login: Option<String>,
        }
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT m.id, p.name, m.role, p.login
             FROM members m JOIN persons p ON p.id = m.person_id
             WHERE m.parish_id = $1 AND m.left_at IS NULL AND m.blocked_at IS NULL
             ORDER BY m.id",
        )
        .bind(parish.to_string())
        .fetch_all(&self.read)
        .await?;
        let mut members = rows
            .into_iter()
            .map(|row| Ok((row.member.try_into()?, row.login)))
            .collect::<Result<Vec<(Member, _)>, StoreError>>()?;
        by_name(&mut members, |(member, _)| &member.name);
        Ok(members)
    }
}
