//! Remembers which exposures are committed, so that a returning visitor costs no write.

use dashly_kernel::Ids;
use quick_cache::sync::Cache;
use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher;

/// Exposures remembered per process: about 40 bytes each.
const CAPACITY: usize = 200_000;

/// A bounded set of committed exposures. What it does not remember goes to the writer, which finds it in the
/// database; so forgetting costs time and never truth.
pub(crate) struct KnownExposures {
    keys: (u64, u64),
    committed: Cache<u128, ()>,
}

impl std::fmt::Debug for KnownExposures {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KnownExposures")
    }
}

impl KnownExposures {
    /// Nothing remembered yet. The hash is keyed, so that nobody can choose visitor ids that collide.
    pub(crate) fn new(ids: &dyn Ids) -> Self {
        let mut bytes = [0_u8; 16];
        ids.fill(&mut bytes);
        let random = u128::from_be_bytes(bytes);
        let (high, low) = ((random >> 64), random & u128::from(u64::MAX));
        let keys = (u64::try_from(high).unwrap_or_default(), u64::try_from(low).unwrap_or_default());
        Self { keys, committed: Cache::new(CAPACITY) }
    }

    /// Remembers a committed exposure.
    pub(crate) fn remember(&self, visitor: &str, test_id: &str, variant: &str) {
        self.committed.insert(self.hash(visitor, test_id, variant), ());
    }

    /// Remembers nothing any more.
    pub(crate) fn forget_all(&self) {
        self.committed.clear();
    }

    /// Whether this exposure is certainly committed.
    pub(crate) fn contains(&self, visitor: &str, test_id: &str, variant: &str) -> bool {
        self.committed.get(&self.hash(visitor, test_id, variant)).is_some()
    }

    fn hash(&self, visitor: &str, test_id: &str, variant: &str) -> u128 {
        let mut hasher = SipHasher13::new_with_keys(self.keys.0, self.keys.1);
        for part in [visitor, test_id, variant] {
            hasher.write(part.as_bytes());
            // No part has this byte in it, so that the parts cannot run into each other.
            hasher.write_u8(0xff);
        }
        hasher.finish128().as_u128()
    }
}
