//! The browser's own words for a moment.

use js_sys::{Array, Date, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

/// A moment where the reader is: the time, before it the day if it is not today, and the year if it is not this one.
pub(in crate::ui) fn local(at: i64, locale: &str) -> Option<String> {
    // Milliseconds stay exact in a double for 285,000 years.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    let moment = Date::new(&JsValue::from_f64(at as f64));
    let now = Date::new_0();
    let day = |date: &Date| (date.get_full_year(), date.get_month(), date.get_date());

    let mut parts = vec![("hour", "numeric"), ("minute", "2-digit")];
    if day(&moment) != day(&now) {
        parts.extend([("weekday", "short"), ("day", "numeric"), ("month", "short")]);
    }
    if moment.get_full_year() != now.get_full_year() {
        parts.push(("year", "numeric"));
    }
    let options = Object::new();
    for (part, form) in parts {
        Reflect::set(&options, &part.into(), &form.into()).ok()?;
    }
    // The reader's own habits (24 hours or 12) before the language of the page.
    let language = leptos::prelude::window().navigator().language().filter(|own| own.starts_with(locale));
    let locales = Array::of1(&JsValue::from(language.as_deref().unwrap_or(locale)));
    let format = Intl::DateTimeFormat::new(&locales, &options);
    format.format().call1(&JsValue::UNDEFINED, &moment).ok()?.as_string()
}
