//! Turns a caller's key into what is stored, so that no address or name stands in memory tables or in Redis.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// 128 bits of a SHA-256 over rule and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest([u8; 16]);

impl Digest {
    /// `secret` may be empty; each part goes in with its length, so that no two triples read alike.
    pub(crate) fn of(secret: &[u8], rule_name: &str, key: &str) -> Self {
        let mut hasher = Sha256::new();
        for part in [secret, rule_name.as_bytes(), key.as_bytes()] {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
        let mut first_half = [0; 16];
        for (to, from) in first_half.iter_mut().zip(hasher.finalize()) {
            *to = from;
        }
        Self(first_half)
    }

    /// One of `2^16` equally likely numbers.
    pub(crate) fn bucket(&self) -> u16 {
        let [first, second, ..] = self.0;
        u16::from_be_bytes([first, second])
    }

    pub(crate) fn hex(&self) -> String {
        let mut text = String::with_capacity(2 * self.0.len());
        for byte in self.0 {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}
