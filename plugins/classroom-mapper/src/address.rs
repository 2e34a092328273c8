//! Addresses as Moodle writes them.
//!
//! Moodle keeps IPv6 uncompressed and without leading zeros, `''` for people who never came, and `0.0.0.0` where it had no usable
//! address. An IPv4 address that arrived mapped into IPv6 loses information: `cleanremoteaddr()` joins the octets' hexadecimal
//! digits without padding, so that 10.0.5.7 becomes `0:0:0:0:0:ffff:a0:57`, which reads as 0.160.0.87.

use std::net::{Ipv4Addr, Ipv6Addr};

/// What a text turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Address {
    /// There is no address.
    Missing,
    V4(u32),
    V6(u128),
    /// A mapped address that Moodle wrote, with what it can have been.
    Lossy(Readings),
    /// Not one address: a list, a port, a zone index, a word; or mapped beyond recovery.
    Unreadable,
}

/// The addresses that a lossy text can have been, the likeliest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Readings {
    first: u32,
    others: [Option<u32>; 3],
}

/// How Moodle begins every mapped address; no other writer spells the zeros out.
const MAPPED: &str = "0:0:0:0:0:ffff:";

impl Address {
    /// Reads an address.
    pub(crate) fn read(text: &str) -> Self {
        if text.is_empty() {
            return Self::Missing;
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Self::from_v4(address);
        }
        let Ok(address) = text.parse::<Ipv6Addr>() else { return Self::Unreadable };
        let prefix = text.get(..MAPPED.len()).filter(|prefix| prefix.eq_ignore_ascii_case(MAPPED));
        match (prefix, text.get(MAPPED.len()..).and_then(|rest| rest.split_once(':'))) {
            (Some(_), Some((high, low))) => match Readings::of(high, low) {
                Some(Readings { first, others: [None, None, None] }) => Self::from_v4(Ipv4Addr::from(first)),
                Some(readings) => Self::Lossy(readings),
                None => Self::Unreadable,
            },
            _ => match address.to_ipv4_mapped() {
                Some(address) => Self::from_v4(address),
                None if address.is_unspecified() => Self::Missing,
                None => Self::V6(address.to_bits()),
            },
        }
    }

    fn from_v4(address: Ipv4Addr) -> Self {
        if address.is_unspecified() { Self::Missing } else { Self::V4(address.to_bits()) }
    }
}

impl Readings {
    /// Reads the two groups of a mapped address; none where one of them cannot be recovered.
    fn of(high: &str, low: &str) -> Option<Self> {
        let (high, high_other) = pair(high)?;
        let (low, low_other) = pair(low)?;
        let join = |high: u16, low: u16| u32::from(high) << 16 | u32::from(low);
        Some(Self {
            first: join(high, low),
            others: [
                high_other.map(|other| join(other, low)),
                low_other.map(|other| join(high, other)),
                high_other.zip(low_other).map(|(high, low)| join(high, low)),
            ],
        })
    }

    /// Returns what the likeliest reading stands for, unless another reading stands for something else: then it would be a guess.
    pub(crate) fn agree<T: PartialEq>(self, stands_for: impl Fn(u32) -> Option<T>) -> Option<T> {
        let found = stands_for(self.first)?;
        let mut others = self.others.into_iter().flatten().filter_map(stands_for);
        others.all(|other| other == found).then_some(found)
    }
}

/// Reads two octets from a group, as Moodle joined them. Four digits are two and two. Three digits are one and two (`12d` is 1.45),
/// which is what the digits say as a number; that they were two and one (18.13) stays possible. Fewer are not recoverable, nor is
/// a group whose second octet would begin with the zero that Moodle leaves out.
fn pair(group: &str) -> Option<(u16, Option<u16>)> {
    let value = u16::from_str_radix(group, 16).ok()?;
    match group.len() {
        4 => Some((value, None)),
        3 if value >= 0x100 && value & 0xff >= 0x10 => Some((value, Some((value >> 4) << 8 | (value & 0xf)))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(text: &str) -> Address {
        Address::V4(text.parse::<Ipv4Addr>().expect("an address").to_bits())
    }

    #[test]
    fn mapped_addresses_are_recovered_where_they_can_be() {
        assert_eq!(Address::read("0:0:0:0:0:ffff:c0a8:ff2d"), v4("192.168.255.45"));
        assert_eq!(Address::read("::ffff:192.168.1.45"), v4("192.168.1.45"));
        assert_eq!(Address::read("::ffff:c0a8:012d"), v4("192.168.1.45"));
        assert_eq!(Address::read("::FFFF:a00:507"), v4("10.0.5.7"), "compressed, so not by Moodle: the number counts");
        assert_eq!(Address::read("0:0:0:0:0:ffff:0a00:0507"), v4("10.0.5.7"), "padded, so not by Moodle");
        let lossy = Address::read("0:0:0:0:0:ffff:c0a8:12d");
        let [one, two] = ["192.168.1.45", "192.168.18.13"].map(|text| text.parse::<Ipv4Addr>().expect("one").to_bits());
        assert_eq!(lossy, Address::Lossy(Readings { first: one, others: [None, Some(two), None] }));
    }

    #[test]
    fn what_is_lost_is_not_guessed() {
        for text in
            ["0:0:0:0:0:ffff:a0:57", "0:0:0:0:0:ffff:c0a8:1", "0:0:0:0:0:ffff:a0:12d", "0:0:0:0:0:ffff:c05:ff2d"]
        {
            assert_eq!(Address::read(text), Address::Unreadable, "{text}");
        }
    }

    #[test]
    fn an_ambiguous_reading_counts_while_no_other_place_claims_it() {
        let Address::Lossy(readings) = Address::read("0:0:0:0:0:ffff:c0a8:12d") else { panic!("it is lossy") };
        let [one, two] = [readings.first, readings.others[1].expect("the other reading")];
        assert_eq!(readings.agree(|address| (address == one).then_some("Lab 1")), Some("Lab 1"));
        assert_eq!(readings.agree(|_| Some("Lab 1")), Some("Lab 1"), "both in the same room");
        assert_eq!(readings.agree(|address| Some(if address == two { "Lab 2" } else { "Lab 1" })), None);
        assert_eq!(readings.agree(|address| (address == two).then_some("Lab 2")), None, "the likelier one is nowhere");
    }

    #[test]
    fn no_address_and_no_single_address_are_told_apart() {
        for text in ["", "0.0.0.0", "::", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0"] {
            assert_eq!(Address::read(text), Address::Missing, "{text:?}");
        }
        for text in ["N/A", "10.0.0.5, 192.168.1.9", "192.168.1.45:8080", "fe80::1%eth0", "192.168.1."] {
            assert_eq!(Address::read(text), Address::Unreadable, "{text:?}");
        }
    }
}
