//! Confidence interval of the difference of two proportions.

use super::Proportion;
use super::two_sample::rate_difference;
use super::wilson::wilson_distances;
use crate::error::strictly_between_zero_and_one;
use crate::{Interval, StatsError, normal};

/// Newcombe's hybrid score interval of the difference of rates, treatment minus control, within -1..=1.
///
/// The distances of both Wilson intervals' ends from their rates, added as squares (method 10 of R. G.
/// Newcombe,
/// *Statistics in Medicine* 17, 1998; there the best of eleven simple ones, also at small counts and rates of
/// 0 or 1, where the textbook interval shrinks to nothing).
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`].
pub fn newcombe_interval(
    control: Proportion,
    treatment: Proportion,
    confidence: f64,
) -> Result<Interval, StatsError> {
    let confidence = strictly_between_zero_and_one("confidence", confidence)?;
    let z = normal::upper_quantile(0.5 * (1.0 - confidence))?;
    let (control_below, control_above) = wilson_distances(control, z);
    let (treatment_below, treatment_above) = wilson_distances(treatment, z);
    let difference = rate_difference(control, treatment);
    Ok(Interval {
        low: (difference - treatment_below.hypot(control_above)).max(-1.0),
        high: (difference + treatment_above.hypot(control_below)).min(1.0),
    })
}
