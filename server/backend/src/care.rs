//! Those who look after others: invitations, roles, new passwords, and leave.

use crate::auth::{Known, NewSession, not_guessable};
use crate::limits::{Limited, network};
use crate::{Actor, Backend, Error, ids, qr, secret};
use domain::parish::{INVITE_DAYS_MAX, INVITE_USES_MAX};
use domain::text::Field;
use domain::{
    Care, Command, DeviceCode, DeviceId, Event, HandedOut, InviteId, Language, Member, MemberId, OpenInvite, Role,
    Timestamp, may_care, text,
};
use std::net::IpAddr;
use std::time::Duration;
use store::{Cared, NewInvite, ResetOwner};

const DAY: Duration = Duration::from_secs(60 * 60 * 24);
/// How long a link lasts by which somebody chooses a new password.
const RESET_TTL: Duration = DAY;
/// How long a code lasts that signs in on another device.
const CODE_TTL: Duration = Duration::from_secs(60 * 10);

impl Backend {
    /// The invitations of the parish that can still be used and that this member could have made.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for those who invite nobody.
    pub async fn invites(&self, actor: &Actor) -> Result<Vec<OpenInvite>, Error> {
        may(actor, Care::Invite, Role::Member)?;
        let mut open = self.inner.store.open_invites(actor.parish(), self.now()).await?;
        open.retain(|invite| may(actor, Care::Invite, invite.role).is_ok());
        Ok(open)
    }

    /// Invites so many people for so many days, and hands out the link.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a role above one's own; [`Error::Invalid`], [`Error::Limited`].
    pub async fn create_invite(&self, actor: &Actor, role: Role, uses: u32, days: u32) -> Result<HandedOut, Error> {
        may(actor, Care::Invite, role)?;
        if !(1..=INVITE_USES_MAX).contains(&uses) || !(1..=INVITE_DAYS_MAX).contains(&days) {
            return Err(Error::Invalid(Field::Invite));
        }
        self.inner.limits.take(Limited::Care(actor.member()))?;
        let (now, secret) = (self.now(), secret::fresh());
        let invite = NewInvite {
            id: InviteId(ids::fresh(now)),
            parish: actor.parish(),
            token_hash: secret::hash(&secret),
            role,
            uses,
            expires_at: now + DAY * days,
            created_by: Some(actor.member()),
            at: now,
        };
        self.inner.store.insert_invite(&invite).await?;
        tracing::info!(member = %actor.member(), invite = %invite.id, ?role, uses, days, "invites");
        self.hand_out(&format!("join/{secret}"))
    }

    /// Withdraws an invitation. One that cannot be used any more is no error.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for those who could not have made it.
    pub async fn revoke_invite(&self, actor: &Actor, invite: InviteId) -> Result<(), Error> {
        may(actor, Care::Invite, Role::Member)?;
        let open = self.inner.store.open_invites(actor.parish(), self.now()).await?;
        match open.iter().find(|open| open.id == invite) {
            Some(open) => may(actor, Care::Invite, open.role)?,
            None => return Ok(()),
        }
        Ok(self.inner.store.revoke_invite(actor.parish(), invite, self.now()).await?)
    }

    /// Decides what a member may do from now on. Invitations of theirs that they could not make any more are withdrawn.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`], [`Error::LastAdmin`].
    pub async fn change_role(&self, actor: &Actor, member: MemberId, role: Role) -> Result<(), Error> {
        self.in_care(actor, Care::ChangeRole, member).await?;
        let no_more = Role::ALL.into_iter().filter(|theirs| !may_care(role, false, Care::Invite, *theirs));
        let no_more: Vec<Role> = no_more.collect();
        done(self.inner.store.change_role(member, role, &no_more, self.now()).await?)?;
        tracing::info!(by = %actor.member(), %member, ?role, "has another role");
        self.tell_parish_to_reload(actor.parish()).await
    }

    /// Takes a member out of the parish, and out of the call they are in; all their pages end.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`], [`Error::LastAdmin`].
    pub async fn remove_member(&self, actor: &Actor, member: MemberId) -> Result<(), Error> {
        self.in_care(actor, Care::Remove, member).await?;
        self.take_out(member, self.now()).await?;
        tracing::info!(by = %actor.member(), %member, "was removed from the parish");
        self.tell_parish_to_reload(actor.parish()).await
    }

    /// Leaves the parish for good, as if removed.
    ///
    /// # Errors
    /// [`Error::LastAdmin`].
    pub async fn leave_parish(&self, actor: &Actor) -> Result<(), Error> {
        self.take_out(actor.member(), self.now()).await?;
        self.tell_parish_to_reload(actor.parish()).await
    }

    /// Somebody belongs to the parish no more: their pages learn that they are signed out, their calls go on without them.
    async fn take_out(&self, member: MemberId, now: Timestamp) -> Result<(), Error> {
        done(self.inner.store.leave_parish(member, now).await?)?;
        self.inner.hub.publish([member], &Event::Community);
        self.put_out_trespassers().await
    }

    /// A link by which a member chooses a new password; those made for them before lead nowhere.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a role above one's own, and for who belongs to another parish as well;
    /// [`Error::NotFound`], [`Error::Limited`].
    pub async fn reset_link(&self, actor: &Actor, member: MemberId) -> Result<HandedOut, Error> {
        self.in_care(actor, Care::ResetPassword, member).await?;
        // What they may do there is not for us to give away.
        if self.inner.store.is_elsewhere(member).await? {
            return Err(Error::Forbidden);
        }
        self.inner.limits.take(Limited::Care(actor.member()))?;
        tracing::info!(by = %actor.member(), %member, "may choose a new password");
        self.new_reset_link(member).await
    }

    /// As [`Backend::reset_link`], for whoever runs the server.
    ///
    /// # Errors
    /// [`Error::NotFound`] if nobody signs in with this.
    pub async fn reset_link_for(&self, login: &str) -> Result<HandedOut, Error> {
        let login = text::login(login)?;
        let known = self.inner.store.credentials(&login).await?.ok_or(Error::NotFound)?;
        self.new_reset_link(known.member).await
    }

    async fn new_reset_link(&self, member: MemberId) -> Result<HandedOut, Error> {
        let secret = secret::fresh();
        self.inner.store.insert_reset_link(&secret::hash(&secret), member, self.now() + RESET_TTL).await?;
        self.hand_out(&format!("sign-in/password?token={secret}"))
    }

    /// Whose password a link would change. Looking does not use it up.
    ///
    /// # Errors
    /// [`Error::LinkGone`], [`Error::Limited`].
    pub async fn reset_owner(&self, link: &str, from: IpAddr) -> Result<ResetOwner, Error> {
        self.inner.limits.take(Limited::Link(network(from)))?;
        self.inner.store.reset_link(&secret::hash(link), self.now()).await?.ok_or(Error::LinkGone)
    }

    /// Chooses a new password by a link, and opens a session. All others of that person end, and they are out of the call
    /// they were in.
    ///
    /// # Errors
    /// [`Error::LinkGone`], [`Error::Invalid`], [`Error::Limited`], [`Error::Busy`].
    pub async fn reset_password(
        &self,
        link: &str,
        password: &str,
        language: Language,
        from: IpAddr,
    ) -> Result<NewSession, Error> {
        self.inner.limits.take(Limited::SignIn(network(from)))?;
        let password = text::password(password)?;
        // Nobody can keep our processors busy with hashing who has no link.
        let owner = self.reset_owner(link, from).await?;
        let known = Known { name: &owner.name, login: owner.login.as_deref(), parish: &owner.parish };
        not_guessable(password, known)?;
        let hash = self.hash_password(password).await?;
        let reset = self.inner.store.reset_password(&secret::hash(link), &hash, self.now()).await?;
        let (member, ended) = reset.ok_or(Error::LinkGone)?;
        self.say_it_is_over(ended).await?;
        self.open_session(member, language).await
    }

    /// What signs this member in on another device, once.
    ///
    /// # Errors
    /// [`Error::Limited`].
    pub async fn device_code(&self, actor: &Actor) -> Result<DeviceCode, Error> {
        self.inner.limits.take(Limited::Care(actor.member()))?;
        let code = secret::fresh_code();
        self.inner.store.insert_sign_in_link(&secret::hash(&code), actor.member(), self.now() + CODE_TTL).await?;
        let link = self.hand_out(&format!("sign-in/link?token={code}"))?;
        let (first, second) = code.split_at(code.len() / 2);
        Ok(DeviceCode { code: format!("{first}-{second}"), link })
    }

    /// The member is called something else from now on.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that cannot be taken, [`Error::Limited`].
    pub async fn rename_me(&self, actor: &Actor, name: &str) -> Result<(), Error> {
        let name = text::name(name)?;
        self.inner.limits.take(Limited::Care(actor.member()))?;
        self.inner.store.rename_person(actor.person(), actor.parish(), &name).await?;
        self.tell_parish_to_reload(actor.parish()).await
    }

    /// The member leaves the call that they are in; if a device is named, only if they are in it with that one.
    pub(crate) async fn hang_up(&self, member: MemberId, device: Option<DeviceId>) -> Result<(), Error> {
        let Some(call) = self.inner.store.connected_call(member).await? else { return Ok(()) };
        match self.change_call(call.id, Command::Leave { member, device }).await {
            // In it with another device, or out of it by now.
            Ok(_) | Err(Error::Call(_) | Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Somebody of the parish for whom this member may do this.
    async fn in_care(&self, actor: &Actor, care: Care, member: MemberId) -> Result<Member, Error> {
        // Whoever does this for nobody learns nothing about anybody.
        may(actor, care, Role::Member)?;
        let known = self.inner.store.member_of(actor.parish(), member).await?.ok_or(Error::NotFound)?;
        may(actor, care, known.role)?;
        Ok(known)
    }

    fn hand_out(&self, path: &str) -> Result<HandedOut, Error> {
        // Whose language it is shows when it is opened.
        let address = format!("{}/{path}", self.inner.settings.public_url);
        Ok(HandedOut { qr: qr::draw(&address)?, address })
    }
}

fn may(actor: &Actor, care: Care, theirs: Role) -> Result<(), Error> {
    if may_care(actor.role(), actor.is_blocked(), care, theirs) { Ok(()) } else { Err(Error::Forbidden) }
}

pub(crate) fn done(cared: Cared) -> Result<(), Error> {
    match cared {
        Cared::Done => Ok(()),
        Cared::LastAdmin => Err(Error::LastAdmin),
        Cared::Gone => Err(Error::NotFound),
    }
}
