//! The server knows no reader's clock.

/// Nothing.
pub(in crate::ui) fn local(_at: i64, _locale: &str, _with_day: bool) -> Option<String> {
    None
}

/// Nothing.
pub(in crate::ui) fn local_day(_at: i64, _locale: &str) -> Option<String> {
    None
}

/// Not at all.
pub(in crate::ui) fn ahead_of_utc(_at: i64) -> i64 {
    0
}
