//! How sign-in is set up, and which settings are refused.

use dashly_kernel::{Secret, is_known_default};

/// How long a sign-in lasts unless `JWT_EXPIRE` says otherwise: 7 days.
pub const DEFAULT_TOKEN_LIFETIME_SECONDS: u32 = 7 * DAY;

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;
const WEEK: u32 = 7 * DAY;
/// Below this, people would be signed out while they type.
const SHORTEST_LIFETIME: u32 = MINUTE;
/// Browsers keep no cookie longer than 400 days.
const LONGEST_LIFETIME: u32 = 400 * DAY;

/// HS256 wants a key at least as long as its hash (RFC 7518, 3.2).
const FEWEST_SECRET_BYTES: usize = 32;

/// What sign-in needs to know.
#[derive(Clone, Debug)]
pub struct IdentityConfig {
    /// Key that signs tokens: at least 32 bytes, not one that is public. From `JWT_SECRET`; the same on all replicas.
    pub jwt_secret: Secret<String>,
    /// How long a sign-in lasts, from 60 seconds to 400 days. From `JWT_EXPIRE` through [`parse_token_lifetime`].
    pub token_lifetime_seconds: u32,
    /// Whether browsers may send the cookie over TLS only.
    pub secure_cookies: bool,
}

/// Why a configuration is refused. The texts hold nothing of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityConfigError {
    /// The key that signs tokens could be found by trying.
    #[error(
        "JWT_SECRET has {bytes} bytes; it needs at least {FEWEST_SECRET_BYTES} random ones (openssl rand -hex 32)"
    )]
    ShortSecret {
        /// How many it has.
        bytes: usize,
    },
    /// The key that signs tokens is a placeholder, or has a pattern.
    #[error("JWT_SECRET is a known default or has a pattern; use random bytes (openssl rand -hex 32)")]
    PublicSecret,
    /// Sign-ins would last too short or too long.
    #[error("JWT_EXPIRE must be from {SHORTEST_LIFETIME} seconds to 400 days; it is {seconds} seconds")]
    Lifetime {
        /// What was asked for.
        seconds: u32,
    },
}

impl IdentityConfig {
    /// Whether this configuration is safe to run with.
    ///
    /// # Errors
    /// The first [`IdentityConfigError`] found.
    pub fn check(&self) -> Result<(), IdentityConfigError> {
        let secret = self.jwt_secret.expose();
        if secret.len() < FEWEST_SECRET_BYTES {
            return Err(IdentityConfigError::ShortSecret { bytes: secret.len() });
        }
        if is_known_default(secret) {
            return Err(IdentityConfigError::PublicSecret);
        }
        if !(SHORTEST_LIFETIME..=LONGEST_LIFETIME).contains(&self.token_lifetime_seconds) {
            return Err(IdentityConfigError::Lifetime { seconds: self.token_lifetime_seconds });
        }
        Ok(())
    }
}

/// The text is not a length of time for `JWT_EXPIRE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected seconds such as 3600, or a number with s, m, h, d or w such as 7d, from 60 seconds to 400 days"
)]
pub struct InvalidTokenLifetime;

/// Reads the length of a sign-in: whole seconds, or a whole number with one of `s m h d w`, such as `7d`.
///
/// # Errors
/// [`InvalidTokenLifetime`] when it is none, or not within 60 seconds to 400 days.
pub fn parse_token_lifetime(text: &str) -> Result<u32, InvalidTokenLifetime> {
    let text = text.trim();
    let digits = text.trim_end_matches(|character: char| !character.is_ascii_digit());
    let unit = text.strip_prefix(digits).unwrap_or_default().trim_start();
    let seconds_per_unit = match unit {
        "" | "s" => 1,
        "m" => MINUTE,
        "h" => HOUR,
        "d" => DAY,
        "w" => WEEK,
        _ => return Err(InvalidTokenLifetime),
    };
    // `parse` alone would take a sign.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidTokenLifetime);
    }
    let number: u32 = digits.parse().map_err(|_| InvalidTokenLifetime)?;
    number
        .checked_mul(seconds_per_unit)
        .filter(|seconds| (SHORTEST_LIFETIME..=LONGEST_LIFETIME).contains(seconds))
        .ok_or(InvalidTokenLifetime)
}

#[cfg(test)]
mod tests {
    use super::{IdentityConfig, IdentityConfigError, InvalidTokenLifetime, parse_token_lifetime};
    use dashly_kernel::Secret;
    use proptest::prelude::*;

    fn check(secret: &str) -> Result<(), IdentityConfigError> {
        IdentityConfig {
            jwt_secret: Secret::new(secret.to_owned()),
            token_lifetime_seconds: 3_600,
            secure_cookies: false,
        }
        .check()
    }

    #[test]
    fn lifetimes_are_read_in_the_usual_units() {
        for (text, seconds) in [
            ("7d", 604_800),
            ("12h", 43_200),
            ("3600", 3_600),
            ("90m", 5_400),
            ("60s", 60),
            (" 2 w ", 1_209_600),
        ] {
            assert_eq!(parse_token_lifetime(text), Ok(seconds), "{text}");
        }
        for text in ["", "d", "7x", "-7d", "+7d", "7.5h", "59", "401d", "99999999999", "7d7d", "7 dd", "٧d"]
        {
            assert_eq!(parse_token_lifetime(text), Err(InvalidTokenLifetime), "{text}");
        }
    }

    #[test]
    fn weak_and_public_secrets_are_refused() {
        assert_eq!(check("0f9a4c7e1b6d83520f9a4c7e1b6d8352"), Ok(()));
        assert_eq!(
            check("0f9a4c7e1b6d83520f9a4c7e1b6d835"),
            Err(IdentityConfigError::ShortSecret { bytes: 31 })
        );
        for secret in [
            "your-super-secret-jwt-key-change-in-production",
            "your_jwt_secret_key_here_please_replace",
            "CHANGE-ME-CHANGE-ME-CHANGE-ME-CHANGE-ME",
            "dashly-secret-key-for-json-web-tokens",
            "00000000000000000000000000000000",
            "abababababababababababababababab",
        ] {
            assert_eq!(check(secret), Err(IdentityConfigError::PublicSecret), "{secret}");
        }
    }

    #[test]
    fn a_configuration_does_not_show_its_secret() {
        let config = IdentityConfig {
            jwt_secret: Secret::new("0f9a4c7e1b6d83520f9a4c7e1b6d8352".to_owned()),
            token_lifetime_seconds: 1,
            secure_cookies: true,
        };
        assert!(!format!("{config:?}").contains("0f9a"));
        assert_eq!(config.check(), Err(IdentityConfigError::Lifetime { seconds: 1 }));
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(text in "\\PC{0,20}") {
            let _ = parse_token_lifetime(&text);
        }
    }
}
