//! Where devices can be reached by Web Push, and which of them show a card for a ring. A device is known here by its
//! session: the hash of the session's token.

use crate::records::unseen;
use crate::row::At;
use crate::{Store, StoreError};
use domain::{Call, CallId, MemberId, Timestamp};
use std::time::Duration;

/// Where one device can be reached. An endpoint is a capability: whoever knows it can send there, so it is never logged.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PushSubscription {
    /// The device's session.
    pub session: String,
    /// Where messages are sent.
    pub endpoint: String,
    /// The device's public key, base64url (RFC 8291).
    pub p256dh: String,
    /// The device's authentication secret, base64url (RFC 8291).
    pub auth: String,
    /// The public VAPID key that the browser was given.
    pub vapid_key: String,
}

/// What is known of a device's subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushHealth {
    /// When the push service last took a message for it.
    pub accepted_at: Option<Timestamp>,
    /// Why it last did not.
    pub refused: Option<String>,
}

/// What a member has not taken notice of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unseen {
    /// Calls that were missed.
    pub missed: u32,
    /// Lines by others, without the cards of those calls.
    pub unread: u32,
}

/// A card for a ring, on a device.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RingCard {
    /// The device's session.
    pub session: String,
    /// The hash of what lets the card decline, until that is used up. Each ring has another one.
    pub decline_hash: Option<String>,
    /// The version of the call by which it was judged to ring.
    #[sqlx(try_from = "i64")]
    pub version: u32,
}

/// What the card of a ring is made of.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RingWords {
    /// Who calls.
    pub caller: String,
    /// The channel's name, if the one who is called is in it.
    pub channel: Option<String>,
    /// The language of the one who is called.
    pub locale: String,
}

impl Store {
    /// Reaches this device here from now on, and nowhere else; and nobody else's here, nor at `old`, where this one was
    /// before.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if the session is over.
    pub async fn put_subscription(
        &self,
        new: &PushSubscription,
        old: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM push_subscriptions WHERE endpoint IN ($1, $2) AND session <> $3")
            .bind(&*new.endpoint)
            .bind(old.unwrap_or(&new.endpoint))
            .bind(&*new.session)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO push_subscriptions (session, endpoint, p256dh, auth, vapid_key, renewed_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (session) DO UPDATE SET endpoint = excluded.endpoint, p256dh = excluded.p256dh,
                auth = excluded.auth, vapid_key = excluded.vapid_key, renewed_at = excluded.renewed_at,
                refused = CASE WHEN push_subscriptions.endpoint = excluded.endpoint
                    AND push_subscriptions.vapid_key = excluded.vapid_key THEN push_subscriptions.refused END",
        )
        .bind(&*new.session)
        .bind(&*new.endpoint)
        .bind(&*new.p256dh)
        .bind(&*new.auth)
        .bind(&*new.vapid_key)
        .bind(at.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// All devices of a member that can be reached.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn subscriptions_of(
        &self,
        member: MemberId,
        now: Timestamp,
    ) -> Result<Vec<PushSubscription>, StoreError> {
        let subscriptions = sqlx::query_as(
            "SELECT s.session, s.endpoint, s.p256dh, s.auth, s.vapid_key
             FROM push_subscriptions s
             JOIN sessions on_device ON on_device.token_hash = s.session AND on_device.expires_at > $2
             JOIN members m ON m.id = on_device.member_id AND m.left_at IS NULL
             WHERE m.id = $1 ORDER BY s.session",
        )
        .bind(member.to_string())
        .bind(now.0)
        .fetch_all(&self.read);
        Ok(subscriptions.await?)
    }

    /// Where one device can be reached.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn subscription(&self, session: &str) -> Result<Option<PushSubscription>, StoreError> {
        let subscription = sqlx::query_as(
            "SELECT session, endpoint, p256dh, auth, vapid_key FROM push_subscriptions WHERE session = $1",
        )
        .bind(session)
        .fetch_optional(&self.read);
        Ok(subscription.await?)
    }

    /// How well a device can be reached; none if it cannot.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn push_health(&self, session: &str) -> Result<Option<PushHealth>, StoreError> {
        let row: Option<(Option<i64>, Option<String>)> =
            sqlx::query_as("SELECT accepted_at, refused FROM push_subscriptions WHERE session = $1")
                .bind(session)
                .fetch_optional(&self.read)
                .await?;
        Ok(row.map(|(accepted_at, refused)| PushHealth { accepted_at: accepted_at.map(Timestamp), refused }))
    }

    /// The push service took a message.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn push_was_accepted(&self, endpoint: &str, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE push_subscriptions SET accepted_at = $2, refused = NULL WHERE endpoint = $1")
            .bind(endpoint)
            .bind(at.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The push service did not take a message, and said why.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn push_was_refused(&self, endpoint: &str, why: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE push_subscriptions SET refused = $2 WHERE endpoint = $1")
            .bind(endpoint)
            .bind(why)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Nothing arrives there any more.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn delete_subscription(&self, endpoint: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM push_subscriptions WHERE endpoint = $1").bind(endpoint).execute(&self.write).await?;
        Ok(())
    }

    /// Forgets devices that have not renewed their subscription since the given moment: some push services take messages
    /// for devices that are long gone.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn purge_subscriptions(&self, renewed_before: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM push_subscriptions WHERE renewed_at < $1")
            .bind(renewed_before.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// This device is about to show a card for a ring. `decline_hash`: the hash of what lets the card decline.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if the session or the call is gone.
    pub async fn put_ring_card(
        &self,
        call: CallId,
        session: &str,
        decline_hash: &str,
        version: u32,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO ring_cards (call_id, session, decline_hash, version) VALUES ($1, $2, $3, $4)
             ON CONFLICT (call_id, session) DO UPDATE
             SET decline_hash = excluded.decline_hash, version = excluded.version",
        )
        .bind(call.to_string())
        .bind(session)
        .bind(decline_hash)
        .bind(i64::from(version))
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// The devices of a member that show a card for this call's ring.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn ring_cards(&self, call: CallId, member: MemberId) -> Result<Vec<RingCard>, StoreError> {
        let cards = sqlx::query_as(
            "SELECT session, decline_hash, version FROM ring_cards WHERE call_id = $1
             AND session IN (SELECT token_hash FROM sessions WHERE member_id = $2) ORDER BY session",
        )
        .bind(call.to_string())
        .bind(member.to_string())
        .fetch_all(&self.read);
        Ok(cards.await?)
    }

    /// The card that this device shows for this call's ring.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn ring_card(&self, call: CallId, session: &str) -> Result<Option<RingCard>, StoreError> {
        let card =
            sqlx::query_as("SELECT session, decline_hash, version FROM ring_cards WHERE call_id = $1 AND session = $2")
                .bind(call.to_string())
                .bind(session)
                .fetch_optional(&self.read);
        Ok(card.await?)
    }

    /// This device does not show that card any more. Another one for the same call stays.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn delete_ring_card(
        &self,
        call: CallId,
        session: &str,
        decline_hash: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM ring_cards WHERE call_id = $1 AND session = $2 AND COALESCE(decline_hash, '') = $3")
            .bind(call.to_string())
            .bind(session)
            .bind(decline_hash.unwrap_or_default())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// What lets a card decline: whose ring of which call that is, and the session of the device. None if it was used up,
    /// or never was.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn ring_to_decline(&self, decline_hash: &str) -> Result<Option<(CallId, MemberId, String)>, StoreError> {
        let row: Option<(String, String, String)> = sqlx::query_as(
            "SELECT card.call_id, s.member_id, card.session
             FROM ring_cards card JOIN sessions s ON s.token_hash = card.session WHERE card.decline_hash = $1",
        )
        .bind(decline_hash)
        .fetch_optional(&self.read)
        .await?;
        let Some((call, member, session)) = row else { return Ok(None) };
        let at = At { table: "ring_cards", row: &call };
        Ok(Some((at.id(&call)?, at.id(&member)?, session)))
    }

    /// The card declines no more.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn use_up_decline(&self, decline_hash: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE ring_cards SET decline_hash = NULL WHERE decline_hash = $1")
            .bind(decline_hash)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// What a member is told of a call that rings for them.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn ring_words(&self, call: &Call, member: MemberId) -> Result<RingWords, StoreError> {
        let ringer = call.participant(member).and_then(|callee| callee.rung_by).unwrap_or(call.initiator);
        let words = sqlx::query_as(
            "SELECT (SELECT p.name FROM members m JOIN persons p ON p.id = m.person_id WHERE m.id = $2) AS caller,
                (SELECT c.name FROM channels c JOIN channel_members cm ON cm.channel_id = c.id
                    WHERE c.id = $3 AND cm.member_id = $1) AS channel,
                me.locale
             FROM members m JOIN persons me ON me.id = m.person_id WHERE m.id = $1",
        )
        .bind(member.to_string())
        .bind(ringer.to_string())
        .bind(call.channel.to_string())
        .fetch_one(&self.read);
        Ok(words.await?)
    }

    /// The language that a member has chosen; empty if they have not.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn locale_of(&self, member: MemberId) -> Result<String, StoreError> {
        let locale =
            sqlx::query_scalar("SELECT p.locale FROM members m JOIN persons p ON p.id = m.person_id WHERE m.id = $1")
                .bind(member.to_string())
                .fetch_one(&self.read);
        Ok(locale.await?)
    }

    /// What this member has not taken notice of, in all their channels, and of calls they were picked for outside of them.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn unseen(&self, member: MemberId) -> Result<Unseen, StoreError> {
        let (missed, cards): (i64, i64) = sqlx::query_as(concat!(
            "SELECT COUNT(*), COUNT(msg.id)
             FROM participants p
             JOIN calls c ON c.id = p.call_id
             LEFT JOIN channel_members cm ON cm.channel_id = c.channel_id AND cm.member_id = p.member_id
             LEFT JOIN messages msg ON msg.call_id = c.id AND msg.author_id <> p.member_id
                AND cm.channel_id IS NOT NULL AND msg.id > COALESCE(cm.read_up_to, '')
             WHERE p.member_id = $1 AND ",
            unseen!()
        ))
        .bind(member.to_string())
        .fetch_one(&self.read)
        .await?;
        let unread: u32 = self.unread(member).await?.iter().map(|(_, unread)| unread).sum();
        let at = At { table: "participants", row: "unseen" };
        Ok(Unseen { missed: at.count(missed)?, unread: unread.saturating_sub(at.count(cards)?) })
    }
}

/// How long a device may stay away before it is forgotten.
pub const FORGET_DEVICES_AFTER: Duration = Duration::from_secs(60 * 60 * 24 * 90);
