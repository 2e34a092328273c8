//! The second net: known secret values are replaced in any text that leaves the host.
//!
//! The first net is that secrets are exposed only where a request is built. This one catches what slips through all the same: a peer
//! that repeats the token in its error, a library that logs the address it asks for.

use std::borrow::Cow;
use std::sync::{Arc, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// What stands in place of a secret.
pub const REDACTED: &str = "[secret]";

/// Secrets shorter than this are replaced only as they are: their encoded forms are too short to mean anything.
const SHORT: usize = 6;

/// Everything but what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Knows secret values and replaces them in text. Cheap to clone; all clones know the same secrets.
#[derive(Clone, Default)]
pub struct Redactor {
    // Longest first, so that a secret which contains another is replaced whole.
    needles: Arc<RwLock<Vec<SecretString>>>,
}

impl Redactor {
    /// Makes a redactor that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers a secret in the forms in which it may appear: as it is, percent-encoded, in a form, in JSON, in base64.
    pub fn register(&self, secret: &SecretString) {
        let plain = secret.expose_secret();
        if plain.is_empty() {
            return;
        }
        let mut forms = vec![plain.to_owned()];
        if plain.len() >= SHORT {
            for set in [NON_ALPHANUMERIC, RESERVED] {
                let encoded = utf8_percent_encode(plain, set).to_string();
                forms.extend([encoded.replace("%20", "+"), lower_hex(&encoded), encoded]);
            }
            forms.extend(based(plain.as_bytes()));
            forms.push(plain.escape_debug().to_string());
            forms.push(plain.replace('\\', "\\\\").replace('"', "\\\""));
        }
        // A poisoned lock means that another thread died while it pushed a needle: the list is whole either way.
        let mut needles = self.needles.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for form in forms {
            if !needles.iter().any(|needle| needle.expose_secret() == form) {
                needles.push(form.into());
            }
        }
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.expose_secret().len()));
    }

    /// Returns the text without any known secret.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let needles = self.needles.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut text = Cow::Borrowed(text);
        for needle in needles.iter() {
            if text.contains(needle.expose_secret()) {
                text = Cow::Owned(text.replace(needle.expose_secret(), REDACTED));
            }
        }
        text
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

/// Turns `%2F` into `%2f` and leaves the rest as it is.
fn lower_hex(encoded: &str) -> String {
    let mut since = usize::MAX;
    let lower = |char: char| {
        since = if char == '%' { 0 } else { since.saturating_add(1) };
        if since <= 2 { char.to_ascii_lowercase() } else { char }
    };
    encoded.chars().map(lower).collect()
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
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    fn redactor(secret: &str) -> Redactor {
        let redactor = Redactor::new();
        redactor.register(&secret.into());
        redactor
    }

    #[test]
    fn every_form() {
        let secret = "p/w ü+\"1:x?=";
        let redactor = redactor(secret);
        let form: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("t", secret).finish();
        let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        for text in [
            secret.to_owned(),
            form,
            percent.clone(),
            percent.to_lowercase(),
            STANDARD.encode(secret),
            URL_SAFE.encode(secret),
            STANDARD.encode(format!("clerk:{secret}")),
            STANDARD.encode(format!("a clerk:{secret} and more")),
            format!("{secret:?}"),
        ] {
            let redacted = redactor.redact(&text);
            assert!(redacted.contains(REDACTED), "{text} became {redacted}");
        }
        assert_eq!(redactor.redact("nothing here"), "nothing here");
    }

    #[test]
    fn longer_secrets_first_and_empty_ones_never() {
        let redactor = redactor("abcdef");
        redactor.register(&"abcdef-and-more".into());
        redactor.register(&"".into());
        assert_eq!(redactor.redact("x abcdef-and-more y abcdef z"), "x [secret] y [secret] z");
        assert!(!format!("{redactor:?}").contains("abcdef"));
    }

    proptest! {
        #[test]
        fn no_secret_survives(secret in "[ -~]{6,40}", before in "[ -~]{0,20}", after in "[ -~]{0,20}") {
            let redactor = redactor(&secret);
            for text in [
                format!("{before}{secret}{after}"),
                STANDARD.encode(format!("{before}{secret}{after}")),
                URL_SAFE.encode(format!("{before}{secret}{after}")),
                format!("{before}{}{after}", utf8_percent_encode(&secret, NON_ALPHANUMERIC)),
            ] {
                prop_assert!(redactor.redact(&text).contains(REDACTED), "{}", text);
            }
            let plain = format!("{before}{secret}{after}");
            let redacted = redactor.redact(&plain);
            prop_assert!(redacted.split(REDACTED).all(|piece| !piece.contains(&secret)), "{}", redacted);
        }
    }
}
