//! What runs by itself: rings end, rosters are checked, the voice server is listened to, and the outbox is carried out.

use crate::voice_server::{Identity, VoiceServerError, room_of};
use crate::{Backend, Error, ids};
use domain::{CallId, MemberId, Timestamp};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::Job;

/// How late a ring may end: the sweeper looks this often.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How often the rosters are compared with the voice server.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How often old rows are thrown away.
const CLEAN_EVERY: Duration = Duration::from_secs(600);
/// How long done work is remembered, to look into what happened.
const REMEMBER_DONE_FOR: Duration = Duration::from_secs(60 * 60 * 24);
/// So much work at once.
const AT_ONCE: u32 = 50;
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
}

impl Task {
    /// The row that remembers it.
    pub(crate) fn job(self, now: Timestamp) -> Job {
        let (kind, give_up_after) = match self {
            // Nobody can get in any more, and an empty room goes away by itself.
            Task::CloseRoom { .. } => ("close_room", Duration::from_secs(60 * 60)),
            Task::Disconnect { .. } => ("disconnect", Duration::from_secs(5 * 60)),
        };
        Job {
            id: ids::fresh(now).to_string(),
            kind: kind.to_owned(),
            payload: serde_json::to_string(&self).unwrap_or_default(),
            not_before: now,
            expires_at: now + give_up_after,
        }
    }
}

impl Backend {
    /// Ends rings and empties the outbox until dropped. Every process runs one; doubles do no harm.
    pub async fn run(&self) {
        // Beside each other: a voice server that lets us wait must not keep phones ringing.
        tokio::join!(
            self.every(SWEEP_EVERY, "ending rings", || self.expire_rings()),
            self.every(LOOK_EVERY, "checking rosters", || self.check_rosters()),
            self.every(SWEEP_EVERY, "checking who is missing", async || {
                self.check_absences().await;
                Ok(())
            }),
            self.listen_to_voice_server(),
            self.every(CLEAN_EVERY, "cleaning up", || self.clean_up()),
            self.every(SWEEP_EVERY, "emptying the outbox", || self.empty_outbox()),
        );
    }

    /// Does once what [`Backend::run`] does again and again, for hosts that stop a process that nobody asks anything. What
    /// fails does not keep the rest from being done, and doing it twice does no harm.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn sweep(&self) -> Result<(), Error> {
        let rings = self.expire_rings().await;
        let rosters = self.check_rosters().await;
        self.check_absences().await;
        let outbox = self.empty_outbox().await;
        rings.and(rosters).and(outbox).and(self.clean_up().await)
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
        self.inner.limits.forget_idle();
        self.inner.store.delete_expired_sessions(now).await?;
        self.inner.store.purge_jobs(now - REMEMBER_DONE_FOR).await?;
        Ok(())
    }

    /// Does what is due in the outbox.
    ///
    /// # Errors
    /// The database did not answer.
    pub(crate) async fn empty_outbox(&self) -> Result<(), Error> {
        for due in self.inner.store.due_jobs(self.now(), AT_ONCE).await? {
            let done = match serde_json::from_str::<Task>(&due.job.payload) {
                Ok(task) => self.carry_out(task).await,
                // A row of a newer version of ours: leave it to that version, until it expires.
                Err(error) => Err(VoiceServerError(error.to_string())),
            };
            match done {
                Ok(()) => self.inner.store.finish_job(&due.job.id, self.now()).await?,
                Err(error) => {
                    tracing::warn!(kind = due.job.kind, attempts = due.attempts, %error, "will be tried again");
                    let pause = Duration::from_secs(1 << due.attempts.min(6));
                    self.inner.store.retry_job(&due.job.id, self.now() + pause).await?;
                }
            }
        }
        Ok(())
    }

    async fn carry_out(&self, task: Task) -> Result<(), VoiceServerError> {
        match task {
            Task::CloseRoom { call } => self.inner.voice.delete_room(&room_of(call)).await,
            Task::Disconnect { call, member, epoch } => {
                self.inner.voice.remove_participant(&room_of(call), Identity { member, epoch }).await
            }
        }
    }
}
