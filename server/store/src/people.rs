//! Persons and how they become members: invites, sign-up, what signs them in.

use crate::row::{At, Word};
use crate::{News, SignUpError, Store, StoreError};
use domain::{InviteId, MemberId, ParishId, PersonId, Role, Timestamp};
use sqlx::AnyConnection;

/// An invite to be.
#[derive(Clone)]
pub struct NewInvite {
    /// A fresh id.
    pub id: InviteId,
    /// Into which parish.
    pub parish: ParishId,
    /// The hash of what the link carries.
    pub token_hash: String,
    /// What those who follow it become.
    pub role: Role,
    /// How many may follow it.
    pub uses: u32,
    /// Until when.
    pub expires_at: Timestamp,
    /// Who invites; nobody, if it was made on the command line.
    pub created_by: Option<MemberId>,
    /// When.
    pub at: Timestamp,
}

/// An invite that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Which one.
    pub id: InviteId,
    /// Into which parish.
    pub parish: ParishId,
    /// Its name.
    pub parish_name: String,
    /// What those who follow it become.
    pub role: Role,
}

/// Somebody follows an invite.
#[derive(Clone)]
pub struct SignUp {
    /// A fresh id.
    pub person: PersonId,
    /// A fresh id.
    pub member: MemberId,
    /// The name others read.
    pub name: String,
    /// The e-mail address or user name that signs in.
    pub login: Option<String>,
    /// The hash of the password, in the format of its maker.
    pub password_hash: Option<String>,
    /// The language they have chosen.
    pub locale: String,
    /// The hash of what the link carried.
    pub invite_token_hash: String,
    /// When.
    pub at: Timestamp,
}

/// A member without an invite: demo data, the first admin.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// A fresh id.
    pub person: PersonId,
    /// A fresh id.
    pub member: MemberId,
    /// Of which parish.
    pub parish: ParishId,
    /// The name others read.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The e-mail address or user name that signs in.
    pub login: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What it takes to check a password.
#[derive(Clone)]
pub struct Credentials {
    /// Whose.
    pub person: PersonId,
    /// The hash to check against; none for those who sign in by link only.
    pub password_hash: Option<String>,
    /// Where they are signed in: their newest membership.
    pub member: MemberId,
}

/// Says whose credentials these are, never what they are.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("person", &self.person)
            .field("member", &self.member)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Makes an invite.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn insert_invite(&self, new: &NewInvite) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO invites (id, parish_id, token_hash, role, uses_left, expires_at, created_by, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(new.id.to_string())
        .bind(new.parish.to_string())
        .bind(&*new.token_hash)
        .bind(new.role.word())
        .bind(i64::from(new.uses))
        .bind(new.expires_at.0)
        .bind(new.created_by.map(|member| member.to_string()))
        .bind(new.at.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// The invite behind a link, as long as it can be used.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn invite(&self, token_hash: &str, now: Timestamp) -> Result<Option<Invite>, StoreError> {
        let row: Option<(String, String, String, String)> = sqlx::query_as(
            "SELECT i.id, i.parish_id, p.name, i.role
             FROM invites i JOIN parishes p ON p.id = i.parish_id
             WHERE i.token_hash = $1 AND i.uses_left > 0 AND i.revoked_at IS NULL AND i.expires_at > $2",
        )
        .bind(token_hash)
        .bind(now.0)
        .fetch_optional(&self.read)
        .await?;
        row.map(|(id, parish, parish_name, role)| {
            let at = At { table: "invites", row: &id };
            Ok(Invite { id: at.id(&id)?, parish: at.id(&parish)?, parish_name, role: at.word(&role)? })
        })
        .transpose()
    }

    /// Spends one use of an invite and makes its bearer a member, in every channel that is for the whole parish.
    ///
    /// # Errors
    /// See [`SignUpError`]; nothing has been written then.
    pub async fn sign_up(&self, new: &SignUp) -> Result<ParishId, SignUpError> {
        let mut tx = self.begin().await?;
        // The row stays locked until the end: of several people with the last use in their hands, one gets in.
        let invite: Option<(String, String, String)> = sqlx::query_as(
            "UPDATE invites SET uses_left = uses_left - 1
             WHERE token_hash = $1 AND uses_left > 0 AND revoked_at IS NULL AND expires_at > $2
             RETURNING id, parish_id, role",
        )
        .bind(&*new.invite_token_hash)
        .bind(new.at.0)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((id, parish, role)) = invite else { return Err(SignUpError::InviteGone) };
        let at = At { table: "invites", row: &id };
        let (parish, role) = (at.id(&parish)?, at.word(&role)?);
        let person = Person {
            id: new.person,
            name: &new.name,
            login: new.login.as_deref(),
            password_hash: new.password_hash.as_deref(),
            locale: &new.locale,
        };
        if !insert_person(&mut tx, &person, new.at).await? {
            return Err(SignUpError::LoginTaken);
        }
        join_parish(&mut tx, new.person, new.member, parish, role, new.at).await?;
        self.tell(&mut tx, News::Parish(parish)).await?;
        tx.commit().await?;
        Ok(parish)
    }

    /// Makes somebody a member without an invite, in every channel that is for the whole parish.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the login is taken.
    pub async fn insert_member(&self, new: &NewMember) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let person =
            Person { id: new.person, name: &new.name, login: new.login.as_deref(), password_hash: None, locale: "" };
        if !insert_person(&mut tx, &person, new.at).await? {
            return Err(StoreError::Conflict);
        }
        join_parish(&mut tx, new.person, new.member, new.parish, new.role, new.at).await?;
        self.tell(&mut tx, News::Parish(new.parish)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// This member has chosen a language.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn set_locale(&self, member: MemberId, locale: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE persons SET locale = $2 WHERE id = (SELECT person_id FROM members WHERE id = $1)")
            .bind(member.to_string())
            .bind(locale)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The language that this member speaks: the one they have chosen; if they have not, they choose this one now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn locale_or(&self, member: MemberId, locale: &str) -> Result<String, StoreError> {
        sqlx::query(
            "UPDATE persons SET locale = $2
             WHERE id = (SELECT person_id FROM members WHERE id = $1) AND locale = ''",
        )
        .bind(member.to_string())
        .bind(locale)
        .execute(&self.write)
        .await?;
        self.locale_of(member).await
    }

    /// What it takes to check the password of whoever signs in with this login; none for those who are in no parish.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn credentials(&self, login: &str) -> Result<Option<Credentials>, StoreError> {
        let row: Option<(String, Option<String>, String)> = sqlx::query_as(
            "SELECT p.id, p.password_hash, m.id AS member_id
             FROM persons p JOIN members m ON m.person_id = p.id
             WHERE p.login = $1 AND m.left_at IS NULL
             ORDER BY m.created_at DESC, m.id DESC LIMIT 1",
        )
        .bind(login)
        .fetch_optional(&self.read)
        .await?;
        row.map(|(person, password_hash, member)| {
            let at = At { table: "persons", row: &person };
            Ok(Credentials { person: at.id(&person)?, password_hash, member: at.id(&member)? })
        })
        .transpose()
    }
}

struct Person<'a> {
    id: PersonId,
    name: &'a str,
    login: Option<&'a str>,
    password_hash: Option<&'a str>,
    /// Empty as long as they have not chosen one.
    locale: &'a str,
}

/// False if the login is taken. Asks the index instead of catching its error, which would end a transaction on
/// PostgreSQL.
async fn insert_person(tx: &mut AnyConnection, person: &Person<'_>, at: Timestamp) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(
        "INSERT INTO persons (id, name, login, password_hash, locale, created_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (login) DO NOTHING",
    )
    .bind(person.id.to_string())
    .bind(person.name)
    .bind(person.login)
    .bind(person.password_hash)
    .bind(person.locale)
    .bind(at.0)
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

async fn join_parish(
    tx: &mut AnyConnection,
    person: PersonId,
    member: MemberId,
    parish: ParishId,
    role: Role,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO members (id, parish_id, person_id, role, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(member.to_string())
        .bind(parish.to_string())
        .bind(person.to_string())
        .bind(role.word())
        .bind(at.0)
        .execute(&mut *tx)
        .await?;
    // What was said before they came is not news to them.
    sqlx::query(
        "INSERT INTO channel_members (channel_id, member_id, read_up_to, joined_at)
         SELECT c.id, $1, (SELECT MAX(msg.id) FROM messages msg WHERE msg.channel_id = c.id), $2
         FROM channels c WHERE c.parish_id = $3 AND c.kind = 'parish'",
    )
    .bind(member.to_string())
    .bind(at.0)
    .bind(parish.to_string())
    .execute(&mut *tx)
    .await?;
    Ok(())
}
