//! Bytes worth keeping: a site's answer as it came, a file.

use crate::Error;
use crate::bindings::imports::beadle::artifacts::artifacts as wit;

pub use wit::{Artifact, Reference};

/// Keeps several contents and stages that their subjects refer to them. Returns their digests, in the order of the artifacts; one that
/// fails leaves the others standing.
///
/// # Errors
/// [`Error::Denied`] where it is not granted; [`Error::Unavailable`] where the disk refuses it.
pub fn put(artifacts: &[Artifact]) -> Vec<Result<String, Error>> {
    wit::put(artifacts).into_iter().map(|put| Ok(put?)).collect()
}

/// Returns content by its digest.
///
/// # Errors
/// [`Error::Denied`] where it is not granted; [`Error::Unavailable`] where it is not there, or nothing of the site refers to it.
pub fn get(digest: &str) -> Result<Vec<u8>, Error> {
    Ok(wit::get(digest)?)
}

/// Returns what a subject refers to now, as committed, by name.
///
/// # Errors
/// [`Error::Denied`] where it is not granted.
pub fn references(subject: &str) -> Result<Vec<Reference>, Error> {
    Ok(wit::references(subject)?)
}
