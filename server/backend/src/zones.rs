//! What the clocks of the world show.

use domain::{Timestamp, WallTime};
use jiff::tz::TimeZone;

/// The time zone of this name (IANA), if there is one.
fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// Whether there is a time zone of this name.
pub(crate) fn is_zone(name: &str) -> bool {
    zone(name).is_some()
}

/// What the clock shows in this time zone; in UTC, if there is none of this name.
pub(crate) fn wall_time(now: Timestamp, name: &str) -> WallTime {
    let zone = zone(name).unwrap_or(TimeZone::UTC);
    let moment = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    let shown = zone.to_datetime(moment);
    let number = |part: i8| u16::try_from(part).unwrap_or_default();
    WallTime::of(number(shown.hour()), number(shown.minute())).unwrap_or_default()
}

/// A moment in UTC, as people and machines read it (RFC 3339).
pub(crate) fn written(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::QuietHours;

    /// A moment, as `2026-03-29T00:30:00Z`.
    fn moment(written: &str) -> Timestamp {
        Timestamp(written.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn hours(from: &str, until: &str) -> QuietHours {
        QuietHours::new(from.parse().unwrap(), until.parse().unwrap()).unwrap()
    }

    fn shown(written: &str, zone: &str) -> String {
        wall_time(moment(written), zone).to_string()
    }

    #[test]
    fn a_clock_shows_the_time_of_its_place_in_summer_and_in_winter() {
        assert_eq!(shown("2026-01-15T12:00:00Z", "Europe/Warsaw"), "13:00");
        assert_eq!(shown("2026-07-15T12:00:00Z", "Europe/Warsaw"), "14:00");
        assert_eq!(shown("2026-07-15T12:00:00Z", "America/Mexico_City"), "06:00");
        assert_eq!(shown("2026-07-15T12:00:00Z", "Asia/Kathmandu"), "17:45");
        assert_eq!(shown("2026-07-15T23:59:59.999Z", "UTC"), "23:59");
    }

    #[test]
    fn a_clock_of_nowhere_shows_utc() {
        assert_eq!(shown("2026-07-15T12:00:00Z", ""), "12:00");
        assert_eq!(shown("2026-07-15T12:00:00Z", "Mars/Olympus"), "12:00");
        assert!(is_zone("Europe/Warsaw") && is_zone("UTC") && is_zone("Asia/Calcutta"));
        assert!(!is_zone("") && !is_zone("Mars/Olympus") && !is_zone("../etc/passwd"));
    }

    #[test]
    fn a_night_ends_by_the_clock_when_an_hour_is_left_out() {
        // 2026-03-29, Warsaw: after 01:59 comes 03:00.
        let night = hours("22:00", "07:00");
        let quiet = |at| night.cover(wall_time(moment(at), "Europe/Warsaw"));
        assert!(!quiet("2026-03-28T20:59:59Z") && quiet("2026-03-28T21:00:00Z"));
        assert!(quiet("2026-03-29T00:59:59Z") && quiet("2026-03-29T01:00:00Z"));
        assert!(quiet("2026-03-29T04:59:59Z") && !quiet("2026-03-29T05:00:00Z"));
        // What lies in the hour that is left out never comes.
        let short = hours("02:00", "03:00");
        let minutes = (0..24 * 60).map(|minute| moment("2026-03-28T23:00:00Z").0 + minute * 60_000);
        assert!(!minutes.into_iter().any(|at| short.cover(wall_time(Timestamp(at), "Europe/Warsaw"))));
    }

    #[test]
    fn an_hour_that_is_shown_twice_is_quiet_twice() {
        // 2026-10-25, Warsaw: after 02:59 comes 02:00 once more.
        let short = hours("02:00", "03:00");
        let quiet = |at| short.cover(wall_time(moment(at), "Europe/Warsaw"));
        assert!(!quiet("2026-10-24T23:59:59Z") && quiet("2026-10-25T00:00:00Z"));
        assert!(quiet("2026-10-25T00:59:59Z") && quiet("2026-10-25T01:00:00Z"));
        assert!(quiet("2026-10-25T01:59:59Z") && !quiet("2026-10-25T02:00:00Z"));
    }
}
