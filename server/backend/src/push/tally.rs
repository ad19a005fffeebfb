//! How sending went with each push service since this process began: numbers only.

use ::push::Answer;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What came of the messages to one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sends {
    /// It took them.
    pub sent: u64,
    /// It did not, or could not be reached.
    pub refused: u64,
    /// It did not know the device any more.
    pub gone: u64,
}

/// The numbers of all services, by their names.
#[derive(Default)]
pub(crate) struct Tally(Mutex<BTreeMap<String, Sends>>);

impl Tally {
    pub(super) fn count(&self, service: String, answer: &Answer) {
        let mut services = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sends = services.entry(service).or_default();
        match answer {
            Answer::Accepted => sends.sent += 1,
            Answer::Gone => sends.gone += 1,
            _ => sends.refused += 1,
        }
    }

    pub(crate) fn all(&self) -> BTreeMap<String, Sends> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
