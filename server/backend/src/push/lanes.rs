//! Who waits for whom: one device is sent one message after the other, one push service so many at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A lane for every name that somebody is on, and for no other: first come, first served.
pub(crate) struct Lanes {
    width: usize,
    used: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// A place on a lane, or in the queue for one.
pub(crate) struct Place<'a> {
    lanes: &'a Lanes,
    name: String,
    lane: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
}

impl Lanes {
    /// Each has room for so many at once.
    pub(crate) fn of_width(width: usize) -> Lanes {
        Lanes { width, used: Mutex::default() }
    }

    /// Waits for a place on the lane of this name, and keeps it until dropped.
    pub(crate) async fn enter(&self, name: &str) -> Place<'_> {
        let lane =
            Arc::clone(self.lock().entry(name.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.width))));
        // Before it is waited for: whoever gives up waiting leaves like everybody else.
        let mut place = Place { lanes: self, name: name.to_owned(), lane, taken: None };
        // It is never closed.
        place.taken = Arc::clone(&place.lane).acquire_owned().await.ok();
        place
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Semaphore>>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.taken = None;
        let mut used = self.lanes.lock();
        // Nobody but us and the table.
        if Arc::strong_count(&self.lane) == 2 {
            used.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn one_after_the_other_on_one_lane_and_nobody_waits_for_another_lane() {
        let lanes = Lanes::of_width(1);
        let first = lanes.enter("Ben's phone").await;
        let mut second = Box::pin(lanes.enter("Ben's phone"));
        let mut third = Box::pin(lanes.enter("Ben's phone"));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        for other in 0..50 {
            assert!(lanes.enter(&format!("another {other}")).now_or_never().is_some());
        }
        drop(first);
        assert!(third.as_mut().now_or_never().is_none(), "the second came first");
        let second = second.await;
        assert!(third.as_mut().now_or_never().is_none());
        drop(second);
        third.await;
    }

    #[tokio::test]
    async fn so_many_at_once_as_the_lane_is_wide() {
        let lanes = Lanes::of_width(2);
        let [one, _other] = [lanes.enter("service").await, lanes.enter("service").await];
        let mut third = Box::pin(lanes.enter("service"));
        assert!(third.as_mut().now_or_never().is_none());
        drop(one);
        assert!(third.now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_lane_that_nobody_is_on_takes_no_room_also_if_somebody_gave_up_waiting() {
        let lanes = Lanes::of_width(1);
        let place = lanes.enter("phone").await;
        let mut waiting = Box::pin(lanes.enter("phone"));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(waiting);
        assert_eq!(lanes.lock().len(), 1);
        drop(place);
        assert_eq!(lanes.lock().len(), 0);
        lanes.enter("phone").await;
        assert_eq!(lanes.lock().len(), 0);
    }
}
