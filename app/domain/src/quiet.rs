//! Quiet hours: when no phone of somebody rings, and nothing is sent to it.

use crate::Role;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// What a clock on the wall shows, to the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct WallTime(u16);

/// There is no such time of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no time of the day")]
pub struct NoTime;

impl WallTime {
    /// So many minutes after midnight.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }

    /// The hour and the minute that it shows; none if no clock does.
    #[must_use]
    pub fn of(hour: u16, minute: u16) -> Option<WallTime> {
        (hour < 24 && minute < 60).then_some(WallTime(hour * 60 + minute))
    }
}

impl TryFrom<u16> for WallTime {
    type Error = NoTime;
    fn try_from(minutes: u16) -> Result<Self, NoTime> {
        if minutes < MINUTES_OF_A_DAY { Ok(WallTime(minutes)) } else { Err(NoTime) }
    }
}

impl From<WallTime> for u16 {
    fn from(time: WallTime) -> u16 {
        time.0
    }
}

/// As a field for a time of the day has it: `22:05`.
impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for WallTime {
    type Err = NoTime;
    fn from_str(typed: &str) -> Result<Self, NoTime> {
        let (hour, minute) = typed.split_once(':').ok_or(NoTime)?;
        let number = |digits: &str| digits.parse::<u16>().map_err(|_| NoTime);
        WallTime::of(number(hour)?, number(minute)?).ok_or(NoTime)
    }
}

/// From when until when, each day by the clock of the parish; over midnight if it ends earlier than it begins. Never
/// empty, and never the whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Span", into = "Span")]
pub struct QuietHours(Span);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    from: WallTime,
    until: WallTime,
}

impl QuietHours {
    /// None if it would begin when it ends.
    #[must_use]
    pub fn new(from: WallTime, until: WallTime) -> Option<QuietHours> {
        (from != until).then_some(QuietHours(Span { from, until }))
    }

    /// When it begins.
    #[must_use]
    pub fn from(self) -> WallTime {
        self.0.from
    }

    /// When it ends: from then on phones ring again.
    #[must_use]
    pub fn until(self) -> WallTime {
        self.0.until
    }

    /// Whether it is quiet when the clock shows this. What the clock shows is all that counts: an hour that it leaves out
    /// in spring is missing from the quiet hours too, and one that it shows twice in autumn is quiet twice.
    #[must_use]
    pub fn cover(self, now: WallTime) -> bool {
        let Span { from, until } = self.0;
        if from < until { from <= now && now < until } else { from <= now || now < until }
    }
}

impl TryFrom<Span> for QuietHours {
    type Error = NoTime;
    fn try_from(span: Span) -> Result<Self, NoTime> {
        QuietHours::new(span.from, span.until).ok_or(NoTime)
    }
}

impl From<QuietHours> for Span {
    fn from(hours: QuietHours) -> Span {
        hours.0
    }
}

/// Whether somebody may ring a phone in its quiet hours: who leads, since it may be urgent.
#[must_use]
pub fn may_ring_urgently(role: Role, blocked: bool) -> bool {
    !blocked && role.leads()
}

/// Whether somebody may set the clock of the parish.
#[must_use]
pub fn may_set_clock(role: Role, blocked: bool) -> bool {
    !blocked && role == Role::Admin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> WallTime {
        time.parse().unwrap()
    }

    fn hours(from: &str, until: &str) -> QuietHours {
        QuietHours::new(at(from), at(until)).unwrap()
    }

    #[test]
    fn it_is_quiet_from_the_first_minute_to_the_last_but_not_at_the_end() {
        let nap = hours("13:00", "14:30");
        for (time, quiet) in [("12:59", false), ("13:00", true), ("14:29", true), ("14:30", false), ("00:00", false)] {
            assert_eq!(nap.cover(at(time)), quiet, "{time}");
        }
    }

    #[test]
    fn a_night_goes_over_midnight() {
        let night = hours("22:00", "07:00");
        for (time, quiet) in [
            ("21:59", false),
            ("22:00", true),
            ("23:59", true),
            ("00:00", true),
            ("06:59", true),
            ("07:00", false),
            ("12:00", false),
        ] {
            assert_eq!(night.cover(at(time)), quiet, "{time}");
        }
        assert!(hours("22:00", "00:00").cover(at("23:59")));
        assert!(!hours("22:00", "00:00").cover(at("00:00")));
        assert!(hours("00:00", "06:00").cover(at("00:00")));
    }

    #[test]
    fn quiet_hours_that_begin_when_they_end_are_none() {
        assert_eq!(QuietHours::new(at("08:00"), at("08:00")), None);
        assert!(serde_json::from_str::<QuietHours>(r#"{"from":480,"until":480}"#).is_err());
        assert!(serde_json::from_str::<QuietHours>(r#"{"from":480,"until":1440}"#).is_err());
        let night = serde_json::from_str::<QuietHours>(r#"{"from":1320,"until":420}"#).unwrap();
        assert_eq!(night, hours("22:00", "07:00"));
    }

    #[test]
    fn a_time_is_written_as_it_is_read() {
        for time in ["00:00", "07:05", "23:59"] {
            assert_eq!(at(time).to_string(), time);
        }
        for wrong in ["24:00", "12:60", "-1:00", "12", "", "ab:cd", "1200"] {
            assert_eq!(wrong.parse::<WallTime>(), Err(NoTime), "{wrong}");
        }
    }

    #[test]
    fn who_leads_may_wake_others_and_an_admin_sets_the_clock_unless_blocked() {
        assert_eq!(Role::ALL.map(|role| may_ring_urgently(role, false)), [false, true, true]);
        assert_eq!(Role::ALL.map(|role| may_set_clock(role, false)), [false, false, true]);
        assert!(Role::ALL.iter().all(|role| !may_ring_urgently(*role, true) && !may_set_clock(*role, true)));
    }
}
