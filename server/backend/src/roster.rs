//! Nobody stays on a call's roster who is gone: a closed page, a phone without battery. Nobody listens who is not on it.
//!
//! The voice server's list of participants is the truth, but only what it says: if it cannot be asked, nobody is gone. What
//! it tells by itself are hints, which make us look at once (`docs/decisions/0008-webhooks-are-hints.md`).

use crate::changes::Changed;
use crate::voice_server::{Identity, VoiceEvent, call_of, room_of};
use crate::{Backend, Error};
use domain::{CallError, CallId, Command, EndReason, Participation, Timestamp};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long somebody who was just let in may take to arrive.
const ARRIVE_WITHIN: Duration = Duration::from_secs(20);
/// Who said goodbye keeps their place for so long: a page that is reloaded is back before.
const AFTER_GOODBYE: Duration = Duration::from_secs(10);
/// Who fell silent keeps it until nothing has come from them for so long, of which some has passed when the voice server tells
/// us ([`notices_within`](crate::voice_server::VoiceServerKind::notices_within)). With the sweep that takes it away, nobody
/// who is gone stays for more than a minute.
const AFTER_SILENCE: Duration = Duration::from_secs(58);
/// If nobody told us, we may have noticed later by one look, and need not have heard a goodbye.
const AFTER_MISSING: Duration = Duration::from_secs(25);
/// How long the voice server may be out of reach before calls through it are over.
const LOST_AFTER: Duration = Duration::from_secs(60 * 10);
/// A look at the voice server after such a pause tells nothing about the time in between: we slept, or a clock was set.
const GAP: Duration = Duration::from_secs(60);
/// How long a room of ours may be without a call: it may be just beginning.
const STRANGE_FOR: Duration = Duration::from_secs(20);
/// How often we note for the other processes that the voice server answers.
const MARK_EVERY: Duration = Duration::from_secs(60);
/// Under this name.
const ANSWERED: &str = "voice server answered";

/// What we know of the voice server from having asked it. Forgotten at a restart, which only makes us more patient.
#[derive(Default)]
pub(crate) struct Looks(Mutex<Noticed>);

#[derive(Default)]
struct Noticed {
    /// Until when somebody who was absent keeps their place, and whether we were told that they left.
    absent: HashMap<(CallId, Identity), (Timestamp, bool)>,
    /// How long somebody keeps their place of whom we were told that they left.
    told: HashMap<(CallId, Identity), Duration>,
    /// Since when rooms of ours belong to no live call.
    strange: HashMap<CallId, Timestamp>,
    /// Since when the voice server has not answered, and when it last did not.
    silent: Option<(Timestamp, Timestamp)>,
    /// When we last noted that it does.
    marked: Option<Timestamp>,
}

impl Looks {
    fn lock(&self) -> std::sync::MutexGuard<'_, Noticed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noticed {
    /// Takes note of one look at a call, from which these were missing; answers who is gone. Who is only just `arriving` is
    /// not missed yet, unless we were told that they were there and left.
    fn look(&mut self, call: CallId, missing: &[(Identity, bool)], now: Timestamp) -> Vec<Identity> {
        let was_told = |who: Identity| {
            self.told.contains_key(&(call, who)) || self.absent.get(&(call, who)).is_some_and(|(_, told)| *told)
        };
        let absent = missing.iter().filter(|(who, arriving)| !arriving || was_told(*who));
        let absent: Vec<Identity> = absent.map(|(who, _)| *who).collect();
        self.absent.retain(|(of, who), _| *of != call || absent.contains(who));
        let mut gone = vec![];
        for who in &absent {
            let key = (call, *who);
            let told = self.told.get(&key).map(|grace| now + *grace);
            let noticed = self.absent.entry(key).or_insert((now + AFTER_MISSING, false));
            *noticed = match (*noticed, told) {
                (noticed, None) => noticed,
                // To be told is to know better.
                ((_, false), Some(until)) => (until, true),
                ((before, true), Some(until)) => (until.min(before), true),
            };
            if noticed.0 <= now {
                self.absent.remove(&key);
                gone.push(*who);
            }
        }
        self.told.retain(|(of, _), _| *of != call);
        gone
    }

    /// Which rooms have belonged to no live call for long.
    fn look_at_rooms(&mut self, strange: &BTreeSet<CallId>, now: Timestamp) -> Vec<CallId> {
        self.strange.retain(|call, _| strange.contains(call));
        for call in strange {
            self.strange.entry(*call).or_insert(now);
        }
        let long = self.strange.iter().filter(|(_, since)| now.since(**since) >= STRANGE_FOR);
        long.map(|(call, _)| *call).collect()
    }

    /// The voice server has not answered; since when it has not.
    fn hear_nothing(&mut self, now: Timestamp) -> Timestamp {
        let since = match self.silent {
            Some((since, last)) if now.since(last) <= GAP => since,
            _ => now,
        };
        self.silent = Some((since, now));
        since
    }
}

impl Backend {
    /// Looks once at every live call: opens rooms that the voice server has lost, closes those that nobody needs, and
    /// takes off the rosters who is gone.
    ///
    /// # Errors
    /// The database did not answer.
    pub(crate) async fn check_rosters(&self) -> Result<(), Error> {
        let live = self.inner.store.live_call_ids().await?;
        {
            let mut noticed = self.inner.looks.lock();
            noticed.absent.retain(|(call, _), _| live.contains(call));
            noticed.told.retain(|(call, _), _| live.contains(call));
        }
        match self.inner.voice.rooms().await {
            Ok(rooms) => {
                self.note_answer(!live.is_empty()).await?;
                let tidied = self.tidy_rooms(&live, &rooms).await;
                self.look_at(live).await;
                tidied
            }
            Err(error) => {
                tracing::warn!(%error, "the voice server cannot be asked who is there");
                self.end_if_lost(&live).await
            }
        }
    }

    /// Whether the voice server answered when it was last asked, which is every ten seconds.
    #[must_use]
    pub fn voice_answered(&self) -> bool {
        self.inner.looks.lock().silent.is_none()
    }

    /// Looks again at the calls that somebody is missing from, once their time to come back is over.
    pub(crate) async fn check_absences(&self) {
        let now = self.now();
        let due: BTreeSet<CallId> = {
            let noticed = self.inner.looks.lock();
            noticed.absent.iter().filter(|(_, (until, _))| *until <= now).map(|((call, _), _)| *call).collect()
        };
        self.look_at(due).await;
    }

    /// Something happened in these rooms: looks at their calls now, rather than when their turn comes.
    pub(crate) async fn hear(&self, events: &[VoiceEvent]) {
        let calls: BTreeSet<CallId> = events.iter().filter_map(|event| call_of(event.room())).collect();
        let noticed = self.inner.voice.kind().notices_within();
        for event in events {
            if let (VoiceEvent::Left { who, goodbye, .. }, Some(call)) = (event, call_of(event.room())) {
                let grace = if *goodbye { AFTER_GOODBYE } else { AFTER_SILENCE.saturating_sub(noticed) };
                self.inner.looks.lock().told.insert((call, *who), grace);
            }
        }
        self.look_at(calls).await;
    }

    /// Takes out of their calls, and stops ringing, who has left the parish or the channel meanwhile.
    ///
    /// # Errors
    /// The database did not answer.
    pub(crate) async fn put_out_trespassers(&self) -> Result<(), Error> {
        for (call, member) in self.inner.store.trespassers().await? {
            tracing::info!(%call, %member, "may not be in this call any more");
            // One broken call must not keep others where they may not be.
            if let Err(error) = unless_over(self.change_call(call, Command::Remove(member)).await) {
                tracing::error!(%call, ?error, "somebody could not be taken out");
            }
        }
        Ok(())
    }

    /// Notes, for the other processes too, that the voice server answers.
    async fn note_answer(&self, needed: bool) -> Result<(), Error> {
        let now = self.now();
        let due = {
            let mut noticed = self.inner.looks.lock();
            noticed.silent = None;
            let due = needed && noticed.marked.is_none_or(|marked| now.since(marked) >= MARK_EVERY);
            if due {
                noticed.marked = Some(now);
            }
            due
        };
        if due {
            self.inner.store.mark(ANSWERED, now).await?;
        }
        Ok(())
    }

    /// Silence means that we do not know. Only after a long time, and if no other process was answered either, is it
    /// the end.
    async fn end_if_lost(&self, live: &[CallId]) -> Result<(), Error> {
        let now = self.now();
        let since = self.inner.looks.lock().hear_nothing(now);
        if now.since(since) < LOST_AFTER {
            return Ok(());
        }
        let answered = self.inner.store.marked(ANSWERED).await?;
        if answered.is_some_and(|at| now.since(at) < LOST_AFTER) {
            return Ok(());
        }
        for call in live {
            // One that has begun meanwhile was begun by a process that reached the voice server.
            let old = self.inner.store.call(*call).await?.filter(|call| now.since(call.created) >= LOST_AFTER);
            if old.is_some() {
                unless_over(self.change_call(*call, Command::End(EndReason::MediaLost)).await)?;
            }
        }
        Ok(())
    }

    async fn tidy_rooms(&self, live: &[CallId], rooms: &[String]) -> Result<(), Error> {
        let open: BTreeSet<CallId> = rooms.iter().filter_map(|room| call_of(room)).collect();
        for call in live.iter().filter(|call| !open.contains(call)) {
            // It may have ended while we asked.
            if self.goes_on(*call).await? {
                tracing::info!(%call, "the voice server has lost its room, which is opened again");
                self.inner.voice.create_room(&room_of(*call)).await?;
            }
        }
        let strange = open.into_iter().filter(|call| !live.contains(call)).collect();
        let long = self.inner.looks.lock().look_at_rooms(&strange, self.now());
        for call in long {
            // It may have begun while we asked.
            if !self.goes_on(call).await? {
                tracing::info!(%call, "nobody needs its room, which is closed");
                self.inner.voice.delete_room(&room_of(call)).await?;
            }
        }
        Ok(())
    }

    async fn goes_on(&self, call: CallId) -> Result<bool, Error> {
        Ok(self.inner.store.call(call).await?.is_some_and(|call| !call.is_over()))
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
        for who in present {
            let known = call.participant(who.member).filter(|participant| participant.epoch == who.epoch);
            let belongs = match known.map(|participant| participant.participation) {
                Some(Participation::Connected { .. }) => true,
                Some(Participation::Disconnected { .. }) if !call.is_over() => self.welcome_back(id, *who).await?,
                _ => false,
            };
            if !belongs {
                tracing::info!(call.id = %id, member = %who.member, "is not in the call, and is put out");
                self.inner.voice.remove_participant(&room_of(id), *who).await?;
            }
        }
        // Our restart may have been the voice server's as well: then everybody arrives anew.
        let arriving = |since: Timestamp| now.since(since.max(self.inner.began)) <= ARRIVE_WITHIN;
        let connected = call.participants.iter().filter_map(|p| match p.participation {
            Participation::Connected { since, .. } => Some((Identity { member: p.member, epoch: p.epoch }, since)),
            _ => None,
        });
        let missing = connected.filter(|(who, _)| !present.contains(who));
        let missing: Vec<_> = missing.map(|(who, since)| (who, arriving(since))).collect();
        let gone = self.inner.looks.lock().look(id, &missing, now);
        for Identity { member, epoch } in gone {
            tracing::info!(call.id = %id, %member, "is gone from the voice server");
            unless_over(self.change_call(id, Command::Lost { member, epoch }).await)?;
        }
        Ok(())
    }

    /// Somebody we took for gone is there after all. False if there is no place for them any more.
    async fn welcome_back(&self, call: CallId, who: Identity) -> Result<bool, Error> {
        let found = Command::Found { member: who.member, epoch: who.epoch, seats: self.inner.voice.seats() };
        match self.change_call(call, found).await {
            Ok(_) => Ok(true),
            Err(Error::Call(_) | Error::InAnotherCall | Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Somebody may have been faster, and then there is nothing left to do.
fn unless_over(done: Result<Changed, Error>) -> Result<(), Error> {
    match done {
        Ok(_) | Err(Error::Call(CallError::Over | CallError::NotInCall) | Error::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice_server::{DEPARTED_FOR, VoiceServerKind};
    use crate::worker::{LOOK_EVERY, PUT_OUT_EVERY, SWEEP_EVERY};

    #[test]
    fn whoever_may_not_stay_is_out_within_five_seconds() {
        assert!(PUT_OUT_EVERY + Duration::from_secs(1) < Duration::from_secs(5));
    }

    #[test]
    fn whoever_is_noticed_by_looking_alone_is_gone_within_a_minute() {
        for kind in [VoiceServerKind::Embedded, VoiceServerKind::LiveKit] {
            // Who is arriving is not missed for some time.
            let noticed = kind.notices_within().max(ARRIVE_WITHIN) + LOOK_EVERY;
            assert!((noticed + AFTER_MISSING).max(AFTER_SILENCE) + SWEEP_EVERY <= Duration::from_secs(60));
            assert!(AFTER_SILENCE - kind.notices_within() > AFTER_GOODBYE);
            assert!(AFTER_SILENCE - kind.notices_within() < DEPARTED_FOR, "the room is still there");
        }
    }
}
