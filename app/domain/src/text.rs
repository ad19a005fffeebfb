//! Words that people type: trimmed, bounded, checked once at the edge.

use serde::{Deserialize, Serialize};

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The name others read.
    Name,
    /// The e-mail address or user name that signs in.
    Login,
    /// The password.
    Password,
    /// A password that is among those that are guessed first.
    GuessablePassword,
    /// The text of a message.
    Message,
    /// The people picked for a call.
    Targets,
    /// For how many people an invitation is, and for how long.
    Invite,
    /// The words that are looked for.
    Search,
    /// The time zone of the parish.
    TimeZone,
    /// A word about what is reported.
    Note,
    /// Where a browser says that it can be reached.
    Subscription,
}

/// What was typed into a field cannot be taken: empty, too long, too short, or with characters that do not belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {0:?} cannot be taken as it is")]
pub struct Unacceptable(pub Field);

/// Longest name, in characters.
pub const NAME_MAX: usize = 60;
/// Longest e-mail address or user name (RFC 5321 allows 254).
pub const LOGIN_MAX: usize = 254;
/// Shortest password, in characters (NIST SP 800-63B).
pub const PASSWORD_MIN: usize = 8;
/// Longest password: enough for any sentence, too short to keep a hash busy.
pub const PASSWORD_MAX: usize = 256;
/// Longest message, in characters.
pub const MESSAGE_MAX: usize = 4_000;
/// Longest text to look for, in characters.
pub const SEARCH_MAX: usize = 100;

/// Longest word about what is reported, in characters.
pub const NOTE_MAX: usize = 500;

/// A name with its spaces tidied: 1 to [`NAME_MAX`] characters on one line.
///
/// # Errors
/// [`Unacceptable`] if nothing is left, if it is too long, or if it has control characters.
pub fn name(typed: &str) -> Result<String, Unacceptable> {
    let name = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    bounded(name, 1..=NAME_MAX, |c| c.is_control() || is_invisible(c), Field::Name)
}

/// What signs a person in, folded to lower case: 2 to [`LOGIN_MAX`] characters without spaces.
///
/// # Errors
/// [`Unacceptable`] if it is too short or too long, or has spaces or control characters.
pub fn login(typed: &str) -> Result<String, Unacceptable> {
    bounded(typed.trim().to_lowercase(), 2..=LOGIN_MAX, |c| c.is_control() || c.is_whitespace(), Field::Login)
}

/// A password, as typed: [`PASSWORD_MIN`] to [`PASSWORD_MAX`] characters, no other demand.
///
/// # Errors
/// [`Unacceptable`] if it is too short or too long.
pub fn password(typed: &str) -> Result<&str, Unacceptable> {
    match typed.chars().count() {
        PASSWORD_MIN..=PASSWORD_MAX => Ok(typed),
        _ => Err(Unacceptable(Field::Password)),
    }
}

/// The text of a message, trimmed: 1 to [`MESSAGE_MAX`] characters; line breaks and tabs stay.
///
/// # Errors
/// [`Unacceptable`] if nothing is left, if it is too long, or if it has other control characters.
pub fn message(typed: &str) -> Result<String, Unacceptable> {
    let text = typed.replace("\r\n", "\n").trim().to_owned();
    bounded(text, 1..=MESSAGE_MAX, |c| c.is_control() && c != '\n' && c != '\t', Field::Message)
}

/// A word about what is reported, on one line: nothing, or at most [`NOTE_MAX`] characters.
///
/// # Errors
/// [`Unacceptable`] if it is too long, or has control characters.
pub fn note(typed: &str) -> Result<String, Unacceptable> {
    let note = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    bounded(note, 0..=NOTE_MAX, char::is_control, Field::Note)
}

/// Characters that show nothing, or turn around what stands beside them: a name of these could pass for another one
/// (Unicode, general category Cf).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn bounded(
    text: String,
    length: std::ops::RangeInclusive<usize>,
    refused: impl Fn(char) -> bool,
    field: Field,
) -> Result<String, Unacceptable> {
    if length.contains(&text.chars().count()) && !text.contains(refused) { Ok(text) } else { Err(Unacceptable(field)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_around_and_inside_a_name_are_tidied() {
        assert_eq!(name("  Anna \t Nowak "), Ok("Anna Nowak".to_owned()));
    }

    #[test]
    fn nothing_is_not_a_name_a_login_or_a_message() {
        assert_eq!(name(" \n "), Err(Unacceptable(Field::Name)));
        assert_eq!(name("\u{200b}"), Err(Unacceptable(Field::Name)));
        assert_eq!(name("Anna\u{202e}kawoN"), Err(Unacceptable(Field::Name)));
        assert_eq!(login("  "), Err(Unacceptable(Field::Login)));
        assert_eq!(message("\r\n"), Err(Unacceptable(Field::Message)));
    }

    #[test]
    fn a_login_does_not_care_about_capitals() {
        assert_eq!(login(" Anna@Example.ORG"), Ok("anna@example.org".to_owned()));
    }

    #[test]
    fn lengths_count_characters_not_bytes() {
        assert!(name(&"ż".repeat(NAME_MAX)).is_ok());
        assert!(name(&"ż".repeat(NAME_MAX + 1)).is_err());
        assert!(message(&"ż".repeat(MESSAGE_MAX)).is_ok());
        assert!(message(&"ż".repeat(MESSAGE_MAX + 1)).is_err());
        assert!(password(&"ż".repeat(PASSWORD_MIN - 1)).is_err());
        assert!(password(&"ż".repeat(PASSWORD_MIN)).is_ok());
    }

    #[test]
    fn a_message_keeps_its_lines_and_refuses_control_characters() {
        assert_eq!(message("one\r\n\ttwo"), Ok("one\n\ttwo".to_owned()));
        assert!(message("bell\u{7}").is_err());
        assert!(message("nul\0").is_err());
    }
}
