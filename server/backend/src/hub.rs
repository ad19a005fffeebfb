//! Who is connected to this process, and what they are told.

use domain::{Event, MemberId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;

/// So many events may wait for a slow reader; after that it is told to start over from a snapshot.
const WAITING: usize = 64;

/// One channel per connected member; all devices of a member listen to the same one.
#[derive(Clone, Default)]
pub(crate) struct Hub {
    members: Arc<Mutex<HashMap<MemberId, broadcast::Sender<Next>>>>,
}

impl Hub {
    /// Listens for one device of a member.
    pub(crate) fn subscribe(&self, member: MemberId) -> Subscription {
        let mut members = self.lock();
        let sender = members.entry(member).or_insert_with(|| broadcast::channel(WAITING).0);
        Subscription { member, events: Some(sender.subscribe()), hub: self.clone() }
    }

    /// Tells every connected device of these members. `event` is made once for each member.
    pub(crate) fn publish(&self, to: impl IntoIterator<Item = MemberId>, event: &Event) {
        let members = self.lock();
        for member in to {
            if let Some(sender) = members.get(&member) {
                // Nobody listening any more is not an error: they get a snapshot when they come back.
                let _ = sender.send(Next::Event(event.clone()));
            }
        }
    }

    /// Tells every connected device of these members that it may have missed something.
    pub(crate) fn lose(&self, of: impl IntoIterator<Item = MemberId>) {
        let members = self.lock();
        for sender in of.into_iter().filter_map(|member| members.get(&member)) {
            let _ = sender.send(Next::Lost);
        }
    }

    /// Tells every connected device that it may have missed something.
    pub(crate) fn lose_all(&self) {
        for sender in self.lock().values() {
            let _ = sender.send(Next::Lost);
        }
    }

    /// Whether any device of this member listens.
    pub(crate) fn reaches(&self, member: MemberId) -> bool {
        self.lock().contains_key(&member)
    }

    /// How many devices listen.
    pub(crate) fn devices(&self) -> usize {
        self.lock().values().map(broadcast::Sender::receiver_count).sum()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<MemberId, broadcast::Sender<Next>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one device is told. Ends with the device's connection.
pub struct Subscription {
    member: MemberId,
    /// Always there until the drop, which must let go of it first to see whether it was the last.
    events: Option<broadcast::Receiver<Next>>,
    hub: Hub,
}

/// What came next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This event.
    Event(Event),
    /// Some events were lost, since the reader was too slow, or this process could not hear the others: it takes a snapshot
    /// to go on from.
    Lost,
}

impl Subscription {
    /// Waits for the next event.
    pub async fn next(&mut self) -> Next {
        match &mut self.events {
            Some(events) => events.recv().await.unwrap_or(Next::Lost),
            None => Next::Lost,
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.events = None;
        let mut members = self.hub.lock();
        if members.get(&self.member).is_some_and(|sender| sender.receiver_count() == 0) {
            members.remove(&self.member);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(n: u128) -> MemberId {
        MemberId(uuid::Uuid::from_u128(n))
    }

    #[tokio::test]
    async fn every_device_of_the_members_named_is_told_and_nobody_else() {
        let hub = Hub::default();
        let (mut phone, mut laptop) = (hub.subscribe(member(1)), hub.subscribe(member(1)));
        let mut other = hub.subscribe(member(2));
        hub.publish([member(1)], &Event::Beat);
        hub.publish([member(2)], &Event::Community);
        assert_eq!(phone.next().await, Next::Event(Event::Beat));
        assert_eq!(laptop.next().await, Next::Event(Event::Beat));
        assert_eq!(other.next().await, Next::Event(Event::Community));
    }

    #[tokio::test]
    async fn a_slow_reader_learns_that_it_lost_events() {
        let hub = Hub::default();
        let mut slow = hub.subscribe(member(1));
        for _ in 0..=WAITING {
            hub.publish([member(1)], &Event::Beat);
        }
        assert_eq!(slow.next().await, Next::Lost);
        assert_eq!(slow.next().await, Next::Event(Event::Beat));
    }

    #[tokio::test]
    async fn every_device_learns_that_events_may_be_lost_and_hears_those_that_follow() {
        let hub = Hub::default();
        let mut devices = [hub.subscribe(member(1)), hub.subscribe(member(1)), hub.subscribe(member(2))];
        hub.lose_all();
        hub.publish([member(1), member(2)], &Event::Beat);
        for device in &mut devices {
            assert_eq!(device.next().await, Next::Lost);
            assert_eq!(device.next().await, Next::Event(Event::Beat));
        }
    }

    #[test]
    fn the_last_device_to_leave_leaves_nothing_behind() {
        let hub = Hub::default();
        let (phone, laptop) = (hub.subscribe(member(1)), hub.subscribe(member(1)));
        drop(phone);
        assert_eq!(hub.lock().len(), 1);
        drop(laptop);
        assert_eq!(hub.lock().len(), 0);
    }
}
