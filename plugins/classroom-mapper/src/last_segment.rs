//! The rule of schools that number their machines after their rooms: the last part of an address is the room.

use std::net::IpAddr;

/// Returns what stands after the last colon, or after the last dot where there is no colon; none where the text is no address or
/// nothing stands there. A list of addresses, an address with a port and one with a zone index name no room.
pub(crate) fn segment(address: &str) -> Option<&str> {
    address.parse::<IpAddr>().ok()?;
    let separator = if address.contains(':') { ':' } else { '.' };
    address.rsplit(separator).next().filter(|segment| !segment.is_empty())
}
