//! Messages.

use crate::limits::Limited;
use crate::{Actor, Backend, Error, ids};
use domain::{ChannelId, Event, MemberId, Message, MessageId, text};
use store::NewMessage;

/// So many lines at once.
const PAGE: u32 = 50;

impl Backend {
    /// The newest lines of a channel, oldest first; `before` goes further back.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the member does not belong to the channel.
    pub async fn messages(
        &self,
        actor: &Actor,
        channel: ChannelId,
        before: Option<MessageId>,
    ) -> Result<Vec<Message>, Error> {
        self.channel(actor, channel).await?;
        Ok(self.inner.store.messages(actor.member(), channel, before, PAGE).await?)
    }

    /// Writes into a channel and tells everybody in it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`], [`Error::Limited`].
    pub async fn post_message(&self, actor: &Actor, channel: ChannelId, body: &str) -> Result<Message, Error> {
        if !self.channel(actor, channel).await?.may_post {
            return Err(Error::Forbidden);
        }
        let body = text::message(body)?;
        self.inner.limits.take(Limited::Post(actor.member()))?;
        let now = self.now();
        let id = MessageId(ids::fresh(now));
        let new = NewMessage { id, channel, author: actor.member(), body: body.clone(), at: now };
        self.inner.store.insert_message(&new).await?;
        let message = Message { id, channel, author: actor.member(), body, call: None, sent_at: now };
        let members = self.inner.store.channel_members(channel).await?;
        self.inner.hub.publish(members, &Event::Message(message.clone()));
        Ok(message)
    }

    /// Remembers that the member has read a channel up to and including a message, and has seen its missed calls. Never
    /// goes back. Their other devices are told.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the member does not belong to the channel.
    pub async fn mark_read(&self, actor: &Actor, channel: ChannelId, up_to: MessageId) -> Result<(), Error> {
        self.channel(actor, channel).await?;
        if self.inner.store.mark_read(actor.member(), channel, up_to, self.now()).await? {
            self.tell_unread(actor.member(), channel).await?;
        }
        Ok(())
    }

    /// Tells a member's devices how much there is to read in a channel, and how many missed calls there are to see.
    pub(crate) async fn tell_unread(&self, member: MemberId, channel: ChannelId) -> Result<(), Error> {
        let unread = self.inner.store.unread(member).await?;
        let unread = unread.iter().find(|(known, _)| *known == channel).map_or(0, |(_, unread)| *unread);
        self.inner.hub.publish([member], &Event::Unread { channel, unread });
        Ok(self.tell_missed(&[member]).await?)
    }
}
