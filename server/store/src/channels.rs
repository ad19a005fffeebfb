//! Channels and who is in them.

use crate::row::{At, MemberRow, Word, by_name, ids};
use crate::{News, Store, StoreError};
use domain::channel::UNREAD_AT_MOST;
use domain::{ChannelId, ChannelKind, Member, MemberId, MessageId, Notices, ParishId, Timestamp};

/// A channel to be.
#[derive(Debug, Clone)]
pub struct NewChannel {
    /// A fresh id.
    pub id: ChannelId,
    /// Of which parish.
    pub parish: ParishId,
    /// Who belongs to it.
    pub kind: ChannelKind,
    /// Its name; of no meaning for a direct channel.
    pub name: String,
    /// Whether only those who lead post and call.
    pub announcements_only: bool,
    /// A group: its members. A direct channel: its two. A parish channel has everybody, whatever is said here.
    pub members: Vec<MemberId>,
    /// When.
    pub at: Timestamp,
}

/// A channel as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelRow {
    /// Which one.
    pub id: ChannelId,
    /// Who belongs to it.
    pub kind: ChannelKind,
    /// Its name; of a direct channel, the other's.
    pub name: String,
    /// Whether only those who lead post and call.
    pub announcements_only: bool,
    /// The other member of a direct channel.
    pub other: Option<Member>,
    /// How many lines by others this member has not read, [`UNREAD_AT_MOST`] if there are more.
    pub unread: u32,
    /// The first of them.
    pub first_unread: Option<MessageId>,
    /// What they want to be told of.
    pub notices: Notices,
}

/// What kind of channel somebody belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// Who else belongs to it.
    pub kind: ChannelKind,
    /// Whether only those who lead post and call.
    pub announcements_only: bool,
}

/// Whether line `msg` may be read by a member of its channel: everything but the card of a call they had no part in
/// and could not see.
macro_rules! readable {
    ($member:literal) => {
        concat!(
            "(msg.call_id IS NULL OR EXISTS (SELECT 1 FROM calls card WHERE card.id = msg.call_id AND (
                card.audience = 'channel' OR EXISTS (SELECT 1 FROM participants mine
                    WHERE mine.call_id = card.id AND mine.member_id = ",
            $member,
            "))))"
        )
    };
}
pub(crate) use readable;

/// The first so many lines by others that the member of `cm` has not read. That somebody called whom they have blocked is
/// none of them.
macro_rules! unread_lines {
    ($at_most:literal) => {
        concat!(
            "(SELECT msg.id FROM messages msg
             WHERE msg.channel_id = cm.channel_id AND msg.id > COALESCE(cm.read_up_to, '')
             AND msg.author_id <> cm.member_id
             AND NOT EXISTS (SELECT 1 FROM participants hushed WHERE hushed.call_id = msg.call_id
                AND hushed.member_id = cm.member_id AND hushed.hushed = 1)
             AND ",
            $crate::channels::readable!("cm.member_id"),
            " ORDER BY msg.id LIMIT ",
            $at_most,
            ")"
        )
    };
}
pub(crate) use unread_lines;

/// How many they are: [`UNREAD_AT_MOST`] if there are more.
macro_rules! count_of_unread_lines {
    () => {
        concat!("(SELECT COUNT(*) FROM ", $crate::channels::unread_lines!("100"), " few)")
    };
}
pub(crate) use count_of_unread_lines;
const _: () = assert!(UNREAD_AT_MOST == 100, "as many as are counted");

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    kind: String,
    name: String,
    announcements_only: i64,
    notices: Option<String>,
    other_id: Option<String>,
    other_name: Option<String>,
    other_role: Option<String>,
    unread: i64,
    first_unread: Option<String>,
}

impl TryFrom<Row> for ChannelRow {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        let at = At { table: "channels", row: &row.id };
        let (kind, announcements_only) = (at.word(&row.kind)?, row.announcements_only != 0);
        let other = match (kind, row.other_id, row.other_name, row.other_role) {
            (ChannelKind::Direct, Some(id), Some(name), Some(role)) => {
                Some(Member::try_from(MemberRow { id, name, role })?)
            }
            (ChannelKind::Parish | ChannelKind::Group, None, None, None) => None,
            _ => return Err(at.inconsistent()),
        };
        Ok(ChannelRow {
            id: at.id(&row.id)?,
            kind,
            name: other.as_ref().map_or(row.name, |other| other.name.clone()),
            announcements_only,
            other,
            notices: match row.notices {
                Some(chosen) => at.word(&chosen)?,
                None => Notices::usual(kind, announcements_only),
            },
            unread: at.count(row.unread)?,
            first_unread: row.first_unread.map(|line| at.id(&line)).transpose()?,
        })
    }
}

impl Store {
    /// Makes a channel.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the two have a direct channel already ([`Store::direct_channel`] finds it) or if one
    /// of `members` is not, or no longer, in the parish; [`StoreError::Inconsistent`] if a direct channel is not
    /// between two.
    pub async fn insert_channel(&self, new: &NewChannel) -> Result<(), StoreError> {
        let pair = match (new.kind, &*new.members) {
            (ChannelKind::Direct, &[a, b]) if a != b => Some(pair(a, b)),
            (ChannelKind::Direct, _) => {
                return Err(StoreError::Inconsistent { table: "channels", row: new.id.to_string() });
            }
            (ChannelKind::Parish | ChannelKind::Group, _) => None,
        };
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO channels (id, parish_id, kind, name, announcements_only, direct_pair, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(new.id.to_string())
        .bind(new.parish.to_string())
        .bind(new.kind.word())
        .bind(if new.kind == ChannelKind::Direct { "" } else { &*new.name })
        .bind(i64::from(new.announcements_only))
        .bind(pair)
        .bind(new.at.0)
        .execute(&mut *tx)
        .await?;
        if new.kind == ChannelKind::Parish {
            sqlx::query(
                "INSERT INTO channel_members (channel_id, member_id, joined_at)
                 SELECT $1, m.id, $2 FROM members m WHERE m.parish_id = $3 AND m.left_at IS NULL",
            )
            .bind(new.id.to_string())
            .bind(new.at.0)
            .bind(new.parish.to_string())
            .execute(&mut *tx)
            .await?;
        } else {
            for member in &new.members {
                let inserted = sqlx::query(
                    "INSERT INTO channel_members (channel_id, member_id, joined_at)
                     SELECT $1, m.id, $2 FROM members m WHERE m.id = $3 AND m.parish_id = $4 AND m.left_at IS NULL",
                )
                .bind(new.id.to_string())
                .bind(new.at.0)
                .bind(member.to_string())
                .bind(new.parish.to_string())
                .execute(&mut *tx)
                .await?;
                if inserted.rows_affected() == 0 {
                    return Err(StoreError::Conflict);
                }
            }
        }
        let told = match new.kind {
            ChannelKind::Parish => News::Parish(new.parish),
            ChannelKind::Group | ChannelKind::Direct => News::Members(new.members.clone()),
        };
        self.tell(&mut tx, told).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The channels of a member: those of the parish, groups, direct ones, each by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn channels_of(&self, member: MemberId) -> Result<Vec<ChannelRow>, StoreError> {
        const SQL: &str = concat!(
            "SELECT c.id, c.kind, c.name, c.announcements_only, cm.notices,
                o.id AS other_id, op.name AS other_name, o.role AS other_role,
                ",
            count_of_unread_lines!(),
            " AS unread, ",
            unread_lines!("1"),
            " AS first_unread
             FROM channel_members cm
             JOIN members me ON me.id = cm.member_id AND me.left_at IS NULL
             JOIN channels c ON c.id = cm.channel_id
             LEFT JOIN channel_members ocm
                ON c.kind = 'direct' AND ocm.channel_id = c.id AND ocm.member_id <> cm.member_id
             LEFT JOIN members o ON o.id = ocm.member_id
             LEFT JOIN persons op ON op.id = o.person_id
             WHERE cm.member_id = $1 ORDER BY c.id"
        );
        let rows: Vec<Row> = sqlx::query_as(SQL).bind(member.to_string()).fetch_all(&self.read).await?;
        let mut channels = rows.into_iter().map(ChannelRow::try_from).collect::<Result<Vec<_>, _>>()?;
        by_name(&mut channels, |channel| &channel.name);
        channels.sort_by_key(|channel| match channel.kind {
            ChannelKind::Parish => 0,
            ChannelKind::Group => 1,
            ChannelKind::Direct => 2,
        });
        Ok(channels)
    }

    /// What kind of channel a member belongs to; none if they do not, and for those who have left the parish.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn membership(&self, member: MemberId, channel: ChannelId) -> Result<Option<Membership>, StoreError> {
        let row: Option<(String, i64)> = sqlx::query_as(
            "SELECT c.kind, c.announcements_only FROM channel_members cm
             JOIN members me ON me.id = cm.member_id AND me.left_at IS NULL
             JOIN channels c ON c.id = cm.channel_id
             WHERE cm.member_id = $1 AND cm.channel_id = $2",
        )
        .bind(member.to_string())
        .bind(channel.to_string())
        .fetch_optional(&self.read)
        .await?;
        let Some((kind, announcements_only)) = row else { return Ok(None) };
        let kind = At { table: "channels", row: &channel.to_string() }.word(&kind)?;
        Ok(Some(Membership { kind, announcements_only: announcements_only != 0 }))
    }

    /// Who is in a channel and has neither left the parish nor been blocked.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn channel_members(&self, channel: ChannelId) -> Result<Vec<MemberId>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT m.id FROM channel_members cm JOIN members m ON m.id = cm.member_id
             WHERE cm.channel_id = $1 AND m.left_at IS NULL AND m.blocked_at IS NULL
             ORDER BY m.id",
        )
        .bind(channel.to_string())
        .fetch_all(&self.read)
        .await?;
        ids("members", rows)
    }

    /// Who belongs to the groups of a member, group by group, leaving out who has left the parish.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn groups_of(&self, member: MemberId) -> Result<Vec<(ChannelId, MemberId)>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT cm.channel_id, cm.member_id FROM channel_members mine
             JOIN channels c ON c.id = mine.channel_id AND c.kind = 'group'
             JOIN channel_members cm ON cm.channel_id = c.id
             JOIN members m ON m.id = cm.member_id AND m.left_at IS NULL
             WHERE mine.member_id = $1
             ORDER BY cm.channel_id, cm.member_id",
        )
        .bind(member.to_string())
        .fetch_all(&self.read)
        .await?;
        rows.iter()
            .map(|(channel, member)| {
                let at = At { table: "channel_members", row: channel };
                Ok((at.id(channel)?, at.id(member)?))
            })
            .collect()
    }

    /// This member belongs to the channel no more. One who did not is no error.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn leave_channel(&self, member: MemberId, channel: ChannelId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM channel_members WHERE channel_id = $1 AND member_id = $2")
            .bind(channel.to_string())
            .bind(member.to_string())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// From now on the member is told of these messages in the channel. Tells whether they are in it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn set_notices(
        &self,
        member: MemberId,
        channel: ChannelId,
        notices: Notices,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let set = sqlx::query(
            "UPDATE channel_members SET notices = $3 WHERE member_id = $1 AND channel_id = $2
             AND EXISTS (SELECT 1 FROM members me WHERE me.id = $1 AND me.left_at IS NULL)",
        )
        .bind(member.to_string())
        .bind(channel.to_string())
        .bind(notices.word())
        .execute(&mut *tx)
        .await?;
        if set.rows_affected() > 0 {
            self.tell(&mut tx, News::Members(vec![member])).await?;
        }
        tx.commit().await?;
        Ok(set.rows_affected() > 0)
    }

    /// The direct channel of two members, whichever of them made it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn direct_channel(&self, a: MemberId, b: MemberId) -> Result<Option<ChannelId>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as("SELECT id FROM channels WHERE direct_pair = $1")
            .bind(pair(a, b))
            .fetch_optional(&self.read)
            .await?;
        row.map(|(id,)| At { table: "channels", row: &id }.id(&id)).transpose()
    }
}

/// Two members as one word, whoever is named first.
fn pair(a: MemberId, b: MemberId) -> String {
    format!("{}:{}", a.min(b), a.max(b))
}
