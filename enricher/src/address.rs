//! Addresses: networks, the walk over trusted proxies, and coarse forms.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

/// The text is no address and no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no address or network")]
pub struct NotANetwork;

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| NotANetwork)?)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(NotANetwork);
        }
        Ok(Self { first, bits })
    }
}

impl Network {
    /// Returns loopback and private networks: where proxies stand unless somebody says otherwise.
    pub fn private() -> Vec<Self> {
        ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7"]
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect()
    }

    /// Tells whether an address lies in the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(other)) => {
                mask4(first, self.bits) == mask4(other, self.bits)
            }
            (IpAddr::V6(first), IpAddr::V6(other)) => {
                mask6(first, self.bits) == mask6(other, self.bits)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

fn mask4(address: Ipv4Addr, bits: u8) -> Ipv4Addr {
    let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
    Ipv4Addr::from_bits(address.to_bits() & mask)
}

fn mask6(address: Ipv6Addr, bits: u8) -> Ipv6Addr {
    let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
    Ipv6Addr::from_bits(address.to_bits() & mask)
}

/// Tells whether an address is of somebody's own: loopback, private, of one link, or none at all.
pub(crate) fn is_inside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified()
        }
        IpAddr::V6(v6) => {
            v6.is_unique_local()
                || v6.is_loopback()
                || v6.is_unicast_link_local()
                || v6.is_unspecified()
        }
    }
}

/// Cuts an address to its network: 24 bits of IPv4, 48 of IPv6.
pub(crate) fn coarsen(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(mask4(address, 24)),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(inner) => IpAddr::V4(mask4(inner, 24)),
            None => IpAddr::V6(mask6(address, 48)),
        },
    }
}

/// Reads an address as logs write it: with a port, in brackets.
pub(crate) fn read(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Some(inner) = text.strip_prefix('[') {
        return inner.split_once(']')?.0.parse().ok();
    }
    let (host, port) = text.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    host.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// Returns the client of a chain of addresses that ends with the one we were connected to.
///
/// The walk goes from our end to the first address that is no proxy of ours: what stands before it, anybody could write.
pub(crate) fn client<'a>(chain: &'a str, trusted: &[Network]) -> &'a str {
    let mut nearest = chain.trim();
    for hop in chain.rsplit(',').map(str::trim) {
        if hop.is_empty() || hop == "-" {
            continue;
        }
        nearest = hop;
        let is_ours = read(hop)
            .is_some_and(|address| trusted.iter().any(|network| network.contains(address)));
        if !is_ours {
            break;
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses_only() {
        let network: Network = "10.1.0.0/16".parse().unwrap();
        assert!(network.contains("10.1.255.1".parse().unwrap()));
        assert!(!network.contains("10.2.0.1".parse().unwrap()));
        assert!(!network.contains("::1".parse().unwrap()));
        assert!("10.1.0.0/33".parse::<Network>().is_err());
        assert!("shop".parse::<Network>().is_err());
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("203.0.113.9".parse().unwrap()));
    }

    #[test]
    fn a_coarse_address_is_its_network() {
        let check = |text: &str, want: &str| {
            assert_eq!(coarsen(read(text).unwrap()).to_string(), want, "{text}");
        };
        check("203.0.113.77", "203.0.113.0");
        check("203.0.113.77:8080", "203.0.113.0");
        check("2001:db8:1:2:3::4", "2001:db8:1::");
        check("[2001:db8:1:2::4]:443", "2001:db8:1::");
        check("::ffff:203.0.113.77", "203.0.113.0");
    }

    #[test]
    fn the_walk_stops_at_the_first_address_that_is_no_proxy_of_ours() {
        let trusted = Network::private();
        let check = |chain: &str, want: &str| assert_eq!(client(chain, &trusted), want, "{chain}");
        check("203.0.113.7", "203.0.113.7");
        check("203.0.113.7, 10.0.0.1", "203.0.113.7");
        check("198.51.100.66, 203.0.113.7, 10.0.0.2, 10.0.0.1", "203.0.113.7");
        check("198.51.100.66, 203.0.113.7", "203.0.113.7");
        check("10.0.0.9, 10.0.0.1", "10.0.0.9");
        check("-, 10.0.0.1", "10.0.0.1");
        check("unknown, 10.0.0.1", "unknown");
    }
}
