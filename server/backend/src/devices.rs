//! The devices that somebody is signed in with: which they are, and how they are signed out.

use crate::auth::{Known, NewSession, device_of, not_guessable};
use crate::limits::Limited;
use crate::{Actor, Backend, Error, secret};
use domain::device::{OwnDevice, recognised};
use domain::{DeviceId, Event, text};
use futures::future::join_all;
use store::{Ended, Which};

impl Backend {
    /// A browser is given a session, which knows it from now on by what it says of itself. The session that it had before
    /// ends: nobody can put one into somebody's browser and come back with it.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn hand_over(&self, new: &NewSession, user_agent: &str, before: Option<&str>) -> Result<(), Error> {
        let (browser, machine) = recognised(user_agent);
        if let Err(error) = self.inner.store.name_device(&secret::hash(&new.secret), browser, machine).await {
            // Nobody is kept out because of it, who may have used up a link.
            tracing::warn!(%error, "a session was opened, and it is not known in what browser");
        }
        match before {
            Some(before) => self.sign_out(before).await,
            None => Ok(()),
        }
    }

    /// The devices that this person is signed in with, whichever was seen last first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn devices(&self, actor: &Actor) -> Result<Vec<OwnDevice>, Error> {
        let sessions = self.inner.store.sessions_of(actor.person(), self.now()).await?;
        let device = |session: store::SessionRow| OwnDevice {
            id: device_of(&session.token_hash),
            browser: session.browser,
            machine: session.machine,
            since: session.created_at,
            seen: session.seen_at,
            here: session.token_hash == actor.session(),
        };
        Ok(sessions.into_iter().map(device).collect())
    }

    /// Signs this person out on one of their devices: its pages end, it is not rung any more, and it hangs up.
    ///
    /// # Errors
    /// [`Error::NotFound`] if they are not signed in with it.
    pub async fn sign_out_device(&self, actor: &Actor, device: DeviceId) -> Result<(), Error> {
        let beginning = device.0.simple().to_string();
        let ended = self.inner.store.end_sessions(actor.person(), Which::Beginning(&beginning)).await?;
        if ended.is_empty() {
            return Err(Error::NotFound);
        }
        self.say_it_is_over(ended).await
    }

    /// As [`Backend::sign_out_device`], on all of their devices but this one. Links and codes that would sign in on another
    /// one lead nowhere any more.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn sign_out_elsewhere(&self, actor: &Actor) -> Result<(), Error> {
        let ended = self.inner.store.end_sessions(actor.person(), Which::AllBut(actor.session())).await?;
        tracing::info!(member = %actor.member(), devices = ended.len(), "is signed out everywhere else");
        self.say_it_is_over(ended).await
    }

    /// This person has another password from now on, and is signed out everywhere else.
    ///
    /// # Errors
    /// [`Error::WrongPassword`] if that is not the one they have; [`Error::Invalid`], [`Error::Limited`], [`Error::Busy`].
    pub async fn change_password(&self, actor: &Actor, current: &str, new: &str) -> Result<(), Error> {
        let new = text::password(new)?;
        self.inner.limits.take(Limited::Password(actor.member()))?;
        let before = self.check_password(actor, current).await?;
        let login = self.inner.store.login(actor.person()).await?;
        not_guessable(new, Known { name: actor.name(), login: login.as_deref(), parish: actor.parish_name() })?;
        let hash = self.hash_password(new).await?;
        let ended = self.inner.store.change_password(actor.person(), &before, &hash, actor.session()).await?;
        // By a link, in the same moment.
        let ended = ended.ok_or(Error::WrongPassword)?;
        tracing::info!(member = %actor.member(), devices = ended.len(), "has another password");
        self.say_it_is_over(ended).await
    }

    /// Tells the pages of these sessions, and hangs up for them.
    pub(crate) async fn say_it_is_over(&self, ended: Vec<Ended>) -> Result<(), Error> {
        self.inner.hub.publish(ended.iter().map(|session| session.member), &Event::Community);
        let hung_up =
            ended.iter().map(|Ended { token_hash, member }| self.hang_up(*member, Some(device_of(token_hash))));
        // One that cannot keeps no other in its call.
        join_all(hung_up).await.into_iter().collect()
    }
}
