//! From network addresses to rooms.

use crate::bindings::imports::beadle::classrooms::classrooms as wit;
use crate::error::Error;

pub use wit::Place;

/// Returns a place for each address, in order, none where the address is unknown.
///
/// # Errors
/// [`Error::Denied`] where no mapper is configured; whatever else the mapper says.
pub fn locate(addresses: &[String]) -> Result<Vec<Option<Place>>, Error> {
    Ok(wit::locate(addresses)?)
}
