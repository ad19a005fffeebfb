//! Fresh ids: UUID version 7 (RFC 9562), so that ids sort by the time they were made.

use domain::Timestamp;
use std::sync::Mutex;
use uuid::{ContextV7, Uuid};

/// Keeps ids of one process in order even within a millisecond: messages are read in the order of their ids.
static ORDER: Mutex<Option<ContextV7>> = Mutex::new(None);

/// A fresh id, greater than all that this process made before.
pub(crate) fn fresh(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.0).unwrap_or(0);
    let mut order = ORDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let context = order.get_or_insert_with(ContextV7::new);
    let moment =
        uuid::Timestamp::from_unix(&*context, millis / 1_000, u32::try_from(millis % 1_000 * 1_000_000).unwrap_or(0));
    Uuid::new_v7(moment)
}

/// An id as it would have been made at a moment in the past: `number` keeps those of the same moment apart, and in order.
pub(crate) fn dated(at: Timestamp, number: u64) -> Uuid {
    let millis = u64::try_from(at.0).unwrap_or(0);
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&number.to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_in_one_millisecond_are_in_order() {
        let ids: Vec<Uuid> = (0..1_000).map(|_| fresh(Timestamp(1_700_000_000_123))).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
    }
}
