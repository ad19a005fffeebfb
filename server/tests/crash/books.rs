//! What is written down: read from outside, by no code of the server but that which reads.

use crate::house::{House, PATIENCE};
use backend::{Clock, SystemClock};
use domain::{Audience, Call, CallId, MemberId, Timestamp};
use sqlx::AnyPool;
use sqlx::any::AnyPoolOptions;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use store::{Engine, Granted, Request, Store};
use tokio::time::{interval, timeout};

/// Asks again and again, until there is an answer.
pub(crate) async fn patiently<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let mut turns = interval(Duration::from_millis(5));
    let answered = async {
        loop {
            turns.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    timeout(PATIENCE, answered).await.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"))
}

/// A look through the window: it changes nothing, not even the files that a killed server has left, so that the server
/// itself has to tidy up after its death.
pub(crate) struct Window(AnyPool);

impl Window {
    /// None while there is no database.
    pub(crate) async fn open(house: &House) -> Option<Window> {
        sqlx::any::install_default_drivers();
        let only_reading = if house.database.starts_with("sqlite:") { "?mode=ro" } else { "" };
        let pool = AnyPoolOptions::new().max_connections(1).connect(&format!("{}{only_reading}", house.database)).await;
        pool.ok().map(Window)
    }

    async fn count(&self, sql: &'static str) -> Option<i64> {
        sqlx::query_scalar(sql).fetch_one(&self.0).await.ok()
    }

    /// Whether so many migrations are done; with none, whether they have begun.
    pub(crate) async fn migrated(&self, migrations: usize) -> bool {
        let done = self.count("SELECT COUNT(*) FROM _sqlx_migrations").await;
        done.is_some_and(|done| usize::try_from(done).unwrap() >= migrations)
    }

    /// How many requests have led to something.
    pub(crate) async fn requests(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM requests").await.unwrap()
    }

    /// How much is to be done, or was when another server died.
    pub(crate) async fn undone(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM outbox WHERE done_at IS NULL").await.unwrap()
    }

    pub(crate) async fn close(self) {
        self.0.close().await;
    }
}

/// All that the server has written, and what it had written before.
pub(crate) struct Books {
    pub(crate) store: Store,
    raw: AnyPool,
}

impl Books {
    /// Open them only beside a server that runs, and close them before it dies.
    pub(crate) async fn open(house: &House) -> Books {
        let store = Store::open(&house.database).await.unwrap();
        Books { store, raw: AnyPool::connect(&house.database).await.unwrap() }
    }

    pub(crate) async fn close(self) {
        self.store.close().await;
        self.raw.close().await;
    }

    pub(crate) async fn call(&self, id: CallId) -> Call {
        // Reading checks that the rows mean something: nobody is connected to a call that is over.
        self.store.call(id).await.unwrap().unwrap_or_else(|| panic!("call {id} is gone"))
    }

    pub(crate) async fn granted(&self, member: MemberId, nonce: domain::Nonce) -> Option<Granted> {
        self.store.granted(Request { member, nonce }).await.unwrap()
    }

    pub(crate) async fn calls(&self) -> BTreeMap<CallId, Call> {
        let ids: Vec<(String,)> = sqlx::query_as("SELECT id FROM calls").fetch_all(&self.raw).await.unwrap();
        let mut calls = BTreeMap::new();
        for (id,) in ids {
            let id = id.parse().unwrap();
            calls.insert(id, self.call(id).await);
        }
        calls
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.raw).await.unwrap()
    }

    /// Work that a server had taken in hand when it died: it is left alone until its lease is over.
    pub(crate) async fn in_dead_hands(&self, now: Timestamp) -> i64 {
        let sql = "SELECT COUNT(*) FROM outbox WHERE done_at IS NULL AND not_before > $1";
        sqlx::query_scalar(sql).bind(now.0).fetch_one(&self.raw).await.unwrap()
    }

    /// What is to be done, and is not worth nothing by now.
    pub(crate) async fn undone(&self) -> i64 {
        let sql = "SELECT COUNT(*) FROM outbox WHERE done_at IS NULL AND expires_at > $1";
        sqlx::query_scalar(sql).bind(SystemClock.now().0).fetch_one(&self.raw).await.unwrap()
    }

    pub(crate) async fn phones_that_ring(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM participants WHERE ring_until IS NOT NULL").await
    }

    /// The file is whole.
    pub(crate) async fn are_whole(&self) {
        if self.store.engine() == Engine::Sqlite {
            let said: Vec<(String,)> = sqlx::query_as("PRAGMA integrity_check").fetch_all(&self.raw).await.unwrap();
            assert_eq!(said, [("ok".to_owned(),)]);
            let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(&self.raw).await.unwrap();
            assert!(orphans.is_empty(), "rows that belong to nothing");
        }
    }

    /// What must be true at any moment; `before` is what was true earlier.
    pub(crate) async fn audit(&self, before: &mut BTreeMap<CallId, Call>) {
        let calls = self.calls().await;
        for (id, old) in &*before {
            let new = calls.get(id).unwrap_or_else(|| panic!("call {id} is gone"));
            assert!(!old.is_over() || old == new, "a call that was over has changed: {old:?} to {new:?}");
            assert!(old.version <= new.version, "a version fell: {old:?} to {new:?}");
        }
        let (mut channels, mut connected) = (BTreeSet::new(), BTreeSet::new());
        for call in calls.values().filter(|call| !call.is_over()) {
            let alone = call.audience != Audience::Channel || channels.insert(call.channel);
            assert!(alone, "two live calls in channel {}", call.channel);
            for participant in call.participants.iter().filter(|p| call.is_connected(p.member)) {
                assert!(connected.insert(participant.member), "{} is in two calls", participant.member);
            }
        }
        let wrong = "SELECT COUNT(*) FROM calls c JOIN channels ch ON ch.id = c.channel_id
             WHERE (SELECT COUNT(*) FROM messages m WHERE m.call_id = c.id)
             <> CASE WHEN c.status IN ('ringing', 'active') AND ch.kind = 'direct'
                AND (SELECT COUNT(*) FROM participants p WHERE p.call_id = c.id AND p.epoch > 0) < 3 THEN 0 ELSE 1 END";
        assert_eq!(
            self.count(wrong).await,
            0,
            "a call of many, and one that is over, has one card, and no other has any"
        );
        *before = calls;
    }
}
