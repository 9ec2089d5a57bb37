//! Turns a caller's key into what is stored, so that no address or name stands in memory tables or in Redis.

use sha2::{Digest as _, Sha256};
use siphasher::sip128::{Hasher128, SipHasher24};
use std::fmt::Write as _;
use std::hash::Hasher;

/// What digests are made with: whoever does not know the secret cannot tell what a digest stands for.
#[derive(Clone)]
pub(crate) struct DigestSecret(SipHasher24);

impl DigestSecret {
    /// `secret` may be empty, and then everybody knows it.
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(SipHasher24::new_with_key(&first_half(Sha256::digest(secret))))
    }
}

/// 128 bits that stand for a key. Of a counter they are SipHash-2-4 (Aumasson and Bernstein, 2012): much cheaper for short texts
/// than a cryptographic hash, and as good as random to those who do not know its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest([u8; 16]);

impl Digest {
    /// Of a counter. The name goes in with its length, so that no two pairs read alike.
    pub(crate) fn of(secret: &DigestSecret, rule_name: &str, key: &str) -> Self {
        let mut hasher = secret.0;
        hasher.write(&u64::try_from(rule_name.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.write(rule_name.as_bytes());
        hasher.write(key.as_bytes());
        Self(hasher.finish128().as_bytes())
    }

    /// 128 bits of a SHA-256, for what must never be mistaken for something else, even if somebody tries.
    pub(crate) fn of_content(secret: &[u8], key: &str) -> Self {
        let mut hasher = Sha256::new();
        for part in [secret, key.as_bytes()] {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
        Self(first_half(hasher.finalize()))
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

/// 128 bits of a SHA-256.
fn first_half(hash: impl IntoIterator<Item = u8>) -> [u8; 16] {
    let mut half = [0; 16];
    for (to, from) in half.iter_mut().zip(hash) {
        *to = from;
    }
    half
}
