//! Telling the devices of those who look at nothing of a message.

use super::words::Words;
use super::{address, cards};
use crate::{Backend, Error};
use domain::{ChannelKind, MessageId};
use futures::future::join_all;
use store::Reader;

impl Backend {
    /// Tells of a message whoever has not read it by now, wants to be told of it, has no quiet hours, and can be reached by push.
    pub(crate) async fn push_notices(&self, message: MessageId) -> Result<(), Error> {
        let store = &self.inner.store;
        let Some(message) = store.message(message).await? else { return Ok(()) };
        let Some(words) = message.words() else { return Ok(()) };
        let Some(place) = store.place_of(&message).await? else { return Ok(()) };
        let channel = (place.kind != ChannelKind::Direct).then_some(&*place.channel);
        let told = store.has_not_read(&message).await?.into_iter();
        let told = told.filter(|reader| reader.notices.tell_of(words.named().any(|named| named == reader.member)));
        let quiet = |reader: &Reader| reader.rest.as_ref().is_some_and(|rest| self.is_quiet(rest));
        let told = told.filter(|reader| !quiet(reader));
        let tell = async |reader: Reader| -> Result<(), Error> {
            let devices = store.subscriptions_of(reader.member, self.now()).await?;
            if devices.is_empty() {
                return Ok(());
            }
            let badge = store.unseen(reader.member).await?;
            let (language, badge) = (Words::of(&reader.locale), badge.missed + badge.unread);
            let url = &self.inner.settings.public_url;
            let card = cards::message(&words.text, &place.author, channel, message.channel, language, badge, url);
            join_all(devices.iter().map(async |device| {
                let queues = &self.inner.queues;
                let _turn = queues.words_for_devices.enter(&device.session).await;
                let _place = queues.words_for_services.enter(&address(device).host()).await;
                self.send(device, &card).await
            }))
            .await;
            Ok(())
        };
        join_all(told.map(tell)).await.into_iter().collect()
    }
}
