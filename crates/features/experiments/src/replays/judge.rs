//! What one look says: by a test for one look, and by a sequence for all of them.

use super::model::{Look, LookRow};
use crate::results::{ALPHA, Interval, TYPICAL_VISITORS};
use dashly_stats::sequential::{NormalEstimate, asymptotic_confidence_sequence};

/// The two-sided 5 % point of the normal distribution, as the usual test has it.
const Z_FOR_ONE_LOOK: f64 = 1.96;

/// A look with what is said about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct JudgedLook {
    at: f64,
    pub visitors: f64,
    difference: f64,
    standard_error: f64,
    pub z: f64,
    sequence: Interval,
}

impl JudgedLook {
    /// Whether the usual test calls it a difference.
    pub(super) fn crosses(&self) -> bool {
        self.z.abs() > Z_FOR_ONE_LOOK
    }

    /// Whether the confidence sequence does.
    pub(super) fn sequence_excludes_zero(&self) -> bool {
        self.sequence.low > 0.0 || self.sequence.high < 0.0
    }

    /// For the reply.
    pub(super) fn into_look(self) -> Look {
        let half = Z_FOR_ONE_LOOK * self.standard_error;
        Look {
            at: self.at,
            visitors: self.visitors,
            difference: self.difference,
            z: self.z,
            interval: Interval { low: self.difference - half, high: self.difference + half },
            sequence: self.sequence,
        }
    }
}

/// The looks that say something: without any spread there is no standard error.
pub(super) fn judge(looks: &[LookRow]) -> Vec<JudgedLook> {
    looks.iter().filter_map(judge_one).collect()
}

fn judge_one(look: &LookRow) -> Option<JudgedLook> {
    let variance =
        look.control_variance / look.control_visitors + look.treatment_variance / look.treatment_visitors;
    let standard_error = variance.sqrt();
    let difference = look.treatment_mean - look.control_mean;
    let z = difference / standard_error;
    if !z.is_finite() {
        return None;
    }
    let visitors = look.control_visitors + look.treatment_visitors;
    let found = NormalEstimate { estimate: difference, standard_error, observations: whole(visitors) };
    // Tuned as the results are when a file plans no number of visitors: fixed before the data were seen.
    let sequence = asymptotic_confidence_sequence(found, ALPHA, TYPICAL_VISITORS).ok()?;
    let sequence = Interval { low: sequence.low, high: sequence.high };
    Some(JudgedLook { at: look.at, visitors, difference, standard_error, z, sequence })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::as_conversions,
    reason = "counts of visitors, checked at the import; a larger number saturates"
)]
fn whole(visitors: f64) -> u64 {
    visitors.max(0.0) as u64
}
