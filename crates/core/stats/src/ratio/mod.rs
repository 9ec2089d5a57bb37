//! Questions about ratio metrics: a sum over visitors divided by another sum (revenue per order, clicks per
//! view).
//!
//! The visitor is the unit, because events of one visitor depend on each other; treating the denominators as
//! independent trials gives intervals that are too narrow.

use crate::StatsError;
use crate::error::{bounded, positive};
use crate::estimate::{DifferenceTest, Estimate, LARGEST_ESTIMATE, difference_test};
use crate::mean::PairedSample;
use crate::rounding::count;

/// The ratio `Σ first / Σ second` of a sample with its standard error by the delta method.
///
/// With means y and x, ratio R = y/x: variance `(s_yy - 2 R s_xy + R² s_xx) / (n x²)` (A. Deng, U. Knoblich
/// and J. Lu,
/// *Applying the Delta Method in Metric Analytics*, KDD 2018, section 3.1). n - 1 degrees of freedom. Compare
/// two with [`ratio_test`], their lift with [`log_ratio_lift`](crate::estimate::log_ratio_lift). The
/// linearisation wants the mean of the denominator many standard errors away from 0.
/// # Errors
/// [`StatsError::TooFewValues`] below two visitors, [`StatsError::NotPositive`] for the mean of the
/// denominator, [`StatsError::TooLarge`] for a ratio beyond [`LARGEST_ESTIMATE`].
pub fn ratio_estimate(sample: PairedSample) -> Result<Estimate, StatsError> {
    let below = positive("mean of the denominator", sample.second().mean())?;
    let ratio = (sample.first().mean() / below).clamp(-f64::MAX, f64::MAX);
    let ratio = bounded("ratio", ratio, LARGEST_ESTIMATE)?;
    let variance = sample.variance_of_residual(ratio)?;
    let error = ((variance / count(sample.visitors())).sqrt() / below).min(f64::MAX);
    Estimate::new(ratio, error, count(sample.visitors()) - 1.0)
}

/// Two-sided test, with Welch's degrees of freedom, that control and treatment have the same ratio.
/// # Errors
/// As [`ratio_estimate`] and [`difference_test`].
pub fn ratio_test(
    control: PairedSample,
    treatment: PairedSample,
    confidence: f64,
) -> Result<DifferenceTest, StatsError> {
    difference_test(ratio_estimate(control)?, ratio_estimate(treatment)?, confidence)
}
