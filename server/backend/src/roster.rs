//! Nobody stays on a call's roster who is gone: a closed page, a phone without battery. Nobody listens who is not on it.
//!
//! The voice server's list of participants is the truth, but only what it says: if it cannot be asked, nobody is gone.

use crate::voice_server::{Identity, VoiceEvent, call_of, room_of};
use crate::{Backend, Error};
use domain::{CallError, CallId, Command, Participation, Timestamp};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long somebody who was just let in may take to arrive.
const ARRIVE_WITHIN: Duration = Duration::from_secs(20);
/// Who was absent at each look for so long is gone. A page that is reloaded is back before.
const BACK_WITHIN: Duration = Duration::from_secs(10);

/// Since when somebody was absent whenever we looked. Forgotten at a restart, which only makes us more patient.
#[derive(Default)]
pub(crate) struct Absences(Mutex<HashMap<(CallId, Identity), Timestamp>>);

impl Absences {
    /// Takes note of one look; answers who is gone.
    fn note(&self, call: CallId, absent: &[Identity], now: Timestamp) -> Vec<Identity> {
        let mut noticed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noticed.retain(|(of, who), _| *of != call || absent.contains(who));
        let mut gone = vec![];
        for who in absent {
            let since = *noticed.entry((call, *who)).or_insert(now);
            if now.since(since) >= BACK_WITHIN {
                noticed.remove(&(call, *who));
                gone.push(*who);
            }
        }
        gone
    }

    /// The calls that somebody should have come back to by now.
    fn due(&self, now: Timestamp) -> BTreeSet<CallId> {
        let noticed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noticed.iter().filter(|(_, since)| now.since(**since) >= BACK_WITHIN).map(|((call, _), _)| *call).collect()
    }

    /// Forgets calls that are over.
    fn keep_only(&self, live: &[CallId]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(call, _), _| live.contains(call));
    }
}

impl Backend {
    /// Looks once at every live call, and takes off the roster who is gone.
    ///
    /// # Errors
    /// The database did not answer.
    pub(crate) async fn check_rosters(&self) -> Result<(), Error> {
        let live = self.inner.store.live_call_ids().await?;
        self.inner.absences.keep_only(&live);
        self.look_at(live).await;
        Ok(())
    }

    /// Looks again at the calls that somebody is missing from, once their time to come back is over.
    pub(crate) async fn check_absences(&self) {
        self.look_at(self.inner.absences.due(self.now())).await;
    }

    /// Something happened in these rooms: looks at their calls now, rather than when their turn comes.
    pub(crate) async fn hear(&self, events: &[VoiceEvent]) {
        let calls: BTreeSet<CallId> = events.iter().filter_map(|event| call_of(event.room())).collect();
        self.look_at(calls).await;
    }

    async fn look_at(&self, calls: impl IntoIterator<Item = CallId>) {
        for call in calls {
            let Ok(present) = self.inner.voice.participants(&room_of(call)).await else {
                // Unknown, for this call and for all others: nobody is gone.
                return;
            };
            if let Err(error) = self.compare(call, &present).await {
                tracing::error!(%call, ?error, "a roster could not be compared");
            }
        }
    }

    /// The call is read after the voice server was asked: who has come in meanwhile is on the roster, too.
    async fn compare(&self, id: CallId, present: &[Identity]) -> Result<(), Error> {
        let now = self.now();
        let Some(call) = self.inner.store.call(id).await? else { return Ok(()) };
        let connected = call.participants.iter().filter_map(|p| match p.participation {
            Participation::Connected { since } => Some((Identity { member: p.member, epoch: p.epoch }, since)),
            _ => None,
        });
        let connected: Vec<(Identity, Timestamp)> = connected.collect();

        for intruder in present.iter().filter(|who| connected.iter().all(|(known, _)| known != *who)) {
            tracing::info!(call.id = %id, member = %intruder.member, "is not in the call, and is put out");
            self.inner.voice.remove_participant(&room_of(id), *intruder).await?;
        }
        // Our restart may have been the voice server's as well: then everybody arrives anew.
        let arriving = |since: Timestamp| now.since(since.max(self.inner.began)) <= ARRIVE_WITHIN;
        let overdue = connected.iter().filter(|(_, since)| !arriving(*since)).map(|(who, _)| *who);
        let absent: Vec<Identity> = overdue.filter(|who| !present.contains(who)).collect();
        for Identity { member, epoch } in self.inner.absences.note(id, &absent, now) {
            tracing::info!(call.id = %id, %member, "is gone from the voice server");
            match self.change_call(id, Command::Lost { member, epoch }).await {
                Ok(_) | Err(Error::Call(CallError::Over | CallError::NotInCall) | Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
