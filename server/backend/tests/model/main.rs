//! Random plans against the rules: people with two devices each call, gather, answer, switch, hang up, vanish and are removed,
//! some lead, mute, lock, put each other out and end it for all,
//! while the server is killed, the database fails, the voice server cannot be reached or forgets everything, and what it
//! tells is lost, doubled and shuffled. Their phones ring and stop by push, which services do not take or lose. After every step the database is audited; in the end everything must agree.
//!
//! A plan that fails is shortened and kept in `target/model`. `PAXORA_PLAN=<file>` plays it again. `MODEL_SEEDS`,
//! `MODEL_FIRST_SEED` and `MODEL_MINUTES` ask for more; `script/test soak` sets them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![expect(clippy::print_stdout, reason = "the numbers are part of the result")]

mod audit;
mod chaos;
mod parish;
mod phones;
mod plan;
mod run;

use chaos::Database;
use plan::Plan;
use run::{Found, play};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Where plans that failed are kept.
fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/model");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Two at a time: there are two cores.
const AT_ONCE: usize = 2;

#[expect(clippy::disallowed_methods, reason = "how long people are ready to wait is measured by the real clock")]
async fn holds(engine: &'static str, databases: Vec<Database>) {
    let (first, seeds) = (number("MODEL_FIRST_SEED", 1), number("MODEL_SEEDS", 100));
    let until = std::time::Instant::now() + Duration::from_secs(60 * number("MODEL_MINUTES", 60 * 24));
    static NEXT: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];
    let next = &NEXT[usize::from(engine == "postgres")];
    let workers = databases.into_iter().map(|mut database| {
        tokio::spawn(async move {
            let mut found = Found::default();
            loop {
                let seed = first + next.fetch_add(1, Ordering::Relaxed);
                if seed >= first + seeds || std::time::Instant::now() > until {
                    return (found, database);
                }
                let plan = Plan::random(seed);
                match play(&mut database, &plan).await {
                    Ok(here) => found += here,
                    Err(violation) => {
                        let short = shorten(&mut database, plan).await;
                        let path = folder().join(format!("{engine}-{seed}.json"));
                        fs::write(&path, serde_json::to_string_pretty(&short).unwrap()).unwrap();
                        panic!("{engine}, seed {seed}: {violation}\nThe plan is kept: PAXORA_PLAN={}", path.display());
                    }
                }
            }
        })
    });
    let mut found = Found::default();
    for worker in workers.collect::<Vec<_>>() {
        let (here, database) = worker.await.unwrap();
        found += here;
        database.close().await;
    }
    println!("{engine}: {found}");
    assert!(found.plans > 0);
    // Otherwise the rules of calls of many would hold only because nobody came near them.
    assert!(found.plans < 50 || (found.led > 0 && found.turned_away > 0), "calls of many were not played");
}

/// Leaves out whatever is not needed for the failure.
async fn shorten(database: &mut Database, mut plan: Plan) -> Plan {
    let mut at = plan.moves.len();
    while at > 0 {
        at -= 1;
        let mut shorter = plan.clone();
        shorter.moves.remove(at);
        if play(database, &shorter).await.is_err() {
            plan = shorter;
        }
    }
    plan
}

async fn databases(make: impl AsyncFn() -> Database) -> Vec<Database> {
    let mut databases = vec![];
    for _ in 0..AT_ONCE {
        databases.push(make().await);
    }
    databases
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_the_rules_hold_on_sqlite() {
    holds("sqlite", databases(Database::sqlite).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_the_rules_hold_on_postgres() {
    holds("postgres", databases(Database::postgres).await).await;
}

#[tokio::test]
async fn a_plan_that_was_kept_is_played_again() {
    let Ok(path) = std::env::var("PAXORA_PLAN") else { return };
    let plan: Plan = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    for mut database in [Database::sqlite().await, Database::postgres().await] {
        let played = play(&mut database, &plan).await;
        database.close().await;
        println!("{}", played.unwrap());
    }
}
