//! What the style sheets must not ask for.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::path::Path;

/// What stands between the brackets of each `:has()`.
fn asked(css: &str) -> Vec<&str> {
    css.match_indices(":has(").map(|(at, has)| within(&css[at + has.len()..])).collect()
}

fn within(rest: &str) -> &str {
    let mut open = 1;
    let end = rest.find(|it| {
        open += match it {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        open == 0
    });
    &rest[..end.unwrap()]
}

/// A class of its own tells a browser which elements a `:has()` is about. With anything else in it (`:not()`, or what many have,
/// as `[hidden]`), each element that comes or goes could be one of them, and Chromium asks for the style of the whole page
/// again: 1,000 elements for each hand that is raised in a call of thirty.
#[test]
fn no_has_is_about_whatever_comes_and_goes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../style");
    let mut asks = 0;
    for sheet in fs::read_dir(folder).unwrap() {
        let path = sheet.unwrap().path();
        let css = fs::read_to_string(&path).unwrap();
        for argument in asked(&css) {
            asks += 1;
            assert!(!argument.contains([':', '[', '*']), "{}: :has({argument})", path.display());
        }
    }
    assert!(asks > 0);
}
