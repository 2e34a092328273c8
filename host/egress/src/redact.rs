//! The second net: known secret values are replaced in any text that leaves the host.
//!
//! The first net is that secrets are exposed only where a request is built. This one catches what slips through all the same: a peer
//! that repeats the token in its error, a library that logs the address it asks for.

mod written;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

/// What stands in place of a secret.
pub const REDACTED: &str = "[secret]";

/// Secrets shorter than this are replaced only as they are: their encoded forms are too short to mean anything.
const SHORT: usize = 6;

/// Knows secret values and replaces them in text. Cheap to clone; all clones know the same secrets.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Known>>,
}

#[derive(Default)]
struct Known {
    secrets: Vec<SecretString>,
    /// Finds all of them as they are, in base64 and in hexadecimal digits, at one pass: answers of many megabytes go through here.
    /// Made when it is first needed: a key of many lines is learnt line by line.
    forms: OnceLock<Option<AhoCorasick>>,
}

impl Redactor {
    /// Makes a redactor that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers a secret. From now on it is found as it is, escaped as addresses, forms, JSON and pages do, in base64 wherever it lies
    /// in what was encoded, and in hexadecimal digits.
    pub fn register(&self, secret: &SecretString) {
        let plain = secret.expose_secret();
        // A poisoned lock means that another thread died while it added a secret: the list is whole either way.
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if plain.is_empty() || known.secrets.iter().any(|other| other.expose_secret() == plain) {
            return;
        }
        known.secrets.push(secret.clone());
        known.forms = OnceLock::new();
    }

    /// Returns the text without any known secret.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = Vec::new();
        if let Some(forms) = known.forms.get_or_init(|| finder(&known.secrets)) {
            found.extend(forms.find_iter(text).map(|one| one.range()));
        }
        let long = known.secrets.iter().map(ExposeSecret::expose_secret).filter(|secret| secret.len() >= SHORT);
        long.for_each(|secret| escaped(text, secret, &mut found));
        if found.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(without(text, found)) }
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

fn finder(secrets: &[SecretString]) -> Option<AhoCorasick> {
    let forms = secrets.iter().flat_map(|secret| forms(secret.expose_secret()));
    // The longest first, so that a secret which contains another is replaced whole. It fails only beyond two thousand million states.
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(forms).ok()
}

/// Finds a secret some of whose characters are escaped: at the first of its escapes, with what stands before that as it is. Most
/// escapes of an answer of many megabytes stand for a character that the secret does not have at all.
fn escaped(text: &str, secret: &str, found: &mut Vec<Range<usize>>) {
    let spaced = secret.contains(' ').then(|| memchr::memchr_iter(b'+', text.as_bytes())).into_iter().flatten();
    let escapes = memchr::memchr3_iter(b'%', b'\\', b'&', text.as_bytes());
    for at in escapes.chain(spaced).filter(|&at| written::may_be_of(text, at, secret)) {
        let heads = secret.char_indices().map(|(index, _)| secret.split_at(index));
        for (plain, rest) in heads {
            // Nearly always the byte before tells.
            let before = at.checked_sub(1).and_then(|before| text.as_bytes().get(before));
            if plain.as_bytes().last().is_some_and(|last| Some(last) != before) || !text[..at].ends_with(plain) {
                continue;
            }
            if let Some(end) = written::end(text, at, rest) {
                found.push(at - plain.len()..end);
            }
        }
    }
}

/// Puts a mark in place of each stretch; those that overlap get one.
fn without(text: &str, mut found: Vec<Range<usize>>) -> String {
    found.sort_unstable_by_key(|range| (range.start, range.end));
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for range in found {
        if range.start >= from {
            kept.push_str(&text[from..range.start]);
            kept.push_str(REDACTED);
        }
        from = from.max(range.end);
    }
    kept.push_str(&text[from..]);
    kept
}

/// Returns a secret as it is and in the forms that hold nothing of its characters.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    if secret.len() >= SHORT {
        forms.extend(based(secret.as_bytes()));
        let digits: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        forms.extend([digits.to_uppercase(), digits]);
    }
    forms
}

/// Returns what stands in base64 wherever the secret lies in what was encoded, such as behind `user:` in a basic authorization.
fn based(secret: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for lead in 0..3 {
        let mut bytes = vec![0; lead];
        bytes.extend_from_slice(secret);
        // Digits at both ends carry bits of the neighbours as well, and differ.
        let from = [0, 2, 3][lead];
        let whole = bytes.len() * 8 / 6;
        for text in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            forms.push(text[from..whole].to_owned());
        }
    }
    forms
}

#[cfg(test)]
mod tests;
