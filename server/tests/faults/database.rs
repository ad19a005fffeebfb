//! The database is busy, full, or away.

use super::*;
use crate::books::Books;
use crate::house::run;
use futures::future::join_all;
use sqlx::{Connection, Executor, SqliteConnection};
use std::process::Stdio;
use store::testing::on_postgres;
use tokio::process::{Child, Command};

/// Somebody else, a backup perhaps, who keeps the file to themselves.
struct Other(SqliteConnection);

impl Other {
    async fn locks(house: &House) -> Other {
        let mut other = SqliteConnection::connect(&house.database).await.unwrap();
        other.execute("PRAGMA busy_timeout = 60000; BEGIN IMMEDIATE").await.unwrap();
        Other(other)
    }

    async fn lets_go(mut self) {
        self.0.execute("ROLLBACK").await.unwrap();
        self.0.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_locked_for_four_seconds_is_waited_for_and_one_locked_for_ten_is_503_without_a_trace() {
    let house = House::build(None, &SETTINGS);
    let (server, _) = house.start().await;
    let anna = Member::of(&house, &server).await;

    let (other, since) = (Other::locks(&house).await, SystemClock.now());
    let waits = join_all((0..5).map(|_| anna.writes(server.address)));
    let (written, ()) = tokio::join!(waits, async {
        passes(since, Duration::from_secs(4)).await;
        other.lets_go().await;
    });
    assert_eq!(written.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200; 5], "{written:?}");

    let (other, since) = (Other::locks(&house).await, SystemClock.now());
    let refused = join_all((0..5).map(|_| anna.writes(server.address))).await;
    refused.iter().for_each(is_for_later);
    assert_eq!(anna.lines(server.address).await, 5, "reading goes on");
    passes(since, Duration::from_secs(10)).await;
    other.lets_go().await;

    assert_eq!(anna.writes(server.address).await.status, 200);
    assert_eq!(anna.lines(server.address).await, 6, "what was refused was not written");
    assert!(measured(house.office(), "paxora_database_failures_total{why=\"away\"}").await > 0.0);
    let books = Books::open(&house).await;
    books.are_whole().await;
    books.close().await;
    server.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_nothing_is_half_written_people_read_on_and_it_goes_on_once_there_is_room() {
    let house = House::build(None, &SETTINGS);
    let (server, _) = house.start().await;
    let anna = Member::of(&house, &server).await;
    assert_eq!(anna.writes(server.address).await.status, 200);
    let disk = async |room: &str| {
        run("prlimit", &["--pid", &server.id().to_string(), &format!("--fsize={room}:")]).await;
    };

    disk("1").await;
    for _ in 0..3 {
        is_for_later(&anna.writes(server.address).await);
        is_for_later(&anna.calls(server.address).await);
    }
    assert_eq!(anna.lines(server.address).await, 1, "reading goes on");
    assert_eq!(ready(server.address).await.0, 200);

    disk("unlimited").await;
    assert_eq!(anna.writes(server.address).await.status, 200);
    assert_eq!(anna.lines(server.address).await, 2, "what was refused was not written");
    assert_eq!(anna.calls(server.address).await.status, 200, "and no call that was refused stands in the way");
    let books = Books::open(&house).await;
    books.are_whole().await;
    assert_eq!(books.calls().await.len(), 1);
    books.close().await;
    server.kill().await;
}

/// A PostgreSQL that may be stopped: others go on with theirs.
struct Postgres {
    script: Child,
    url: String,
}

impl Postgres {
    async fn start() -> Postgres {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../script/postgres");
        let mut script = Command::new(script)
            .args(["sh", "-c", "echo \"$TEST_POSTGRES_URL\"; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(script.stdout.take().unwrap()).lines();
        let url = timeout(PATIENCE, said.next_line()).await.expect("it starts in time").unwrap().unwrap();
        Postgres { script, url }
    }

    /// It is ended, whoever is connected, and started again.
    async fn restart(&self) {
        run("kill", &["-USR1", &self.script.id().unwrap().to_string()]).await;
    }

    async fn end(mut self) {
        drop(self.script.stdin.take());
        timeout(PATIENCE, self.script.wait()).await.expect("it ends in time").unwrap();
    }
}

/// What is written with one process is told by the other one, now or soon.
async fn is_heard(anna: &Member, one: SocketAddr, stream: &mut Stream) {
    let heard = async {
        loop {
            anna.writes(one).await;
            if timeout(Duration::from_millis(500), stream.hears("message")).await.is_ok() {
                return;
            }
        }
    };
    timeout(PATIENCE, heard).await.expect("the other process is heard in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_postgres_was_restarted_everything_goes_on_and_what_was_not_heard_meanwhile_is_caught_up() {
    let postgres = Postgres::start().await;
    let house = House::build(Some(postgres.url.clone()), &SETTINGS);
    let (one, _) = house.start().await;
    let (other, _) = house.start().await;
    let anna = Member::of(&house, &one).await;
    let mut stream = anna.listens(other.address).await;
    stream.hears("snapshot").await;
    is_heard(&anna, one.address, &mut stream).await;

    postgres.restart().await;
    // The stream that was told of what it may have missed begins anew; it may have ended.
    patiently("a message is written again", async || {
        let answer = anna.writes(one.address).await;
        match answer.status {
            200 => Some(()),
            _ => {
                is_for_later(&answer);
                None
            }
        }
    })
    .await;
    let begins_anew = async {
        while let Some(event) = stream.next().await {
            if event == "snapshot" {
                return stream;
            }
        }
        patiently("the stream is back", async || {
            let mut stream = anna.listens(other.address).await;
            (stream.next().await.as_deref() == Some("snapshot")).then_some(stream)
        })
        .await
    };
    let mut stream = timeout(PATIENCE, begins_anew).await.expect("what was missed is caught up");
    is_heard(&anna, one.address, &mut stream).await;
    assert_eq!(ready(other.address).await.0, 200);
    one.kill().await;
    other.kill().await;
    postgres.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_locked_on_postgres_for_as_long_as_another_transaction_holds_it_and_no_longer_than_five_seconds() {
    on_postgres(|url| async move {
        let house = House::build(Some(url), &SETTINGS);
        let (server, _) = house.start().await;
        let anna = Member::of(&house, &server).await;
        let seat: Value = serde_json::from_str(&anna.calls(server.address).await.body).unwrap();
        let call = seat["call"]["id"].as_str().unwrap().to_owned();
        let mut other = sqlx::AnyConnection::connect(&house.database).await.unwrap();
        other.execute("BEGIN").await.unwrap();
        other.execute("UPDATE calls SET version = version").await.unwrap();
        let hang_up = async || {
            let arguments = json!({ "call": call, "nonce": nonce() });
            anna.ask(server.address, "voice/end_call", arguments).await.unwrap()
        };
        is_for_later(&hang_up().await);
        other.execute("ROLLBACK").await.unwrap();
        assert_eq!(hang_up().await.status, 200);
        server.kill().await;
    })
    .await;
}
