//! Messages in chat channels, by the names the operator gave them.

use crate::bindings::imports::beadle::chat::chat as wit;
use crate::error::Error;

pub use wit::{Block, Form, Link, Look, Mention, Message, Moment, Piece, Severity, Words};

/// Returns plain words.
pub fn words(text: impl Into<String>) -> Piece {
    Piece::Words(Words { text: text.into(), look: Look::Plain })
}

/// Returns words that look so.
pub fn look(text: impl Into<String>, look: Look) -> Piece {
    Piece::Words(Words { text: text.into(), look })
}

/// Returns a link.
pub fn link(text: impl Into<String>, url: impl Into<String>) -> Piece {
    Piece::Link(Link { text: text.into(), url: url.into() })
}

/// Returns a point in time, in milliseconds since 1970-01-01 UTC, or a stretch where there is an end.
pub fn time(at: u64, until: Option<u64>, form: Form, look: Look) -> Piece {
    Piece::Time(Moment { at, until, form, look })
}

/// Stages that a message shall stand in a channel under a key, from `at` on (at once where it is none) and until `until`, both in
/// milliseconds since 1970-01-01 UTC.
///
/// # Errors
/// [`Error::Denied`] where the channel is not granted; [`Error::Invalid`] where the message cannot be sent anywhere.
pub fn put(channel: &str, key: &str, message: &Message, at: Option<u64>, until: Option<u64>) -> Result<(), Error> {
    Ok(wit::put(channel, key, message, at, until)?)
}

/// Stages that no message shall stand in a channel under a key.
///
/// # Errors
/// [`Error::Denied`] where the channel is not granted.
pub fn remove(channel: &str, key: &str) -> Result<(), Error> {
    Ok(wit::remove(channel, key)?)
}
