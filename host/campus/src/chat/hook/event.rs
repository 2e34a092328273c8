//! What came to the hook.

use axum::http::HeaderMap;
use bytes::Bytes;

use super::Signature;

/// Whether the key of an event came before on its path, with an event that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It did not, or there is no key.
    First,
    /// It did, with the same body.
    Again,
    /// It did, with another body: the client's keys do not tell its events apart.
    Clash,
}

/// An event that was posted.
#[derive(Clone, Debug)]
pub struct Event {
    /// Where it was posted, from `/hook` on.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
    /// When it came, in milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    /// The value of `Idempotency-Key`.
    pub key: Option<String>,
    /// What its signature was found to be.
    pub signature: Signature,
    /// Whether its key came before.
    pub repeat: Repeat,
    /// Whether it took effect.
    pub applied: bool,
}

impl Event {
    pub(super) fn new(
        before: &[Self],
        path: &str,
        headers: &HeaderMap,
        body: Bytes,
        signature: Signature,
        welcome: bool,
        at_ms: i64,
    ) -> Self {
        let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let same = |event: &&Self| event.applied && event.path == path && event.key == key;
        let repeat = match before.iter().find(same).filter(|_| key.is_some()) {
            None => Repeat::First,
            Some(first) if first.body == body => Repeat::Again,
            Some(_) => Repeat::Clash,
        };
        let applied = welcome && repeat == Repeat::First;
        Self { path: path.to_owned(), headers: headers.clone(), body, at_ms, key, signature, repeat, applied }
    }

    /// Returns the value of a header; nothing if it is absent or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the body as text; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
