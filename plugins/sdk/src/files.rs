//! The plugin's own folder, read-only.

use crate::bindings::imports::beadle::files::files as wit;
use crate::error::Error;

pub use wit::File;

/// Returns all files in the folder, by path. A plugin without a folder has none.
///
/// # Errors
/// Whatever the host says.
pub fn list() -> Result<Vec<File>, Error> {
    Ok(wit::list()?)
}

/// Returns the bytes of a file.
///
/// # Errors
/// [`Error::Invalid`] where there is no such file.
pub fn read(path: &str) -> Result<Vec<u8>, Error> {
    Ok(wit::read(path)?)
}

/// Returns a file as text, without the byte order mark that some editors put before it.
///
/// # Errors
/// [`Error::Invalid`] where there is no such file, or it is not UTF-8.
pub fn text(path: &str) -> Result<String, Error> {
    let mut text = String::from_utf8(read(path)?)
        .map_err(|_| Error::Invalid(format!("{path} is not UTF-8; save it as UTF-8 and try again")))?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}
