//! When something happened, in the words of the reader's own browser.

use super::{intl, use_calendar};
use crate::i18n::use_i18n;
use leptos::prelude::*;

/// A moment: the time, and the day if it was not today.
///
/// ## Server-Side Rendering
/// The server does not know where the reader is, so it writes the time in UTC, and the browser starts from the same
/// text; as soon as the page is alive it is replaced by local time.
#[component]
pub(crate) fn Moment(
    /// Milliseconds since 1970-01-01 UTC.
    at: i64,
    /// The day stands above it already.
    #[prop(optional)]
    time_only: bool,
) -> impl IntoView {
    let Utc { iso, short } = Utc::of(at);
    let (i18n, calendar) = (use_i18n(), use_calendar());
    let local = move || intl::moment(at, i18n.locale().as_ref(), time_only);
    let text = move || calendar.is_here().then(local).flatten().unwrap_or_else(|| short.clone());
    view! { <time class="moment" datetime=iso>{text}</time> }
}

/// The date of a moment by UTC.
pub(super) fn date(at: i64) -> String {
    let mut iso = Utc::of(at).iso;
    iso.truncate(10);
    iso
}

struct Utc {
    iso: String,
    short: String,
}

impl Utc {
    /// The calendar of any age, after Howard Hinnant's `civil_from_days`.
    fn of(at: i64) -> Utc {
        let seconds = at.div_euclid(1000);
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        Utc {
            iso: format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"),
            short: format!("{hour:02}:{minute:02} UTC"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Utc;

    #[test]
    fn the_calendar_knows_leap_days_and_the_time_before_1970() {
        assert_eq!(Utc::of(0).iso, "1970-01-01T00:00:00Z");
        assert_eq!(Utc::of(1_709_210_096_789).iso, "2024-02-29T12:34:56Z");
        assert_eq!(Utc::of(-1).iso, "1969-12-31T23:59:59Z");
        assert_eq!(Utc::of(4_102_444_799_000).iso, "2099-12-31T23:59:59Z");
    }
}
