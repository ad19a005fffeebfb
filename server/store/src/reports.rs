//! What members report to those who look after the parish.

use crate::members::stays;
use crate::row::{At, Word, ids};
use crate::{News, Store, StoreError};
use domain::report::ReportedMessage;
use domain::{MemberId, MessageId, Outcome, ParishId, Report, ReportId, Timestamp};
use sqlx::AnyConnection;

/// A report to be.
#[derive(Debug, Clone)]
pub struct NewReport {
    /// A fresh id, greater than those before it.
    pub id: ReportId,
    /// In which parish.
    pub parish: ParishId,
    /// Who reports.
    pub by: MemberId,
    /// Who is reported.
    pub about: MemberId,
    /// The message that it is about, and what that says.
    pub message: Option<(MessageId, String)>,
    /// What whoever reports says about it.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// Whether report `r` is open, and for the eyes of member `$1`: who leads in its parish, and is not the one reported.
macro_rules! open_to_reader {
    () => {
        "r.closed_at IS NULL AND r.about_id <> $1 AND EXISTS (SELECT 1 FROM members me
            WHERE me.id = $1 AND me.parish_id = r.parish_id AND me.role IN ('coordinator', 'admin')
            AND me.left_at IS NULL AND me.blocked_at IS NULL)"
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    by_id: String,
    about_id: String,
    message_id: Option<String>,
    words: String,
    note: String,
    created_at: i64,
}

impl TryFrom<Row> for Report {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        let at = At { table: "reports", row: &row.id };
        let message = row.message_id.map(|message| at.id(&message)).transpose()?;
        Ok(Report {
            id: at.id(&row.id)?,
            by: at.id(&row.by_id)?,
            about: at.id(&row.about_id)?,
            message: message.map(|id| ReportedMessage { id, text: row.words }),
            note: row.note,
            at: Timestamp(row.created_at),
        })
    }
}

/// Whether the words of a message are there, and stay until this change is made: none of an account that is deleted meanwhile is kept.
async fn is_there(tx: &mut AnyConnection, message: MessageId) -> Result<bool, StoreError> {
    let there = sqlx::query("UPDATE messages SET author_id = author_id WHERE id = $1 AND removed IS NULL")
        .bind(message.to_string())
        .execute(tx)
        .await?;
    Ok(there.rows_affected() > 0)
}

/// What came of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// It is noted: these see it, and are to be told.
    For(Vec<MemberId>),
    /// It was, and is open still.
    Already,
    /// It is not: nobody looks after this parish but the one whom it is about; or who reports has just left it.
    ForNobody,
}

impl Store {
    /// Notes a report, unless the same member has reported the same and it is open, or nobody would see it.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for oneself, or for what does not exist.
    pub async fn insert_report(&self, new: &NewReport) -> Result<Noted, StoreError> {
        let mut tx = self.begin().await?;
        if !stays(&mut tx, new.by).await? {
            return Ok(Noted::ForNobody);
        }
        let words = match &new.message {
            Some((id, text)) if is_there(&mut tx, *id).await? => text,
            _ => "",
        };
        let inserted = sqlx::query(
            "INSERT INTO reports (id, parish_id, by_id, about_id, message_id, words, note, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT DO NOTHING",
        )
        .bind(new.id.to_string())
        .bind(new.parish.to_string())
        .bind(new.by.to_string())
        .bind(new.about.to_string())
        .bind(new.message.as_ref().map(|(id, _)| id.to_string()))
        .bind(words)
        .bind(&*new.note)
        .bind(new.at.0)
        .execute(&mut *tx)
        .await?;
        if inserted.rows_affected() == 0 {
            return Ok(Noted::Already);
        }
        let told = who_leads(&mut tx, new.parish, new.about).await?;
        if told.is_empty() {
            return Ok(Noted::ForNobody);
        }
        self.tell(&mut tx, News::Members(told.clone())).await?;
        tx.commit().await?;
        Ok(Noted::For(told))
    }

    /// The open reports that this member sees, newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn open_reports(&self, reader: MemberId) -> Result<Vec<Report>, StoreError> {
        const SQL: &str = concat!(
            "SELECT r.id, r.by_id, r.about_id, r.message_id, r.words, r.note, r.created_at FROM reports r WHERE ",
            open_to_reader!(),
            " ORDER BY r.id DESC"
        );
        let rows: Vec<Row> = sqlx::query_as(SQL).bind(reader.to_string()).fetch_all(&self.read).await?;
        rows.into_iter().map(Report::try_from).collect()
    }

    /// How many there are of these.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn count_open_reports(&self, reader: MemberId) -> Result<u32, StoreError> {
        const SQL: &str = concat!("SELECT COUNT(*) FROM reports r WHERE ", open_to_reader!());
        let (count,): (i64,) = sqlx::query_as(SQL).bind(reader.to_string()).fetch_one(&self.read).await?;
        At { table: "reports", row: &reader.to_string() }.count(count)
    }

    /// Closes a report that this member sees, forgets what the message said and what was said of it, and answers whom to tell. None if there is no
    /// such report, or not any more.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn close_report(
        &self,
        reader: MemberId,
        report: ReportId,
        outcome: Outcome,
        at: Timestamp,
    ) -> Result<Option<Vec<MemberId>>, StoreError> {
        const SQL: &str = concat!(
            "UPDATE reports AS r SET closed_at = $3, closed_by = $1, outcome = $4, words = '', note = '' WHERE r.id = $2 AND ",
            open_to_reader!(),
            " RETURNING parish_id, about_id"
        );
        let mut tx = self.begin().await?;
        let closed: Option<(String, String)> = sqlx::query_as(SQL)
            .bind(reader.to_string())
            .bind(report.to_string())
            .bind(at.0)
            .bind(outcome.word())
            .fetch_optional(&mut *tx)
            .await?;
        let Some((parish, about)) = closed else { return Ok(None) };
        let at = At { table: "reports", row: &report.to_string() };
        let told = who_leads(&mut tx, at.id(&parish)?, at.id(&about)?).await?;
        self.tell(&mut tx, News::Members(told.clone())).await?;
        tx.commit().await?;
        Ok(Some(told))
    }
}

/// Who leads in this parish, but for one.
async fn who_leads(tx: &mut AnyConnection, parish: ParishId, but: MemberId) -> Result<Vec<MemberId>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id FROM members WHERE parish_id = $1 AND id <> $2 AND role IN ('coordinator', 'admin')
         AND left_at IS NULL AND blocked_at IS NULL ORDER BY id",
    )
    .bind(parish.to_string())
    .bind(but.to_string())
    .fetch_all(tx)
    .await?;
    ids("members", rows)
}
