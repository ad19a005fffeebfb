//! What those who are in a call may do in it: bring more people, show the others something, lead.

use crate::changes::{Step, of_this_call};
use crate::limits::Limited;
use crate::{Actor, Backend, Error};
use domain::text::Field;
use domain::{Audience, CallId, Callee, Command, Lead, MemberId, Nonce, Sign, may_lead};
use store::Request;

impl Backend {
    /// Rings more people, or the same ones again: all of them or, if one may not be rung, nobody. Who is not in the channel
    /// sees this call, and nothing else of it. Whoever rings or talks already is passed over.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] for a blocked member, [`Error::Invalid`] for somebody outside of the
    /// parish, [`Error::Limited`], [`Error::Call`] if the asker is not in the call.
    pub async fn add_participants(
        &self,
        actor: &Actor,
        call: CallId,
        members: Vec<MemberId>,
        nonce: Nonce,
    ) -> Result<(), Error> {
        if actor.is_blocked() {
            return Err(Error::Forbidden);
        }
        let known = self.visible_call(actor, call).await?;
        let request = Request { member: actor.member(), nonce };
        if let Some(granted) = self.inner.store.granted(request).await? {
            return Ok(of_this_call(granted, call).map(drop)?);
        }
        known.check_device(actor.member(), actor.device())?;
        let parish = self.inner.store.members(actor.parish()).await?;
        if members.is_empty() || !members.iter().all(|wanted| parish.iter().any(|member| member.id == *wanted)) {
            return Err(Error::Invalid(Field::Targets));
        }
        let here = known.participants.iter().filter(|p| known.is_connected(p.member) && !members.contains(&p.member));
        self.check_seats(here.count() + members.len())?;
        let in_channel = match known.audience {
            Audience::Channel => self.inner.store.channel_members(known.channel).await?,
            Audience::Invited => vec![],
        };
        let ring = |callee: Callee| Command::Ring {
            by: actor.member(),
            leads: actor.role().leads(),
            callee,
            guest: !in_channel.contains(&callee.member),
            ring_for: self.inner.settings.ring_for,
        };
        let callees = self.callees(actor, &members).await?;
        let commands = callees.into_iter().map(ring).collect();
        let rung = self.take_rings(actor.member(), &members, Some(nonce))?;
        let device = Some(actor.device());
        let changed = self.change_call(call, Step { commands, request: Some(request), switch: None, device }).await;
        if !matches!(changed, Err(Error::Call(_))) {
            rung.count();
        }
        changed.map(drop)
    }

    /// Shows the others something: that one's phone sleeps, a raised hand, a reaction.
    ///
    /// # Errors
    /// [`Error::Limited`], [`Error::NotFound`], [`Error::Call`].
    pub async fn show_sign(&self, actor: &Actor, call: CallId, sign: Sign, nonce: Nonce) -> Result<(), Error> {
        self.inner.limits.take(Limited::Sign(actor.member()))?;
        let show = Command::Show { member: actor.member(), device: actor.device(), sign };
        self.change_once(actor, call, show, nonce).await
    }

    /// Does what only somebody who leads the call may do ([`may_lead`]).
    ///
    /// # Errors
    /// [`Error::Limited`], [`Error::NotFound`], [`Error::Forbidden`] for whoever may not, [`Error::Call`] if they are not
    /// in the call with this device, or the one it is about is not in it.
    pub async fn lead_call(&self, actor: &Actor, call: CallId, act: Lead, nonce: Nonce) -> Result<(), Error> {
        self.inner.limits.take(Limited::Sign(actor.member()))?;
        let known = self.visible_call(actor, call).await?;
        let by = actor.member();
        if actor.is_blocked() || !may_lead(actor.role(), known.initiator == by, known.is_group(), act) {
            return Err(Error::Forbidden);
        }
        self.change_once(actor, call, Command::Lead { by, device: actor.device(), act }, nonce).await
    }
}
