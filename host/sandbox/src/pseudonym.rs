//! Pseudonyms: a keyed hash over site and text. Without the key they cannot be turned back by trying all texts, which for small
//! numbers such as user ids takes milliseconds.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The key of all pseudonyms. It never leaves the host.
#[derive(Clone)]
pub struct PseudonymKey(Hmac<Sha256>);

impl PseudonymKey {
    /// How many bytes a key has at least.
    pub const LEAST: usize = 16;

    /// Takes the key's bytes; `None` where they are too few to be worth anything.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < Self::LEAST {
            return None;
        }
        Hmac::new_from_slice(bytes).ok().map(Self)
    }

    /// Returns the pseudonym of a text at a site, 16 hexadecimal digits.
    pub fn pseudonym(&self, site: &str, text: &str) -> String {
        let mut hash = self.0.clone();
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hash.update(&(site.len() as u64).to_le_bytes());
        hash.update(site.as_bytes());
        hash.update(text.as_bytes());
        hex::encode(&hash.finalize().into_bytes()[..8])
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_depends_on_key_site_and_text() {
        let key = PseudonymKey::new(&[7; 32]).expect("long enough");
        let other = PseudonymKey::new(&[8; 32]).expect("long enough");
        let pseudonym = key.pseudonym("main", "42");
        assert_eq!(pseudonym.len(), 16);
        assert_eq!(pseudonym, key.pseudonym("main", "42"));
        assert_ne!(pseudonym, key.pseudonym("north", "42"));
        assert_ne!(pseudonym, key.pseudonym("main", "43"));
        assert_ne!(pseudonym, other.pseudonym("main", "42"));
        assert_ne!(key.pseudonym("ab", "c"), key.pseudonym("a", "bc"));
        assert!(PseudonymKey::new(b"short").is_none());
        assert_eq!(format!("{key:?}"), "PseudonymKey");
    }
}
