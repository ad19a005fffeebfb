//! Secrets that are handed out: sessions, invites, links. 256 random bits; the database knows only their hash.

use domain::Nonce;
use rand::{Rng, RngExt};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use subtle::ConstantTimeEq;

/// A fresh secret: 64 hexadecimal digits.
#[expect(clippy::disallowed_methods, reason = "this is where secrets come from")]
#[must_use]
pub fn fresh() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    hex(&bytes)
}

/// A fresh nonce, for a form that is sent by no script.
#[expect(clippy::disallowed_methods, reason = "this is where secrets come from")]
#[must_use]
pub fn fresh_nonce() -> Nonce {
    let mut bytes = [0_u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    Nonce::from_random(bytes)
}

/// What is typed on another device: no letter or digit that looks like another one, and nothing that spells a word.
const CODE_LETTERS: &[u8; 27] = b"BCDFGHJKMNPQRSTVWXYZ2345679";
/// 27^8 are 2.8 · 10^11: at the pace at which links are looked at, nobody finds one before it expires.
const CODE_LENGTH: usize = 8;

/// A fresh code to be typed.
#[expect(clippy::disallowed_methods, reason = "this is where secrets come from")]
#[must_use]
pub fn fresh_code() -> String {
    let mut random = rand::rng();
    (0..CODE_LENGTH).map(|_| char::from(CODE_LETTERS[random.random_range(0..CODE_LETTERS.len())])).collect()
}

/// What was typed or followed, as it was handed out: of a code, people may write the letters small and in pieces.
#[must_use]
pub fn as_handed_out(typed: &str) -> String {
    let code: String = typed.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    if code.chars().count() == CODE_LENGTH { code } else { typed.trim().to_owned() }
}

/// What the database keeps of a secret. The secrets are long and random, so a plain hash is enough.
#[must_use]
pub fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Whether both are the same, in a time that tells nothing about where they differ.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    // Of hashes: they are of one length.
    hash(one).as_bytes().ct_eq(hash(other).as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_typed_in_small_letters_and_in_pieces_and_a_link_stays_as_it_is() {
        let code = fresh_code();
        let (first, second) = code.split_at(4);
        assert_eq!(as_handed_out(&format!(" {} - {second} ", first.to_lowercase())), code);
        let link = fresh();
        assert_eq!(as_handed_out(&link), link);
        assert_ne!(fresh_code(), code);
    }
}
