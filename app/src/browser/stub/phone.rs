//! The server's twin: nothing rings here.

use crate::browser::{FromWorker, Permission, Place, Registered};
use serde_json::Value;

pub(crate) struct Worker;

impl Worker {
    pub(crate) fn start(_: impl Fn(FromWorker) + 'static) -> Option<Self> {
        None
    }
}

pub(crate) async fn tell_worker(_: Value) {}

pub(crate) fn place() -> Place {
    Place::Desktop
}

pub(crate) fn permission() -> Permission {
    Permission::Impossible
}

pub(crate) fn ask_permission() -> impl Future<Output = Permission> + 'static {
    std::future::ready(Permission::Impossible)
}

pub(crate) async fn subscription() -> Option<Registered> {
    None
}

pub(crate) async fn subscribe(_: &str) -> Option<Registered> {
    None
}

pub(crate) fn set_badge(_: u32) {}

pub(crate) async fn post(_: &str, _: Value) -> Option<(u16, String)> {
    None
}
