//! What the routes work with.

use crate::machines::Machines;
use crate::metrics::Metrics;
use crate::ready::Readiness;
use crate::site::Site;
use app::api::SessionCookie;
use axum::extract::FromRef;
use backend::Backend;
use leptos::config::LeptosOptions;
use std::ops::Deref;
use std::sync::Arc;
use tokio::sync::watch;

/// What the routes work with. All clones are one: every route and layer holds one, and for each request they are cloned anew.
#[derive(Clone)]
pub(crate) struct Parts(Arc<Inner>);

/// What there is in them.
pub(crate) struct Inner {
    /// The use cases.
    pub(crate) backend: Backend,
    /// Whether to send people here.
    pub(crate) readiness: Readiness,
    /// Who counts.
    pub(crate) metrics: Arc<Metrics>,
    /// The files for browsers.
    pub(crate) site: Site,
    /// Where the voice server is, for the content security policy.
    pub(crate) voice_url: String,
    /// Which other machines may ask something.
    pub(crate) machines: Machines,
    /// Turns true when we stop: streams end then.
    pub(crate) closing: watch::Receiver<bool>,
    /// How sessions travel.
    pub(crate) cookie: SessionCookie,
}

impl From<Inner> for Parts {
    fn from(inner: Inner) -> Parts {
        Parts(Arc::new(inner))
    }
}

impl Deref for Parts {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl FromRef<Parts> for LeptosOptions {
    fn from_ref(_: &Parts) -> LeptosOptions {
        LeptosOptions::builder().output_name("app").build()
    }
}
