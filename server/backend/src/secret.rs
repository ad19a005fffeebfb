//! Secrets that are handed out: sessions, invites, links. 256 random bits; the database knows only their hash.

use rand::Rng;
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
