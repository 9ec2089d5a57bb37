//! Evidence from all visitors with a final outcome: converters, and those whose conversion window closed without one.
//!
//! Under the sharp null the label of a visitor who does not convert is as much an independent draw with the designed
//! share as that of one who does, and neither depends on the other. So both may be bet on, each visitor once: a
//! converter when he converts, another one when his window has closed. If the relative rate is `e^θ` and the rate of
//! both arms together is `p`, the odds of the treatment's label are raised by `e^θ` among converters, and lowered by
//! close to `e^(-θ p/(1-p))` among the others (the derivative of `ln(1 - p e^θ)` at 0). Betting at these odds has mean 1
//! under the null for *any* number in place of `p/(1-p)`, as long as it is fixed before the labels that are bet on, or
//! chosen without regard to labels from what came before. So a wrong expectation costs power, never validity: the
//! proof is the one of the module, with one more kind of entry. It gains what the converters alone leave when rates are
//! not small: this is the idea of R. Turner, A. Ly and P. Grünwald, *Generic E-variables for exact sequential k-sample
//! tests that allow for optional stopping* (2024), in the form for labels that are drawn one by one.

use super::EpochConverters;
use super::likelihood::Labels;
use super::mixture::log_mixture;
use crate::StatsError;
use crate::error::strictly_between_zero_and_one;

/// The odds of conversion that are bet with are at most this, for which the integral keeps its digits.
const LARGEST_ODDS: f64 = 1.0;

/// Visitors of one drawing epoch with a final outcome, by drawn label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochOutcomes {
    /// Shares and converters.
    pub converters: EpochConverters,
    /// Visitors drawn the control whose conversion window has closed without a conversion.
    pub control_others: u64,
    /// The same for the treatment.
    pub treatment_others: u64,
    /// Conversion rate to expect of both arms together, strictly between 0 and 1: fixed before the epoch's first
    /// visitor enters, from the plan or from earlier visitors of both arms together. Never updated within an epoch;
    /// to use a better one, count later visitors as an epoch of their own. Above 1/2 it acts like 1/2.
    pub expected_rate: f64,
}

/// Natural log of the evidence that treatment and control convert at different rates, from all final outcomes.
///
/// As [`log_evidence`](super::log_evidence) with the same mixture, and equal to it without others. A visitor enters
/// once: as a converter, or as another when the window has closed, never both. The two functions are two processes:
/// choose one of them before the start.
/// # Errors
/// As [`log_evidence`](super::log_evidence), and [`StatsError::NotStrictlyBetweenZeroAndOne`] for the expected rate.
pub fn log_outcome_evidence(epochs: &[EpochOutcomes]) -> Result<f64, StatsError> {
    Ok(log_mixture(&labels(epochs)?))
}

/// A number that [`log_outcome_evidence`] never exceeds, many times faster; at least 0.
/// # Errors
/// As [`log_outcome_evidence`].
pub fn largest_log_outcome_evidence(epochs: &[EpochOutcomes]) -> Result<f64, StatsError> {
    Ok(labels(epochs)?.largest_log_ratio())
}

fn labels(epochs: &[EpochOutcomes]) -> Result<Labels, StatsError> {
    let mut entries = Vec::with_capacity(2 * epochs.len());
    for epoch in epochs {
        let rate = strictly_between_zero_and_one("expected rate", epoch.expected_rate)?;
        let odds = (rate / (1.0 - rate)).min(LARGEST_ODDS);
        let others = EpochConverters {
            control: epoch.control_others,
            treatment: epoch.treatment_others,
            ..epoch.converters
        };
        entries.extend([(1.0, epoch.converters), (-odds, others)]);
    }
    Labels::with_scales(entries.into_iter())
}
