//! Signatures of events.

use axum::http::HeaderMap;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// What the signature of an event was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// There was no secret to check it against.
    Unchecked,
    /// The timestamp or the signature is missing.
    Absent,
    /// It is not that of this timestamp and body.
    Wrong,
    /// It is.
    Right,
}

impl Signature {
    pub(super) fn of(head: &HeaderMap, body: &[u8], secret: Option<&str>) -> Self {
        let Some(secret) = secret else { return Self::Unchecked };
        let (Some(timestamp), Some(signature)) = (head.get("x-beadle-timestamp"), head.get("x-beadle-signature"))
        else {
            return Self::Absent;
        };
        let given = signature.to_str().ok().and_then(|text| text.strip_prefix("sha256="));
        let given = given.and_then(|digits| hex::decode(digits).ok()).unwrap_or_default();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
        for part in [timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        if mac.verify_slice(&given).is_ok() { Self::Right } else { Self::Wrong }
    }
}
