//! Secrets that everybody knows.

use std::collections::HashSet;

/// What placeholders in public configuration files are made of; no random secret of base64 or hex has them.
const PLACEHOLDERS: [&str; 15] = [
    "changeme",
    "change-me",
    "change_me",
    "change-this",
    "change_this",
    "change-in-production",
    "change_in_production",
    "your-secret",
    "your_secret",
    "your-super-secret",
    "your_super_secret",
    "your-jwt",
    "your_jwt",
    "secret-key",
    "placeholder",
];
/// What programs are delivered with, and what is typed when something has to be. The longest first, so that a short one
/// leaves no rest of a longer one.
const WORDS: [&str; 49] = [
    "administrator",
    "development",
    "postgresql",
    "production",
    "123456789",
    "anthropic",
    "12345678",
    "database",
    "passw0rd",
    "password",
    "postgres",
    "adsdata",
    "default",
    "example",
    "gateway",
    "letmein",
    "replace",
    "welcome",
    "123456",
    "change",
    "claude",
    "dashly",
    "insert",
    "master",
    "please",
    "qwerty",
    "secret",
    "admin",
    "genai",
    "guest",
    "local",
    "redis",
    "super",
    "token",
    "demo",
    "here",
    "pass",
    "root",
    "test",
    "this",
    "user",
    "with",
    "your",
    "api",
    "jwt",
    "key",
    "the",
    "me",
    "my",
];
/// A word with so many digits or signs behind it, as in `admin123`, is still the word.
const MOST_DIGITS_LEFT: usize = 5;
/// From this length on a secret is meant to be random, and random ones have many different characters.
const FEWEST_CHARACTERS_OF_KEYS: usize = 16;
const FEWEST_CHARACTERS_OF_LONG_KEYS: usize = 24;
/// 32 random hexadecimal digits practically never have fewer different ones; 24 have once in 40,000 times.
const FEWEST_DIFFERENT: usize = 8;
/// Of shorter keys, and of those of decimal digits.
const FEWEST_DIFFERENT_OF_FEW: usize = 5;

/// Whether `secret` is one that programs are delivered with, a placeholder of a public file, or a key with a pattern.
///
/// Case does not count. An empty text is no secret, and none of these.
pub fn is_known_default(secret: &str) -> bool {
    let lower = secret.to_lowercase();
    is_made_of_words(&lower) || PLACEHOLDERS.iter().any(|word| lower.contains(word)) || has_a_pattern(&lower)
}

/// Whether nothing but separators and a few digits is left without the words.
fn is_made_of_words(lower: &str) -> bool {
    let rest = WORDS.iter().fold(lower.to_owned(), |rest, word| rest.replace(word, " "));
    let mut left = rest.chars().filter(|character| !matches!(character, ' ' | '-' | '_' | '.'));
    !lower.is_empty() && left.clone().count() <= MOST_DIGITS_LEFT && !left.any(char::is_alphabetic)
}

fn has_a_pattern(lower: &str) -> bool {
    let length = lower.chars().count();
    let different = lower.chars().collect::<HashSet<char>>().len();
    let has_few = length < FEWEST_CHARACTERS_OF_LONG_KEYS || lower.chars().all(|sign| sign.is_ascii_digit());
    let fewest = if has_few { FEWEST_DIFFERENT_OF_FEW } else { FEWEST_DIFFERENT };
    different == 1 || (length >= FEWEST_CHARACTERS_OF_KEYS && different < fewest)
}

#[cfg(test)]
mod tests {
    use super::{WORDS, is_known_default};

    #[test]
    fn what_everybody_knows_is_found() {
        for secret in [
            "postgres",
            "Password",
            "dashly",
            "changeme",
            "change-me",
            "secret",
            "admin",
            "admin123",
            "redis",
            "postgres_password",
            "dashly-secret-2024!",
            "123456",
            "12345",
            "replace with your token",
            "<your-api-key>",
            "dashly-gateway-token-change-in-production",
            "your-super-secret-jwt-key-with-more-behind-it",
            "dashly-secret-key-for-json-web-tokens",
            "secretsecretsecretsecret",
            "111111",
            "abababababababab",
            "00000000000000000000000000000000",
            "abababababababababababababababab",
        ] {
            assert!(is_known_default(secret), "{secret}");
        }
    }

    #[test]
    fn what_was_chosen_is_not() {
        for secret in [
            "",
            "hunter2",
            "k3k3k3k3",
            "a-password-of-long-ago",
            "token-of-the-main-api-9f8e7d6c5b4a",
            "admin-9f8e7d6c5b4a",
            "postgres4711081542",
            "0f9a4c7e1b6d8352",
            "3141592641593141592641593141",
            "9QyV2mXoTq7bKc1dGz5uWfHs",
        ] {
            assert!(!is_known_default(secret), "{secret}");
        }
    }

    #[test]
    fn no_word_hides_a_longer_one_behind_it() {
        for (index, word) in WORDS.iter().enumerate() {
            assert!(!WORDS.iter().skip(index + 1).any(|later| later.contains(word)), "{word}");
        }
    }
}
