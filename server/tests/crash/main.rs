//! The real `paxora` is killed, at any moment and at those that are known to be bad, and started again on the same files.
//! What it had acknowledged is there, asking again changes nothing, and nothing is stuck. And in [`faults`], what it stands on
//! gives way while it runs.
//!
//! And where its files are gone, what `paxora backup` had written brings them back.
//!
//! `CRASHES` asks for more than a run of `script/test` makes, `CRASHES_FIRST_SEED` for others; `script/test soak` sets them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![expect(clippy::print_stdout, reason = "the numbers are part of the result")]

mod between;
mod books;
mod drill;
#[path = "../faults/mod.rs"]
mod faults;
mod house;
mod life;
mod livekit;
mod mid_ring;
mod people;
mod tally;
mod wire;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use store::testing::on_postgres;
use tally::Tally;

/// So often a parish sees its server die.
const KILLS_PER_LIFE: u64 = 5;
/// So many parishes at a time: most of what they do is waiting.
const AT_ONCE: usize = 4;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// One life after the other, several beside each other.
async fn lives<F: Future<Output = Tally>>(engine: &str, crashes: u64, life: impl Fn(u64) -> F) {
    let (first, lives) = (number("CRASHES_FIRST_SEED", 1), crashes.div_ceil(KILLS_PER_LIFE));
    let next = AtomicU64::new(0);
    let workers = (0..AT_ONCE).map(async |_| {
        let mut tally = Tally::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= lives {
                return tally;
            }
            tally += life(first + number).await;
        }
    });
    let mut tally = Tally::default();
    for one in futures::future::join_all(workers).await {
        tally += one;
    }
    println!("{engine}: {tally}");
    assert!(u64::from(tally.kills()) >= crashes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_it_is_killed_nothing_is_lost_and_nothing_is_stuck_on_sqlite() {
    lives("sqlite", number("CRASHES", 20), |seed| life::live(None, seed, KILLS_PER_LIFE)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_it_is_killed_nothing_is_lost_and_nothing_is_stuck_on_postgres() {
    lives("postgres", number("CRASHES", 20) / 2, |seed| async move {
        static TALLY: Mutex<Vec<Tally>> = Mutex::new(vec![]);
        on_postgres(move |url| async move {
            let tally = life::live(Some(url), seed, KILLS_PER_LIFE).await;
            TALLY.lock().unwrap().push(tally);
        })
        .await;
        TALLY.lock().unwrap().pop().unwrap()
    })
    .await;
}
