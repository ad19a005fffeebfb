//! What is to be done outside of the database.

use crate::db::{Db, T0, after, nothing_more};
use domain::{ChannelKind, Timestamp};
use std::time::Duration;
use store::{Change, DueJob, Engine, Inserted, Job, Saved, Store};
use tokio::time::timeout;

const LEASE: Duration = Duration::from_secs(60);

/// Writes jobs the only way there is: with a call.
async fn write(db: &Db, jobs: &[Job]) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let call = db.new_call(domain::Audience::Channel, channel, &[anna, bob]);
    assert_eq!(
        db.store.start_call(&Change { jobs: jobs.to_vec(), ..nothing_more(&call) }, None).await.unwrap(),
        Inserted::Yes
    );
}

/// What is due, and stays so.
async fn due(db: &Db, now: Timestamp) -> Vec<String> {
    claimed(&db.store, now, Duration::ZERO, 9).await
}

async fn claimed(store: &Store, now: Timestamp, lease: Duration, limit: u32) -> Vec<String> {
    store.claim_jobs(now, lease, limit).await.unwrap().into_iter().map(|due| due.job.id).collect()
}

async fn a_job_comes_back_whole_once_it_is_due(db: Db) {
    let job = Job { not_before: after(5), payload: "{\"é\": 1}".into(), ..db.job() };
    write(&db, std::slice::from_ref(&job)).await;
    assert_eq!(db.store.claim_jobs(after(4), LEASE, 9).await.unwrap(), []);
    let due = db.store.claim_jobs(after(5), LEASE, 9).await.unwrap();
    let job = Job { not_before: after(5) + LEASE, ..job };
    assert_eq!(due, [DueJob { job, attempts: 0 }]);
}

async fn no_more_are_claimed_than_asked_for_and_first_those_that_waited_longest(db: Db) {
    let [a, b, c] = [3, 1, 2].map(|seconds| Job { not_before: after(seconds), ..db.job() });
    write(&db, &[c.clone(), a.clone(), b.clone()]).await;
    assert_eq!(claimed(&db.store, after(9), LEASE, 2).await, [b.id, c.id]);
    assert_eq!(claimed(&db.store, after(9), LEASE, 2).await, [a.id]);
}

async fn how_many_jobs_wait_and_since_when_counts_neither_later_ones_nor_those_that_somebody_is_at(db: Db) {
    assert_eq!(db.store.waiting_jobs(after(9)).await.unwrap(), (0, None));
    let [a, b, c] = [3, 1, 7].map(|seconds| Job { not_before: after(seconds), ..db.job() });
    write(&db, &[a, b.clone(), c]).await;
    assert_eq!(db.store.waiting_jobs(after(5)).await.unwrap(), (2, Some(after(1))));
    assert_eq!(claimed(&db.store, after(5), LEASE, 1).await, [b.id]);
    assert_eq!(db.other.waiting_jobs(after(5)).await.unwrap(), (1, Some(after(3))));
}

async fn a_claimed_job_is_nobody_elses_until_the_lease_is_over(db: Db) {
    let job = db.job();
    write(&db, std::slice::from_ref(&job)).await;
    assert_eq!(claimed(&db.store, after(1), Duration::from_secs(10), 9).await, [&*job.id]);
    for store in [&db.store, &db.other] {
        assert_eq!(claimed(store, after(10), LEASE, 9).await, Vec::<String>::new());
    }
    assert_eq!(claimed(&db.other, after(11), Duration::from_secs(10), 9).await, [&*job.id]);
    // Whoever was thought dead may finish it still.
    db.store.finish_job(&job.id, after(12)).await.unwrap();
    assert_eq!(claimed(&db.other, after(21), LEASE, 9).await, Vec::<String>::new());
}

async fn a_job_that_takes_long_is_kept_by_whoever_is_at_it(db: Db) {
    let job = db.job();
    write(&db, std::slice::from_ref(&job)).await;
    assert_eq!(claimed(&db.store, after(0), Duration::from_secs(10), 9).await, [&*job.id]);
    db.store.keep_job(&job.id, after(13)).await.unwrap();
    assert_eq!(claimed(&db.other, after(12), LEASE, 9).await, Vec::<String>::new());
    let due = db.other.claim_jobs(after(13), LEASE, 9).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].attempts, 0, "it has not failed");
    // Whoever finished it has nothing to keep.
    db.store.finish_job(&job.id, after(14)).await.unwrap();
    db.store.keep_job(&job.id, after(14)).await.unwrap();
    assert_eq!(claimed(&db.other, after(99), LEASE, 9).await, Vec::<String>::new());
}

async fn of_two_who_claim_at_once_one_gets_the_job(db: Db) {
    const WAITING: &str =
        "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'tuple' AND relation = CAST('outbox' AS regclass)";
    let job = db.job();
    write(&db, std::slice::from_ref(&job)).await;
    // Both have chosen the job before either can take it.
    let mut held = db.raw.begin().await.unwrap();
    sqlx::query("UPDATE outbox SET kind = kind").execute(&mut *held).await.unwrap();
    let claims = [&db.store, &db.other].map(|store| {
        let store = store.clone();
        tokio::spawn(async move { claimed(&store, T0, LEASE, 9).await })
    });
    if db.store.engine() == Engine::Postgres {
        let both_wait = async { while db.count(WAITING).await < 2 {} };
        timeout(Duration::from_secs(4), both_wait).await.expect("both wait for the job");
    }
    held.rollback().await.unwrap();
    let mut taken = vec![];
    for claim in claims {
        taken.extend(claim.await.unwrap());
    }
    assert_eq!(taken, [job.id]);
}

async fn a_job_that_is_done_or_expired_is_not_done_again(db: Db) {
    let [done, expired, waits] = [db.job(), Job { expires_at: after(9), ..db.job() }, db.job()];
    write(&db, &[done.clone(), expired, waits.clone()]).await;
    db.store.finish_job(&done.id, after(1)).await.unwrap();
    db.store.finish_job(&done.id, after(2)).await.unwrap();
    assert_eq!(due(&db, after(9)).await, [waits.id]);
}

async fn a_job_that_failed_waits_and_counts(db: Db) {
    let job = db.job();
    write(&db, std::slice::from_ref(&job)).await;
    db.store.retry_job(&job.id, after(4)).await.unwrap();
    db.store.retry_job(&job.id, after(8)).await.unwrap();
    assert_eq!(due(&db, after(7)).await, Vec::<String>::new());
    assert_eq!(db.store.claim_jobs(after(8), LEASE, 9).await.unwrap()[0].attempts, 2);
    db.store.finish_job(&job.id, after(8)).await.unwrap();
    db.store.retry_job(&job.id, after(9)).await.unwrap();
    assert_eq!(due(&db, after(9)).await, Vec::<String>::new());
}

async fn jobs_that_were_done_or_expired_long_ago_are_forgotten(db: Db) {
    let [done, recent, expired, waits] =
        [db.job(), db.job(), Job { expires_at: after(2), ..db.job() }, Job { expires_at: after(99), ..db.job() }];
    write(&db, &[done.clone(), recent.clone(), expired, waits.clone()]).await;
    db.store.finish_job(&done.id, after(1)).await.unwrap();
    db.store.finish_job(&recent.id, after(20)).await.unwrap();
    db.store.purge_jobs(after(10)).await.unwrap();
    assert_eq!(db.count("SELECT COUNT(*) FROM outbox").await, 2);
    assert_eq!(due(&db, after(10)).await, [waits.id]);
}

async fn jobs_are_written_with_the_change_or_not_at_all(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let call = db.call(channel, &[anna, bob]).await;
    let busy = db.new_call(domain::Audience::Channel, channel, &[bob, anna]);
    let busy = Change { jobs: vec![db.job()], ..nothing_more(&busy) };
    assert_eq!(db.store.start_call(&busy, None).await.unwrap(), Inserted::Busy(call.id));

    let job = db.job();
    let change = Change { jobs: vec![job.clone()], ..nothing_more(&call) };
    assert_eq!(db.store.save_calls(&[change]).await.unwrap(), Saved::Yes);
    db.store.save_calls(&[Change { jobs: vec![db.job()], ..nothing_more(&call) }]).await.unwrap_err();
    assert_eq!(due(&db, T0).await, [job.id]);
}

async fn a_thousand_jobs_and_one_already_there_are_written_together(db: Db) {
    let mut jobs: Vec<Job> = (0..1_000).map(|_| db.job()).collect();
    jobs.push(jobs[0].clone());
    write(&db, &jobs).await;
    assert_eq!(db.count("SELECT COUNT(*) FROM outbox").await, 1_000);
}

on_both_engines![
    a_job_comes_back_whole_once_it_is_due,
    no_more_are_claimed_than_asked_for_and_first_those_that_waited_longest,
    how_many_jobs_wait_and_since_when_counts_neither_later_ones_nor_those_that_somebody_is_at,
    a_claimed_job_is_nobody_elses_until_the_lease_is_over,
    a_job_that_takes_long_is_kept_by_whoever_is_at_it,
    of_two_who_claim_at_once_one_gets_the_job,
    a_job_that_is_done_or_expired_is_not_done_again,
    a_job_that_failed_waits_and_counts,
    jobs_that_were_done_or_expired_long_ago_are_forgotten,
    jobs_are_written_with_the_change_or_not_at_all,
    a_thousand_jobs_and_one_already_there_are_written_together,
];
