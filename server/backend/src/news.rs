//! What other processes on the same database changed, for the browsers that are connected to this one.

use crate::{Backend, Error};
use domain::{Call, Event, MemberId, Message};
use std::time::Duration;
use store::{Heard, News};
use tokio::time::{MissedTickBehavior, interval};

/// How often it is tried to listen, while that fails.
const TRY_EVERY: Duration = Duration::from_secs(1);

impl Backend {
    /// Passes on what other processes change, until dropped; at once if there are none. While they cannot be heard, our
    /// browsers are told what this process changes; once they can, every browser takes a snapshot.
    pub(crate) async fn listen_to_other_processes(&self) {
        let Some(mut listener) = self.inner.store.news() else { return };
        let mut tries = interval(TRY_EVERY);
        tries.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut deaf = false;
        loop {
            match listener.next().await {
                Ok(heard) => {
                    deaf = false;
                    self.pass_on(heard).await;
                }
                Err(error) => {
                    if !deaf {
                        tracing::warn!(?error, "what other processes change cannot be heard; it is tried again");
                    }
                    deaf = true;
                    tries.tick().await;
                }
            }
        }
    }

    async fn pass_on(&self, heard: Heard) {
        let told = match heard {
            Heard::News(news) => self.tell_browsers(news).await,
            Heard::Lost => {
                tracing::info!("what other processes change is heard from here on");
                self.inner.hub.lose_all();
                Ok(())
            }
        };
        if let Err(error) = told {
            tracing::error!(?error, "what another process changed could not be read");
            self.inner.hub.lose_all();
        }
    }

    async fn tell_browsers(&self, news: News) -> Result<(), Error> {
        match news {
            News::Call(id) => {
                if let Some(call) = self.inner.store.call(id).await? {
                    self.publish_call(&call).await;
                }
            }
            News::Message(id) => {
                if let Some(message) = self.inner.store.message(id).await? {
                    match self.call_of(&message).await? {
                        Some(call) => {
                            let viewers = self.inner.store.viewers(&call).await?;
                            self.publish_new_card(&call, message, &viewers);
                        }
                        None => self.inner.hub.publish(self.readers(&message).await?, &Event::Message(message)),
                    }
                }
            }
            News::Changed(id) => {
                if let Some(message) = self.inner.store.message(id).await? {
                    self.inner.hub.publish(self.readers(&message).await?, &Event::Changed(message));
                }
            }
            News::Read(member, channel) => self.tell_unread(member, channel).await?,
            News::Missed(members) => self.tell_missed(&members).await?,
            // Which calls they see may be others now, too.
            News::Members(members) => self.inner.hub.lose(members),
            News::Everything => self.inner.hub.lose_all(),
            News::Parish(parish) => self.tell_parish_to_reload(parish).await?,
        }
        Ok(())
    }

    /// Who is told of a line: everybody in its channel; of the card of a call, whoever may see the call.
    async fn readers(&self, message: &Message) -> Result<Vec<MemberId>, Error> {
        if message.card().is_none() {
            return Ok(self.inner.store.channel_members(message.channel).await?);
        }
        match self.call_of(message).await? {
            Some(call) => Ok(self.inner.store.viewers(&call).await?),
            None => Ok(vec![]),
        }
    }

    /// The call that a line remembers.
    async fn call_of(&self, message: &Message) -> Result<Option<Call>, Error> {
        match message.card() {
            Some(card) => Ok(self.inner.store.call(card.id).await?),
            None => Ok(None),
        }
    }
}
