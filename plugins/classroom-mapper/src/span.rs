//! A stretch of addresses: a network, a range, or one.

use std::net::IpAddr;

use ipnet::IpNet;

/// The addresses from `first` to `last`, both included, of one family. IPv4 in IPv6 clothes is IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) v6: bool,
    pub(crate) first: u128,
    pub(crate) last: u128,
}

impl Span {
    /// Reads `10.0.1.0/24`.
    pub(crate) fn network(text: &str) -> Result<Self, String> {
        let network: IpNet =
            text.trim().parse().map_err(|_| format!("{text:?} is not a network; write it as 10.0.1.0/24"))?;
        if network.trunc() != network {
            return Err(format!("{text} is an address in a network; the network is {}", network.trunc()));
        }
        Self::between(network.network(), network.broadcast())
            .ok_or_else(|| format!("{text} holds all IPv4 addresses and others; write the two apart"))
    }

    /// Reads `10.0.0.10-10.0.0.40`.
    pub(crate) fn range(text: &str) -> Result<Self, String> {
        let ends = text.split_once('-').and_then(|(first, last)| {
            Some((first.trim().parse::<IpAddr>().ok()?, last.trim().parse::<IpAddr>().ok()?))
        });
        let (first, last) = ends.ok_or_else(|| format!("{text:?} is not a range; write it as 10.0.0.10-10.0.0.40"))?;
        let span = Self::between(first, last).ok_or_else(|| format!("{text} begins as IPv4 and ends as IPv6"))?;
        if span.first > span.last {
            return Err(format!("{text} ends before it begins"));
        }
        Ok(span)
    }

    /// Reads `10.0.0.7`.
    pub(crate) fn address(text: &str) -> Result<Self, String> {
        let address: IpAddr = text.trim().parse().map_err(|_| format!("{text:?} is not an address"))?;
        Self::between(address, address).ok_or_else(|| format!("{text:?} is not an address"))
    }

    /// Reads any of the three, by its look.
    pub(crate) fn any(text: &str) -> Result<Self, String> {
        if text.contains('/') {
            Self::network(text)
        } else if text.contains('-') {
            Self::range(text)
        } else {
            Self::address(text)
        }
    }

    fn between(first: IpAddr, last: IpAddr) -> Option<Self> {
        match (first.to_canonical(), last.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                Some(Self { v6: false, first: first.to_bits().into(), last: last.to_bits().into() })
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                Some(Self { v6: true, first: first.to_bits(), last: last.to_bits() })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_read() {
        let v4 = |first: u128, last: u128| Ok(Span { v6: false, first, last });
        assert_eq!(Span::any("10.0.1.0/24"), v4(0x0a00_0100, 0x0a00_01ff));
        assert_eq!(Span::any("10.0.0.10 - 10.0.0.40"), v4(0x0a00_000a, 0x0a00_0028));
        assert_eq!(Span::any("10.0.0.7"), v4(0x0a00_0007, 0x0a00_0007));
        assert_eq!(Span::any("::ffff:10.0.0.7"), v4(0x0a00_0007, 0x0a00_0007));
        assert_eq!(Span::any("::ffff:10.0.1.0/120"), v4(0x0a00_0100, 0x0a00_01ff));
        assert_eq!(Span::any("0.0.0.0/0"), v4(0, 0xffff_ffff));
        let six = Span::any("2001:db8:12::/48").expect("a network");
        assert_eq!((six.v6, six.last - six.first), (true, (1 << 80) - 1));
    }

    #[test]
    fn what_does_not_read_says_how_to_write_it() {
        let problem = |text: &str| Span::any(text).expect_err(text);
        assert_eq!(problem("10.0.1.5/24"), "10.0.1.5/24 is an address in a network; the network is 10.0.1.0/24");
        assert_eq!(problem("10.0.1.0/33"), "\"10.0.1.0/33\" is not a network; write it as 10.0.1.0/24");
        assert_eq!(problem("10.0.0.40-10.0.0.10"), "10.0.0.40-10.0.0.10 ends before it begins");
        assert_eq!(problem("10.0.0.1-::5"), "10.0.0.1-::5 begins as IPv4 and ends as IPv6");
        assert_eq!(problem("10.0.0.10-40"), "\"10.0.0.10-40\" is not a range; write it as 10.0.0.10-10.0.0.40");
        assert_eq!(problem("lab"), "\"lab\" is not an address");
    }
}
