//! What becomes of the members of a parish: their role, and their leave.

use crate::row::{At, MemberRow, Word, by_name};
use crate::{News, Store, StoreError};
use domain::{Member, MemberId, ParishId, PersonId, Role, Timestamp};
use sqlx::AnyConnection;
use std::time::Duration;

/// How long a device is still to be told that its ring is over, if nobody could tell it before: the card of a missed call is of use
/// for as long. Devices of somebody who has left can be told as well.
pub const LAST_WORDS: Duration = Duration::from_secs(60 * 60);

/// What came of a change of somebody's place in the parish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cared {
    /// It is so.
    Done,
    /// Nothing: the parish would be without an admin.
    LastAdmin,
    /// Nothing: they do not belong to it any more.
    Gone,
}

/// Whether there is an admin besides member `$1`, or `$1` is none.
macro_rules! an_admin_stays {
    () => {
        "(members.role <> 'admin' OR EXISTS (SELECT 1 FROM members other
            WHERE other.parish_id = members.parish_id AND other.id <> members.id AND other.role = 'admin'
            AND other.left_at IS NULL AND other.blocked_at IS NULL))"
    };
}

/// The memberships of person `$1`.
macro_rules! theirs {
    () => {
        "(SELECT id FROM members WHERE person_id = $1)"
    };
}
pub(crate) use theirs;

impl Store {
    /// A member of this parish, blocked ones too; none who has left.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn member_of(&self, parish: ParishId, member: MemberId) -> Result<Option<Member>, StoreError> {
        let row: Option<MemberRow> = sqlx::query_as(
            "SELECT m.id, p.name, m.role FROM members m JOIN persons p ON p.id = m.person_id
             WHERE m.id = $1 AND m.parish_id = $2 AND m.left_at IS NULL",
        )
        .bind(member.to_string())
        .bind(parish.to_string())
        .fetch_optional(&self.read)
        .await?;
        row.map(Member::try_from).transpose()
    }

    /// Who has left this parish, or has been blocked, by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn former_members(&self, parish: ParishId) -> Result<Vec<Member>, StoreError> {
        let rows: Vec<MemberRow> = sqlx::query_as(
            "SELECT m.id, p.name, m.role FROM members m JOIN persons p ON p.id = m.person_id
             WHERE m.parish_id = $1 AND (m.left_at IS NOT NULL OR m.blocked_at IS NOT NULL)
             ORDER BY m.id",
        )
        .bind(parish.to_string())
        .fetch_all(&self.read)
        .await?;
        let mut members = rows.into_iter().map(Member::try_from).collect::<Result<Vec<_>, _>>()?;
        by_name(&mut members, |member| &member.name);
        Ok(members)
    }

    /// A person is called something else from now on, and this parish is told.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn rename_person(&self, person: PersonId, parish: ParishId, name: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE persons SET name = $2 WHERE id = $1")
            .bind(person.to_string())
            .bind(name)
            .execute(&mut *tx)
            .await?;
        self.tell(&mut tx, News::Parish(parish)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// This member may do something else from now on. What they have handed out that makes somebody one of `no_more` is
    /// withdrawn, and so is a link for a new password of theirs: it was made for who they were. If they may less than before,
    /// so are all links for new passwords in the parish, those of the command line too: it is not known who made which. A
    /// parish keeps its last admin.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change_role(
        &self,
        member: MemberId,
        role: Role,
        no_more: &[Role],
        at: Timestamp,
    ) -> Result<Cared, StoreError> {
        let mut tx = self.begin().await?;
        let Some(parish) = queue_up(&mut tx, member).await? else { return Ok(Cared::Gone) };
        withdraw_resets(&mut tx, member, role).await?;
        let changed = sqlx::query(concat!(
            "UPDATE members SET role = $2 WHERE id = $1 AND left_at IS NULL AND ($2 = 'admin' OR ",
            an_admin_stays!(),
            ")"
        ))
        .bind(member.to_string())
        .bind(role.word())
        .execute(&mut *tx)
        .await?;
        if changed.rows_affected() == 0 {
            return why_not(&mut tx, member).await;
        }
        for invited_as in no_more {
            sqlx::query(
                "UPDATE invites SET revoked_at = $2 WHERE created_by = $1 AND role = $3 AND revoked_at IS NULL",
            )
            .bind(member.to_string())
            .bind(at.0)
            .bind(invited_as.word())
            .execute(&mut *tx)
            .await?;
        }
        self.tell(&mut tx, News::Parish(parish)).await?;
        tx.commit().await?;
        Ok(Cared::Done)
    }

    /// This member belongs to the parish no more: signed out everywhere, with no link or invitation of theirs left, and
    /// what signed them in is free for whoever comes next. Links for new passwords are withdrawn as from somebody who
    /// becomes a plain member. What they said stays. A parish keeps its last admin.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn leave_parish(&self, member: MemberId, at: Timestamp) -> Result<Cared, StoreError> {
        let mut tx = self.begin().await?;
        let parish = match leave(&mut tx, member, at).await? {
            Ok(parish) => parish,
            Err(why_not) => return Ok(why_not),
        };
        self.tell(&mut tx, News::Parish(parish)).await?;
        // They are none of the parish any more, and have pages open all the same.
        self.tell(&mut tx, News::Members(vec![member])).await?;
        tx.commit().await?;
        Ok(Cared::Done)
    }

    /// This member may read on, but neither write nor call; or may again, with no moment given. Links for new
    /// passwords are withdrawn as from somebody who becomes a plain member. Nothing happens to who has left.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn block_member(&self, member: MemberId, since: Option<Timestamp>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        if queue_up(&mut tx, member).await?.is_none() {
            return Ok(());
        }
        if since.is_some() {
            withdraw_resets(&mut tx, member, Role::Member).await?;
        }
        sqlx::query("UPDATE members SET blocked_at = $2 WHERE id = $1")
            .bind(member.to_string())
            .bind(since.map(|since| since.0))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Whether a member is in their parish, and stays in it until this change is made: an account that is deleted takes all its words
/// with it, those too that are written in the same moment.
pub(crate) async fn stays(tx: &mut AnyConnection, member: MemberId) -> Result<bool, StoreError> {
    let here = sqlx::query("UPDATE members SET role = role WHERE id = $1 AND left_at IS NULL")
        .bind(member.to_string())
        .execute(tx)
        .await?;
    Ok(here.rows_affected() > 0)
}

/// Takes a member out of their parish, and answers which that is; or why not. Nobody is told yet.
pub(crate) async fn leave(
    tx: &mut AnyConnection,
    member: MemberId,
    at: Timestamp,
) -> Result<Result<ParishId, Cared>, StoreError> {
    let Some(parish) = queue_up(tx, member).await? else { return Ok(Err(Cared::Gone)) };
    let left = sqlx::query(concat!(
        "UPDATE members SET left_at = $2 WHERE id = $1 AND left_at IS NULL AND ",
        an_admin_stays!()
    ))
    .bind(member.to_string())
    .bind(at.0)
    .execute(&mut *tx)
    .await?;
    if left.rows_affected() == 0 {
        return Ok(Err(why_not(tx, member).await?));
    }
    // The person before their links and sessions, as whoever changes a password does: of two who waited for each other,
    // PostgreSQL would send one away.
    for forget in [
        "UPDATE persons SET login = NULL, password_hash = NULL
             WHERE id = (SELECT m.person_id FROM members m WHERE m.id = $1)
             AND NOT EXISTS (SELECT 1 FROM members m WHERE m.person_id = persons.id AND m.left_at IS NULL)",
        "DELETE FROM sign_in_links WHERE member_id = $1",
    ] {
        sqlx::query(forget).bind(member.to_string()).execute(&mut *tx).await?;
    }
    withdraw_resets(tx, member, Role::Member).await?;
    // They sign in nobody any more. What rings on their devices is to be told that it is over.
    sqlx::query("UPDATE sessions SET expires_at = $2 WHERE member_id = $1 AND expires_at > $2")
        .bind(member.to_string())
        .bind((at + LAST_WORDS).0)
        .execute(&mut *tx)
        .await?;
    sqlx::query("UPDATE invites SET revoked_at = $2 WHERE created_by = $1 AND revoked_at IS NULL")
        .bind(member.to_string())
        .bind(at.0)
        .execute(&mut *tx)
        .await?;
    Ok(Ok(parish))
}

/// A member is about to have another role, or no say at all, which is no more than a member has. What let somebody choose a
/// new password for them is withdrawn; if they may less from now on, so is whatever they may have made for others.
async fn withdraw_resets(tx: &mut AnyConnection, member: MemberId, becomes: Role) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM sign_in_links WHERE kind = 'reset' AND used_at IS NULL AND member_id IN (
            SELECT m.id FROM members m JOIN members it ON it.parish_id = m.parish_id
            WHERE it.id = $1
            AND (m.id = it.id OR (it.role <> 'member' AND $2 <> 'admin' AND it.role <> $2)))",
    )
    .bind(member.to_string())
    .bind(becomes.word())
    .execute(tx)
    .await?;
    Ok(())
}

/// One change after the other in each parish, or two admins could dismiss each other at once. None for who is in none.
async fn queue_up(tx: &mut AnyConnection, member: MemberId) -> Result<Option<ParishId>, StoreError> {
    let row: Option<(String,)> = sqlx::query_as(
        "UPDATE parishes SET name = name
         WHERE id = (SELECT m.parish_id FROM members m WHERE m.id = $1 AND m.left_at IS NULL)
         RETURNING id",
    )
    .bind(member.to_string())
    .fetch_optional(tx)
    .await?;
    row.map(|(id,)| At { table: "parishes", row: &id }.id(&id)).transpose()
}

/// Why nothing changed.
async fn why_not(tx: &mut AnyConnection, member: MemberId) -> Result<Cared, StoreError> {
    let here: Option<(String,)> = sqlx::query_as("SELECT id FROM members WHERE id = $1 AND left_at IS NULL")
        .bind(member.to_string())
        .fetch_optional(tx)
        .await?;
    Ok(if here.is_some() { Cared::LastAdmin } else { Cared::Gone })
}
