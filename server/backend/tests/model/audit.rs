//! What must be true of the database, whatever has happened. The numbers are those of `reliability-security.md` 3.5.

use crate::chaos::Database;
use crate::parish::Parish;
use domain::{Audience, Call, CallId, CallState, ChannelKind, Command, Participant, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::testing::calls_of;

/// A rule that was broken, in words.
pub(crate) type Violation = String;

macro_rules! rule {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err(format!($($words)+));
        }
    };
}
pub(crate) use rule;

/// All calls of a parish at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) calls: BTreeMap<CallId, Call>,
    /// How many lines of a timeline remember a call.
    cards: BTreeMap<CallId, i64>,
    pub(crate) requests: i64,
}

impl Ledger {
    /// What stands there once it stands still: what a killed server had begun may be committed between two looks.
    pub(crate) async fn settled(database: &Database, parish: &Parish) -> Ledger {
        loop {
            let ledger = Ledger::read(database, parish).await;
            if ledger == Ledger::read(database, parish).await {
                return ledger;
            }
        }
    }

    /// What stands there. Reading checks that the rows mean something: nobody is connected to a call that is over.
    pub(crate) async fn read(database: &Database, parish: &Parish) -> Ledger {
        let id = parish.id.to_string();
        let counted = "SELECT m.call_id, COUNT(*) FROM messages m JOIN channels ch ON ch.id = m.channel_id
            WHERE m.call_id IS NOT NULL AND ch.parish_id = $1 GROUP BY m.call_id
            UNION ALL
            SELECT 'requests', COUNT(*) FROM requests r JOIN calls c ON c.id = r.call_id
            JOIN channels ch ON ch.id = c.channel_id WHERE ch.parish_id = $1";
        let mut counts: BTreeMap<String, i64> =
            sqlx::query_as(counted).bind(&id).fetch_all(&database.raw).await.unwrap().into_iter().collect();
        let requests = counts.remove("requests").unwrap();
        let cards = counts.into_iter().map(|(call, lines)| (call.parse().unwrap(), lines)).collect();
        let calls = calls_of(&database.store, parish.id).await.unwrap();
        Ledger { calls: calls.into_iter().map(|call| (call.id, call)).collect(), cards, requests }
    }

    pub(crate) fn live(&self) -> impl Iterator<Item = &Call> {
        self.calls.values().filter(|call| !call.is_over())
    }

    /// Whether nothing has changed since, but for what was over by the clock: whoever comes upon that writes it down.
    pub(crate) fn differs_by_time_alone(&self, before: &Ledger, now: Timestamp) -> bool {
        let ended = |old: &Call| {
            let (mut call, _) = old.clone().apply(Command::Tick, now).ok()?;
            call.version += 1;
            Some(call)
        };
        let explained = |(id, call): (&CallId, &Call)| {
            before.calls.get(id).is_some_and(|old| call == old || ended(old).as_ref() == Some(call))
        };
        self.requests == before.requests && self.calls.len() == before.calls.len() && self.calls.iter().all(explained)
    }

    /// I1 to I5, I9 and I11, for what stood here before and what stands now.
    pub(crate) fn follows(&self, before: &Ledger, parish: &Parish) -> Result<(), Violation> {
        for (id, old) in &before.calls {
            let new = self.calls.get(id).ok_or_else(|| format!("call {id} is gone"))?;
            rule!(!old.is_over() || old == new, "I3: call {id} was over and changed: {old:?} to {new:?}");
            rule!(old.version <= new.version, "I9: the version of {id} fell");
            rule!(old.version < new.version || old == new, "I9: {id} changed under the same version");
            for was in &old.participants {
                let is = new.participant(was.member).ok_or_else(|| format!("{} is no participant", was.member))?;
                rule!(was.epoch <= is.epoch, "I11: the epoch of {} in {id} fell", was.member);
            }
            for is in &new.participants {
                comes_in_rightly(old, new, is, parish)?;
            }
        }
        for call in self.calls.values() {
            let lines = self.cards.get(&call.id).copied().unwrap_or_default();
            let wanted = i64::from(call.is_group() || call.is_over());
            rule!(lines == wanted, "I15: {} has {lines} cards, not {wanted}", call.id);
            let of_two = call.kind == ChannelKind::Direct || call.audience == Audience::Invited;
            let talked = matches!(call.state, CallState::Active { .. } | CallState::Ended { .. });
            let were_in = call.participants.iter().filter(|participant| participant.was_in()).count();
            rule!(!(of_two && talked) || were_in >= 2, "I5: {} was answered by nobody", call.id);
        }
        let mut channels = BTreeSet::new();
        let mut connected = BTreeSet::new();
        for call in self.live() {
            let alone = call.audience != Audience::Channel || channels.insert(call.channel);
            rule!(alone, "I1: two live calls in channel {}", call.channel);
            let inside: Vec<_> = call.participants.iter().filter(|p| call.is_connected(p.member)).collect();
            let many = inside.len() > usize::try_from(parish.seats).unwrap();
            rule!(!many, "I21: {} people in {}, which has room for {}", inside.len(), call.id, parish.seats);
            for participant in &inside {
                let member = participant.member;
                rule!(connected.insert(member), "I2: {member} is connected twice");
                rule!(participant.device.is_some(), "{member} is connected with no device");
            }
            match call.state {
                CallState::Ringing => {
                    rule!(call.is_connected(call.initiator), "I5: {} rings without its initiator", call.id);
                    let rings = call.participants.iter().any(|p| p.participation.ring_until().is_some());
                    rule!(rings, "I5: {} rings for nobody", call.id);
                }
                _ => rule!(!inside.is_empty(), "{} goes on with nobody in it", call.id),
            }
        }
        Ok(())
    }
}

/// I22 and I23: whoever comes in, or begins to ring, while the call is locked or after they were put out, does so because
/// one who leads has rung them. Who rang already when it was locked may still answer, and who was in it comes back.
fn comes_in_rightly(old: &Call, new: &Call, is: &Participant, parish: &Parish) -> Result<(), Violation> {
    let (id, member) = (new.id, is.member);
    let was = old.participant(member);
    let rang = was.is_some_and(|was| was.participation.ring_until().is_some());
    let rings_anew = !rang && is.participation.ring_until().is_some();
    let comes_in = !old.is_connected(member) && new.is_connected(member);
    let put_out = was.is_some_and(|was| was.put_out);
    let by_leader = is.rung_by.is_some_and(|by| parish.leaders.contains(&by));
    let known = rang || was.is_some_and(Participant::was_in);
    rule!(!(comes_in && old.locked && new.locked) || known, "I22: {member} has come into {id}, which is locked");
    rule!(!(rings_anew && old.locked && new.locked) || by_leader, "I22: {member} is rung for {id}, which is locked");
    rule!(!(comes_in && put_out), "I23: {member} was put out of {id} and is back");
    rule!(!(rings_anew && put_out) || by_leader, "I23: {member} was put out of {id} and is rung");
    rule!(!put_out || is.put_out || rings_anew, "I23: that {member} was put out of {id} is forgotten");
    Ok(())
}
