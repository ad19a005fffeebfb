//! The port to push services: what brings a message to a device on which no page is open.

use async_trait::async_trait;
use push::{Answer, Message, Sender, Subscription, Unfit, VapidKeys};

/// Sends to the devices of people.
#[async_trait]
pub trait PushService: Send + Sync {
    /// Whether messages to this subscription are sent at all.
    ///
    /// # Errors
    /// Why not.
    fn check(&self, subscription: &Subscription) -> Result<(), Unfit>;

    /// Sends one message, once, and says what became of it within seconds. The keys are those that the subscription was
    /// made with.
    async fn send(&self, keys: &VapidKeys, subscription: &Subscription, message: &Message) -> Answer;
}

#[async_trait]
impl PushService for Sender {
    fn check(&self, subscription: &Subscription) -> Result<(), Unfit> {
        Sender::check(self, subscription)
    }

    async fn send(&self, keys: &VapidKeys, subscription: &Subscription, message: &Message) -> Answer {
        Sender::send(self, keys, subscription, message).await
    }
}
