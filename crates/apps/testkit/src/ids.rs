//! Chance that repeats itself.

use dashly_kernel::Ids;
use std::sync::atomic::{AtomicU64, Ordering};

/// The same bytes in each run, different at each call: the SplitMix64 generator (G. Steele et al., OOPSLA 2014).
#[derive(Debug)]
pub struct SeededIds(AtomicU64);

impl SeededIds {
    /// Two seeds give two unrelated sequences.
    pub const fn new(seed: u64) -> Self {
        // Far apart, so that small seeds do not give overlapping sequences.
        Self(AtomicU64::new(seed.wrapping_mul(0xd134_2543_de82_ef95)))
    }

    /// The next 64 bits.
    pub fn next(&self) -> u64 {
        let mut word = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number from 0 to `end` - 1; the small bias of the remainder does not matter to a test.
    pub fn below(&self, end: u64) -> u64 {
        self.next() % end
    }
}

impl Ids for SeededIds {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.iter_mut().zip(word).for_each(|(to, from)| *to = from);
        }
    }
}
