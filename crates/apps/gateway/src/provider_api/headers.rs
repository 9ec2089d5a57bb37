//! Which headers pass.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Headers of a reply that belong to the connection with the provider.
const KEPT_FROM_CALLER: [HeaderName; 8] = [
    header::CONNECTION,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHENTICATE,
    // The provider's cookies are the gateway's.
    header::SET_COOKIE,
    HeaderName::from_static("keep-alive"),
    // Where else the provider could be reached.
    header::ALT_SVC,
];

/// Whether a header of a request stays here: those of this connection, of the caller's credentials, and of proxies.
fn stays_here(name: &str) -> bool {
    let is_known = matches!(
        name,
        "host"
            | "connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "content-length"
            | "expect"
            | "authorization"
            | "cookie"
            | "accept-encoding"
            | "forwarded"
            | "x-api-key"
            | "x-real-ip"
            | "keep-alive"
    );
    is_known || name.starts_with("x-forwarded-") || name.starts_with("x-dashly-")
}

/// The headers of a request as the provider gets them.
pub(super) fn for_provider(headers: HeaderMap) -> HeaderMap {
    let named = named_by_connection(&headers);
    let mut passed = HeaderMap::with_capacity(headers.len());
    let mut passing = None;
    for (name, value) in headers {
        // A further value of the same name comes without it.
        if let Some(name) = name {
            passing = (!stays_here(name.as_str()) && !named.contains(&name)).then_some(name);
        }
        if let Some(name) = &passing {
            passed.append(name.clone(), value);
        }
    }
    // What is compressed cannot be metered while it passes.
    passed.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    passed
}

/// Removes from the headers of a reply what must not pass.
pub(super) fn for_caller(headers: &mut HeaderMap) {
    let named = named_by_connection(headers);
    for name in KEPT_FROM_CALLER.iter().chain(&named) {
        headers.remove(name);
    }
}

/// Headers that `connection` names belong to the connection, too (RFC 9110, section 7.6.1).
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{for_caller, for_provider};
    use http::{HeaderMap, HeaderValue};

    #[test]
    fn credentials_stay_and_unknown_headers_pass() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-api-key", "secret"),
            ("authorization", "Bearer secret"),
            ("cookie", "a=b"),
            ("connection", "close, x-mine"),
            ("x-mine", "1"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-dashly-workspace", "w"),
            ("anthropic-beta", "something-new"),
            ("x-stainless-retry-count", "1"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.append("anthropic-beta", HeaderValue::from_static("another"));
        let passed = for_provider(headers);
        let mut names: Vec<&str> = passed.keys().map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept-encoding", "anthropic-beta", "x-stainless-retry-count"]);
        assert_eq!(passed.get_all("anthropic-beta").iter().count(), 2);
    }

    #[test]
    fn a_reply_keeps_what_clients_read() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("request-id", "req_1"),
            ("retry-after", "3"),
            ("anthropic-ratelimit-requests-remaining", "9"),
            ("content-length", "5"),
            ("transfer-encoding", "chunked"),
            ("set-cookie", "a=b"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        for_caller(&mut headers);
        assert_eq!(headers.len(), 4);
        assert!(!headers.contains_key("set-cookie"));
    }
}
