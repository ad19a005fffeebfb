//! Names that are made up: of rooms, and those by which ICE knows people.

use rand::RngExt;
use str0m::IceCreds;

/// One stay of one person in one room; unique on one server. It is in the name by which ICE knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PersonId(pub(crate) u64);

/// What ICE names may be made of (RFC 8839, 5.4), less the two that we use as marks.
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Most threads: each is one letter.
pub(crate) const SHARDS_AT_MOST: usize = LETTERS.len();

/// So many letters that cannot be guessed.
#[expect(clippy::disallowed_methods, reason = "secrets are made of nothing but chance")]
pub(crate) fn letters(count: usize) -> String {
    let mut random = rand::rng();
    (0..count).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}

/// A number that nobody has.
#[expect(clippy::disallowed_methods, reason = "so that names of before a restart are nobody's after it")]
pub(crate) fn number() -> u64 {
    rand::rng().random()
}

/// ICE credentials for somebody. The name says on which thread they live and who they are, so that a first datagram
/// finds its way without a table; the password is what protects.
pub(crate) fn credentials(shard: u8, id: PersonId) -> IceCreds {
    IceCreds { ufrag: format!("{}{:x}+{}", char::from(shard), id.0, letters(6)), pass: letters(24) }
}

/// The letter of a thread.
pub(crate) fn shard_letter(shard: usize) -> u8 {
    LETTERS[shard % LETTERS.len()]
}

/// The thread and the person that such a name says.
pub(crate) fn read(ufrag: &str) -> Option<(usize, PersonId)> {
    let letter = *ufrag.as_bytes().first()?;
    let shard = LETTERS.iter().position(|known| *known == letter)?;
    let (id, _) = ufrag.get(1..)?.split_once('+')?;
    Some((shard, PersonId(u64::from_str_radix(id, 16).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_where_somebody_lives() {
        for shard in [0, 1, 61] {
            let name = credentials(shard_letter(shard), PersonId(0xfeed_0001)).ufrag;
            assert_eq!(read(&name), Some((shard, PersonId(0xfeed_0001))));
        }
        for nonsense in ["", "A", "+", "Ä1+", "Axyz+abc", "A1", "A+abc", "Afffffffffffffffff+x"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
