//! The clock of a parish, and the quiet hours that people keep by it.

use crate::row::At;
use crate::{News, Store, StoreError};
use domain::{MemberId, ParishId, QuietHours, WallTime};

/// Somebody's quiet hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// Whose.
    pub member: MemberId,
    /// From when until when.
    pub hours: QuietHours,
    /// By which clock: the name of a time zone, empty if nobody has chosen one.
    pub time_zone: String,
}

/// Quiet hours as they are stored.
pub(crate) fn quiet_hours(at: At<'_>, from: Option<i64>, until: Option<i64>) -> Result<Option<QuietHours>, StoreError> {
    let time = |minutes: i64| {
        let minutes = u16::try_from(minutes).map_err(|_| at.inconsistent())?;
        WallTime::try_from(minutes).map_err(|_| at.inconsistent())
    };
    match (from, until) {
        (None, None) => Ok(None),
        (Some(from), Some(until)) => {
            QuietHours::new(time(from)?, time(until)?).map(Some).ok_or_else(|| at.inconsistent())
        }
        _ => Err(at.inconsistent()),
    }
}

impl Store {
    /// Whoever this member is has these quiet hours from now on, or none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn set_quiet_hours(&self, member: MemberId, hours: Option<QuietHours>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "UPDATE persons SET quiet_from = $2, quiet_until = $3
             WHERE id = (SELECT person_id FROM members WHERE id = $1)",
        )
        .bind(member.to_string())
        .bind(hours.map(|hours| i64::from(hours.from().minutes())))
        .bind(hours.map(|hours| i64::from(hours.until().minutes())))
        .execute(&mut *tx)
        .await?;
        self.tell(&mut tx, News::Members(vec![member])).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The quiet hours of this member, and the name of the time zone of their parish: empty if nobody has chosen one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn quiet_hours_of(&self, member: MemberId) -> Result<(Option<QuietHours>, String), StoreError> {
        let id = member.to_string();
        let row: Option<(Option<i64>, Option<i64>, String)> = sqlx::query_as(
            "SELECT p.quiet_from, p.quiet_until, pa.time_zone
             FROM members m JOIN persons p ON p.id = m.person_id JOIN parishes pa ON pa.id = m.parish_id
             WHERE m.id = $1",
        )
        .bind(&id)
        .fetch_optional(&self.read)
        .await?;
        let Some((from, until, time_zone)) = row else { return Ok((None, String::new())) };
        Ok((quiet_hours(At { table: "persons", row: &id }, from, until)?, time_zone))
    }

    /// Who of this parish keeps quiet hours, and when.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn quiet_hours(&self, parish: ParishId) -> Result<Vec<Rest>, StoreError> {
        let rows: Vec<(String, Option<i64>, Option<i64>, String)> = sqlx::query_as(
            "SELECT m.id, p.quiet_from, p.quiet_until, pa.time_zone
             FROM members m JOIN persons p ON p.id = m.person_id JOIN parishes pa ON pa.id = m.parish_id
             WHERE m.parish_id = $1 AND m.left_at IS NULL AND p.quiet_from IS NOT NULL
             ORDER BY m.id",
        )
        .bind(parish.to_string())
        .fetch_all(&self.read)
        .await?;
        rows.into_iter()
            .map(|(member, from, until, time_zone)| {
                let at = At { table: "persons", row: &member };
                let hours = quiet_hours(at, from, until)?.ok_or_else(|| at.inconsistent())?;
                Ok(Rest { member: at.id(&member)?, hours, time_zone })
            })
            .collect()
    }

    /// The clock of this parish stands in this time zone from now on.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn set_time_zone(&self, parish: ParishId, time_zone: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE parishes SET time_zone = $2 WHERE id = $1")
            .bind(parish.to_string())
            .bind(time_zone)
            .execute(&mut *tx)
            .await?;
        self.tell(&mut tx, News::Parish(parish)).await?;
        tx.commit().await?;
        Ok(())
    }
}
