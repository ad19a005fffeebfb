//! Nobody stays on a call's roster who is gone: a closed page, a phone without battery. Nobody listens who is not on it.
//!
//! The voice server's list of participants is the truth, but only what it says: if it cannot be asked, nobody is gone.

use crate::voice_server::{Identity, room_of};
use crate::{Backend, Error};
use domain::{CallError, CallId, Command, Participation, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long somebody who was just let in may take to arrive.
const ARRIVE_WITHIN: Duration = Duration::from_secs(20);
/// Who was absent so many looks in a row is gone. A page that is reloaded is back before.
const LOOKS: u32 = 2;

/// How many looks in a row somebody has been absent for. Forgotten at a restart, which only makes us more patient.
#[derive(Default)]
pub(crate) struct Absences(Mutex<HashMap<(CallId, Identity), u32>>);

impl Absences {
    /// Takes note of one look; answers who is gone.
    fn note(&self, call: CallId, absent: &[Identity]) -> Vec<Identity> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|(of, who), _| *of != call || absent.contains(who));
        let mut gone = vec![];
        for who in absent {
            let count = counts.entry((call, *who)).or_default();
            *count += 1;
            if *count >= LOOKS {
                counts.remove(&(call, *who));
                gone.push(*who);
            }
        }
        gone
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
        for call in live {
            let Ok(present) = self.inner.voice.participants(&room_of(call)).await else {
                // Unknown, for this call and for all others: nobody is gone.
                return Ok(());
            };
            if let Err(error) = self.compare(call, &present).await {
                tracing::error!(%call, ?error, "a roster could not be compared");
            }
        }
        Ok(())
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
        let overdue = connected.iter().filter(|(_, since)| now.since(*since) > ARRIVE_WITHIN).map(|(who, _)| *who);
        let absent: Vec<Identity> = overdue.filter(|who| !present.contains(who)).collect();
        for Identity { member, epoch } in self.inner.absences.note(id, &absent) {
            tracing::info!(call.id = %id, %member, "is gone from the voice server");
            match self.change_call(id, Command::Lost { member, epoch }).await {
                Ok(_) | Err(Error::Call(CallError::Over | CallError::NotInCall) | Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
