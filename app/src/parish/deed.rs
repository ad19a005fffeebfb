//! Something that is asked of the server by a tap.

use crate::error::{ApiError, Problem};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// One request at a time, and why the last one was refused.
#[derive(Clone, Copy)]
pub(super) struct Deed {
    pending: RwSignal<bool>,
    refused: RwSignal<Option<Problem>>,
}

impl Deed {
    pub(super) fn new() -> Self {
        Deed { pending: RwSignal::new(false), refused: RwSignal::new(None) }
    }

    /// Whether it is under way.
    pub(super) fn pending(self) -> Signal<bool> {
        self.pending.into()
    }

    /// Why it was refused.
    pub(super) fn refused(self) -> Signal<Option<Problem>> {
        self.refused.into()
    }

    /// Asks, and then goes on with the answer. Does nothing while another request is under way.
    pub(super) fn ask<T: 'static>(
        self,
        request: impl Future<Output = Result<T, ApiError>> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        spawn_local(async move {
            let answer = request.await;
            // What was asked from may have been closed meanwhile.
            if self.pending.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(answer) => {
                    self.refused.set(None);
                    then(answer);
                }
                Err(error) => self.refused.set(Some(error.problem)),
            }
        });
    }
}

/// What the server said last, when it was asked last.
pub(super) struct Latest<T: Send + Sync + 'static> {
    answer: RwSignal<Option<T>>,
    asked: StoredValue<u32>,
}

// Deriving them would ask the same of what was said.
impl<T: Send + Sync + 'static> Clone for Latest<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Latest<T> {}

impl<T: Clone + Send + Sync + 'static> Latest<T> {
    pub(super) fn new() -> Self {
        Latest { answer: RwSignal::new(None), asked: StoredValue::new(0) }
    }

    /// What it said; none before the first time.
    pub(super) fn get(self) -> Option<T> {
        self.answer.get()
    }

    /// Asks again. What was asked before comes too late; without an answer, the last one stays.
    pub(super) fn ask(self, request: impl Future<Output = Result<T, ApiError>> + 'static) {
        let number = self.asked.with_value(|asked| asked.wrapping_add(1));
        self.asked.set_value(number);
        spawn_local(async move {
            if let Ok(answer) = request.await
                && self.asked.try_get_value() == Some(number)
            {
                self.answer.try_set(Some(answer));
            }
        });
    }
}
