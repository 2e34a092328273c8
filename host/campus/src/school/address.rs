//! Addresses as Moodle writes them into its tables, which is not how anybody else writes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// In which form a person's address arrives in the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Dotted IPv4.
    V4,
    /// IPv6, uncompressed, lower case, without leading zeros.
    V6,
    /// IPv4-mapped in Moodle's own way, from which the address can be told.
    Mapped,
    /// IPv4-mapped in Moodle's own way, from which the address can not be told.
    MappedLossy,
    /// The address of a reverse proxy in front of Moodle.
    Proxy,
    /// `0.0.0.0`: Moodle had no usable address.
    Unusable,
}

/// Writes an IPv4 address.
pub fn plain_v4(address: Ipv4Addr) -> String {
    address.to_string()
}

/// Writes an IPv6 address: all eight groups, lower case, no leading zeros.
pub fn plain_v6(address: Ipv6Addr) -> String {
    address.segments().map(|group| format!("{group:x}")).join(":")
}

/// Writes an IPv4 address that arrived on a dual-stack listener.
///
/// Moodle joins the hexadecimal octets without padding, so `::ffff:10.0.5.7` becomes `0:0:0:0:0:ffff:a0:57`, which reads
/// as 0.160.0.87. The usual reading is right only if the second and the fourth octet are 16 or more, and a group of three
/// digits always has two readings: `12d` is 1.45 and 18.13 alike.
pub fn mapped(address: Ipv4Addr) -> String {
    let [a, b, c, d] = address.octets();
    format!("0:0:0:0:0:ffff:{a:x}{b:x}:{c:x}{d:x}")
}

/// Reads an address from the tables back; a mapped one as if nothing was lost, and only where that is possible.
pub(super) fn read(text: &str) -> Option<IpAddr> {
    if let Some(groups) = text.strip_prefix("0:0:0:0:0:ffff:") {
        let (high, low) = groups.split_once(':')?;
        let (high, low) = (u16::from_str_radix(high, 16).ok()?, u16::from_str_radix(low, 16).ok()?);
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        let address = Ipv4Addr::new(a, b, c, d);
        // Octets below 16 in the second and fourth place have shifted the first and third: such a reading is not to be
        // trusted, and it is the only one that has a zero in front of a single digit.
        return (b >= 16 && d >= 16 && mapped(address) == text).then_some(IpAddr::V4(address));
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_moodle_was_seen_to_write() {
        assert_eq!(plain_v6("2001:db8:12::45".parse().expect("address")), "2001:db8:12:0:0:0:0:45");
        assert_eq!(plain_v6("fe80::1c2b:3aff:fe4d:5e6f".parse().expect("address")), "fe80:0:0:0:1c2b:3aff:fe4d:5e6f");
        assert_eq!(mapped(Ipv4Addr::new(192, 168, 1, 45)), "0:0:0:0:0:ffff:c0a8:12d");
        assert_eq!(mapped(Ipv4Addr::new(10, 0, 5, 7)), "0:0:0:0:0:ffff:a0:57");
    }

    #[test]
    fn reads_back_only_what_was_not_lost() {
        assert_eq!(read("0:0:0:0:0:ffff:c0a8:12d"), Some(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 45))));
        assert_eq!(read("0:0:0:0:0:ffff:a14:32d"), Some(IpAddr::V4(Ipv4Addr::new(10, 20, 3, 45))));
        assert_eq!(read("0:0:0:0:0:ffff:a0:57"), None);
        assert_eq!(read("0:0:0:0:0:ffff:a14:57"), None);
        assert_eq!(read(""), None);
        assert_eq!(read("2001:db8:12:0:0:0:0:45"), "2001:db8:12::45".parse().ok());
    }
}
