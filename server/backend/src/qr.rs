//! Links for cameras.

use crate::Error;
use domain::QrCode;
use qrcode::{Color, QrCode as Drawing};
use std::fmt::Write;

/// What a camera reads as this text.
///
/// # Errors
/// It is longer than any of our links.
pub(crate) fn draw(text: &str) -> Result<QrCode, Error> {
    let drawing = Drawing::new(text).map_err(|error| Error::Internal(error.into()))?;
    let mut path = String::new();
    for (y, row) in drawing.to_colors().chunks(drawing.width()).enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Ok(QrCode { side: u32::try_from(drawing.width()).unwrap_or_default(), path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_a_square_with_an_eye_in_three_corners() {
        let address = format!("https://parish.example/en/join/{}", "0123456789abcdef".repeat(4));
        let drawn = draw(&address).unwrap_or_else(|error| panic!("{error}"));
        let is_dark = |x: u32, y: u32| drawn.path.contains(&format!("M{x} {y}h"));
        let last = drawn.side - 1;
        for (x, y) in [(0, 0), (last, 0), (0, last)] {
            assert!(is_dark(x, y), "the corner of an eye at {x}, {y}");
        }
        assert!(!is_dark(last, last - 7) || !is_dark(7, 7), "nothing is all black");
        assert!(draw(&"x".repeat(8_000)).is_err());
    }
}
