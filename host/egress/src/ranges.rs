//! Which addresses lie outside the public network.
//!
//! A name under an attacker's control may resolve to `127.0.0.1`, to a printer, or to the metadata service of the cloud the host runs
//! in. The table follows the special-purpose registries of IANA.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use ipnet::IpNet;

/// How far an address may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The public network.
    Public,
    /// A network of one's own: only where the operator granted the host and port as private.
    Private(&'static str),
    /// Never, whatever is granted: metadata services, multicast, unassigned space.
    Never(&'static str),
}

/// An address was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} is at {address} ({why}), which plugins may not reach{}", if *liftable { " unless the grant says \"private\"" } else { "" })]
pub struct Blocked {
    /// The name or literal asked for.
    pub host: String,
    /// The first address that is refused.
    pub address: IpAddr,
    /// What the address is.
    pub why: &'static str,
    /// Whether a grant could allow it.
    pub liftable: bool,
}

const PRIVATE: &[(&str, &str)] = &[
    ("10.0.0.0/8", "a private network, RFC 1918"),
    ("172.16.0.0/12", "a private network, RFC 1918"),
    ("192.168.0.0/16", "a private network, RFC 1918"),
    ("127.0.0.0/8", "this machine"),
    ("100.64.0.0/10", "a provider's internal network, RFC 6598"),
    ("198.18.0.0/15", "a test network, RFC 2544"),
    ("::1/128", "this machine"),
    ("fc00::/7", "a private network, RFC 4193"),
    ("fec0::/10", "a private network, RFC 3879"),
];

const NEVER: &[(&str, &str)] = &[
    ("0.0.0.0/8", "this network"),
    ("169.254.0.0/16", "link-local, where clouds keep their metadata"),
    ("192.0.0.0/24", "protocol assignments, RFC 6890"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "an abandoned relay, RFC 7526"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/96", "an IPv4 address in disguise"),
    ("64:ff9b::/96", "an IPv4 address in disguise, RFC 6052"),
    ("64:ff9b:1::/48", "an IPv4 address in disguise, RFC 8215"),
    ("100::/64", "discarded, RFC 6666"),
    ("2001::/23", "protocol assignments, RFC 2928"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "an IPv4 address in disguise, RFC 3056"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing, RFC 9602"),
    ("fe80::/10", "link-local"),
    ("ff00::/8", "multicast"),
    // Last, because the first match wins: nothing but 2000::/3 is given to anybody.
    ("::/3", "outside of the public network"),
    ("4000::/2", "outside of the public network"),
    ("8000::/1", "outside of the public network"),
];

static TABLE: LazyLock<Vec<(IpNet, Reach)>> = LazyLock::new(|| {
    let private = PRIVATE.iter().map(|(net, why)| (*net, Reach::Private(why)));
    let never = NEVER.iter().map(|(net, why)| (*net, Reach::Never(why)));
    private.chain(never).filter_map(|(net, reach)| Some((net.parse().ok()?, reach))).collect()
});

/// Returns how far an address may be reached. IPv4 addresses mapped into IPv6 are judged as what they are.
pub fn reach(address: IpAddr) -> Reach {
    let address = match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    };
    // The first match wins, so that `::1` is this machine and not an IPv4 address in disguise.
    TABLE.iter().find(|(net, _)| net.contains(&address)).map_or(Reach::Public, |(_, reach)| *reach)
}

/// Refuses if any address may not be reached.
pub(crate) fn check(host: &str, addresses: &[IpAddr], private_too: bool) -> Result<(), Blocked> {
    for address in addresses {
        let (why, liftable) = match reach(*address) {
            Reach::Public => continue,
            Reach::Private(_) if private_too => continue,
            Reach::Private(why) => (why, true),
            Reach::Never(why) => (why, false),
        };
        return Err(Blocked { host: host.to_owned(), address: *address, why, liftable });
    }
    Ok(())
}

/// Whether an address is this machine's own.
pub(crate) fn loopback(host: &url::Host<&str>) -> bool {
    match host {
        url::Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        url::Host::Ipv4(address) => Ipv4Addr::is_loopback(address),
        url::Host::Ipv6(address) => Ipv6Addr::is_loopback(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Reach {
        reach(text.parse().unwrap())
    }

    #[test]
    fn every_row_of_the_table_is_a_network() {
        assert_eq!(TABLE.len(), PRIVATE.len() + NEVER.len());
    }

    #[test]
    fn edges() {
        let public = [
            "9.255.255.255",
            "11.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "1.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2003::1",
            "2606:4700::1",
            "::ffff:9.9.9.9",
        ];
        for address in public {
            assert_eq!(of(address), Reach::Public, "{address}");
        }
        let private = [
            "10.0.0.0",
            "10.255.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.168.0.0",
            "192.168.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "::1",
            "fc00::",
            "fdff::1",
            "fec0::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:192.168.1.45",
        ];
        for address in private {
            assert!(matches!(of(address), Reach::Private(_)), "{address}");
        }
        let never = [
            "0.0.0.0",
            "0.255.255.255",
            "169.254.0.0",
            "169.254.169.254",
            "169.254.255.255",
            "192.0.0.0",
            "192.0.0.255",
            "192.0.2.1",
            "192.88.99.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::7f00:1",
            "::10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fe80::1",
            "febf::1",
            "ff02::1",
            "::ffff:0:7f00:1",
            "1fff::1",
            "4000::1",
            "ffff::1",
            "::ffff:169.254.169.254",
            "::ffff:0.0.0.0",
        ];
        for address in never {
            assert!(matches!(of(address), Reach::Never(_)), "{address}");
        }
    }

    #[test]
    fn one_bad_address_is_enough() {
        let addresses = ["9.9.9.9".parse().unwrap(), "10.0.0.1".parse().unwrap()];
        let blocked = check("mixed.example", &addresses, false).unwrap_err();
        assert_eq!(blocked.address, addresses[1]);
        assert!(blocked.to_string().contains("private"), "{blocked}");
        assert_eq!(check("mixed.example", &addresses, true), Ok(()));
        assert!(check("meta.example", &["169.254.169.254".parse().unwrap()], true).is_err());
    }
}
