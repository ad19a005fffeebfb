//! All that is stored of one person, for that person.

use crate::members::theirs;
use crate::quiet::quiet_hours;
use crate::row::At;
use crate::{Store, StoreError};
use domain::{PersonId, QuietHours, Timestamp};

/// All that is stored of a person; no secret, and no hash of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// What they are called.
    pub name: String,
    /// What they sign in with.
    pub login: Option<String>,
    /// The language that they have chosen; empty if they have not.
    pub language: String,
    /// The colour that they have chosen for their face, by its number.
    pub hue: Option<i64>,
    /// When no phone of theirs rings.
    pub quiet: Option<QuietHours>,
    /// Since when they have had an account.
    pub since: Timestamp,
    /// Where they are or were a member.
    pub parishes: Vec<ExportedParish>,
    /// The channels that they are in.
    pub channels: Vec<ExportedChannel>,
    /// What they wrote, in order.
    pub messages: Vec<ExportedMessage>,
    /// The calls that they started, were in, or were rung for, in order.
    pub calls: Vec<ExportedCall>,
    /// The devices that they are signed in on.
    pub devices: Vec<ExportedDevice>,
    /// Whose calls do not ring for them, and since when.
    pub blocked: Vec<(String, Timestamp)>,
    /// What they have reported: about whom, what they said, and when.
    pub reports: Vec<(String, String, Timestamp)>,
}

/// A parish that a person belongs to, or did.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ExportedParish {
    /// Its name.
    pub name: String,
    /// What they may do there.
    pub role: String,
    /// Since when.
    pub joined_at: i64,
    /// Until when.
    pub left_at: Option<i64>,
}

/// A channel that a person is in.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ExportedChannel {
    /// Its name; of a direct one, nothing.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Since when.
    pub joined_at: i64,
    /// What they want to be told of there, if they have chosen.
    pub notices: Option<String>,
}

/// A message that a person wrote.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ExportedMessage {
    /// The name of the channel; of a direct one, nothing.
    pub channel: String,
    /// Its kind.
    pub kind: String,
    /// What it says; nothing if it was removed.
    pub body: String,
    /// When it was written.
    pub created_at: i64,
    /// When it was changed.
    pub edited_at: Option<i64>,
    /// By whom it was removed.
    pub removed: Option<String>,
}

/// A person's part in a call.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ExportedCall {
    /// The name of the channel; of a direct one, or one that they are not in, nothing.
    pub channel: String,
    /// Its kind.
    pub kind: String,
    /// How the call stands, or how it ended.
    pub status: String,
    /// Whether they started it: 0 or 1.
    pub started: i64,
    /// How they stand in it, or did.
    pub part: String,
    /// When it was started.
    pub created_at: i64,
    /// When they came in.
    pub joined_at: Option<i64>,
    /// When they left it, or missed it.
    pub left_at: Option<i64>,
}

/// A device that a person is signed in on.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ExportedDevice {
    /// By which browser.
    pub browser: String,
    /// On what.
    pub machine: String,
    /// Since when.
    pub created_at: i64,
    /// When it was last seen, to a few hours.
    pub seen_at: i64,
    /// Until when.
    pub expires_at: i64,
    /// When it last said that it can be reached by push, if it can.
    pub renewed_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct PersonRow {
    name: String,
    login: Option<String>,
    locale: String,
    hue: Option<i64>,
    quiet_from: Option<i64>,
    quiet_until: Option<i64>,
    created_at: i64,
}

impl Store {
    /// All that is stored of this person; none if there is none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn export(&self, person: PersonId, now: Timestamp) -> Result<Option<Export>, StoreError> {
        let id = person.to_string();
        let row: Option<PersonRow> = sqlx::query_as(
            "SELECT name, login, locale, hue, quiet_from, quiet_until, created_at FROM persons WHERE id = $1",
        )
        .bind(&id)
        .fetch_optional(&self.read)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let parishes = sqlx::query_as(
            "SELECT pa.name, m.role, m.created_at AS joined_at, m.left_at
             FROM members m JOIN parishes pa ON pa.id = m.parish_id WHERE m.person_id = $1 ORDER BY m.id",
        );
        let channels = sqlx::query_as(concat!(
            "SELECT c.name, c.kind, cm.joined_at, cm.notices
             FROM channel_members cm JOIN channels c ON c.id = cm.channel_id
             WHERE cm.member_id IN ",
            theirs!(),
            " ORDER BY c.id"
        ));
        let messages = sqlx::query_as(concat!(
            "SELECT c.name AS channel, c.kind, msg.body, msg.created_at, msg.edited_at, msg.removed
             FROM messages msg JOIN channels c ON c.id = msg.channel_id
             WHERE msg.call_id IS NULL AND msg.author_id IN ",
            theirs!(),
            " ORDER BY msg.id"
        ));
        // Whoever was added to one call sees nothing else of its channel.
        let calls = sqlx::query_as(concat!(
            "SELECT CASE WHEN EXISTS (
                    SELECT 1 FROM channel_members cm WHERE cm.channel_id = c.id AND cm.member_id = p.member_id
                ) THEN c.name ELSE '' END AS channel, c.kind, call.status,
                CASE WHEN call.initiator_id = p.member_id THEN 1 ELSE 0 END AS started,
                p.status AS part, call.created_at, p.joined_at, p.left_at
             FROM participants p JOIN calls call ON call.id = p.call_id JOIN channels c ON c.id = call.channel_id
             WHERE p.member_id IN ",
            theirs!(),
            " ORDER BY call.id"
        ));
        let devices = sqlx::query_as(concat!(
            "SELECT s.browser, s.machine, s.created_at, s.seen_at, s.expires_at, push.renewed_at
             FROM sessions s LEFT JOIN push_subscriptions push ON push.session = s.token_hash
             WHERE s.expires_at > $2 AND s.member_id IN ",
            theirs!(),
            " ORDER BY s.created_at, s.token_hash"
        ));
        let blocked: Vec<(String, i64)> = sqlx::query_as(concat!(
            "SELECT p.name, b.created_at FROM blocks b
             JOIN members m ON m.id = b.blocked_id JOIN persons p ON p.id = m.person_id
             WHERE b.member_id IN ",
            theirs!(),
            " ORDER BY b.created_at, b.blocked_id"
        ))
        .bind(&id)
        .fetch_all(&self.read)
        .await?;
        let reports: Vec<(String, String, i64)> = sqlx::query_as(concat!(
            "SELECT p.name, r.note, r.created_at FROM reports r
             JOIN members m ON m.id = r.about_id JOIN persons p ON p.id = m.person_id
             WHERE r.by_id IN ",
            theirs!(),
            " ORDER BY r.id"
        ))
        .bind(&id)
        .fetch_all(&self.read)
        .await?;
        Ok(Some(Export {
            quiet: quiet_hours(At { table: "persons", row: &id }, row.quiet_from, row.quiet_until)?,
            name: row.name,
            login: row.login,
            language: row.locale,
            hue: row.hue,
            since: Timestamp(row.created_at),
            parishes: parishes.bind(&id).fetch_all(&self.read).await?,
            channels: channels.bind(&id).fetch_all(&self.read).await?,
            messages: messages.bind(&id).fetch_all(&self.read).await?,
            calls: calls.bind(&id).fetch_all(&self.read).await?,
            devices: devices.bind(&id).bind(now.0).fetch_all(&self.read).await?,
            blocked: blocked.into_iter().map(|(name, at)| (name, Timestamp(at))).collect(),
            reports: reports.into_iter().map(|(about, note, at)| (about, note, Timestamp(at))).collect(),
        }))
    }
}
