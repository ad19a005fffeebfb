//! What those who look after a parish see of it as numbers: nothing that anybody said or wrote.

use crate::row::At;
use crate::{Engine, Store, StoreError};
use domain::{CallStatus, ParishId, Role, Timestamp};

/// So many members of one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleCount {
    /// Which role.
    pub role: Role,
    /// How many have it, those who are blocked and those who have left apart.
    pub members: u32,
    /// How many of this role are blocked.
    pub blocked: u32,
    /// How many of this role have left.
    pub former: u32,
}

/// What counts of a call: when, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallFigures {
    /// When it began to ring.
    pub created: Timestamp,
    /// When somebody answered first.
    pub started: Option<Timestamp>,
    /// How it stands.
    pub status: CallStatus,
    /// Whole seconds that people talked.
    pub seconds: u32,
}

/// Where a device of the parish is reached, and how that went last. The address itself tells of a person, and is not
/// handed out any further than to the count of services.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ReachedAt {
    /// Where messages are sent.
    pub endpoint: String,
    /// How that went last.
    #[sqlx(try_from = "i64")]
    pub health: ReachedWell,
}

/// How sending to a device went last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReachedWell {
    /// Nothing was sent yet.
    Untried,
    /// The service took it.
    Sent,
    /// The service did not take it.
    Refused,
}

impl From<i64> for ReachedWell {
    fn from(word: i64) -> Self {
        match word {
            0 => ReachedWell::Untried,
            1 => ReachedWell::Sent,
            _ => ReachedWell::Refused,
        }
    }
}

/// What lies in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// All of it, of all parishes, in bytes.
    pub bytes: u64,
    /// The messages of this parish, cards of calls among them.
    pub messages: u64,
    /// The calls of this parish.
    pub calls: u64,
    /// When its oldest call was made.
    pub oldest_call: Option<Timestamp>,
}

impl Store {
    /// How many members of each role there are, in the order of what they may do.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn role_counts(&self, parish: ParishId) -> Result<Vec<RoleCount>, StoreError> {
        let rows: Vec<(String, i64, i64, i64)> = sqlx::query_as(
            "SELECT role, COUNT(CASE WHEN left_at IS NULL AND blocked_at IS NULL THEN 1 END),
                COUNT(CASE WHEN left_at IS NULL AND blocked_at IS NOT NULL THEN 1 END), COUNT(left_at)
             FROM members WHERE parish_id = $1 GROUP BY role",
        )
        .bind(parish.to_string())
        .fetch_all(&self.read)
        .await?;
        let count = |(role, members, blocked, former): (String, i64, i64, i64)| {
            let at = At { table: "members", row: &role };
            Ok(RoleCount {
                role: at.word(&role)?,
                members: at.count(members)?,
                blocked: at.count(blocked)?,
                former: at.count(former)?,
            })
        };
        let mut counts = rows.into_iter().map(count).collect::<Result<Vec<_>, StoreError>>()?;
        counts.sort_by_key(|count| count.role);
        Ok(counts)
    }

    /// The calls of all channels of a parish that were made since then, oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn call_figures(&self, parish: ParishId, since: Timestamp) -> Result<Vec<CallFigures>, StoreError> {
        let rows: Vec<(i64, Option<i64>, String, i64)> = sqlx::query_as(
            "SELECT c.created_at, c.started_at, c.status, COALESCE(c.duration, 0)
             FROM channels ch JOIN calls c ON c.channel_id = ch.id
             WHERE ch.parish_id = $1 AND c.created_at >= $2 ORDER BY c.created_at, c.id",
        )
        .bind(parish.to_string())
        .bind(since.0)
        .fetch_all(&self.read)
        .await?;
        let figures = |(created, started, status, seconds): (i64, Option<i64>, String, i64)| {
            let at = At { table: "calls", row: "figures" };
            Ok(CallFigures {
                created: Timestamp(created),
                started: started.map(Timestamp),
                status: at.word(&status)?,
                seconds: at.count(seconds)?,
            })
        };
        rows.into_iter().map(figures).collect()
    }

    /// Where the devices of this parish are reached: of those who are signed in and have not left.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn reached_at(&self, parish: ParishId, now: Timestamp) -> Result<Vec<ReachedAt>, StoreError> {
        let reached = sqlx::query_as(
            "SELECT s.endpoint, CASE WHEN s.refused IS NOT NULL THEN 2 WHEN s.accepted_at IS NOT NULL THEN 1 ELSE 0 END
                AS health
             FROM push_subscriptions s
             JOIN sessions on_device ON on_device.token_hash = s.session AND on_device.expires_at > $2
             JOIN members m ON m.id = on_device.member_id AND m.left_at IS NULL
             WHERE m.parish_id = $1 ORDER BY s.session",
        )
        .bind(parish.to_string())
        .bind(now.0)
        .fetch_all(&self.read);
        Ok(reached.await?)
    }

    /// What lies in the database.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn stored(&self, parish: ParishId) -> Result<Stored, StoreError> {
        // How large they are, each database tells in words of its own.
        let size = match self.engine {
            Engine::Sqlite => "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            Engine::Postgres => "SELECT pg_database_size(current_database())",
        };
        let bytes: i64 = sqlx::query_scalar(size).fetch_one(&self.read).await?;
        let (messages, calls, oldest): (i64, i64, Option<i64>) = sqlx::query_as(
            "SELECT
                (SELECT COUNT(*) FROM messages msg JOIN channels ch ON ch.id = msg.channel_id WHERE ch.parish_id = $1),
                (SELECT COUNT(*) FROM calls c JOIN channels ch ON ch.id = c.channel_id WHERE ch.parish_id = $1),
                (SELECT MIN(c.created_at) FROM calls c JOIN channels ch ON ch.id = c.channel_id
                    WHERE ch.parish_id = $1)",
        )
        .bind(parish.to_string())
        .fetch_one(&self.read)
        .await?;
        let count =
            |number: i64| u64::try_from(number).map_err(|_| At { table: "messages", row: "stored" }.inconsistent());
        Ok(Stored {
            bytes: count(bytes)?,
            messages: count(messages)?,
            calls: count(calls)?,
            oldest_call: oldest.map(Timestamp),
        })
    }
}
