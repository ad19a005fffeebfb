//! Words within an element that holds nothing but words.

/// What the server writes into a `title` or a `textarea`, which Leptos leaves as it is: there it cannot end the element.
pub(crate) fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn words_do_not_end_what_they_stand_in() {
        assert_eq!(escaped("</title><b>Bread & wine</b> &lt;"), "&lt;/title>&lt;b>Bread &amp; wine&lt;/b> &amp;lt;");
    }
}
