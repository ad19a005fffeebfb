//! Lists of calls, and the missed ones that somebody has not seen yet.

use crate::{Actor, Backend, Error};
use domain::record::RECORDS_AT_ONCE;
use domain::{Call, CallId, CallRecord, ChannelId, Event, MemberId, ParishId};
use store::StoreError;

const PAGE: u32 = RECORDS_AT_ONCE as u32;

impl Backend {
    /// The calls of all channels that this member may see, newest first; with `missed`, those they have missed. `before`
    /// goes further back.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a parish they are not acting in.
    pub async fn recent_calls(
        &self,
        actor: &Actor,
        parish: ParishId,
        missed: bool,
        before: Option<CallId>,
    ) -> Result<Vec<CallRecord>, Error> {
        if parish != actor.parish() {
            return Err(Error::NotFound);
        }
        Ok(records(actor, &self.inner.store.recent_calls(actor.member(), missed, before, PAGE).await?))
    }

    /// The calls of one channel, as [`Backend::recent_calls`].
    ///
    /// # Errors
    /// [`Error::NotFound`] if the member does not belong to the channel.
    pub async fn call_history(
        &self,
        actor: &Actor,
        channel: ChannelId,
        missed: bool,
        before: Option<CallId>,
    ) -> Result<Vec<CallRecord>, Error> {
        self.channel(actor, channel).await?;
        Ok(records(actor, &self.inner.store.call_history(actor.member(), channel, missed, before, PAGE).await?))
    }

    /// Remembers that the member has taken notice of the calls they have missed so far, in one channel or in all. All of
    /// their devices are told.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the member does not belong to the channel.
    pub async fn mark_calls_seen(&self, actor: &Actor, channel: Option<ChannelId>) -> Result<(), Error> {
        if let Some(channel) = channel {
            self.channel(actor, channel).await?;
        }
        if self.inner.store.mark_calls_seen(actor.member(), channel, self.now()).await? {
            self.tell_missed(&[actor.member()]).await?;
        }
        Ok(())
    }

    /// How many missed calls the member has taken no notice of.
    pub(crate) async fn missed_by(&self, member: MemberId) -> Result<u32, StoreError> {
        let missed = self.inner.store.missed_calls(&[member]).await?;
        Ok(missed.first().map_or(0, |(_, missed)| *missed))
    }

    /// Tells the devices of these members how many missed calls there are to see.
    pub(crate) async fn tell_missed(&self, members: &[MemberId]) -> Result<(), StoreError> {
        for (member, missed) in self.inner.store.missed_calls(members).await? {
            self.inner.hub.publish([member], &Event::Missed(missed));
        }
        Ok(())
    }
}

fn records(actor: &Actor, calls: &[Call]) -> Vec<CallRecord> {
    calls.iter().map(|call| call.record_for(actor.member())).collect()
}
