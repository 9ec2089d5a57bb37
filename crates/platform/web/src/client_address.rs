//! Who is calling.

use crate::PeerAddress;
use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;
use ipnet::IpNet;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

/// The networks whose `X-Forwarded-For` is believed. None by default. Set by `TRUSTED_PROXIES`.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl FromStr for TrustedProxies {
    type Err = ipnet::AddrParseError;

    /// Reads addresses and networks with commas between, such as `10.0.0.0/8, 127.0.0.1`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| part.parse::<IpAddr>().map(IpNet::from).or_else(|_| part.parse()))
            .collect::<Result<Vec<_>, _>>()
            .map(|networks| Self(networks.into()))
    }
}

impl TrustedProxies {
    /// Whether what `address` says about its callers is believed.
    pub fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The nearest address on the way from the caller, over `peer`, that is not one of our proxies.
    pub fn client_of(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trust(peer) {
            return peer;
        }
        let forwarded: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(','))
            .map(str::trim)
            .collect();
        let mut client = peer;
        // Each proxy appends whom it heard from, so the right end is the most trustworthy.
        for hop in forwarded.into_iter().rev() {
            let Ok(address) = hop.parse::<IpAddr>() else { return client };
            client = address;
            if !self.trust(address) {
                return client;
            }
        }
        client
    }
}

/// The caller's address, seen through trusted proxies. For limits and audit; never a proof of identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let peer = PeerAddress::of(&parts.extensions);
        let address = match parts.extensions.get::<TrustedProxies>() {
            Some(proxies) => proxies.client_of(peer, &parts.headers),
            None => peer,
        };
        Ok(Self(address))
    }
}

/// The first 64 bits of an IPv6 address are counted as one: whoever has one address usually has all of those.
const IPV6_NETWORK_SEGMENTS: usize = 4;

/// The part of an address that one caller cannot change at will: what limits count by.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let mut segments = [0; 8];
            for (kept, given) in segments.iter_mut().zip(address.segments()).take(IPV6_NETWORK_SEGMENTS) {
                *kept = given;
            }
            IpAddr::V6(Ipv6Addr::from(segments))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{TrustedProxies, network_of};
    use http::{HeaderMap, HeaderValue};

    fn forwarded(chain: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static(chain));
        headers
    }

    #[test]
    fn one_network_is_one_caller() {
        let network = |text: &str| network_of(text.parse().unwrap()).to_string();
        assert_eq!(network("203.0.113.9"), "203.0.113.9");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("2001:db8:1:2:ffff::1"), network("2001:db8:1:2::9"));
        assert_ne!(network("2001:db8:1:3::1"), network("2001:db8:1:2::1"));
    }

    #[test]
    fn a_stranger_cannot_choose_an_address() {
        let proxies: TrustedProxies = "10.0.0.0/8, 127.0.0.1".parse().unwrap();
        let stranger = "203.0.113.9".parse().unwrap();
        assert_eq!(proxies.client_of(stranger, &forwarded("1.2.3.4")), stranger);
    }

    #[test]
    fn the_nearest_untrusted_hop_is_the_client() {
        let proxies: TrustedProxies = "10.0.0.0/8".parse().unwrap();
        let proxy = "10.1.1.1".parse().unwrap();
        let chain = forwarded("6.6.6.6, 203.0.113.9, 10.2.2.2");
        assert_eq!(proxies.client_of(proxy, &chain).to_string(), "203.0.113.9");
        assert_eq!(proxies.client_of(proxy, &forwarded("nonsense")), proxy);
    }
}
