//! How often what may be done, all in one place: a rate and a burst for each kind of thing, and an exact number of rings.

mod rings;

use crate::Error;
use domain::{MemberId, Nonce, Timestamp};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use rings::{Pair, Rings};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Something that is limited, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Limited {
    /// Trying passwords, and making accounts, from one network.
    SignIn(IpAddr),
    /// Trying passwords for one account, from wherever.
    Account(Account),
    /// Looking at links and invites, from one network.
    Link(IpAddr),
    /// Starting calls.
    StartCall(MemberId),
    /// Coming into calls. Going is never limited.
    Enter(MemberId),
    /// Writing messages.
    Post(MemberId),
    /// Looking for words.
    Search(MemberId),
    /// Showing the others of a call something, or leading them.
    Sign(MemberId),
    /// Inviting, making groups, handing out links.
    Care(MemberId),
    /// Reporting somebody.
    Report(MemberId),
    /// Taking along what is stored of one.
    Export(MemberId),
    /// Trying one's password, to delete the account or to have another password.
    Password(MemberId),
    /// Ringing one's own devices, to see whether they do.
    TestRing(MemberId),
}

/// An account that may or may not exist: what signs in with it, as long as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Account([u8; 32]);

impl Account {
    pub(crate) fn of(login: &str) -> Account {
        Account(Sha256::digest(login.as_bytes()).into())
    }
}

/// How often calls may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Calls that one member may start in a minute.
    pub starts_per_minute: u32,
    /// How often one member may ring another in ten minutes.
    pub rings_per_pair: u32,
}

impl Default for CallLimits {
    fn default() -> Self {
        CallLimits { starts_per_minute: 6, rings_per_pair: 3 }
    }
}

impl Limited {
    /// So many at once, and one more after each pause.
    fn rule(self, calls: CallLimits) -> (u32, Duration) {
        match self {
            Limited::SignIn(_) => (10, Duration::from_secs(6)),
            // 2,880 a day find no password that is not guessed first. While somebody guesses without end, the owner cannot sign in
            // by password either, but by a link or a code, and nobody who is signed in notices.
            Limited::Account(_) => (20, Duration::from_secs(30)),
            Limited::Link(_) => (30, Duration::from_secs(2)),
            Limited::StartCall(_) => {
                (calls.starts_per_minute, Duration::from_secs(60) / calls.starts_per_minute.max(1))
            }
            Limited::Enter(_) => (60, Duration::from_secs(1)),
            Limited::Post(_) => (30, Duration::from_millis(333)),
            Limited::Search(_) => (20, Duration::from_secs(1)),
            Limited::Sign(_) => (20, Duration::from_secs(1)),
            Limited::Care(_) => (20, Duration::from_secs(3)),
            Limited::Report(_) => (5, Duration::from_secs(60)),
            Limited::Export(_) => (3, Duration::from_secs(60)),
            Limited::Password(_) => (5, Duration::from_secs(60)),
            Limited::TestRing(_) => (5, Duration::from_secs(20)),
        }
    }
}

/// What is counted as one place: an address of IPv4, a /64 of IPv6, since whoever has one of those has all of it.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    // Where one socket listens for both, an address of IPv4 comes as one of IPv6, all of them in one network.
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => IpAddr::from((v6.to_bits() >> 64 << 64).to_be_bytes()),
    }
}

/// The counters behind [`Limited`].
pub(crate) struct Limits {
    calls: CallLimits,
    clock: DefaultClock,
    /// One for each kind, since each has a rule of its own; made when the first of its kind is counted.
    by_kind: Mutex<HashMap<Discriminant<Limited>, DefaultKeyedRateLimiter<Limited>>>,
    rings: Rings,
}

impl Limits {
    pub(crate) fn new(calls: CallLimits) -> Self {
        let rings = Rings::new(calls.rings_per_pair);
        Limits { calls, clock: DefaultClock::default(), by_kind: Mutex::default(), rings }
    }

    fn by_kind(&self) -> MutexGuard<'_, HashMap<Discriminant<Limited>, DefaultKeyedRateLimiter<Limited>>> {
        self.by_kind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one.
    ///
    /// # Errors
    /// [`Error::Limited`] if that was one too many.
    pub(crate) fn take(&self, what: Limited) -> Result<(), Error> {
        let mut by_kind = self.by_kind();
        let limiter = by_kind.entry(discriminant(&what)).or_insert_with(|| {
            let (burst, pause) = what.rule(self.calls);
            let quota = Quota::with_period(pause).unwrap_or(Quota::per_second(NonZeroU32::MIN));
            RateLimiter::keyed(quota.allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN)))
        });
        limiter.check_key(&what).map_err(|refused| limited(refused.wait_time_from(self.clock.now())))
    }

    /// Counts one ring for each pair of a member who rings and one who is rung, or none. However often a tap is sent, it counts
    /// once.
    ///
    /// # Errors
    /// [`Error::Limited`] if that was one too many for any of them.
    pub(crate) fn take_rings(&self, pairs: &[Pair], tap: Option<Nonce>, now: Timestamp) -> Result<Rung<'_>, Error> {
        let pairs = self.rings.take(pairs, tap, now).map_err(limited)?;
        Ok(Rung { rings: &self.rings, pairs, at: now })
    }

    /// Forgets who has done nothing lately, so that the counters do not grow for ever.
    pub(crate) fn forget_idle(&self, now: Timestamp) {
        for limiter in self.by_kind().values() {
            limiter.retain_recent();
        }
        self.rings.forget_old(now);
    }
}

/// Rings that were counted. Given back when this is dropped, unless they [count](Rung::count).
#[must_use]
pub(crate) struct Rung<'a> {
    rings: &'a Rings,
    pairs: Vec<Pair>,
    at: Timestamp,
}

impl Rung<'_> {
    /// Phones rang, or may have.
    pub(crate) fn count(mut self) {
        self.pairs.clear();
    }
}

impl Drop for Rung<'_> {
    fn drop(&mut self) {
        self.rings.give_back(&self.pairs, self.at);
    }
}

fn limited(wait: Duration) -> Error {
    Error::Limited { seconds: u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_of_one_ipv6_network_count_as_one() {
        let network = |address: &str| network(address.parse().unwrap());
        assert_eq!(network("2001:db8:1:2::7"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::7"), network("2001:db8:1:3::7"));
        assert_ne!(network("::ffff:203.0.113.7"), network("::ffff:203.0.113.8"));
        assert_eq!(network("::ffff:203.0.113.7"), network("203.0.113.7"));
    }

    #[test]
    fn a_burst_is_let_through_the_next_is_told_to_wait_and_others_do_not_notice() {
        let limits = Limits::new(CallLimits::default());
        let here = Limited::SignIn(IpAddr::from([127, 0, 0, 1]));
        for _ in 0..10 {
            limits.take(here).unwrap();
        }
        assert!(matches!(limits.take(here), Err(Error::Limited { seconds: 1..=7 })));
        limits.take(Limited::SignIn(IpAddr::from([127, 0, 0, 2]))).unwrap();
    }

    #[test]
    fn each_kind_goes_by_its_own_rule() {
        let limits = Limits::new(CallLimits::default());
        let who = MemberId(uuid::Uuid::nil());
        for (kind, burst) in
            [(Limited::SignIn(IpAddr::from([127, 0, 0, 1])), 10), (Limited::Report(who), 5), (Limited::Export(who), 3)]
        {
            assert_eq!((0..100).take_while(|_| limits.take(kind).is_ok()).count(), burst, "{kind:?}");
        }
    }
}
