//! Every pair of colours that carries text can be read: WCAG 2.2 AA, in the light theme and in the dark one.

use std::collections::HashMap;

/// Letters, by 1.4.3.
const LETTERS: f64 = 4.5;
/// Icons, borders of fields, the ring, by 1.4.11.
const SHAPES: f64 = 3.0;

/// What stands on what, in both themes.
const PAIRS: [(&str, &str, f64); 35] = [
    ("ink", "paper", LETTERS),
    ("ink", "paper-raised", LETTERS),
    ("ink", "paper-sunk", LETTERS),
    ("ink", "paper-pressed", LETTERS),
    ("ink", "accent-soft", LETTERS),
    ("ink-soft", "paper", LETTERS),
    ("ink-soft", "paper-raised", LETTERS),
    ("ink-soft", "paper-sunk", LETTERS),
    ("ink-soft", "accent-soft", LETTERS),
    ("accent", "paper", LETTERS),
    ("accent", "paper-raised", LETTERS),
    ("accent", "paper-sunk", LETTERS),
    ("on-accent", "accent", LETTERS),
    ("on-accent", "accent-pressed", LETTERS),
    ("on-yes", "yes", LETTERS),
    ("on-yes", "yes-pressed", LETTERS),
    ("yes-ink", "yes-soft", LETTERS),
    ("yes-ink", "paper-raised", LETTERS),
    ("on-no", "no", LETTERS),
    ("no-ink", "no-soft", LETTERS),
    ("no-ink", "paper-raised", LETTERS),
    ("on-gold", "gold", LETTERS),
    ("line-strong", "paper-raised", SHAPES),
    ("ring", "paper", SHAPES),
    ("ring", "paper-sunk", SHAPES),
    ("ring", "accent-soft", SHAPES),
    ("night-ink", "night", LETTERS),
    ("night-ink", "night-deep", LETTERS),
    ("night-ink", "night-raised", LETTERS),
    ("night-ink-soft", "night-raised", LETTERS),
    ("night-on", "night-raised", SHAPES),
    ("night-on", "night-yes", LETTERS),
    ("night-on", "night-no", LETTERS),
    ("night-ring", "night-raised", SHAPES),
    ("night", "night-ink", LETTERS),
];

#[test]
fn what_carries_text_can_be_read() {
    for (theme, tokens) in themes() {
        for (front, back, least) in PAIRS {
            let contrast = contrast(tokens[front], tokens[back]);
            assert!(contrast >= least, "{theme}: {front} on {back} has {contrast:.2}, needs {least}");
        }
    }
}

#[test]
fn initials_can_be_read_on_all_twelve_hues() {
    for (light, strength, ink_light, ink_strength) in [(0.88, 0.07, 0.33, 0.1), (0.40, 0.075, 0.93, 0.035)] {
        for hue in (0..12).map(|step| 15.0 + 30.0 * f64::from(step)) {
            let contrast = contrast([ink_light, ink_strength, hue], [light, strength, hue]);
            assert!(contrast >= LETTERS, "hue {hue} at {light} has {contrast:.2}");
        }
    }
}

type Oklch = [f64; 3];

/// The light theme, and the dark one: what the dark one does not name is as by day.
fn themes() -> [(&'static str, HashMap<String, Oklch>); 2] {
    let css = include_str!("../../style/tokens.css");
    let (light, dark) = css.split_once("@media (prefers-color-scheme: dark)").expect("a dark theme");
    let light = tokens(light);
    let mut both = light.clone();
    both.extend(tokens(dark));
    [("light", light), ("dark", both)]
}

fn tokens(css: &str) -> HashMap<String, Oklch> {
    let declared = css.lines().filter_map(|line| line.trim().strip_prefix("--")?.split_once(": oklch("));
    let opaque = declared.filter(|(_, value)| !value.contains('/'));
    opaque
        .map(|(name, value)| {
            let numbers = value.trim_end_matches(");").split(' ').map(|part| {
                let number: f64 = part.trim_end_matches('%').parse().expect("a number");
                if part.ends_with('%') { number / 100.0 } else { number }
            });
            let numbers: Vec<f64> = numbers.collect();
            (name.to_owned(), numbers.try_into().expect("lightness, strength, hue"))
        })
        .collect()
}

fn contrast(a: Oklch, b: Oklch) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Relative luminance of what a screen shows: Oklab to linear sRGB (Björn Ottosson), cut to what sRGB has.
fn luminance([light, strength, hue]: Oklch) -> f64 {
    let (a, b) = (strength * hue.to_radians().cos(), strength * hue.to_radians().sin());
    let l = (light + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (light - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (light - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    let red = 4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s;
    let green = -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s;
    let blue = -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s;
    0.2126 * red.clamp(0.0, 1.0) + 0.7152 * green.clamp(0.0, 1.0) + 0.0722 * blue.clamp(0.0, 1.0)
}
