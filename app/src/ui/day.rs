//! A day, in the words of the reader's own browser.

use super::intl;
use crate::i18n::{t, use_i18n};
use leptos::prelude::*;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The day of a moment, as a number that rises from day to day: where the reader is, or else by UTC, as the server has it
/// and the page begins with it.
pub(crate) fn day_of(at: i64, here: bool) -> i64 {
    here.then(|| intl::day_of(at)).flatten().unwrap_or_else(|| at.div_euclid(DAY_MS))
}

/// The calendar of the reader, as long as the page stands. The page begins with the server's, which knows no reader.
#[derive(Clone, Copy)]
pub(crate) struct Calendar {
    here: RwSignal<bool>,
    /// This day where the reader is.
    today: Memo<Option<i64>>,
}

/// Provides the calendar to everything below. `now` ticks.
pub(crate) fn provide_calendar(now: Signal<f64>) {
    let here = RwSignal::new(false);
    Effect::new(move || here.set(true));
    let today = Memo::new(move |_| {
        now.track();
        intl::today()
    });
    provide_context(Calendar { here, today });
}

/// The calendar of the reader.
pub(crate) fn use_calendar() -> Calendar {
    expect_context()
}

impl Calendar {
    /// Whether it is the reader's own by now. Follows along.
    pub(crate) fn is_here(self) -> bool {
        self.here.get()
    }
}

/// The day of a moment: *Today*, *Yesterday*, or its date.
///
/// ## Server-Side Rendering
/// The server writes the date by UTC; it is replaced as soon as the page is alive.
#[component]
pub(crate) fn Day(
    /// Milliseconds since 1970-01-01 UTC.
    at: i64,
) -> impl IntoView {
    let i18n = use_i18n();
    let calendar = use_calendar();
    let words = move || {
        let before_today = calendar.today.get().zip(intl::day_of(at)).map(|(today, day)| today - day);
        match before_today {
            Some(0) => Some(t!(i18n, day.today).to_owned()),
            Some(1) => Some(t!(i18n, day.yesterday).to_owned()),
            _ => intl::date(at, i18n.locale().as_ref()),
        }
    };
    let text = move || calendar.is_here().then(words).flatten().unwrap_or_else(|| super::moment::date(at));
    view! { <span>{text}</span> }
}

#[cfg(test)]
mod tests {
    use super::day_of;

    #[test]
    fn days_by_utc_begin_at_midnight_also_before_1970() {
        let evening = 1_709_251_199_999;
        assert_eq!(day_of(evening, false) + 1, day_of(evening + 1, false));
        assert_eq!((day_of(0, false), day_of(-1, false)), (0, -1));
        assert_eq!(day_of(evening, true), day_of(evening, false), "where no reader is known");
    }
}
