//! Headers that every answer carries, errors included.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Scripts, styles, fonts and requests only from here; no frames around us; no plug-ins.
///
/// Style *attributes* are allowed since charts and menus are positioned by them; style elements and inline scripts
/// are not.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'self'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// The headers that keep a browser from being turned against its user.
#[derive(Clone, Debug)]
pub struct SecurityHeaders {
    /// Whether visitors reach us over TLS; then browsers are told to insist on it.
    pub tls: bool,
}

impl SecurityHeaders {
    /// Adds the headers that `headers` does not have yet.
    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        let fixed: [(HeaderName, HeaderValue); 5] = [
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
            (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        for (name, value) in fixed {
            headers.entry(name).or_insert(value);
        }
        if self.tls {
            headers
                .entry(header::STRICT_TRANSPORT_SECURITY)
                .or_insert(HeaderValue::from_static("max-age=31536000"));
        }
    }
}
