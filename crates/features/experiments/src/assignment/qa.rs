//! Signed links that show one person one variant, for trying it out; what is done with them never counts.
//!
//! A token is `test_id~variant~expires~signature`: characters that a path and a cookie may hold. The cookie holds several
//! with `!` between.

use dashly_kernel::{Secret, Timestamp};
use dashly_web::find_cookie;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::Sha256;
use std::fmt::Write;
use std::sync::Arc;

/// Name of the cookie that holds the tokens.
pub(crate) const QA_COOKIE: &str = "ab_qa";
/// Experiments that one browser can try out at once.
const MOST_TOKENS: usize = 10;
const SEPARATOR: char = '!';

/// Signs links and checks them.
#[derive(Clone)]
pub(crate) struct QaKey(Secret<Arc<[u8]>>);

impl std::fmt::Debug for QaKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("QaKey")
    }
}

/// One variant of one experiment, for whoever has the link, until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QaOverride {
    /// The experiment.
    pub test_id: String,
    /// Key of the variant.
    pub variant: String,
    /// From when on it shows nothing any more.
    pub expires_at: Timestamp,
}

impl QaKey {
    /// A key of its own, made from the installation's secret: a signature of one purpose is none for another.
    pub(crate) fn derived_from(secret: &Secret<String>) -> Self {
        let key = sign(secret.expose().as_bytes(), b"dashly/qa-links");
        Self(Secret::new(Arc::from(key.as_slice())))
    }

    /// The token of a link.
    pub(crate) fn token(&self, link: &QaOverride) -> String {
        let text = format!("{}~{}~{}", link.test_id, link.variant, link.expires_at.unix_seconds());
        format!("{text}~{}", hexadecimal(&sign(self.0.expose(), text.as_bytes())))
    }

    /// What a token says, whether expired or not; none for one that this installation did not sign.
    pub(crate) fn read(&self, token: &str) -> Option<QaOverride> {
        let (text, signature) = token.rsplit_once('~')?;
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose()).ok()?;
        mac.update(text.as_bytes());
        // In constant time.
        mac.verify_slice(&bytes(signature)?).ok()?;
        let mut parts = text.split('~');
        let (test_id, variant, seconds) = (parts.next()?, parts.next()?, parts.next()?);
        let micros = seconds.parse::<i64>().ok()?.checked_mul(1_000_000)?;
        Some(QaOverride {
            test_id: test_id.to_owned(),
            variant: variant.to_owned(),
            expires_at: Timestamp::from_unix_micros(micros),
        })
    }

    /// What the cookie of a request still shows at `now`.
    pub(crate) fn overrides(&self, headers: &HeaderMap, now: Timestamp) -> Vec<QaOverride> {
        let Some(cookie) = find_cookie(headers, QA_COOKIE) else { return Vec::new() };
        cookie
            .split(SEPARATOR)
            .take(MOST_TOKENS)
            .filter_map(|token| self.read(token))
            .filter(|link| now < link.expires_at)
            .collect()
    }

    /// The value of the cookie once `link` is followed: it takes the place of an older one of its experiment.
    pub(crate) fn cookie_with(&self, headers: &HeaderMap, link: QaOverride, now: Timestamp) -> String {
        let mut links = self.overrides(headers, now);
        links.retain(|known| known.test_id != link.test_id);
        links.insert(0, link);
        let tokens: Vec<String> = links.iter().take(MOST_TOKENS).map(|link| self.token(link)).collect();
        tokens.join("!")
    }
}

fn sign(key: &[u8], text: &[u8]) -> Vec<u8> {
    // A key of any length is one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    if !hexadecimal.is_ascii() || !hexadecimal.len().is_multiple_of(2) {
        return None;
    }
    hexadecimal
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{QaKey, QaOverride};
    use dashly_kernel::{Secret, Timestamp};
    use proptest::prelude::*;

    fn key(secret: &str) -> QaKey {
        QaKey::derived_from(&Secret::new(secret.to_owned()))
    }

    fn link() -> QaOverride {
        let expires_at = Timestamp::from_unix_micros(1_795_374_000_000_000);
        QaOverride { test_id: "one".to_owned(), variant: "B".to_owned(), expires_at }
    }

    #[test]
    fn a_token_says_what_was_signed_and_to_nobody_else() {
        let token = key("a").token(&link());
        assert_eq!(key("a").read(&token), Some(link()));
        assert_eq!(key("b").read(&token), None);
        assert_eq!(key("a").read(&token.replacen("~B~", "~A~", 1)), None);
    }

    proptest! {
        #[test]
        fn no_text_is_a_token_by_accident(text in ".{0,120}") {
            prop_assert_eq!(key("a").read(&text), None);
        }
    }
}
