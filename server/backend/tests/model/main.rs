//! Random plans against the rules: people with two devices each call, gather, answer, switch, hang up, vanish and are removed,
//! some lead, mute, lock, put each other out and end it for all,
//! while the server is killed, the database fails, the voice server cannot be reached or forgets everything, and what it
//! tells is lost, doubled and shuffled. Their phones ring and stop by push, which services do not take or lose. After every step the database is audited; in the end everything must agree.
//!
//! A plan that fails, panics or never ends is kept, shortened, in `target/model`. `PAXORA_PLAN=<file>` plays it again. `MODEL_SEEDS`
//! and `MODEL_MINUTES` ask for more, `MODEL_FIRST_SEED` for others; `script/test soak` sets the seeds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![expect(clippy::print_stdout, reason = "the numbers are part of the result")]

mod audit;
mod chaos;
mod parish;
mod phones;
mod plan;
mod run;

use audit::Violation;
use chaos::Database;
use futures::FutureExt;
use plan::{Fault, Move, Plan, Sabotage, Step};
use run::{Found, play};
use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
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

/// A plan takes a second at most, but on machines that have much else to do.
const PLAN_WITHIN: Duration = Duration::from_secs(180);

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
                match attempt(&mut database, &plan).await {
                    Ok(here) => found += here,
                    Err(violation) => {
                        let path = keep(&mut database, plan, &format!("{engine}-{seed}")).await;
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
    let went_wrong = [found.unwritten, found.unread, found.uncommitted, found.killed, found.again];
    assert!(found.plans < 50 || !went_wrong.contains(&0), "not all that can go wrong went wrong");
}

/// Plays a plan. Whatever keeps it from its end has broken a rule: a panic, of ours or the server's, and waiting for ever.
async fn attempt(database: &mut Database, plan: &Plan) -> Result<Found, Violation> {
    let played = AssertUnwindSafe(play(database, plan)).catch_unwind();
    match tokio::time::timeout(PLAN_WITHIN, played).await {
        Ok(Ok(played)) => played,
        Ok(Err(panic)) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            Err(format!("a panic: {}", said.or(panic.downcast_ref::<&str>().copied()).unwrap_or_default()))
        }
        Err(_) => Err(format!("it was not through after {PLAN_WITHIN:?}")),
    }
}

/// Keeps a plan that failed, and then what is needed of it.
async fn keep(database: &mut Database, plan: Plan, name: &str) -> PathBuf {
    let path = folder().join(format!("{name}.json"));
    let write = |plan: &Plan| fs::write(&path, serde_json::to_string_pretty(plan).unwrap()).unwrap();
    write(&plan);
    write(&shorten(database, plan).await);
    path
}

fn kept(path: &Path) -> Plan {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Leaves out whatever is not needed for the failure.
async fn shorten(database: &mut Database, mut plan: Plan) -> Plan {
    let mut at = plan.moves.len();
    while at > 0 {
        at -= 1;
        let mut shorter = plan.clone();
        shorter.moves.remove(at);
        if attempt(database, &shorter).await.is_err() {
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
async fn a_broken_rule_and_a_panic_are_found_and_kept_with_little_beside_them_and_fail_again() {
    let hidden = Some(Fault::Read { table: 0, turns: 0 });
    for (name, how, fault, said) in [
        ("version", Sabotage::SameVersion, None, "I9"),
        ("people", Sabotage::People, None, "a panic"),
        // What is broken at that moment is mended before something shorter is tried.
        ("server", Sabotage::Server, hidden, "a panic: as a bug would"),
    ] {
        let mut database = Database::sqlite().await;
        let start = Step::Start { who: 0, device: 0, place: 0, whom: 1, switch: false };
        let mut moves = [Step::Deliver, start, Step::Work].map(|step| Move { step, fault: None }).to_vec();
        moves.push(Move { step: Step::Sabotage(how), fault });
        let plan = Plan { seed: 1, seats: None, moves };
        let violation = attempt(&mut database, &plan).await.map(|found| found.to_string()).unwrap_err();
        assert!(violation.contains(said), "{violation}");
        let path = keep(&mut database, plan, &format!("sabotage-{name}")).await;
        let short = kept(&path);
        let needed = usize::from(how != Sabotage::Server) + 1;
        assert!(matches!(short.moves[..], [.., Move { step: Step::Sabotage(_), .. }]), "{short:?}");
        assert_eq!(short.moves.len(), needed, "{short:?}");
        let again = attempt(&mut database, &short).await.map(|found| found.to_string()).unwrap_err();
        assert!(again.contains(said), "{again}");
        fs::remove_file(path).unwrap();
        database.close().await;
    }
}

#[tokio::test]
async fn a_plan_that_was_kept_is_played_again() {
    let Ok(path) = std::env::var("PAXORA_PLAN") else { return };
    let plan = kept(Path::new(&path));
    for mut database in [Database::sqlite().await, Database::postgres().await] {
        let played = attempt(&mut database, &plan).await;
        database.close().await;
        println!("{}", played.unwrap());
    }
}
