//! The run itself: why it exists, and how it speaks to the people who watch it.

use serde::de::DeserializeOwned;

use crate::bindings::imports::beadle::run::run as wit;
use crate::error::Error;

pub use wit::{Level, Table, Terms as Context, Trigger};

/// Returns why this run exists and under which terms.
pub fn context() -> Context {
    wit::context()
}

/// Returns the operator's settings.
///
/// # Errors
/// [`Error::Invalid`] where they do not fit the type. They have passed the plugin's schema, so schema and type differ then.
pub fn settings<T: DeserializeOwned>() -> Result<T, Error> {
    parse(&context().settings)
}

/// Reads settings from their JSON text.
pub(crate) fn parse<T: DeserializeOwned>(settings: &str) -> Result<T, Error> {
    serde_json::from_str(settings).map_err(|error| Error::unreadable("the settings", &error))
}

/// Returns a stable pseudonym of 16 hexadecimal digits for each text, in order.
///
/// # Errors
/// Whatever the host says.
pub fn pseudonyms(texts: &[String]) -> Result<Vec<String>, Error> {
    Ok(wit::pseudonyms(texts)?)
}

/// Commits what is staged so far. After it, the plan is empty again.
///
/// # Errors
/// Whatever the host says.
pub fn checkpoint() -> Result<(), Error> {
    Ok(wit::checkpoint()?)
}

/// Asks for an earlier run of this schedule, at an instant in milliseconds since 1970-01-01 UTC. What a committed run asks for replaces
/// what the one before it asked for; nothing but freshness may rest on it.
///
/// # Errors
/// [`Error::Invalid`] where there are too many, or it lies too far ahead.
pub fn wake_at(at: u64) -> Result<(), Error> {
    Ok(wit::wake_at(at)?)
}

/// Says how far a long run has come.
pub fn progress(done: u64, total: Option<u64>, what: &str) {
    wit::progress(done, total, what);
}

/// Shows a table to the person at the terminal. It is never stored, logged or sent.
pub fn show(table: &Table) {
    wit::show(table);
}

/// Writes a line to the run's log. The macros `debug!`, `info!`, `warn!` and `error!` of this crate are shorter.
///
/// Where there is no host, as in a plugin's own tests, the line goes to standard error.
#[cfg_attr(
    not(target_family = "wasm"),
    expect(clippy::print_stderr, reason = "tests show it where it helps, with the failure")
)]
pub fn log(level: Level, message: &str) {
    if cfg!(target_family = "wasm") {
        wit::log(level, message);
    } else {
        eprintln!("{level:?}: {message}");
    }
}
