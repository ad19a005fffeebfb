//! A day, in the words of the reader's own browser.

use super::intl;
use crate::i18n::{t_string, use_i18n};
use leptos::prelude::*;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The day of a moment, as a number that rises from day to day: where the reader is, or else by UTC, as the server has it
/// and the page begins with it.
pub(crate) fn day_of(at: i64, here: bool) -> i64 {
    here.then(|| intl::day_of(at)).flatten().unwrap_or_else(|| at.div_euclid(DAY_MS))
}

/// This day where the reader is, as long as the page stands.
#[derive(Clone, Copy)]
struct Today(Memo<Option<i64>>);

/// Provides this day to everything below. `now` ticks.
pub(crate) fn provide_today(now: Signal<f64>) {
    provide_context(Today(Memo::new(move |_| {
        now.track();
        intl::today()
    })));
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
    let Today(today) = expect_context();
    let text = RwSignal::new(super::moment::date(at));
    Effect::new(move || {
        let locale = i18n.locale();
        let before_today = today.get().zip(intl::day_of(at)).map(|(today, day)| today - day);
        let words = match before_today {
            Some(0) => Some(t_string!(i18n, day.today).to_owned()),
            Some(1) => Some(t_string!(i18n, day.yesterday).to_owned()),
            _ => intl::date(at, locale.as_ref()),
        };
        if let Some(words) = words {
            text.set(words);
        }
    });
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
