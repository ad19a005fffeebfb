//! The browser's own words for a moment.

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};

const DAY_MS: f64 = 86_400_000.0;

/// What is written of a moment, and how, as `Intl.DateTimeFormat` calls it.
type Parts = Vec<(&'static str, &'static str)>;

/// Whoever travels reads the time of where they are: a format keeps to the zone in which it was made.
#[derive(PartialEq)]
struct Key {
    language: String,
    parts: Parts,
    minutes_from_utc: f64,
}

thread_local! {
    /// What writes moments in a language, where the clock is so far from UTC. To make one takes longer than to write with it.
    static FORMATS: RefCell<Vec<(Key, Function)>> = const { RefCell::new(Vec::new()) };
}

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

fn format(moment: &Date, locale: &str, parts: Parts) -> Option<String> {
    // The reader's own habits (24 hours or 12) before the language of the page.
    let own = leptos::prelude::window().navigator().language().filter(|own| own.starts_with(locale));
    let language = own.unwrap_or_else(|| locale.to_owned());
    let key = Key { language, parts, minutes_from_utc: moment.get_timezone_offset() };
    FORMATS.with_borrow_mut(|formats| {
        let known = formats.iter().find(|(known, _)| *known == key).map(|(_, format)| format.clone());
        let format = match known {
            Some(format) => format,
            None => {
                let format = make(&key)?;
                formats.push((key, format.clone()));
                format
            }
        };
        format.call1(&JsValue::UNDEFINED, moment).ok()?.as_string()
    })
}

fn make(key: &Key) -> Option<Function> {
    let options = Object::new();
    for (part, form) in &key.parts {
        Reflect::set(&options, &(*part).into(), &(*form).into()).ok()?;
    }
    Some(Intl::DateTimeFormat::new(&Array::of1(&(&*key.language).into()), &options).format())
}
