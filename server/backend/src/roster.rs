//! Nobody stays on a call's roster who is gone: a closed page, a phone without battery.
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
            for who in self.look_for_absent(call).await? {
                tracing::info!(call.id = %call, member = %who.member, "is gone from the voice server");
                match self.change_call(call, Command::Leave(who.member)).await {
                    Ok(_) | Err(Error::Call(CallError::Over | CallError::NotInCall) | Error::NotFound) => {}
                    Err(error) => tracing::error!(%call, ?error, "somebody who is gone stays on the roster"),
                }
            }
        }
        Ok(())
    }

    async fn look_for_absent(&self, id: CallId) -> Result<Vec<Identity>, Error> {
        let now = self.now();
        let Some(call) = self.inner.store.call(id).await? else { return Ok(vec![]) };
        let should_be_there = |since: Timestamp| now.since(since) > ARRIVE_WITHIN;
        let expected: Vec<Identity> = call
            .participants
            .iter()
            .filter(|p| matches!(p.participation, Participation::Connected { since } if should_be_there(since)))
            .map(|p| Identity { member: p.member, epoch: p.epoch })
            .collect();
        if expected.is_empty() {
            return Ok(vec![]);
        }
        let Ok(present) = self.inner.voice.participants(&room_of(id)).await else { return Ok(vec![]) };
        let absent: Vec<Identity> = expected.into_iter().filter(|who| !present.contains(who)).collect();
        Ok(self.inner.absences.note(id, &absent))
    }
}
