//! Who is asking. Accounts, passwords, sessions, invites and one-time links.

use crate::limits::{Account, Limited, network};
use crate::passwords::is_guessable;
use crate::{Backend, Error, ids, secret};
use domain::text::Field;
use domain::{DeviceId, InviteId, Language, Member, MemberId, ParishId, PersonId, Role, Timestamp, text};
use std::net::IpAddr;
use std::time::Duration;
use store::{NewInvite, SignUp, SignUpError};

/// How long a session lasts.
pub const SESSION_TTL: Duration = Duration::from_secs(60 * 60 * 24 * 180);
/// So exactly it is known when a session was last seen.
const SEEN_EVERY: Duration = Duration::from_secs(60 * 60 * 6);
/// How long an invite lasts.
const INVITE_TTL: Duration = Duration::from_secs(60 * 60 * 24 * 14);
/// How often an invite may be used.
const INVITE_USES: u32 = 50;

/// A member who has proved who they are. Only [`Backend::authenticate`] makes one, so a use case that takes an `Actor`
/// cannot be called without having asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    member: MemberId,
    person: PersonId,
    parish: ParishId,
    parish_name: String,
    name: String,
    role: Role,
    blocked: bool,
    language: Option<Language>,
    session: String,
}

impl Actor {
    /// Which member this is.
    #[must_use]
    pub fn member(&self) -> MemberId {
        self.member
    }

    /// Which account this is.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// The parish they are acting in.
    #[must_use]
    pub fn parish(&self) -> ParishId {
        self.parish
    }

    /// Its name.
    #[must_use]
    pub fn parish_name(&self) -> &str {
        &self.parish_name
    }

    /// The name others read.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The browser profile they are signed in with.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        device_of(&self.session)
    }

    /// The language they have chosen, if they have.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        self.language
    }

    /// The hash by which the database knows their session.
    pub(crate) fn session(&self) -> &str {
        &self.session
    }

    pub(crate) fn as_member(&self) -> Member {
        Member { id: self.member, name: self.name.clone(), role: self.role }
    }

    pub(crate) fn role(&self) -> Role {
        self.role
    }

    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked
    }
}

/// One session, one device: half of the hash that the database knows it by.
pub(crate) fn device_of(hash: &str) -> DeviceId {
    hash.get(..32).and_then(|half| half.parse().ok()).unwrap_or(DeviceId(uuid::Uuid::nil()))
}

/// A session that was just opened. The secret goes into a cookie and is never seen again.
pub struct NewSession {
    /// The cookie's value.
    pub secret: String,
    /// How long it lasts.
    pub ttl: Duration,
    /// The language of whom it belongs to.
    pub language: Language,
}

impl Backend {
    /// Who a session's secret belongs to; none if it belongs to nobody (any more).
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn authenticate(&self, secret: &str) -> Result<Option<Actor>, Error> {
        let hash = secret::hash(secret);
        let now = self.now();
        let signed_in = self.inner.store.session(&hash, now).await?;
        if signed_in.as_ref().is_some_and(|session| now.since(session.seen_at) >= SEEN_EVERY)
            && let Err(error) = self.inner.store.see_session(&hash, now).await
        {
            // Nobody is kept out because this could not be written down.
            tracing::debug!(%error, "a session was seen, and it is not known when");
        }
        Ok(signed_in.map(|s| Actor {
            member: s.member,
            person: s.person,
            parish: s.parish,
            parish_name: s.parish_name,
            name: s.name,
            role: s.role,
            blocked: s.blocked,
            language: s.locale.as_deref().and_then(Language::of),
            session: hash,
        }))
    }

    /// Opens a session by login and password. Who has not chosen a language has chosen this one.
    ///
    /// # Errors
    /// [`Error::SignInRefused`], the same and as slow for an unknown login; [`Error::Limited`], [`Error::Busy`].
    pub async fn sign_in(
        &self,
        login: &str,
        password: &str,
        language: Language,
        from: IpAddr,
    ) -> Result<NewSession, Error> {
        self.inner.limits.take(Limited::SignIn(network(from)))?;
        if password.chars().count() > text::PASSWORD_MAX {
            return Err(Error::SignInRefused);
        }
        let login = text::login(login).map_err(|_| Error::SignInRefused)?;
        // Whether or not there is such an account.
        self.inner.limits.take(Limited::Account(Account::of(&login)))?;
        let credentials = self.inner.store.credentials(&login).await?;
        let hash = credentials.as_ref().and_then(|c| c.password_hash.clone());
        let matches = self.inner.passwords.verify(password, hash).await?;
        let checked = credentials.filter(|_| matches).ok_or(Error::SignInRefused)?;
        let (secret, now) = (secret::fresh(), self.now());
        // Checking takes its time: they may have chosen another one meanwhile, to keep out whoever knows this one.
        if !self.inner.store.sign_in(&checked, &secret::hash(&secret), now, now + SESSION_TTL).await? {
            return Err(Error::SignInRefused);
        }
        self.opened(secret, checked.member, language).await
    }

    /// Whose one-time link this is. Looking does not use it up.
    ///
    /// # Errors
    /// [`Error::LinkGone`], [`Error::Limited`].
    pub async fn link_owner(&self, link: &str, from: IpAddr) -> Result<String, Error> {
        self.inner.limits.take(Limited::Link(network(from)))?;
        self.inner
            .store
            .sign_in_link(&secret::hash(&secret::as_handed_out(link)), self.now())
            .await?
            .ok_or(Error::LinkGone)
    }

    /// Opens a session by a one-time link, or by the code of another device. Who has not chosen a language has chosen this one.
    ///
    /// # Errors
    /// [`Error::LinkGone`] if it was used or has expired, [`Error::Limited`].
    pub async fn sign_in_by_link(&self, link: &str, language: Language, from: IpAddr) -> Result<NewSession, Error> {
        self.inner.limits.take(Limited::Link(network(from)))?;
        let link = secret::hash(&secret::as_handed_out(link));
        let (secret, now) = (secret::fresh(), self.now());
        let signed_in = self.inner.store.sign_in_by_link(&link, &secret::hash(&secret), now, now + SESSION_TTL).await?;
        self.opened(secret, signed_in.ok_or(Error::LinkGone)?, language).await
    }

    /// The name of the parish that an invite leads to. Looking does not use it up.
    ///
    /// # Errors
    /// [`Error::LinkGone`], [`Error::Limited`].
    pub async fn invitation(&self, invite: &str, from: IpAddr) -> Result<String, Error> {
        self.inner.limits.take(Limited::Link(network(from)))?;
        let invite = self.inner.store.invite(&secret::hash(invite), self.now()).await?.ok_or(Error::LinkGone)?;
        Ok(invite.parish_name)
    }

    /// Makes an account by an invite for somebody who reads this language, and opens its first session.
    ///
    /// # Errors
    /// [`Error::LinkGone`], [`Error::LoginTaken`], [`Error::Invalid`], [`Error::Limited`], [`Error::Busy`].
    pub async fn sign_up(
        &self,
        invite: &str,
        name: &str,
        login: &str,
        password: &str,
        language: Language,
        from: IpAddr,
    ) -> Result<NewSession, Error> {
        self.inner.limits.take(Limited::SignIn(network(from)))?;
        let (name, login) = (text::name(name)?, text::login(login)?);
        let password = text::password(password)?;
        // Nobody can keep our processors busy with hashing who has not been invited.
        let parish_name = self.invitation(invite, from).await?;
        not_guessable(password, Known { name: &name, login: Some(&login), parish: &parish_name })?;
        let password_hash = self.hash_password(password).await?;
        let now = self.now();
        let sign_up = SignUp {
            person: PersonId(ids::fresh(now)),
            member: MemberId(ids::fresh(now)),
            name,
            login: Some(login),
            password_hash: Some(password_hash),
            locale: language.tag().to_owned(),
            invite_token_hash: secret::hash(invite),
            at: now,
        };
        let member = sign_up.member;
        let parish = self.inner.store.sign_up(&sign_up).await.map_err(|error| match error {
            SignUpError::InviteGone => Error::LinkGone,
            SignUpError::LoginTaken => Error::LoginTaken,
            SignUpError::Store(error) => error.into(),
        })?;
        self.tell_parish_to_reload(parish).await?;
        self.open_session(member, language).await
    }

    /// Speaks this language to them from now on.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn set_language(&self, actor: &Actor, language: Language) -> Result<(), Error> {
        Ok(self.inner.store.set_locale(actor.member(), language.tag()).await?)
    }

    /// Ends a session, and hangs up if its device is in a call. A session that is not there is no error.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn sign_out(&self, secret: &str) -> Result<(), Error> {
        let actor = self.authenticate(secret).await?;
        self.inner.store.delete_session(&secret::hash(secret)).await?;
        match actor {
            Some(actor) => self.hang_up(actor.member(), Some(actor.device())).await,
            None => Ok(()),
        }
    }

    /// # Errors
    /// [`Error::Busy`] if too many wait for the same.
    pub(crate) async fn hash_password(&self, password: &str) -> Result<String, Error> {
        self.inner.passwords.hash(password).await
    }

    /// Answers the hash that it was compared with.
    ///
    /// # Errors
    /// [`Error::WrongPassword`] if that is not the actor's password, or they have none; [`Error::Busy`].
    pub(crate) async fn check_password(&self, actor: &Actor, password: &str) -> Result<String, Error> {
        if password.chars().count() > text::PASSWORD_MAX {
            return Err(Error::WrongPassword);
        }
        let hash = self.inner.store.password_hash(actor.person()).await?;
        let matches = self.inner.passwords.verify(password, hash.clone()).await?;
        hash.filter(|_| matches).ok_or(Error::WrongPassword)
    }

    pub(crate) async fn open_session(&self, member: MemberId, language: Language) -> Result<NewSession, Error> {
        let (secret, now) = (secret::fresh(), self.now());
        self.inner.store.insert_session(&secret::hash(&secret), member, now, now + SESSION_TTL).await?;
        self.opened(secret, member, language).await
    }

    /// The session of this secret was opened for a member. Who has not chosen a language has chosen this one.
    async fn opened(&self, secret: String, member: MemberId, language: Language) -> Result<NewSession, Error> {
        let chosen = self.inner.store.locale_or(member, language.tag()).await?;
        let language = Language::of(&chosen).unwrap_or(language);
        Ok(NewSession { secret, ttl: SESSION_TTL, language })
    }

    /// Invites people into a parish, and answers the invite's secret.
    ///
    /// # Errors
    /// The database did not answer.
    pub(crate) async fn new_invite(&self, parish: ParishId, role: Role, now: Timestamp) -> Result<String, Error> {
        let secret = secret::fresh();
        let invite = NewInvite {
            id: InviteId(ids::fresh(now)),
            parish,
            token_hash: secret::hash(&secret),
            role,
            uses: if role == Role::Admin { 1 } else { INVITE_USES },
            expires_at: now + INVITE_TTL,
            created_by: None,
            at: now,
        };
        self.inner.store.insert_invite(&invite).await?;
        Ok(secret)
    }
}

/// What whoever guesses knows of somebody.
pub(crate) struct Known<'a> {
    pub(crate) name: &'a str,
    pub(crate) login: Option<&'a str>,
    pub(crate) parish: &'a str,
}

/// # Errors
/// [`Error::Invalid`] if whoever knows this much would guess the password.
pub(crate) fn not_guessable(password: &str, Known { name, login, parish }: Known<'_>) -> Result<(), Error> {
    let guessable = is_guessable(password, &[name, login.unwrap_or_default(), parish]);
    if guessable { Err(Error::Invalid(Field::GuessablePassword)) } else { Ok(()) }
}
