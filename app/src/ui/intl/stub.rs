//! The server knows no reader's clock and no reader's calendar.

/// Nothing.
pub(in crate::ui) fn moment(_at: i64, _locale: &str, _time_only: bool) -> Option<String> {
    None
}

/// Nothing.
pub(in crate::ui) fn date(_at: i64, _locale: &str) -> Option<String> {
    None
}

/// None.
pub(in crate::ui) fn day_of(_at: i64) -> Option<i64> {
    None
}

/// None.
pub(in crate::ui) fn today() -> Option<i64> {
    None
}

/// None: the browser knows them.
pub(crate) fn time_zones() -> Vec<String> {
    vec![]
}

/// None.
pub(crate) fn own_time_zone() -> Option<String> {
    None
}
