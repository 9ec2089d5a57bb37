//! Who may evaluate flags.

use dashly_kernel::{Secret, is_known_default};
use http::{HeaderMap, HeaderName, header};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::{Choice, ConstantTimeEq};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const FEWEST_CHARACTERS: usize = 16;

/// The tokens that may evaluate flags. With none, everybody may.
///
/// Holds digests: they have one length, so that a comparison tells nothing of how long or how right a guess was.
#[derive(Clone, Default)]
pub struct OfrepTokens(Arc<[[u8; 32]]>);

/// The list of tokens cannot be used. Does not hold any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "token {position} of the list cannot be used: it needs at least {FEWEST_CHARACTERS} letters, digits or signs, and must \
     not be a known default; put commas between tokens, and make one for instance with `openssl rand -hex 32`"
)]
pub struct InvalidOfrepTokens {
    /// Which one, counted from 1.
    pub position: usize,
}

impl std::fmt::Debug for OfrepTokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "OfrepTokens({})", self.0.len())
    }
}

impl OfrepTokens {
    /// Reads tokens with commas between them.
    ///
    /// # Errors
    /// [`InvalidOfrepTokens`] when one is shorter than 16 characters, is a known default, or holds what no header can.
    pub fn parse(list: &Secret<String>) -> Result<Self, InvalidOfrepTokens> {
        let tokens = list.expose().split(',').map(str::trim).enumerate();
        tokens
            .map(|(index, token)| {
                let fits = token.len() >= FEWEST_CHARACTERS
                    && token.bytes().all(|byte| byte.is_ascii_graphic())
                    && !is_known_default(token);
                if fits {
                    Ok(digest(token.as_bytes()))
                } else {
                    Err(InvalidOfrepTokens { position: index + 1 })
                }
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether there are any.
    pub(super) fn are_needed(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether `headers` hold one of them: `Authorization: Bearer …` or `X-API-Key: …`.
    pub(super) fn admit(&self, headers: &HeaderMap) -> bool {
        let bearers =
            headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| bearer(value.as_bytes()));
        let keys = headers.get_all(API_KEY).iter().map(http::HeaderValue::as_bytes);
        let matches = bearers.chain(keys).fold(Choice::from(0), |found, sent| found | self.contains(sent));
        matches.into()
    }

    /// Looks at every token, whichever it is.
    fn contains(&self, sent: &[u8]) -> Choice {
        let sent = digest(sent);
        self.0.iter().fold(Choice::from(0), |found, token| found | token.ct_eq(&sent))
    }
}

fn digest(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// The token of `Bearer <token>`; the scheme's case does not matter (RFC 9110, section 11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::{InvalidOfrepTokens, OfrepTokens};
    use dashly_kernel::Secret;
    use http::HeaderMap;

    const FIRST: &str = "0123456789abcdef";
    const SECOND: &str = "fedcba9876543210-second";

    fn parse(list: &str) -> Result<OfrepTokens, InvalidOfrepTokens> {
        OfrepTokens::parse(&Secret::new(list.to_owned()))
    }

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn either_header_may_hold_any_of_the_tokens() {
        let tokens = parse(&format!("{FIRST}, {SECOND}")).unwrap();
        for (name, value) in [
            ("authorization", format!("Bearer {FIRST}")),
            ("authorization", format!("bearer  {SECOND} ")),
            ("x-api-key", SECOND.to_owned()),
        ] {
            assert!(tokens.admit(&headers(name, &value)), "{name}: {value}");
        }
        for (name, value) in [
            ("authorization", FIRST.to_owned()),
            ("authorization", format!("Basic {FIRST}")),
            ("authorization", "Bearer".to_owned()),
            ("x-api-key", format!("{FIRST}0")),
            ("x-api-key", format!("{FIRST}, {SECOND}")),
            ("x-api-key", String::new()),
        ] {
            assert!(!tokens.admit(&headers(name, &value)), "{name}: {value}");
        }
        assert!(!tokens.admit(&HeaderMap::new()));
        assert!(tokens.are_needed() && !OfrepTokens::default().are_needed());
    }

    #[test]
    fn a_bad_token_is_refused_by_its_place_and_not_shown() {
        for (list, position) in [
            ("short", 1),
            ("0123456789abcdef,,", 2),
            ("0123456789abcdef,0123456789 abcdef", 2),
            ("0123456789abcdef,change-me-change-me", 2),
        ] {
            let error = parse(list).unwrap_err();
            assert_eq!(error.position, position, "{list}");
            assert!(!error.to_string().contains("abcdef") && !error.to_string().contains("change"));
        }
        assert_eq!(format!("{:?}", parse(FIRST).unwrap()), "OfrepTokens(1)");
    }
}
