//! Asymptotic confidence sequences: for rates of one arm, for absolute differences, for means.
//!
//! I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and A. Ramdas, *Time-uniform central limit theory and
//! asymptotic confidence sequences* (Annals of Statistics 52, 2024, arXiv 2103.06476), in the form of Robbins' normal
//! mixture (their theorem 2.2): around the mean of n observations with standard deviation s
//!
//! `± s √[ (n ρ² + 1)/(n² ρ²) · ln((n ρ² + 1)/α²) ]`.
//!
//! They hold for all moments together, but only in the limit of many observations: unlike the relative rate's, an
//! early one can miss more often than α. They must be shown with that word. Observations are visitors with a final
//! outcome, so give the counts of matured visitors (closed windows) where a conversion can come late, and cap values at
//! a limit that was fixed beforehand.

use crate::error::{not_negative, positive, strictly_between_zero_and_one};
use crate::proportion::Proportion;
use crate::rounding::{count, wide_count};
use crate::{Interval, StatsError};

/// Its square stays finite, and no estimate is that sure.
const LARGEST_Z: f64 = 1e100;

/// An estimate whose error is close to normal, from observations that came one after the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormalEstimate {
    /// The mean, or the difference of two means.
    pub estimate: f64,
    /// Its standard error at this moment; finite, at least 0. For a difference `√(v₁/n₁ + v₂/n₂)`.
    pub standard_error: f64,
    /// Observations behind it, of both arms together for a difference; at least 1.
    pub observations: u64,
}

/// Asymptotic confidence sequence of a mean or of a difference of means: the interval at this moment.
///
/// `planned_observations` is where it is to be narrowest, in units of [`NormalEstimate::observations`], chosen
/// before the data: `ρ² = (-2 ln α + ln(1 - 2 ln α)) / planned` (the reference's appendix on ρ). At α = 0.05 a look at
/// a tenth of the planned number is 27 % wider than one tuned for it, a look at ten times the number 7 %.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`] for alpha, [`StatsError::Negative`] for the standard error,
/// [`StatsError::NoTrials`] without observations, [`StatsError::NotPositive`] for planned observations of 0,
/// [`StatsError::NotFinite`] for the estimate or an interval whose ends pass the largest number.
pub fn asymptotic_confidence_sequence(
    found: NormalEstimate,
    alpha: f64,
    planned_observations: u64,
) -> Result<Interval, StatsError> {
    let log_alpha = strictly_between_zero_and_one("alpha", alpha)?.ln();
    let standard_error = not_negative("standard error", found.standard_error)?;
    let information = information(found, alpha, planned_observations)?;
    let width = ((1.0 + 1.0 / information) * (information.ln_1p() - 2.0 * log_alpha)).sqrt();
    let half = standard_error * width;
    let (low, high) = (found.estimate - half, found.estimate + half);
    if low.is_finite() && high.is_finite() {
        Ok(Interval { low, high })
    } else {
        Err(StatsError::NotFinite { name: "interval", value: if low.is_finite() { high } else { low } })
    }
}

/// Natural log of the evidence against an estimated quantity of 0: the sequence at level `e^(-evidence)` just touches 0.
///
/// `½ [z² n ρ²/(n ρ² + 1) - ln(n ρ² + 1)]` with `z = estimate / standard error`, the inversion of
/// [`asymptotic_confidence_sequence`] with its ρ at `tuning_alpha`; the sequence at that alpha excludes 0 just when this
/// is above `-ln tuning_alpha`. [`super::anytime_p_value`] of its largest value so far is a p-value that holds at all
/// looks together, in the limit of many observations. 0 where the standard error is 0; may be negative.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`] for alpha, [`StatsError::Negative`] for the standard error,
/// [`StatsError::NoTrials`] without observations, [`StatsError::NotPositive`] for planned observations of 0.
pub fn asymptotic_log_evidence(
    found: NormalEstimate,
    tuning_alpha: f64,
    planned_observations: u64,
) -> Result<f64, StatsError> {
    let information = information(found, tuning_alpha, planned_observations)?;
    let standard_error = not_negative("standard error", found.standard_error)?;
    // Values without any spread are few visitors, not certainty.
    if standard_error <= 0.0 {
        return Ok(0.0);
    }
    let z = (found.estimate / standard_error).clamp(-LARGEST_Z, LARGEST_Z);
    Ok(0.5 * (z * z * (information / (1.0 + information)) - information.ln_1p()))
}

/// `n ρ²`.
fn information(found: NormalEstimate, alpha: f64, planned_observations: u64) -> Result<f64, StatsError> {
    let log_alpha = strictly_between_zero_and_one("alpha", alpha)?.ln();
    let planned = positive("number of planned observations", count(planned_observations))?;
    if found.observations == 0 {
        return Err(StatsError::NoTrials);
    }
    let scale = (1.0 - 2.0 * log_alpha).ln() - 2.0 * log_alpha;
    Ok(scale * count(found.observations) / planned)
}

/// Asymptotic confidence sequence of the rate of one arm, cut to 0 to 1.
///
/// The standard error is taken at `(successes + 1)/(trials + 2)`, so that it is not 0 before the first success.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`] for alpha, [`StatsError::NotPositive`] for planned trials of 0.
pub fn rate_confidence_sequence(
    arm: Proportion,
    alpha: f64,
    planned_trials: u64,
) -> Result<Interval, StatsError> {
    let found = NormalEstimate {
        estimate: arm.rate(),
        standard_error: variance(arm).sqrt(),
        observations: arm.trials(),
    };
    let interval = asymptotic_confidence_sequence(found, alpha, planned_trials)?;
    Ok(Interval { low: interval.low.max(0.0), high: interval.high.min(1.0) })
}

/// Asymptotic confidence sequence of the treatment's rate minus the control's, cut to -1 to 1.
///
/// `planned_trials` is of both arms together. Standard errors as in [`rate_confidence_sequence`].
/// # Errors
/// As [`rate_confidence_sequence`].
pub fn rate_difference_confidence_sequence(
    control: Proportion,
    treatment: Proportion,
    alpha: f64,
    planned_trials: u64,
) -> Result<Interval, StatsError> {
    let found = NormalEstimate {
        estimate: treatment.rate() - control.rate(),
        standard_error: (variance(control) + variance(treatment)).sqrt(),
        observations: control.trials().saturating_add(treatment.trials()),
    };
    let interval = asymptotic_confidence_sequence(found, alpha, planned_trials)?;
    Ok(Interval { low: interval.low.max(-1.0), high: interval.high.min(1.0) })
}

/// Variance of an arm's rate, never 0.
fn variance(arm: Proportion) -> f64 {
    let plus_one = |visitors: u64| wide_count(u128::from(visitors) + 1);
    let all = wide_count(u128::from(arm.trials()) + 2);
    plus_one(arm.successes()) / all * (plus_one(arm.trials() - arm.successes()) / all) / count(arm.trials())
}
