//! Reports to those who look after the parish.

use crate::limits::Limited;
use crate::{Actor, Backend, Error, ids};
use domain::report::may_judge;
use domain::text::{self, Field};
use domain::{Event, Outcome, Remover, Report, ReportId, Reported};
use store::{NewReport, Noted};

impl Backend {
    /// Reports a message that this member can read, or somebody of the parish, to those who look after it; but not to whom
    /// it is about. The same once more changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] for a line that says nothing; [`Error::Invalid`] for oneself, and for a note
    /// that cannot be taken; [`Error::NobodyElseLeads`] if nobody could read it; [`Error::Limited`].
    pub async fn report(&self, actor: &Actor, what: Reported, note: &str) -> Result<(), Error> {
        let note = text::note(note)?;
        let (about, message) = match what {
            Reported::Message(id) => {
                let message = self.inner.store.message_for(actor.member(), id).await?.ok_or(Error::NotFound)?;
                let words = message.words().ok_or(Error::Forbidden)?;
                (message.author, Some((id, words.text.clone())))
            }
            Reported::Member(member) => {
                let known = self.inner.store.member_of(actor.parish(), member).await?.ok_or(Error::NotFound)?;
                (known.id, None)
            }
        };
        if about == actor.member() {
            return Err(Error::Invalid(Field::Targets));
        }
        self.inner.limits.take(Limited::Report(actor.member()))?;
        let now = self.now();
        let (id, parish, by) = (ReportId(ids::fresh(now)), actor.parish(), actor.member());
        let report = NewReport { id, parish, by, about, message, note, at: now };
        match self.inner.store.insert_report(&report).await? {
            Noted::For(told) => self.inner.hub.publish(told, &Event::Community),
            Noted::Already => {}
            Noted::ForNobody => return Err(Error::NobodyElseLeads),
        }
        tracing::info!(report.id = %id, %by, %about, "reports");
        Ok(())
    }

    /// The open reports, newest first, but for those about this member.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for those who do not look after the parish.
    pub async fn reports(&self, actor: &Actor) -> Result<Vec<Report>, Error> {
        may(actor)?;
        Ok(self.inner.store.open_reports(actor.member()).await?)
    }

    /// Closes a report, and does what it is closed with: takes the message out of its timeline, also of one that this member
    /// does not read, or the member out of the parish.
    ///
    /// # Errors
    /// [`Error::Forbidden`], also for who may not remove members, or reported the message that they would remove; [`Error::NotFound`] if it is closed; [`Error::LastAdmin`].
    pub async fn close_report(&self, actor: &Actor, report: ReportId, outcome: Outcome) -> Result<(), Error> {
        may(actor)?;
        let open = self.inner.store.open_reports(actor.member()).await?;
        let open = open.into_iter().find(|open| open.id == report).ok_or(Error::NotFound)?;
        match (outcome, open.message) {
            (Outcome::Nothing, _) => {}
            // Nobody is judge in their own cause: where they may remove it, they can do so in its timeline.
            (Outcome::Removed, Some(_)) if open.by == actor.member() => return Err(Error::Forbidden),
            (Outcome::Removed, Some(message)) => {
                self.inner.store.remove_message(message.id, Remover::Leader).await?;
                self.tell_changed(message.id).await?;
            }
            (Outcome::Removed, None) => match self.remove_member(actor, open.about).await {
                // Gone by themselves meanwhile.
                Ok(()) | Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            },
        }
        let told = self.inner.store.close_report(actor.member(), report, outcome, self.now()).await?;
        tracing::info!(report.id = %report, by = %actor.member(), ?outcome, "a report is closed");
        self.inner.hub.publish(told.ok_or(Error::NotFound)?, &Event::Community);
        Ok(())
    }
}

fn may(actor: &Actor) -> Result<(), Error> {
    if may_judge(actor.role(), actor.is_blocked()) { Ok(()) } else { Err(Error::Forbidden) }
}
