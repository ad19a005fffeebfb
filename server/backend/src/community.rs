//! The parish as a member sees it.

use crate::{Actor, Backend, Error, ids};
use domain::channel::{may_call, may_post};
use domain::text::Field;
use domain::{Channel, ChannelId, ChannelKind, Community, Event, MemberId, ParishId};
use store::{ChannelRow, Membership, NewChannel};

impl Backend {
    /// The parish, its channels and its people, as this member sees them.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn community(&self, actor: &Actor) -> Result<Community, Error> {
        let rows = self.inner.store.channels_of(actor.member()).await?;
        let groups = self.inner.store.groups_of(actor.member()).await?;
        let (quiet, time_zone) = self.inner.store.quiet_hours_of(actor.member()).await?;
        let members_of =
            |channel| groups.iter().filter(|(group, _)| *group == channel).map(|(_, member)| *member).collect();
        Ok(Community {
            parish: actor.parish(),
            parish_name: actor.parish_name().to_owned(),
            me: actor.as_member(),
            channels: rows
                .into_iter()
                .map(|row| Channel { members: members_of(row.id), ..channel_for(actor, row) })
                .collect(),
            members: self.inner.store.members(actor.parish()).await?,
            former: self.inner.store.former_members(actor.parish()).await?,
            hues: self.inner.store.hues(actor.parish()).await?,
            seats: self.inner.voice.seats(),
            blocked: self.inner.store.blocks_of(actor.member()).await?,
            missed: self.missed_by(actor.member()).await?,
            reports: self.inner.store.count_open_reports(actor.member()).await?,
            quiet,
            time_zone,
        })
    }

    /// The direct channel with another member of the parish, made now if there was none.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such member in this parish; [`Error::Invalid`] for oneself;
    /// [`Error::Forbidden`] for a blocked member.
    pub async fn open_direct(&self, actor: &Actor, other: MemberId) -> Result<ChannelId, Error> {
        if actor.is_blocked() {
            return Err(Error::Forbidden);
        }
        if other == actor.member() {
            return Err(Error::Invalid(Field::Targets));
        }
        if !self.inner.store.members(actor.parish()).await?.iter().any(|member| member.id == other) {
            return Err(Error::NotFound);
        }
        if let Some(channel) = self.inner.store.direct_channel(actor.member(), other).await? {
            return Ok(channel);
        }
        let now = self.now();
        let new = NewChannel {
            id: ChannelId(ids::fresh(now)),
            parish: actor.parish(),
            kind: ChannelKind::Direct,
            name: String::new(),
            announcements_only: false,
            members: vec![actor.member(), other],
            at: now,
        };
        match self.inner.store.insert_channel(&new).await {
            Ok(()) => {}
            // The other opened it in the same moment.
            Err(store::StoreError::Conflict) => {
                return self.inner.store.direct_channel(actor.member(), other).await?.ok_or(Error::NotFound);
            }
            Err(error) => return Err(error.into()),
        }
        self.inner.hub.publish([actor.member(), other], &Event::Community);
        Ok(new.id)
    }

    /// From now on no phone of theirs rings when `other` calls, who reads *no answer*; or, with `block` false, again.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such member in this parish; [`Error::Invalid`] for oneself.
    pub async fn block(&self, actor: &Actor, other: MemberId, block: bool) -> Result<(), Error> {
        if other == actor.member() {
            return Err(Error::Invalid(Field::Targets));
        }
        if !self.inner.store.members(actor.parish()).await?.iter().any(|member| member.id == other) {
            return Err(Error::NotFound);
        }
        match block {
            true => self.inner.store.insert_block(actor.member(), other, self.now()).await?,
            false => self.inner.store.delete_block(actor.member(), other).await?,
        }
        self.inner.hub.publish([actor.member()], &Event::Community);
        Ok(())
    }

    /// What this member may do in a channel they belong to.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none, or they do not belong to it.
    pub(crate) async fn channel(&self, actor: &Actor, channel: ChannelId) -> Result<Rights, Error> {
        let membership = self.inner.store.membership(actor.member(), channel).await?.ok_or(Error::NotFound)?;
        Ok(rights(actor, membership))
    }

    pub(crate) async fn tell_parish_to_reload(&self, parish: ParishId) -> Result<(), Error> {
        let members = self.inner.store.members(parish).await?;
        self.inner.hub.publish(members.into_iter().map(|member| member.id), &Event::Community);
        Ok(())
    }
}

/// What a member may do in a channel.
pub(crate) struct Rights {
    pub(crate) kind: ChannelKind,
    pub(crate) may_call: bool,
    pub(crate) may_post: bool,
}

fn rights(actor: &Actor, Membership { kind, announcements_only }: Membership) -> Rights {
    Rights {
        kind,
        may_call: may_call(actor.role(), actor.is_blocked(), kind, announcements_only),
        may_post: may_post(actor.role(), actor.is_blocked(), announcements_only),
    }
}

fn channel_for(actor: &Actor, row: ChannelRow) -> Channel {
    let Rights { may_call, may_post, .. } =
        rights(actor, Membership { kind: row.kind, announcements_only: row.announcements_only });
    Channel {
        may_call,
        may_post,
        id: row.id,
        kind: row.kind,
        name: row.name,
        other: row.other.map(|member| member.id),
        members: vec![],
        announcements_only: row.announcements_only,
        unread: row.unread,
        first_unread: row.first_unread,
        notices: row.notices,
    }
}
