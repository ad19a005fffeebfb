//! What is offered until somebody does not want it.

use crate::browser;
use leptos::prelude::*;

/// An offer that may be refused, once and for all in this browser.
#[derive(Clone, Copy)]
pub(crate) struct Offer {
    name: &'static str,
    refused: RwSignal<bool>,
}

impl Offer {
    /// `name` is what the browser remembers a refusal under.
    pub(crate) fn new(name: &'static str) -> Self {
        Offer { name, refused: RwSignal::new(false) }
    }

    pub(crate) fn refuse(self) {
        browser::remember(self.name);
        self.refused.set(true);
    }

    pub(crate) fn is_refused(self) -> bool {
        self.refused.get() || browser::remembers(self.name)
    }
}
