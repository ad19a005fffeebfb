//! What runs by itself: rings end, rosters are checked, the voice server and other processes are listened to, and the
//! outbox is carried out.

use crate::voice_server::{Identity, room_of};
use crate::{Backend, Error, ids};
use domain::{CallError, CallId, Command, DeviceId, EndReason, MemberId, MessageId, Timestamp};
use futures::StreamExt;
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::time::Duration;
use store::{DueJob, FORGET_DEVICES_AFTER, Job, LAST_WORDS};
use tokio::task::JoinSet;

/// How late a ring may end: the sweeper looks this often.
pub(crate) const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How often the rosters are compared with the voice server.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How often old rows are thrown away.
const CLEAN_EVERY: Duration = Duration::from_secs(600);
/// How long done work is remembered, to look into what happened; and requests, in case they come again.
const REMEMBER_DONE_FOR: Duration = Duration::from_secs(60 * 60 * 24);
/// How often we see who may not be in their call any more.
pub(crate) const PUT_OUT_EVERY: Duration = Duration::from_secs(2);
/// So much work at once.
const AT_ONCE: u32 = 50;
/// So much of it under way, at most: what waits for a push service waits for seconds.
const UNDER_WAY_AT_MOST: usize = 500;
/// How long work is ours that we took. If we die, another process takes it after that: while a ring is still one.
const LEASE: Duration = Duration::from_secs(10);
/// So long somebody has to read a message where a page is open, before their other devices are told of it.
const TIME_TO_READ: Duration = Duration::from_secs(3);
/// How often we say that we are still at it.
const STILL_AT_IT_EVERY: Duration = Duration::from_secs(3);
/// So many events of the voice server at once: most tell of the same call.
const EVENTS_AT_ONCE: usize = 64;

/// Work that must be done even if we crash first. Doing it twice does no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Task {
    /// The call is over: delete its room.
    CloseRoom {
        /// Which call.
        call: CallId,
    },
    /// A member left a call that goes on: take their connection off.
    Disconnect {
        /// Which call.
        call: CallId,
        /// Who.
        member: MemberId,
        /// Which of their connections.
        epoch: u32,
    },
    /// Somebody who leads has muted them: close their microphone.
    Mute {
        /// Which call.
        call: CallId,
        /// Who.
        member: MemberId,
        /// Which of their connections.
        epoch: u32,
    },
    /// Phones are to ring on which no page is open.
    Ring {
        /// For which call.
        call: CallId,
        /// Whose.
        member: MemberId,
        /// When they stop by themselves.
        until: Timestamp,
    },
    /// Devices are to be told of a message whose readers look at nothing.
    Notices {
        /// Which.
        message: MessageId,
    },
    /// They are to stop.
    RingOver {
        /// Which call rang.
        call: CallId,
        /// Whose.
        member: MemberId,
        /// The device that ended it, if one did.
        but: Option<DeviceId>,
        /// The last version of the call in which it rang. A card of a later one is another ring's.
        #[serde(default)]
        version: u32,
    },
}

impl Task {
    /// The row that remembers it.
    pub(crate) fn job(self, now: Timestamp) -> Job {
        let (kind, expires_at) = match self {
            // Nobody can get in any more, and an empty room goes away by itself.
            Task::CloseRoom { .. } => ("close_room", now + Duration::from_secs(60 * 60)),
            Task::Disconnect { .. } => ("disconnect", now + Duration::from_secs(5 * 60)),
            // Later they may have opened it again.
            Task::Mute { .. } => ("mute", now + Duration::from_secs(5)),
            Task::Ring { until, .. } => ("ring", until),
            Task::RingOver { .. } => ("ring_over", now + LAST_WORDS),
            Task::Notices { .. } => ("notices", now + Duration::from_secs(60 * 60)),
        };
        let not_before = match self {
            Task::Notices { .. } => now + TIME_TO_READ,
            _ => now,
        };
        Job {
            id: ids::fresh(now).to_string(),
            kind: kind.to_owned(),
            payload: serde_json::to_string(&self).unwrap_or_default(),
            not_before,
            expires_at,
        }
    }
}

impl Backend {
    /// Ends what is over: rings, and calls that have lasted too long.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn expire_calls(&self) -> Result<(), Error> {
        for call in self.inner.store.due_calls(self.now()).await? {
            match self.change_call(call, Command::Tick).await {
                Ok(_) | Err(Error::Call(CallError::Over) | Error::NotFound) => {}
                // One broken call must not keep the others ringing.
                Err(error) => tracing::error!(%call, ?error, "a ring could not be ended"),
            }
        }
        Ok(())
    }

    /// Ends rings and empties the outbox until dropped. Every process runs one; doubles do no harm.
    pub async fn run(&self) {
        // Beside each other: a voice server that lets us wait must not keep phones ringing.
        tokio::join!(
            self.every(SWEEP_EVERY, "ending rings", || self.expire_calls()),
            self.every(LOOK_EVERY, "checking rosters", || self.check_rosters()),
            self.every(SWEEP_EVERY, "checking who is missing", async || {
                self.check_absences().await;
                Ok(())
            }),
            self.every(PUT_OUT_EVERY, "seeing who may stay", || self.put_out_trespassers()),
            self.listen_to_voice_server(),
            self.listen_to_other_processes(),
            self.every(CLEAN_EVERY, "cleaning up", || self.clean_up()),
            self.work_off_the_outbox(),
        );
    }

    /// Does once what [`Backend::run`] does again and again, for hosts that stop a process that nobody asks anything. What
    /// fails does not keep the rest from being done, and doing it twice does no harm.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn sweep(&self) -> Result<(), Error> {
        let calls = self.look_after_calls().await;
        calls.and(self.clean_up().await)
    }

    /// As [`Backend::sweep`], but forgets nothing.
    pub(crate) async fn look_after_calls(&self) -> Result<(), Error> {
        let rings = self.expire_calls().await;
        let trespassers = self.put_out_trespassers().await;
        let rosters = self.check_rosters().await;
        self.check_absences().await;
        let outbox = self.empty_outbox().await;
        rings.and(trespassers).and(rosters).and(outbox)
    }

    /// Opens the rooms of all live calls. After a restart the voice server may have forgotten them, and browsers that
    /// come back find only rooms that are open.
    ///
    /// # Errors
    /// The database did not answer. If the voice server does not, that is only logged.
    pub async fn open_rooms(&self) -> Result<(), Error> {
        for call in self.inner.store.live_call_ids().await? {
            if let Err(error) = self.inner.voice.create_room(&room_of(call)).await {
                tracing::warn!(%call, %error, "the rooms of live calls could not be opened");
                break;
            }
        }
        Ok(())
    }

    /// Ends every live call, now. For a database that was put back as it once was: nobody is in these calls any more, and
    /// the clock of its [`Ports`](crate::Ports) says when they were last known to go on.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn end_live_calls(&self) -> Result<usize, Error> {
        let live = self.inner.store.live_call_ids().await?;
        for call in &live {
            match self.change_call(*call, Command::End(EndReason::MediaLost)).await {
                Ok(_) | Err(Error::Call(CallError::Over) | Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(live.len())
    }

    async fn listen_to_voice_server(&self) {
        let Some(events) = self.inner.voice.events() else { return };
        let mut events = events.ready_chunks(EVENTS_AT_ONCE);
        while let Some(events) = events.next().await {
            self.hear(&events).await;
        }
    }

    async fn every<F: Future<Output = Result<(), Error>>>(&self, pause: Duration, doing: &str, work: impl Fn() -> F) {
        let mut turns = tokio::time::interval(pause);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            if let Err(error) = work().await {
                tracing::error!(?error, doing, "failed, and will be tried again");
            }
        }
    }

    async fn clean_up(&self) -> Result<(), Error> {
        let now = self.now();
        self.inner.limits.forget_idle(self.now());
        self.inner.store.delete_expired_sessions(now).await?;
        self.inner.store.purge_jobs(now - REMEMBER_DONE_FOR).await?;
        self.inner.store.purge_requests(now - REMEMBER_DONE_FOR).await?;
        self.inner.store.purge_subscriptions(now - FORGET_DEVICES_AFTER).await?;
        if let Some(keep) = self.inner.settings.keep_calls_for {
            let purged = self.inner.store.purge_calls(now - keep).await?;
            tracing::info!(purged, "calls that ended long ago are forgotten");
        }
        Ok(())
    }

    /// Does what is in the outbox, at once when something is put in, and beside each other: a push service that lets us
    /// wait keeps no other phone from ringing.
    async fn work_off_the_outbox(&self) {
        let mut under_way = JoinSet::new();
        let mut turns = tokio::time::interval(SWEEP_EVERY);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = turns.tick() => {}
                () = self.inner.work.notified() => {}
            }
            while under_way.try_join_next().is_some() {}
            if under_way.len() >= UNDER_WAY_AT_MOST {
                continue;
            }
            match self.inner.store.claim_jobs(self.now(), LEASE, AT_ONCE).await {
                Ok(jobs) => {
                    if jobs.len() == AT_ONCE as usize {
                        // There may be more.
                        self.inner.work.notify_one();
                    }
                    for due in jobs {
                        let backend = self.clone();
                        under_way.spawn(async move {
                            if let Err(error) = backend.settle_job(due).await {
                                tracing::error!(?error, "what was done could not be noted, and will be done again");
                            }
                        });
                    }
                }
                Err(error) => tracing::error!(?error, "the outbox cannot be read, and will be tried again"),
            }
        }
    }

    /// Does what is due in the outbox and no other process is doing.
    ///
    /// # Errors
    /// The database did not answer.
    pub(crate) async fn empty_outbox(&self) -> Result<(), Error> {
        let jobs = self.inner.store.claim_jobs(self.now(), LEASE, AT_ONCE).await?;
        join_all(jobs.into_iter().map(|due| self.settle_job(due))).await.into_iter().collect()
    }

    async fn settle_job(&self, due: DueJob) -> Result<(), Error> {
        let done = tokio::select! {
            done = self.carry_out(&due) => done,
            never = self.keep(&due) => match never {},
        };
        match done {
            Ok(()) => self.inner.store.finish_job(&due.job.id, self.now()).await?,
            Err(error) => {
                tracing::warn!(kind = due.job.kind, attempts = due.attempts, %error, "will be tried again");
                let pause = Duration::from_secs(1 << due.attempts.min(6));
                self.inner.store.retry_job(&due.job.id, self.now() + pause).await?;
            }
        }
        Ok(())
    }

    /// What takes long stays ours.
    async fn keep(&self, due: &DueJob) -> Infallible {
        let mut turns = tokio::time::interval(STILL_AT_IT_EVERY);
        // It is ours just now.
        turns.tick().await;
        loop {
            turns.tick().await;
            if let Err(error) = self.inner.store.keep_job(&due.job.id, self.now() + LEASE).await {
                tracing::warn!(?error, "work that takes long may be done twice");
            }
        }
    }

    async fn carry_out(&self, due: &DueJob) -> anyhow::Result<()> {
        // A row of a newer version of ours fails here: it is left to that version, until it expires.
        match serde_json::from_str::<Task>(&due.job.payload)? {
            Task::CloseRoom { call } => self.inner.voice.delete_room(&room_of(call)).await?,
            Task::Disconnect { call, member, epoch } => {
                self.inner.voice.remove_participant(&room_of(call), Identity { member, epoch }).await?;
            }
            Task::Mute { call, member, epoch } => {
                self.inner.voice.mute_participant(&room_of(call), Identity { member, epoch }).await?;
            }
            Task::Ring { call, member, .. } => self.push_ring(call, member).await?,
            Task::Notices { message } => self.push_notices(message).await?,
            Task::RingOver { call, member, but, version } => self.push_ring_over(call, member, but, version).await?,
        }
        Ok(())
    }
}
