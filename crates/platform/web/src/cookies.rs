//! Reading and writing cookies.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

/// The value of the first cookie called `name`, over all `Cookie` headers; absurd headers are read as having none.
pub fn find_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.trim_matches('"'))
}

/// A cookie to be set: `Path=/`, `HttpOnly`, `SameSite=Lax`, and `Secure` when served over TLS.
#[derive(Debug, Clone, Copy)]
pub struct SetCookie<'a> {
    /// Name: letters, digits, `_`, `-`, `.`.
    pub name: &'a str,
    /// Value of the same characters.
    pub value: &'a str,
    /// How long the browser keeps it, in seconds; 0 removes it.
    pub max_age_seconds: u64,
    /// Whether browsers may send it over TLS only.
    pub secure: bool,
}

impl SetCookie<'_> {
    /// Adds this cookie to an answer; one with characters that no header can carry is left out.
    pub fn append_to(self, headers: &mut HeaderMap) {
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!(
            "{}={}; Max-Age={}; Path=/; HttpOnly; SameSite=Lax{secure}",
            self.name, self.value, self.max_age_seconds
        );
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.append(SET_COOKIE, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::find_cookie;
    use http::{HeaderMap, HeaderValue, header::COOKIE};
    use proptest::prelude::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    #[test]
    fn cookies_are_found_over_several_headers() {
        let headers = headers(&["a=1; ab_visitor_id=v_9", "theme=\"dark\""]);
        assert_eq!(find_cookie(&headers, "ab_visitor_id"), Some("v_9"));
        assert_eq!(find_cookie(&headers, "theme"), Some("dark"));
        assert_eq!(find_cookie(&headers, "visitor_id"), None);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                headers.insert(COOKIE, value);
                let _ = find_cookie(&headers, "a");
            }
        }
    }
}
