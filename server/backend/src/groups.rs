//! Those who keep the groups of a parish.

use crate::limits::Limited;
use crate::{Actor, Backend, Error, ids};
use domain::text::Field;
use domain::{ChannelId, ChannelKind, Event, Group, GroupChange, MemberId, may_keep_groups, text};
use store::NewChannel;

impl Backend {
    /// Every group of the parish, and who is in it.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for those who do not keep groups.
    pub async fn groups(&self, actor: &Actor) -> Result<Vec<Group>, Error> {
        may(actor)?;
        Ok(self.inner.store.groups(actor.parish()).await?)
    }

    /// Makes a group of these members and whoever makes it.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] for a name that cannot be taken, and for somebody who is not of this parish;
    /// [`Error::Limited`].
    pub async fn create_group(&self, actor: &Actor, name: &str, members: &[MemberId]) -> Result<ChannelId, Error> {
        may(actor)?;
        let name = text::name(name)?;
        self.all_of_the_parish(actor, members).await?;
        self.inner.limits.take(Limited::Care(actor.member()))?;
        let now = self.now();
        let mut members = [&[actor.member()], members].concat();
        members.sort_unstable();
        members.dedup();
        let id = ChannelId(ids::fresh(now));
        let (parish, kind) = (actor.parish(), ChannelKind::Group);
        let new = NewChannel { id, parish, kind, name, announcements_only: false, members: members.clone(), at: now };
        self.inner.store.insert_channel(&new).await?;
        self.inner.hub.publish(members, &Event::Community);
        Ok(id)
    }

    /// Changes a group of the parish. Whoever is taken out of it is out of its call, too.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`] if there is no such group; [`Error::Invalid`] as for
    /// [`Backend::create_group`].
    pub async fn change_group(&self, actor: &Actor, group: ChannelId, change: GroupChange) -> Result<(), Error> {
        may(actor)?;
        let change = match change {
            GroupChange::Rename(name) => GroupChange::Rename(text::name(&name)?),
            GroupChange::Add(members) => {
                self.all_of_the_parish(actor, &members).await?;
                GroupChange::Add(members)
            }
            other @ (GroupChange::AnnouncementsOnly(_) | GroupChange::Remove(_)) => other,
        };
        let told = self.inner.store.change_group(actor.parish(), group, &change, self.now()).await?;
        self.inner.hub.publish(told.ok_or(Error::NotFound)?, &Event::Community);
        match change {
            // Who belongs to it, and who does not any more, sees other calls.
            GroupChange::Add(members) => self.inner.hub.lose(members),
            GroupChange::Remove(member) => {
                self.inner.hub.lose([member]);
                self.put_out_trespassers().await?;
            }
            GroupChange::Rename(_) | GroupChange::AnnouncementsOnly(_) => {}
        }
        Ok(())
    }

    async fn all_of_the_parish(&self, actor: &Actor, members: &[MemberId]) -> Result<(), Error> {
        let known = self.inner.store.members(actor.parish()).await?;
        let all = members.iter().all(|member| known.iter().any(|known| known.id == *member));
        if all { Ok(()) } else { Err(Error::Invalid(Field::Targets)) }
    }
}

fn may(actor: &Actor) -> Result<(), Error> {
    if may_keep_groups(actor.role(), actor.is_blocked()) { Ok(()) } else { Err(Error::Forbidden) }
}
