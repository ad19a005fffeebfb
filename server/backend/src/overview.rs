//! The parish in numbers, for those who look after it. Nothing that was said or written is in it, and no secret.

use crate::push::Sends;
use crate::{Actor, Backend, Error, Settings, VoiceServerKind};
use ::push::Subscription;
use domain::{CallStatus, Group, Timestamp, may_oversee, may_oversee_server};
use std::collections::BTreeMap;
use std::time::Duration;
use store::{CallFigures, Engine, ReachedWell, RoleCount, Stored};

/// So many weeks are looked back on.
pub const WEEKS: u64 = 8;
const WEEK: Duration = Duration::from_secs(60 * 60 * 24 * 7);

/// A parish in numbers.
#[derive(Debug, Clone)]
pub struct Overview {
    /// Its members, by role.
    pub members: Vec<RoleCount>,
    /// Its groups, by name.
    pub groups: Vec<Group>,
    /// Its calls, week by week; the first one are the last seven days.
    pub weeks: Vec<CallsOfWeek>,
    /// The server, for those who look after that as well.
    pub server: Option<ServerOverview>,
}

/// The calls of seven days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallsOfWeek {
    /// All that were made.
    pub calls: u32,
    /// Somebody answered.
    pub answered: u32,
    /// Nobody did, or the caller gave up.
    pub missed: u32,
    /// How long phones rang until somebody answered: half of the answered ones rang no longer.
    pub median_ring: Option<Duration>,
    /// How long people talked, all calls together.
    pub talked: Duration,
}

/// How the server does.
#[derive(Debug, Clone)]
pub struct ServerOverview {
    /// Which voice server carries calls.
    pub voice_server: VoiceServerKind,
    /// Whether it answers.
    pub voice_answers: bool,
    /// So many people fit into one call.
    pub seats: u32,
    /// The push services, by name.
    pub push: BTreeMap<String, ServiceHealth>,
    /// For how long this process has been running, and has counted what was sent.
    pub up_for: Duration,
    /// What the database is called.
    pub database: &'static str,
    /// What lies in it.
    pub stored: Stored,
    /// How long ago the oldest call was made.
    pub oldest_call: Option<Duration>,
    /// What is set.
    pub settings: Settings,
}

/// How one push service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServiceHealth {
    /// So many devices of the parish are reached there.
    pub devices: u32,
    /// So many of them could not be reached the last time.
    pub troubled: u32,
    /// What came of the messages of this process, to devices of all parishes.
    pub sends: Sends,
}

impl Backend {
    /// The parish in numbers.
    ///
    /// # Errors
    /// [`Error::Forbidden`] to those who look after nobody; the database did not answer.
    pub async fn overview(&self, actor: &Actor) -> Result<Overview, Error> {
        if !may_oversee(actor.role(), actor.is_blocked()) {
            return Err(Error::Forbidden);
        }
        let (parish, now, store) = (actor.parish(), self.now(), &self.inner.store);
        let since = (0..WEEKS).fold(now, |since, _| since - WEEK);
        let server = match may_oversee_server(actor.role(), actor.is_blocked()) {
            true => Some(self.server_overview(actor, now).await?),
            false => None,
        };
        Ok(Overview {
            members: store.role_counts(parish).await?,
            groups: store.groups(parish).await?,
            weeks: weeks(&store.call_figures(parish, since).await?, now),
            server,
        })
    }

    async fn server_overview(&self, actor: &Actor, now: Timestamp) -> Result<ServerOverview, Error> {
        let stored = self.inner.store.stored(actor.parish()).await?;
        let sends = self.inner.tally.all().into_iter();
        let mut push: BTreeMap<String, ServiceHealth> =
            sends.map(|(service, sends)| (service, ServiceHealth { sends, ..ServiceHealth::default() })).collect();
        for device in self.inner.store.reached_at(actor.parish(), now).await? {
            let address = Subscription { endpoint: device.endpoint, p256dh: String::new(), auth: String::new() };
            let service = push.entry(address.service()).or_default();
            service.devices += 1;
            service.troubled += u32::from(device.health == ReachedWell::Refused);
        }
        Ok(ServerOverview {
            voice_server: self.inner.voice.kind(),
            voice_answers: self.inner.voice.rooms().await.is_ok(),
            seats: self.inner.voice.seats(),
            push,
            up_for: now.since(self.inner.began),
            database: match self.inner.store.engine() {
                Engine::Sqlite => "SQLite",
                Engine::Postgres => "PostgreSQL",
            },
            oldest_call: stored.oldest_call.map(|at| now.since(at)),
            stored,
            settings: self.inner.settings.clone(),
        })
    }
}

/// The calls by the week in which they were made, counted back from now.
fn weeks(calls: &[CallFigures], now: Timestamp) -> Vec<CallsOfWeek> {
    let of_week = |call: &CallFigures| now.since(call.created).as_secs() / WEEK.as_secs();
    (0..WEEKS).map(|week| sum(calls.iter().filter(|call| of_week(call) == week))).collect()
}

fn sum<'a>(calls: impl Iterator<Item = &'a CallFigures>) -> CallsOfWeek {
    let mut week = CallsOfWeek::default();
    let mut rings = vec![];
    for call in calls {
        week.calls += 1;
        week.missed += u32::from(call.status == CallStatus::Missed);
        week.talked += Duration::from_secs(call.seconds.into());
        if let Some(started) = call.started {
            week.answered += 1;
            rings.push(started.since(call.created));
        }
    }
    rings.sort_unstable();
    week.median_ring = rings.get(rings.len().saturating_sub(1) / 2).copied();
    week
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn call(days_ago: u64, rang: Option<u64>) -> CallFigures {
        let created = NOW - Duration::from_secs(days_ago * 86_400);
        let started = rang.map(|seconds| created + Duration::from_secs(seconds));
        let status = if rang.is_some() { CallStatus::Ended } else { CallStatus::Missed };
        CallFigures { created, started, status, seconds: if rang.is_some() { 90 } else { 0 } }
    }

    #[test]
    fn calls_belong_to_the_week_they_were_made_in_counted_back_from_now() {
        let calls = [call(0, None), call(6, Some(9)), call(7, Some(5)), call(55, None), call(56, None)];
        let weeks = weeks(&calls, NOW);
        assert_eq!(weeks.len(), 8);
        let first = CallsOfWeek {
            calls: 2,
            answered: 1,
            missed: 1,
            median_ring: Some(Duration::from_secs(9)),
            talked: Duration::from_secs(90),
        };
        assert_eq!(weeks[0], first);
        assert_eq!((weeks[1].calls, weeks[7].calls), (1, 1));
        assert_eq!(weeks[3], CallsOfWeek::default());
    }

    #[test]
    fn half_of_the_answered_calls_rang_no_longer_than_the_median() {
        let median =
            |rings: &[u64]| sum(rings.iter().map(|ring| call(0, Some(*ring))).collect::<Vec<_>>().iter()).median_ring;
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[7]), Some(Duration::from_secs(7)));
        assert_eq!(median(&[20, 3, 5]), Some(Duration::from_secs(5)));
        assert_eq!(median(&[20, 3, 5, 6]), Some(Duration::from_secs(5)));
    }
}
