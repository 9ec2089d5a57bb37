//! Whether visitors came to the variants as designed.

use super::model::{SampleRatio, SampleRatioStatus};
use crate::InOrder;
use crate::definitions::Experiment;
use crate::ingest::{Evidence, Question};
use dashly_stats::sequential::anytime_p_value;

/// A broken draw makes everything else meaningless and is rare, so that the bar is high (Fabijan et al., KDD 2019).
const ALPHA: f64 = 0.001;

/// Looks at all visitors but bots, by drawn label, in every drawing epoch.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "counts stay far below 2^53")]
pub(super) fn check(experiment: &Experiment, evidence: &Evidence) -> SampleRatio {
    let peak = evidence.peaks.get(&Question::SampleRatio);
    let p_value = peak.map_or(1.0, |peak| anytime_p_value(peak.log_evidence));
    let is_mismatch = p_value < ALPHA;
    let counts = |key: &str| {
        let (mut observed, mut expected) = (0, 0.0);
        for epoch in evidence.epochs.values() {
            let all: u64 = epoch.values().map(|draws| draws.exposures).sum();
            if let Some(draws) = epoch.get(key) {
                observed += draws.exposures;
                expected += draws.share * all as f64;
            }
        }
        (observed, expected)
    };
    let keys = || experiment.variants.iter().map(|variant| &variant.key);
    SampleRatio {
        status: if is_mismatch { SampleRatioStatus::Mismatch } else { SampleRatioStatus::Ok },
        p_value,
        found_at: peak.filter(|_| is_mismatch).map(|peak| peak.reached_at),
        observed: keys().map(|key| (key, counts(key).0)).collect::<InOrder<u64>>(),
        expected: keys().map(|key| (key, counts(key).1)).collect::<InOrder<f64>>(),
    }
}
