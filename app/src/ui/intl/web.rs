//! The browser's own words for a moment.

use js_sys::{Array, Date, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

const MINUTE_MS: f64 = 60_000.0;
const DAY_MS: f64 = 86_400_000.0;

/// A moment where the reader is: the time; with the day, before it the day if it is not today, and the year if it is not
/// this one.
pub(in crate::ui) fn local(at: i64, locale: &str, with_day: bool) -> Option<String> {
    let (moment, now) = (date(at), Date::new_0());
    let mut parts = vec![("hour", "numeric"), ("minute", "2-digit")];
    if with_day && midnight(&moment) != midnight(&now) {
        parts.extend([("weekday", "short"), ("day", "numeric"), ("month", "short")]);
    }
    if with_day && moment.get_full_year() != now.get_full_year() {
        parts.push(("year", "numeric"));
    }
    write(&moment, locale, parts)
}

/// The day of a moment where the reader is: today, yesterday, or its date, with the year if it is not this one.
pub(in crate::ui) fn local_day(at: i64, locale: &str) -> Option<String> {
    let (moment, now) = (date(at), Date::new_0());
    // Days are an hour longer or shorter twice a year.
    let days = ((midnight(&moment) - midnight(&now)) / DAY_MS).round();
    if days == 0.0 || days == -1.0 {
        let options = Object::new();
        Reflect::set(&options, &"numeric".into(), &"auto".into()).ok()?;
        let format = Intl::RelativeTimeFormat::new(&locales(locale), &options);
        let said = String::from(format.format(days, "day"));
        let mut letters = said.chars();
        return letters.next().map(|first| first.to_uppercase().chain(letters).collect());
    }
    let mut parts = vec![("weekday", "long"), ("day", "numeric"), ("month", "long")];
    if moment.get_full_year() != now.get_full_year() {
        parts.push(("year", "numeric"));
    }
    write(&moment, locale, parts)
}

/// How many milliseconds the reader's clocks were ahead of UTC at that moment.
pub(in crate::ui) fn ahead_of_utc(at: i64) -> i64 {
    // At most a day.
    (-date(at).get_timezone_offset() * MINUTE_MS) as i64
}

fn date(at: i64) -> Date {
    // Milliseconds stay exact in a double for 285,000 years.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    Date::new(&JsValue::from_f64(at as f64))
}

fn midnight(of: &Date) -> f64 {
    let day = Date::new_with_year_month_day(of.get_full_year(), of.get_month() as i32, of.get_date() as i32);
    day.get_time()
}

fn write(moment: &Date, locale: &str, parts: Vec<(&str, &str)>) -> Option<String> {
    let options = Object::new();
    for (part, form) in parts {
        Reflect::set(&options, &part.into(), &form.into()).ok()?;
    }
    let format = Intl::DateTimeFormat::new(&locales(locale), &options);
    format.format().call1(&JsValue::UNDEFINED, moment).ok()?.as_string()
}

/// The reader's own habits (24 hours or 12) before the language of the page.
fn locales(locale: &str) -> Array {
    let language = leptos::prelude::window().navigator().language().filter(|own| own.starts_with(locale));
    Array::of1(&JsValue::from(language.as_deref().unwrap_or(locale)))
}
