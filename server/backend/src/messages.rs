//! Messages.

use crate::community::Rights;
use crate::limits::Limited;
use crate::marked::marks;
use crate::worker::Task;
use crate::{Actor, Backend, Error, ids};
use domain::search::{FOUND_AT_ONCE, asked_words};
use domain::{ChannelId, Content, Event, Found, MemberId, Message, MessageId, Nonce, Notices, Words, text};
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

    /// The lines around one of a channel, oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the member does not belong to the channel, or the line to another.
    pub async fn messages_around(
        &self,
        actor: &Actor,
        channel: ChannelId,
        around: MessageId,
    ) -> Result<Vec<Message>, Error> {
        self.channel(actor, channel).await?;
        let store = &self.inner.store;
        let after = store.messages_from(actor.member(), channel, around, PAGE / 2).await?;
        if after.first().is_none_or(|first| first.id != around) {
            return Err(Error::NotFound);
        }
        let mut lines = store.messages(actor.member(), channel, Some(around), PAGE / 2).await?;
        lines.extend(after);
        Ok(lines)
    }

    /// The messages of a channel that have all the words in them that are asked for, newest first; `before` goes further
    /// back.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the member does not belong to the channel; [`Error::Invalid`], [`Error::Limited`].
    pub async fn search_messages(
        &self,
        actor: &Actor,
        channel: ChannelId,
        typed: &str,
        before: Option<MessageId>,
    ) -> Result<Vec<Found>, Error> {
        self.channel(actor, channel).await?;
        let asked = asked_words(typed)?;
        self.inner.limits.take(Limited::Search(actor.member()))?;
        Ok(self.inner.store.search(actor.member(), channel, &asked, before, FOUND_AT_ONCE as u32).await?)
    }

    /// Writes into a channel and tells everybody in it. What was sent before, with the same nonce, is answered as it stands.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`], [`Error::Limited`].
    pub async fn post_message(
        &self,
        actor: &Actor,
        channel: ChannelId,
        body: &str,
        nonce: Option<Nonce>,
    ) -> Result<Message, Error> {
        if !self.channel(actor, channel).await?.may_post {
            return Err(Error::Forbidden);
        }
        let text = text::message(body)?;
        self.inner.limits.take(Limited::Post(actor.member()))?;
        let words = Words { nonce, ..self.words(actor, channel, text).await? };
        let (now, author) = (self.now(), actor.member());
        let id = MessageId(ids::fresh(now));
        let new = NewMessage { id, channel, author, words: words.clone(), at: now };
        let written = self.inner.store.insert_message(&new, &[Task::Notices { message: id }.job(now)]).await?;
        let written = written.ok_or(Error::NotFound)?;
        if written != id {
            return self.inner.store.message_for(author, written).await?.ok_or(Error::NotFound);
        }
        let message = Message { id, channel, author, content: Content::Words(words), sent_at: now };
        let members = self.inner.store.channel_members(channel).await?;
        self.inner.hub.publish(members, &Event::Message(message.clone()));
        Ok(message)
    }

    /// Puts other words in the place of the member's own, and tells everybody in the channel.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a message that they cannot read; [`Error::Forbidden`] for one that is not theirs, or gone, or
    /// where they may not write; [`Error::Invalid`], [`Error::Limited`].
    pub async fn edit_message(&self, actor: &Actor, id: MessageId, body: &str) -> Result<Message, Error> {
        let (message, here) = self.readable(actor, id).await?;
        if !here.may_post || !message.may_edit(actor.member()) {
            return Err(Error::Forbidden);
        }
        let text = text::message(body)?;
        self.inner.limits.take(Limited::Post(actor.member()))?;
        let words = self.words(actor, message.channel, text).await?;
        if !self.inner.store.edit_message(id, actor.member(), &words, self.now()).await? {
            return Err(Error::Forbidden);
        }
        self.tell_changed(id).await
    }

    /// Takes a message out of the timeline, for everybody and for good: one's own, or any where one leads.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a message that they cannot read; [`Error::Forbidden`] for one that they may not remove.
    pub async fn remove_message(&self, actor: &Actor, id: MessageId) -> Result<Message, Error> {
        let (message, here) = self.readable(actor, id).await?;
        let by = message.may_remove(actor.member(), actor.role(), here.kind);
        let by = by.filter(|_| !actor.is_blocked()).ok_or(Error::Forbidden)?;
        // Gone in the same moment: that is what they wanted.
        self.inner.store.remove_message(id, by).await?;
        self.tell_changed(id).await
    }

    /// From now on the member's devices are told of these messages in the channel.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the member does not belong to the channel.
    pub async fn set_notices(&self, actor: &Actor, channel: ChannelId, notices: Notices) -> Result<(), Error> {
        if !self.inner.store.set_notices(actor.member(), channel, notices).await? {
            return Err(Error::NotFound);
        }
        self.inner.hub.publish([actor.member()], &Event::Community);
        Ok(())
    }

    async fn readable(&self, actor: &Actor, id: MessageId) -> Result<(Message, Rights), Error> {
        let message = self.inner.store.message_for(actor.member(), id).await?.ok_or(Error::NotFound)?;
        let here = self.channel(actor, message.channel).await?;
        Ok((message, here))
    }

    /// A text, with what leads somewhere in it.
    async fn words(&self, actor: &Actor, channel: ChannelId, text: String) -> Result<Words, Error> {
        let mut here = vec![];
        if text.contains('@') {
            let inside = self.inner.store.channel_members(channel).await?;
            here = self.inner.store.members(actor.parish()).await?;
            here.retain(|member| inside.contains(&member.id));
        }
        Ok(Words { marks: marks(&text, &here), ..Words::plain(text) })
    }

    pub(crate) async fn tell_changed(&self, id: MessageId) -> Result<Message, Error> {
        let message = self.inner.store.message(id).await?.ok_or(Error::NotFound)?;
        let members = self.inner.store.channel_members(message.channel).await?;
        self.inner.hub.publish(members, &Event::Changed(message.clone()));
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
