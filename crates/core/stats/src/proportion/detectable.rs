//! What a comparison of two proportions could have detected.

use super::Proportion;
use crate::error::strictly_between_zero_and_one;
use crate::rounding::{count, wide_count};
use crate::{StatsError, normal};

/// The difference of rates that [`two_proportion_test`](super::two_proportion_test) finds with probability
/// `power` at two-sided `significance`, given the sizes of both sides and their common rate. From 0 to 1.
///
/// `(z(significance/2) + z(1 - power)) · √(p(1-p)(1/n + 1/m))` (Fleiss, Levin and Paik, *Statistical Methods
/// for Rates and Proportions*, third edition, 2003, chapter 4). The common rate has one success and one
/// failure added, so that it is never taken as known to be 0 or 1. A rough guide to tell a reader what "no
/// difference detected" may hide, not a plan for the size of an experiment.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`].
pub fn detectable_difference(
    control: Proportion,
    treatment: Proportion,
    significance: f64,
    power: f64,
) -> Result<f64, StatsError> {
    strictly_between_zero_and_one("significance", significance)?;
    strictly_between_zero_and_one("power", power)?;
    let plus_one = |one: u64, other: u64| wide_count(u128::from(one) + u128::from(other) + 1);
    let successes = plus_one(control.successes, treatment.successes);
    let failures = plus_one(control.failures(), treatment.failures());
    let both = successes + failures;
    let sizes = 1.0 / count(control.trials) + 1.0 / count(treatment.trials);
    let errors = normal::upper_quantile(0.5 * significance)? + normal::quantile(power)?;
    Ok((errors * ((successes / both) * (failures / both) * sizes).sqrt()).clamp(0.0, 1.0))
}
