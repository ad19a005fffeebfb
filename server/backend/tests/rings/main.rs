//! Stories of phones on which no page is open: they ring by push, and stop by push.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod answers;
mod badges;
mod blocks;
mod cards;
mod declines;
mod notices;
mod quiet;
mod services;
mod subscriptions;
mod waking;

use backend::testing::{Pushed, World, nonce, tap};
use backend::{Actor, Backend};
use domain::{CallId, ChannelKind};
use serde_json::Value;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

const RING: Duration = Duration::from_secs(30);
/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Where a device of this name is reached.
fn at(device: &str) -> String {
    format!("https://fcm.googleapis.com/fcm/send/{device}")
}

/// Ben's devices, which can both be reached by push.
async fn bens(world: &World) -> [Actor; 2] {
    let devices = [world.actor("Ben"), world.another_device("Ben").await];
    for (device, name) in devices.iter().zip(["phone", "laptop"]) {
        world.reach(device, &at(name)).await.unwrap();
    }
    devices
}

/// Somebody calls somebody, from one device.
async fn calls(world: &World, caller: &str, callee: &str) -> CallId {
    let channel = world.direct(caller, callee).await;
    world.backend.initiate_call(&world.actor(caller), channel, vec![], tap()).await.unwrap().call.id
}

/// Anna calls the choir: Ben and Clara.
async fn anna_calls_the_choir(world: &World) -> CallId {
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    world.backend.initiate_call(&world.actor("Anna"), choir, vec![], tap()).await.unwrap().call.id
}

/// The caller gives up.
async fn gives_up(world: &World, caller: &str, call: CallId) {
    world.backend.end_call(&world.actor(caller), call, nonce()).await.unwrap();
}

/// Which devices were sent what kind of card, by their names. What several are sent at once has no order.
fn kinds(sent: &[Pushed]) -> Vec<(&str, &str)> {
    let mut kinds: Vec<_> = sent.iter().map(|pushed| (name(pushed), kind(pushed))).collect();
    kinds.sort_unstable();
    kinds
}

fn name(pushed: &Pushed) -> &str {
    pushed.endpoint.rsplit('/').next().unwrap()
}

fn card(pushed: &Pushed) -> &Value {
    &pushed.card["notification"]
}

fn kind(pushed: &Pushed) -> &str {
    card(pushed)["data"]["kind"].as_str().unwrap()
}

/// What lets this card decline.
fn token(pushed: &Pushed) -> &str {
    card(pushed)["data"]["declineToken"].as_str().unwrap()
}

/// What everybody is sent who is to be sent something now.
async fn sent(world: &World) -> Vec<Pushed> {
    world.settle().await;
    world.push.take_sent()
}

/// The next message that arrives.
async fn next(world: &World) -> Pushed {
    timeout(PATIENCE, world.push.next()).await.expect("nothing was sent")
}

/// The next messages, by device and kind.
async fn next_kinds(world: &World, messages: usize) -> Vec<(String, String)> {
    let mut next_ones = vec![];
    for _ in 0..messages {
        next_ones.push(next(world).await);
    }
    kinds(&next_ones).into_iter().map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect()
}

fn all(kinds: &[(&str, &str)]) -> Vec<(String, String)> {
    kinds.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect()
}

/// All that runs by itself, until dropped.
struct Worker(JoinHandle<()>);

impl Worker {
    fn of(backend: &Backend) -> Worker {
        let backend = backend.clone();
        Worker(tokio::spawn(async move { backend.run().await }))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// While this lives, clocks stand still, but for those that are moved by hand: nothing that happens waited for one. If
/// nothing happens, they go on after a while, so that a test fails and does not wait for ever.
struct Standstill {
    since: Instant,
    _released: std::sync::mpsc::Sender<()>,
}

impl Standstill {
    #[expect(clippy::disallowed_methods, reason = "it is this very clock that stands still")]
    fn begin() -> Standstill {
        tokio::time::pause();
        let (release, released) = std::sync::mpsc::channel();
        // As long as a thread is at work, paused clocks do not go on by themselves.
        tokio::task::spawn_blocking(move || _ = released.recv_timeout(PATIENCE));
        Standstill { since: Instant::now(), _released: release }
    }

    /// Clocks go on by this much, and the little that timers are coarse.
    async fn pass(&self, by: Duration) {
        tokio::time::advance(by + Duration::from_millis(2)).await;
    }

    fn check(&self) {
        assert_eq!(self.since.elapsed(), Duration::ZERO, "it took the tick of a clock");
    }
}

impl Drop for Standstill {
    fn drop(&mut self) {
        tokio::time::resume();
    }
}
