//! The groups of a parish, for those who keep them.

use crate::row::{At, by_name, ids};
use crate::{News, Store, StoreError};
use domain::{ChannelId, Group, GroupChange, MemberId, ParishId, Timestamp};
use sqlx::AnyConnection;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    announcements_only: i64,
    member_id: Option<String>,
}

impl Store {
    /// Every group of a parish by name, each with those in it who have not left the parish.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn groups(&self, parish: ParishId) -> Result<Vec<Group>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT c.id, c.name, c.announcements_only, m.id AS member_id
             FROM channels c
             LEFT JOIN channel_members cm ON cm.channel_id = c.id
             LEFT JOIN members m ON m.id = cm.member_id AND m.left_at IS NULL
             WHERE c.parish_id = $1 AND c.kind = 'group'
             ORDER BY c.id, m.id",
        )
        .bind(parish.to_string())
        .fetch_all(&self.read)
        .await?;
        let mut groups: Vec<Group> = vec![];
        for row in rows {
            let at = At { table: "channels", row: &row.id };
            let id = at.id(&row.id)?;
            let member = row.member_id.map(|member| at.id(&member)).transpose()?;
            match groups.last_mut() {
                Some(group) if group.id == id => group.members.extend(member),
                _ => groups.push(Group {
                    id,
                    name: row.name,
                    announcements_only: row.announcements_only != 0,
                    members: member.into_iter().collect(),
                }),
            }
        }
        by_name(&mut groups, |group| &group.name);
        Ok(groups)
    }

    /// Changes a group of this parish, and answers whom to tell: who is in it, who was, and who keeps groups. None if there
    /// is no such group. Who is no member of the parish does not get in; who is in, or out, already, is no error.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change_group(
        &self,
        parish: ParishId,
        group: ChannelId,
        change: &GroupChange,
        at: Timestamp,
    ) -> Result<Option<Vec<MemberId>>, StoreError> {
        let mut tx = self.begin().await?;
        // Touched by every change: one after the other.
        let found = sqlx::query("UPDATE channels SET name = name WHERE id = $1 AND parish_id = $2 AND kind = 'group'")
            .bind(group.to_string())
            .bind(parish.to_string())
            .execute(&mut *tx)
            .await?;
        if found.rows_affected() == 0 {
            return Ok(None);
        }
        let mut told = concerned(&mut tx, parish, group).await?;
        match change {
            GroupChange::Rename(name) => {
                sqlx::query("UPDATE channels SET name = $2 WHERE id = $1")
                    .bind(group.to_string())
                    .bind(&**name)
                    .execute(&mut *tx)
                    .await?;
            }
            GroupChange::AnnouncementsOnly(only) => {
                sqlx::query("UPDATE channels SET announcements_only = $2 WHERE id = $1")
                    .bind(group.to_string())
                    .bind(i64::from(*only))
                    .execute(&mut *tx)
                    .await?;
            }
            GroupChange::Add(members) => {
                for member in members {
                    add(&mut tx, group, *member, at).await?;
                }
            }
            GroupChange::Remove(member) => {
                sqlx::query("DELETE FROM channel_members WHERE channel_id = $1 AND member_id = $2")
                    .bind(group.to_string())
                    .bind(member.to_string())
                    .execute(&mut *tx)
                    .await?;
            }
        }
        told.extend(concerned(&mut tx, parish, group).await?);
        told.sort_unstable();
        told.dedup();
        self.tell(&mut tx, News::Members(told.clone())).await?;
        tx.commit().await?;
        Ok(Some(told))
    }
}

/// What was said before somebody came is not news to them.
async fn add(tx: &mut AnyConnection, group: ChannelId, member: MemberId, at: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO channel_members (channel_id, member_id, read_up_to, joined_at)
         SELECT c.id, m.id, (SELECT MAX(msg.id) FROM messages msg WHERE msg.channel_id = c.id), $3
         FROM channels c JOIN members m ON m.parish_id = c.parish_id
         WHERE c.id = $1 AND m.id = $2 AND m.left_at IS NULL
         ON CONFLICT (channel_id, member_id) DO NOTHING",
    )
    .bind(group.to_string())
    .bind(member.to_string())
    .bind(at.0)
    .execute(tx)
    .await?;
    Ok(())
}

/// Who sees the group: its members, and those who keep the groups of the parish.
async fn concerned(tx: &mut AnyConnection, parish: ParishId, group: ChannelId) -> Result<Vec<MemberId>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT m.id FROM members m
         WHERE m.parish_id = $1 AND m.left_at IS NULL
         AND (m.role <> 'member' OR EXISTS (SELECT 1 FROM channel_members cm
            WHERE cm.channel_id = $2 AND cm.member_id = m.id))
         ORDER BY m.id",
    )
    .bind(parish.to_string())
    .bind(group.to_string())
    .fetch_all(tx)
    .await?;
    ids("members", rows)
}
