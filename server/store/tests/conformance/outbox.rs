//! What is to be done outside of the database.

use crate::db::{Db, T0, after, nothing_more};
use domain::{ChannelKind, Timestamp};
use store::{Change, Inserted, Job, Saved};

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

async fn due(db: &Db, now: Timestamp, limit: u32) -> Vec<String> {
    db.store.due_jobs(now, limit).await.unwrap().into_iter().map(|due| due.job.id).collect()
}

async fn a_job_comes_back_whole_once_it_is_due(db: Db) {
    let job = Job { not_before: after(5), payload: "{\"é\": 1}".into(), ..db.job() };
    write(&db, std::slice::from_ref(&job)).await;
    assert_eq!(db.store.due_jobs(after(4), 9).await.unwrap(), []);
    let due = db.store.due_jobs(after(5), 9).await.unwrap();
    assert_eq!((due.len(), &due[0].job, due[0].attempts), (1, &job, 0));
}

async fn jobs_come_longest_waiting_first_and_no_more_than_asked_for(db: Db) {
    let [a, b, c] = [3, 1, 2].map(|seconds| Job { not_before: after(seconds), ..db.job() });
    write(&db, &[a.clone(), b.clone(), c.clone()]).await;
    assert_eq!(due(&db, after(9), 9).await, [&*b.id, &*c.id, &*a.id]);
    assert_eq!(due(&db, after(9), 2).await, [&*b.id, &*c.id]);
}

async fn a_job_that_is_done_or_expired_is_not_done_again(db: Db) {
    let [done, expired, waits] = [db.job(), Job { expires_at: after(9), ..db.job() }, db.job()];
    write(&db, &[done.clone(), expired, waits.clone()]).await;
    db.store.finish_job(&done.id, after(1)).await.unwrap();
    db.store.finish_job(&done.id, after(2)).await.unwrap();
    assert_eq!(due(&db, after(9), 9).await, [waits.id]);
}

async fn a_job_that_failed_waits_and_counts(db: Db) {
    let job = db.job();
    write(&db, std::slice::from_ref(&job)).await;
    db.store.retry_job(&job.id, after(4)).await.unwrap();
    db.store.retry_job(&job.id, after(8)).await.unwrap();
    assert_eq!(due(&db, after(7), 9).await, Vec::<String>::new());
    assert_eq!(db.store.due_jobs(after(8), 9).await.unwrap()[0].attempts, 2);
    db.store.finish_job(&job.id, after(8)).await.unwrap();
    db.store.retry_job(&job.id, after(9)).await.unwrap();
    assert_eq!(due(&db, after(9), 9).await, Vec::<String>::new());
}

async fn jobs_that_were_done_or_expired_long_ago_are_forgotten(db: Db) {
    let [done, recent, expired, waits] =
        [db.job(), db.job(), Job { expires_at: after(2), ..db.job() }, Job { expires_at: after(99), ..db.job() }];
    write(&db, &[done.clone(), recent.clone(), expired, waits.clone()]).await;
    db.store.finish_job(&done.id, after(1)).await.unwrap();
    db.store.finish_job(&recent.id, after(20)).await.unwrap();
    db.store.purge_jobs(after(10)).await.unwrap();
    assert_eq!(db.count("SELECT COUNT(*) FROM outbox").await, 2);
    assert_eq!(due(&db, after(10), 9).await, [waits.id]);
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
    assert_eq!(due(&db, T0, 9).await, [job.id]);
}

async fn a_thousand_jobs_and_one_already_there_are_written_together(db: Db) {
    let mut jobs: Vec<Job> = (0..1_000).map(|_| db.job()).collect();
    jobs.push(jobs[0].clone());
    write(&db, &jobs).await;
    assert_eq!(db.count("SELECT COUNT(*) FROM outbox").await, 1_000);
}

on_both_engines![
    a_job_comes_back_whole_once_it_is_due,
    jobs_come_longest_waiting_first_and_no_more_than_asked_for,
    a_job_that_is_done_or_expired_is_not_done_again,
    a_job_that_failed_waits_and_counts,
    jobs_that_were_done_or_expired_long_ago_are_forgotten,
    jobs_are_written_with_the_change_or_not_at_all,
    a_thousand_jobs_and_one_already_there_are_written_together,
];
