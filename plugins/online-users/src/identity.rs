//! What stands for a person.
//!
//! A plain digest of a user's number can be turned back by trying all numbers, so the host's keyed pseudonym stands for a person
//! everywhere. The plain one of older monitors is written into rows only where the operator asks for it, to go on with an old
//! sheet. The ledger always keeps the keyed one: sessions survive a change of the setting.

use beadle_sdk::{Error, run};
use sha2::{Digest, Sha256};

use crate::settings::Identity;
use crate::source::Person;

/// The hashes of one poll.
pub(crate) struct Hashes {
    /// The keyed pseudonym of each listed person, in order.
    pub(crate) keys: Vec<String>,
    /// Those of people who chose not to be shown.
    pub(crate) hidden: Vec<String>,
    /// What stands in rows for each listed person, where it is not the key.
    seed: Option<Vec<String>>,
}

impl Hashes {
    /// Asks the host for all pseudonyms at once.
    pub(crate) fn of(people: &[Person], hidden: &[Person], identity: Identity) -> Result<Self, Error> {
        let ids: Vec<String> = people.iter().chain(hidden).map(|person| person.id.to_string()).collect();
        let mut keys = if ids.is_empty() { Vec::new() } else { run::pseudonyms(&ids)? };
        if keys.len() != ids.len() {
            return Err(Error::Unavailable("the host answered with too few pseudonyms".to_owned()));
        }
        let hidden = keys.split_off(people.len());
        let seed = (identity == Identity::Seed).then(|| ids[..people.len()].iter().map(|id| seed(id)).collect());
        Ok(Self { keys, hidden, seed })
    }

    /// Returns what stands for a listed person in rows and tables.
    pub(crate) fn shown(&self, index: usize) -> &str {
        &self.seed.as_ref().unwrap_or(&self.keys)[index]
    }
}

/// Returns the first 8 hexadecimal digits of SHA-256 of a number's decimal digits.
fn seed(id: &str) -> String {
    let digest = Sha256::digest(id.as_bytes());
    digest
        .iter()
        .take(4)
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
impl Hashes {
    /// Makes hashes as the host would, for tests of what is written.
    pub(crate) fn for_test(people: &[Person], identity: Identity) -> Self {
        let keys: Vec<String> = people.iter().map(|person| format!("{:016x}", person.id)).collect();
        let seed =
            (identity == Identity::Seed).then(|| people.iter().map(|person| seed(&person.id.to_string())).collect());
        Self { keys, hidden: Vec::new(), seed }
    }
}

#[cfg(test)]
mod tests {
    use super::seed;

    #[test]
    fn the_plain_digest_is_that_of_older_sheets() {
        assert_eq!(seed("2"), "d4735e3a");
        assert_eq!(seed("42"), "73475cb4");
        assert_eq!(seed("69235"), seed("95303"), "the first pair that collides: rows of both look the same");
    }
}
