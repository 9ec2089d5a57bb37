//! Confidence interval of one proportion.

use super::Proportion;
use crate::error::strictly_between_zero_and_one;
use crate::rounding::count;
use crate::{Interval, StatsError, normal};

/// Wilson's score interval of a proportion: the rates that a two-sided score test would not reject.
///
/// `confidence` lies strictly between 0 and 1 (0.95 for the usual interval). The ends lie in 0..=1; without
/// successes the lower end is exactly 0, with nothing but successes the upper end is exactly 1. Relative
/// error of each end below 1e-13, also for one success in 10^12. E. B. Wilson, *Journal of the American
/// Statistical Association* 22, 1927; chosen over the textbook interval `p ± z·√(p(1-p)/n)`, which is empty
/// at 0 successes and covers too seldom for rare events (Brown, Cai and DasGupta, *Statistical Science* 16,
/// 2001).
/// # Errors
/// [`StatsError::NoTrials`], [`StatsError::SuccessesExceedTrials`] or
/// [`StatsError::NotStrictlyBetweenZeroAndOne`].
pub fn wilson_interval(successes: u64, trials: u64, confidence: f64) -> Result<Interval, StatsError> {
    let confidence = strictly_between_zero_and_one("confidence", confidence)?;
    let proportion = Proportion::new(successes, trials)?;
    let z = normal::upper_quantile(0.5 * (1.0 - confidence))?;
    let (hits, misses, all) = (count(successes), count(proportion.failures()), count(trials));
    let middle = hits + 0.5 * z * z;
    let half = z * (hits * (misses / all) + 0.25 * z * z).sqrt();
    // The lower end as product of both roots divided by the upper root: `middle - half` would cancel.
    let low = if successes == 0 { 0.0 } else { hits * (hits / all) / (middle + half) };
    let high = if successes == trials { 1.0 } else { (middle + half) / (all + z * z) };
    Ok(Interval { low: low.clamp(0.0, 1.0), high: high.clamp(low.clamp(0.0, 1.0), 1.0) })
}

/// How far the ends of [`wilson_interval`] are below and above the rate, for the normal quantile `z`.
///
/// Each from its own formula: subtracting the ends from the rate would lose half of the digits at 10^12
/// trials.
pub(super) fn wilson_distances(proportion: Proportion, z: f64) -> (f64, f64) {
    let (hits, misses, all) =
        (count(proportion.successes), count(proportion.failures()), count(proportion.trials));
    let half = z * (hits * (misses / all) + 0.25 * z * z).sqrt();
    let shift = z * z * (0.5 * (misses - hits) / all);
    let distance = |empty: bool, size: f64| if empty { 0.0 } else { size.max(0.0) / (all + z * z) };
    (distance(proportion.successes == 0, half - shift), distance(proportion.failures() == 0, half + shift))
}
