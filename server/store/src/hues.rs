//! The colours that people have chosen for their faces.

use crate::row::At;
use crate::{News, Store, StoreError};
use domain::{Hue, MemberId, ParishId, PersonId};

impl Store {
    /// A person's face has this colour from now on, and this parish is told.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn choose_hue(&self, person: PersonId, parish: ParishId, hue: Hue) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE persons SET hue = $2 WHERE id = $1")
            .bind(person.to_string())
            .bind(i64::from(u8::from(hue)))
            .execute(&mut *tx)
            .await?;
        self.tell(&mut tx, News::Parish(parish)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The colours that the members of a parish have chosen, those who have left among them: what they said is still there.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn hues(&self, parish: ParishId) -> Result<Vec<(MemberId, Hue)>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT m.id, p.hue FROM members m JOIN persons p ON p.id = m.person_id
             WHERE m.parish_id = $1 AND p.hue IS NOT NULL ORDER BY m.id",
        )
        .bind(parish.to_string())
        .fetch_all(&self.read)
        .await?;
        let hue = |(member, hue): (String, i64)| {
            let at = At { table: "persons", row: &member };
            let number = u8::try_from(hue).map_err(|_| at.inconsistent())?;
            Ok((at.id(&member)?, Hue::try_from(number).map_err(|_| at.inconsistent())?))
        };
        rows.into_iter().map(hue).collect()
    }
}
