//! Repeatable chance: every draw is a pure function of (seed, who, what).
//!
//! A stream of random numbers would depend on which visitor asks first; a hash does not, whatever the
//! scheduling.

use sha2::{Digest, Sha256};

/// The seed of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chance {
    seed: u64,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Uniform in 0..1 (1 excluded), in steps of 2^-48.
    pub(crate) fn uniform(self, who: u32, what: &str) -> f64 {
        let digest = self.digest(who, what, 0);
        digest.iter().take(6).rev().fold(0.0, |sum, byte| (sum + f64::from(*byte)) / 256.0)
    }

    /// 32 hexadecimal digits, different for every (seed, run, who, what).
    pub(crate) fn name(self, run: u64, who: u32, what: &str) -> String {
        let digest = self.digest(who, what, run);
        let number = digest.iter().take(16).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        format!("{number:032x}")
    }

    fn digest(self, who: u32, what: &str, run: u64) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.seed.to_be_bytes())
            .chain_update(run.to_be_bytes())
            .chain_update(who.to_be_bytes())
            .chain_update(what)
            .finalize()
            .into()
    }
}

/// A number from the operating system, for a seed nobody chose and for what must be unique to one run.
pub(crate) fn fresh() -> Result<u64, getrandom::Error> {
    getrandom::u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `int.from_bytes(hashlib.sha256(struct.pack(">QQI", 42, 0, 7) + b"test").digest()[:6], "big") / 2**48`
    #[test]
    fn a_seed_means_the_same_draw_for_ever() {
        let draw = Chance::new(42).uniform(7, "test");
        assert!((draw - 0.857_945_785_265_386).abs() < 1e-15, "{draw:?}");
    }

    #[test]
    fn draws_are_uniform() {
        let chance = Chance::new(1);
        let draws: Vec<f64> = (0..10_000).map(|who| chance.uniform(who, "x")).collect();
        let below = |bound: f64| draws.iter().filter(|draw| **draw < bound).count();
        assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)));
        for (bound, expected) in [(0.15, 1_500), (0.35, 3_500), (0.9, 9_000)] {
            // Five standard deviations of a binomial count are at most 250.
            assert!(below(bound).abs_diff(expected) < 250, "{bound}: {}", below(bound));
        }
    }

    #[test]
    fn names_differ_by_run_visitor_and_test() {
        let chance = Chance::new(1);
        let name = chance.name(1, 2, "x");
        assert_eq!(name.len(), 32);
        assert_eq!(name, chance.name(1, 2, "x"));
        for other in [
            chance.name(2, 2, "x"),
            chance.name(1, 3, "x"),
            chance.name(1, 2, "y"),
            Chance::new(2).name(1, 2, "x"),
        ] {
            assert_ne!(name, other);
        }
    }
}
