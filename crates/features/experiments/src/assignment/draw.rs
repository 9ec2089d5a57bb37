//! The draw of an experiment: the kernel's number of salt and visitor, cut by integer thresholds.

use crate::definitions::{Experiment, Variant};
use dashly_kernel::draw;
use sha2::{Digest, Sha256};

/// Hashed with the visitor to tell who takes part in nothing.
const HOLDOUT_SALT: &str = "dashly/holdout";

impl Experiment {
    /// Position of the variant that `visitor` is drawn: about 0.1 µs.
    pub fn draw_variant(&self, visitor: &str) -> usize {
        let drawn = u128::from(draw(&self.salt, visitor));
        // The last threshold is 2^64, so one is always found.
        self.variants.iter().position(|variant| drawn < variant.below).unwrap_or(self.control)
    }

    /// Whether `visitor` takes part: outside the holdout, inside the layer's slice and the traffic share. Independent of
    /// the variant, so that a ramp of the traffic moves nobody from one variant to another.
    pub fn enrols(&self, visitor: &str) -> bool {
        const ALL: u128 = 1 << 64;
        if self.holdout_below > 0 && u128::from(draw(HOLDOUT_SALT, visitor)) < self.holdout_below {
            return false;
        }
        let in_layer = self.layer.as_ref().is_none_or(|layer| {
            let drawn = u128::from(draw(&layer.salt, visitor));
            (layer.from..layer.below).contains(&drawn)
        });
        in_layer
            && (self.traffic_below == ALL
                || u128::from(draw(&self.traffic_salt, visitor)) < self.traffic_below)
    }
}

/// Names a drawing epoch: 16 hexadecimal digits that change with the salt, the variants, their order or the weights.
pub(crate) fn epoch_fingerprint(salt: &str, variants: &[Variant]) -> String {
    let mut hash = Sha256::new();
    hash.update(salt.as_bytes());
    for variant in variants {
        // Keys have no such byte in them, so that two designs cannot spell the same text.
        hash.update([0]);
        hash.update(variant.key.as_bytes());
        hash.update([0]);
        hash.update(variant.weight_millionths.to_be_bytes());
    }
    let mut first = [0_u8; 8];
    first.iter_mut().zip(hash.finalize().iter()).for_each(|(to, from)| *to = *from);
    format!("{:016x}", u64::from_be_bytes(first))
}
