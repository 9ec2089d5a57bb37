//! Making the named key of a caller.

use dashly_kernel::{Ids, Secret};
use sha2::{Digest, Sha256};

/// A fresh key, and its hash as `gateway.toml` wants it. The key has 256 random bits and a beginning by which scanners of
/// leaked secrets can know it.
pub fn new_virtual_key(ids: &dyn Ids) -> (Secret<String>, String) {
    let key = format!("dashly-{}{}", ids.token(), ids.token());
    let hash = Sha256::digest(key.as_bytes()).iter().fold(String::from("sha256:"), |mut text, byte| {
        use std::fmt::Write;
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    (Secret::new(key), hash)
}
