//! The devices that a person is signed in with: which they are, and how they are signed out.

use crate::members::theirs;
use crate::row::{At, Word};
use crate::{News, Store, StoreError};
use domain::device::{Browser, Machine};
use domain::{MemberId, PersonId, Timestamp};
use sqlx::AnyConnection;

/// A session, as its person is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The hash of its token.
    pub token_hash: String,
    /// By which browser.
    pub browser: Browser,
    /// On what.
    pub machine: Machine,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last seen.
    pub seen_at: Timestamp,
}

/// A session that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The hash of its token.
    pub token_hash: String,
    /// Whom it belonged to.
    pub member: MemberId,
}

/// Which of a person's sessions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// The one whose hash begins like this.
    Beginning(&'a str),
    /// All but the one with this hash.
    AllBut(&'a str),
}

impl Store {
    /// What a session was opened with.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn name_device(&self, token_hash: &str, browser: Browser, machine: Machine) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET browser = $2, machine = $3 WHERE token_hash = $1")
            .bind(token_hash)
            .bind(browser.word())
            .bind(machine.word())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// A session was seen.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn see_session(&self, token_hash: &str, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2")
            .bind(token_hash)
            .bind(at.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The sessions of a person, in all their parishes, whichever was seen last first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sessions_of(&self, person: PersonId, now: Timestamp) -> Result<Vec<SessionRow>, StoreError> {
        let rows: Vec<(String, String, String, i64, i64)> = sqlx::query_as(
            "SELECT s.token_hash, s.browser, s.machine, s.created_at, s.seen_at
             FROM sessions s JOIN members m ON m.id = s.member_id
             WHERE m.person_id = $1 AND m.left_at IS NULL AND s.expires_at > $2
             ORDER BY s.seen_at DESC, s.created_at DESC, s.token_hash",
        )
        .bind(person.to_string())
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        let session = |(token_hash, browser, machine, created_at, seen_at): (String, String, String, i64, i64)| {
            let at = At { table: "sessions", row: "of a person" };
            let (browser, machine) = (at.word(&browser)?, at.word(&machine)?);
            let (created_at, seen_at) = (Timestamp(created_at), Timestamp(seen_at));
            Ok(SessionRow { token_hash, browser, machine, created_at, seen_at })
        };
        rows.into_iter().map(session).collect()
    }

    /// Ends sessions of a person, and answers which: those of nobody else, and none that are not there. With all but one of
    /// them, links and codes end as well that would sign in on another device.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn end_sessions(&self, person: PersonId, which: Which<'_>) -> Result<Vec<Ended>, StoreError> {
        let mut tx = self.begin().await?;
        let ended = end(&mut tx, person, which).await?;
        self.tell_ended(&mut tx, &ended).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// The person has this password from now on, and is signed out wherever they do not have the session with this hash.
    /// Answers which sessions have ended; none if they have another password than `before` by now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change_password(
        &self,
        person: PersonId,
        before: &str,
        password_hash: &str,
        but: &str,
    ) -> Result<Option<Vec<Ended>>, StoreError> {
        let mut tx = self.begin().await?;
        let changed = sqlx::query("UPDATE persons SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
            .bind(person.to_string())
            .bind(before)
            .bind(password_hash)
            .execute(&mut *tx)
            .await?;
        if changed.rows_affected() == 0 {
            return Ok(None);
        }
        let ended = end(&mut tx, person, Which::AllBut(but)).await?;
        self.tell_ended(&mut tx, &ended).await?;
        tx.commit().await?;
        Ok(Some(ended))
    }

    pub(crate) async fn tell_ended(&self, tx: &mut AnyConnection, ended: &[Ended]) -> Result<(), StoreError> {
        if !ended.is_empty() {
            self.tell(tx, News::Members(ended.iter().map(|session| session.member).collect())).await?;
        }
        Ok(())
    }
}

/// Ends these sessions; whoever calls tells.
pub(crate) async fn end(tx: &mut AnyConnection, person: PersonId, which: Which<'_>) -> Result<Vec<Ended>, StoreError> {
    let theirs = person.to_string();
    let delete = match which {
        Which::Beginning(beginning) => sqlx::query_as(concat!(
            "DELETE FROM sessions WHERE substr(token_hash, 1, 32) = $2 AND member_id IN ",
            theirs!(),
            " RETURNING token_hash, member_id"
        ))
        .bind(&*theirs)
        .bind(beginning),
        Which::AllBut(hash) => {
            sqlx::query(concat!("DELETE FROM sign_in_links WHERE used_at IS NULL AND member_id IN ", theirs!()))
                .bind(&*theirs)
                .execute(&mut *tx)
                .await?;
            sqlx::query_as(concat!(
                "DELETE FROM sessions WHERE token_hash <> $2 AND member_id IN ",
                theirs!(),
                " RETURNING token_hash, member_id"
            ))
            .bind(&*theirs)
            .bind(hash)
        }
    };
    let rows: Vec<(String, String)> = delete.fetch_all(&mut *tx).await?;
    let ended = |(token_hash, member): (String, String)| {
        let member = At { table: "sessions", row: &member }.id(&member)?;
        Ok(Ended { token_hash, member })
    };
    rows.into_iter().map(ended).collect()
}
