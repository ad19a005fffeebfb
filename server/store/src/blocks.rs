//! Who has blocked whom, and what else is asked about those who are to be rung.

use crate::row::{At, ids, placeholders_from};
use crate::{News, Store, StoreError};
use domain::{Callee, MemberId, Timestamp};
use sqlx::AssertSqlSafe;
use std::collections::HashSet;

impl Store {
    /// From now on nobody's phone of `member` rings when `blocked` calls. Once is enough.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for oneself, or somebody who does not exist.
    pub async fn insert_block(&self, member: MemberId, blocked: MemberId, at: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO blocks (member_id, blocked_id, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (member_id, blocked_id) DO NOTHING",
        )
        .bind(member.to_string())
        .bind(blocked.to_string())
        .bind(at.0)
        .execute(&mut *tx)
        .await?;
        self.tell(&mut tx, News::Members(vec![member])).await?;
        tx.commit().await?;
        Ok(())
    }

    /// They may ring again.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn delete_block(&self, member: MemberId, blocked: MemberId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM blocks WHERE member_id = $1 AND blocked_id = $2")
            .bind(member.to_string())
            .bind(blocked.to_string())
            .execute(&mut *tx)
            .await?;
        self.tell(&mut tx, News::Members(vec![member])).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Whom this member has blocked.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn blocks_of(&self, member: MemberId) -> Result<Vec<MemberId>, StoreError> {
        let rows = sqlx::query_as("SELECT blocked_id FROM blocks WHERE member_id = $1 ORDER BY blocked_id")
            .bind(member.to_string())
            .fetch_all(&self.read)
            .await?;
        ids("blocks", rows)
    }

    /// What is to be known of these members when `caller` rings them: who has blocked the caller, and who is in a call. Who
    /// has quiet hours is another question: [`Store::quiet_hours`].
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn callees(&self, caller: MemberId, members: &[MemberId]) -> Result<Vec<Callee>, StoreError> {
        let rows = sqlx::query_as("SELECT member_id FROM blocks WHERE blocked_id = $1")
            .bind(caller.to_string())
            .fetch_all(&self.read)
            .await?;
        let hushed: HashSet<MemberId> = ids("blocks", rows)?.into_iter().collect();
        let mut busy: HashSet<MemberId> = HashSet::new();
        for members in members.chunks(500) {
            let sql = format!(
                "SELECT member_id FROM participants WHERE status = 'connected' AND member_id IN {}",
                placeholders_from(1, members.len())
            );
            let mut query = sqlx::query_as::<_, (String,)>(AssertSqlSafe(sql));
            for member in members {
                query = query.bind(member.to_string());
            }
            for (member,) in query.fetch_all(&self.read).await? {
                busy.insert(At { table: "participants", row: &member }.id(&member)?);
            }
        }
        let callee = |member: &MemberId| Callee {
            member: *member,
            hushed: hushed.contains(member),
            busy: busy.contains(member),
            quiet: false,
        };
        Ok(members.iter().map(callee).collect())
    }
}
