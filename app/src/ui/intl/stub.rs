//! The server knows no reader's clock.

/// Nothing.
pub(in crate::ui) fn local(_at: i64, _locale: &str) -> Option<String> {
    None
}
