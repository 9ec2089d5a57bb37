//! What of a message's head is passed on.

use crate::choice::VERSION_HEADER;
use dashly_web::TrustedProxies;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::net::IpAddr;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Headers that concern one connection and not the message (RFC 9110, section 7.6.1), beside those that `Connection`
/// names.
const OF_ONE_CONNECTION: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Removes what concerns one connection only.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(header::CONNECTION) {
        let named: Vec<HeaderName> = headers
            .get_all(header::CONNECTION)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|name| name.trim().parse().ok())
            .collect();
        for name in named {
            headers.remove(name);
        }
    }
    // With both, the length is a lie, and a backend that believed it would see a request that nobody sent.
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    for name in &OF_ONE_CONNECTION {
        headers.remove(name);
    }
}

/// Whether the caller wants the connection to become something else than HTTP.
pub(crate) fn wants_websocket(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|protocol| protocol.trim().eq_ignore_ascii_case("websocket"))
}

/// Makes the head that backends get; says whether the caller came over TLS.
pub(crate) fn prepare_request(headers: &mut HeaderMap, peer: IpAddr, trusted: &TrustedProxies) -> bool {
    remove_hop_by_hop(headers);
    headers.remove(VERSION_HEADER);
    // The edge has read what it needs of the body, or reads it when a backend does.
    headers.remove(header::EXPECT);
    let is_believed = trusted.trust(peer);
    if !is_believed {
        for name in [FORWARDED_FOR, FORWARDED_PROTO, FORWARDED_HOST, header::FORWARDED] {
            headers.remove(name);
        }
    }
    let before: Vec<&str> =
        headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
    let chain = if before.is_empty() { peer.to_string() } else { format!("{}, {peer}", before.join(", ")) };
    if let Ok(value) = HeaderValue::try_from(chain) {
        headers.insert(FORWARDED_FOR, value);
    }
    if !headers.contains_key(FORWARDED_HOST)
        && let Some(host) = headers.get(header::HOST).cloned()
    {
        headers.insert(FORWARDED_HOST, host);
    }
    let proto = headers.entry(FORWARDED_PROTO).or_insert(HeaderValue::from_static("http"));
    proto.as_bytes().eq_ignore_ascii_case(b"https")
}

/// The id that the caller gave the request, if it can be passed on.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    const MAX_CHARACTERS: usize = 128;
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    ((1..=MAX_CHARACTERS).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::{prepare_request, remove_hop_by_hop};
    use dashly_web::TrustedProxies;
    use http::{HeaderMap, HeaderValue};

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn what_concerns_one_connection_stays_on_it() {
        let mut found = headers(&[
            ("connection", "close, X-Private"),
            ("x-private", "1"),
            ("transfer-encoding", "chunked"),
            ("content-length", "3"),
            ("te", "trailers"),
            ("accept", "*/*"),
        ]);
        remove_hop_by_hop(&mut found);
        assert_eq!(found, headers(&[("accept", "*/*")]));
    }

    #[test]
    fn a_stranger_says_nothing_about_whom_he_comes_from() {
        let trusted: TrustedProxies = "10.0.0.0/8".parse().unwrap();
        let claimed = [("host", "a"), ("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https")];
        let mut found = headers(&claimed);
        assert!(!prepare_request(&mut found, "203.0.113.9".parse().unwrap(), &trusted));
        assert_eq!(found["x-forwarded-for"], "203.0.113.9");
        assert_eq!(found["x-forwarded-proto"], "http");
        let mut found = headers(&claimed);
        assert!(prepare_request(&mut found, "10.0.0.1".parse().unwrap(), &trusted));
        assert_eq!(found["x-forwarded-for"], "1.2.3.4, 10.0.0.1");
        assert_eq!(found["x-forwarded-host"], "a");
    }
}
