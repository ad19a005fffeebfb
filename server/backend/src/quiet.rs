//! Quiet hours, and the clock of the parish that they go by.

use crate::auth::NewSession;
use crate::limits::Limited;
use crate::zones::{is_zone, wall_time};
use crate::{Actor, Backend, Error};
use domain::quiet::{may_ring_urgently, may_set_clock};
use domain::text::Field;
use domain::{CallError, CallId, Callee, Command, Event, MemberId, QuietHours};
use store::Rest;

impl Backend {
    /// No phone of this person rings in these hours, and nothing is sent to it; with none, it always may.
    ///
    /// # Errors
    /// [`Error::Limited`].
    pub async fn set_quiet_hours(&self, actor: &Actor, hours: Option<QuietHours>) -> Result<(), Error> {
        self.inner.limits.take(Limited::Care(actor.member()))?;
        self.inner.store.set_quiet_hours(actor.member(), hours).await?;
        self.inner.hub.publish([actor.member()], &Event::Community);
        Ok(())
    }

    /// The clock of the parish stands in this time zone from now on.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for those who do not run the parish; [`Error::Invalid`] if there is no such zone;
    /// [`Error::Limited`].
    pub async fn set_time_zone(&self, actor: &Actor, name: &str) -> Result<(), Error> {
        if !may_set_clock(actor.role(), actor.is_blocked()) {
            return Err(Error::Forbidden);
        }
        if !is_zone(name) {
            return Err(Error::Invalid(Field::TimeZone));
        }
        self.inner.limits.take(Limited::Care(actor.member()))?;
        self.inner.store.set_time_zone(actor.parish(), name).await?;
        tracing::info!(by = %actor.member(), "the clock of the parish was set");
        self.tell_parish_to_reload(actor.parish()).await
    }

    /// Sets the clock of a parish that has none yet to where somebody is who has just signed in and may set it. What is no
    /// time zone, or comes too late, is passed over.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn suggest_time_zone(&self, session: &NewSession, name: &str) -> Result<(), Error> {
        let Some(actor) = self.authenticate(&session.secret).await?.filter(|_| is_zone(name)) else { return Ok(()) };
        let (_, chosen) = self.inner.store.quiet_hours_of(actor.member()).await?;
        if chosen.is_empty() && may_set_clock(actor.role(), actor.is_blocked()) {
            self.inner.store.set_time_zone(actor.parish(), name).await?;
        }
        Ok(())
    }

    /// Rings those in the call whose phones stay still because they have quiet hours.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] for those who do not lead, [`Error::Limited`], [`Error::Call`] if the asker
    /// is not in the call, or it is over.
    pub async fn ring_urgently(&self, actor: &Actor, call: CallId) -> Result<(), Error> {
        if !may_ring_urgently(actor.role(), actor.is_blocked()) {
            return Err(Error::Forbidden);
        }
        let known = self.visible_call(actor, call).await?;
        if known.is_over() {
            return Err(CallError::Over.into());
        }
        known.check_device(actor.member(), actor.device())?;
        let still = known.participants.iter().filter(|p| p.quiet && p.participation.ring_until().is_some());
        let still: Vec<MemberId> = still.map(|p| p.member).collect();
        let rung = self.take_rings(actor.member(), &still, None)?;
        let (by, ring_for) = (actor.member(), self.inner.settings.ring_for);
        let guest = |member| known.participant(member).is_some_and(|participant| participant.guest);
        let ring = |callee: Callee| Command::Ring { by, leads: true, guest: guest(callee.member), callee, ring_for };
        let callees = self.inner.store.callees(actor.member(), &still).await?;
        let commands: Vec<Command> = callees.into_iter().map(ring).collect();
        self.change_call(call, commands).await?;
        rung.count();
        tracing::info!(call.id = %call, by = %actor.member(), people = still.len(), "rings in quiet hours: it is urgent");
        Ok(())
    }

    /// What is to be known of these members of the actor's parish when the actor rings them.
    pub(crate) async fn callees(&self, actor: &Actor, members: &[MemberId]) -> Result<Vec<Callee>, Error> {
        let mut callees = self.inner.store.callees(actor.member(), members).await?;
        for rest in self.inner.store.quiet_hours(actor.parish()).await? {
            if self.is_quiet(&rest)
                && let Some(callee) = callees.iter_mut().find(|callee| callee.member == rest.member)
            {
                callee.quiet = true;
            }
        }
        Ok(callees)
    }

    /// Whether these quiet hours are now.
    pub(crate) fn is_quiet(&self, rest: &Rest) -> bool {
        rest.hours.cover(wall_time(self.now(), &rest.time_zone))
    }
}
