//! The browser's own words for a moment.

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

const DAY_MS: f64 = 86_400_000.0;

/// A moment where the reader is: the time, before it the day if it is not today, and the year if it is not this one; or the
/// time and nothing else.
pub(in crate::ui) fn moment(at: i64, locale: &str, time_only: bool) -> Option<String> {
    let (moment, now) = (date_of(at), Date::new_0());
    let mut parts = vec![("hour", "numeric"), ("minute", "2-digit")];
    if !time_only && day(&moment) != day(&now) {
        parts.extend([("weekday", "short"), ("day", "numeric"), ("month", "short")]);
        parts.extend(other_year(&moment, &now));
    }
    format(&moment, locale, parts)
}

/// The day of a moment where the reader is, and the year if it is not this one.
pub(in crate::ui) fn date(at: i64, locale: &str) -> Option<String> {
    let (moment, now) = (date_of(at), Date::new_0());
    let mut parts = vec![("weekday", "long"), ("day", "numeric"), ("month", "long")];
    parts.extend(other_year(&moment, &now));
    format(&moment, locale, parts)
}

/// The day of a moment where the reader is, counted from 1970.
pub(in crate::ui) fn day_of(at: i64) -> Option<i64> {
    Some(day(&date_of(at)))
}

/// This day where the reader is, counted from 1970.
pub(in crate::ui) fn today() -> Option<i64> {
    Some(day(&Date::new_0()))
}

/// The names of all time zones that the browser knows; none where it does not tell.
pub(crate) fn time_zones() -> Vec<String> {
    let intl = || Reflect::get(&js_sys::global(), &"Intl".into()).ok();
    let all = || {
        let intl = intl()?;
        let tell: Function = Reflect::get(&intl, &"supportedValuesOf".into()).ok()?.dyn_into().ok()?;
        tell.call1(&intl, &"timeZone".into()).ok()?.dyn_into::<Array>().ok()
    };
    all().map(|all| all.iter().filter_map(|name| name.as_string()).collect()).unwrap_or_default()
}

/// The time zone that the reader's device is in.
pub(crate) fn own_time_zone() -> Option<String> {
    let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
}

#[expect(clippy::cast_possible_truncation, reason = "there have not been so many days")]
fn day(moment: &Date) -> i64 {
    let local = moment.get_time() - moment.get_timezone_offset() * 60_000.0;
    (local / DAY_MS).floor() as i64
}

fn other_year(moment: &Date, now: &Date) -> Option<(&'static str, &'static str)> {
    (moment.get_full_year() != now.get_full_year()).then_some(("year", "numeric"))
}

// Milliseconds stay exact in a double for 285,000 years.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn date_of(at: i64) -> Date {
    Date::new(&JsValue::from_f64(at as f64))
}

fn format(moment: &Date, locale: &str, parts: Vec<(&str, &str)>) -> Option<String> {
    let options = Object::new();
    for (part, form) in parts {
        Reflect::set(&options, &part.into(), &form.into()).ok()?;
    }
    // The reader's own habits (24 hours or 12) before the language of the page.
    let language = leptos::prelude::window().navigator().language().filter(|own| own.starts_with(locale));
    let locales = Array::of1(&JsValue::from(language.as_deref().unwrap_or(locale)));
    let format = Intl::DateTimeFormat::new(&locales, &options);
    format.format().call1(&JsValue::UNDEFINED, moment).ok()?.as_string()
}
