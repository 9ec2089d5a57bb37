//! Planning a comparison of two means.

use super::plan::{Plan, SampleSizes, two_sided_power};
use crate::StatsError;
use crate::error::{bounded, positive};
use crate::estimate::LARGEST_ESTIMATE;
use crate::roots::rising_root_without_slope;
use crate::rounding::count;

/// A plan and the standard deviations of a visitor's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeansPlan {
    plan: Plan,
    control: f64,
    treatment: f64,
}

impl MeansPlan {
    /// Checks and keeps the deviations, in the unit of the metric. With CUPED give those of the adjusted
    /// values.
    /// # Errors
    /// [`StatsError::NotPositive`], [`StatsError::TooLarge`].
    pub fn new(plan: Plan, control_deviation: f64, treatment_deviation: f64) -> Result<Self, StatsError> {
        let check = |value: f64| bounded("deviation", positive("deviation", value)?, LARGEST_ESTIMATE);
        Ok(Self { plan, control: check(control_deviation)?, treatment: check(treatment_deviation)? })
    }

    fn error(self, sizes: SampleSizes) -> f64 {
        (self.control / count(sizes.control).sqrt()).hypot(self.treatment / count(sizes.treatment).sqrt())
    }

    fn power(self, difference: f64, sizes: SampleSizes) -> f64 {
        let error = self.error(sizes);
        two_sided_power(self.plan.quantile, difference, error, error)
    }
}

/// Probability that a difference of means is found, given the visitors of both variants.
///
/// `Q(z - d/s) + Q(z + d/s)` with `s = √(s₁²/n + s₂²/m)`: statsmodels' `NormalIndPower` for equal deviations.
/// The t-test of small samples has slightly less.
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::TooLarge`] or [`StatsError::NoTrials`].
pub fn means_power(plan: MeansPlan, difference: f64, sizes: SampleSizes) -> Result<f64, StatsError> {
    let difference = bounded("difference", difference, LARGEST_ESTIMATE)?;
    if sizes.control == 0 || sizes.treatment == 0 {
        return Err(StatsError::NoTrials);
    }
    Ok(plan.power(difference, sizes))
}

/// The fewest visitors with which a difference of means is found with the plan's power; None above 10^15.
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::TooLarge`].
pub fn means_sample_size(plan: MeansPlan, difference: f64) -> Result<Option<SampleSizes>, StatsError> {
    let difference = bounded("difference", difference, LARGEST_ESTIMATE)?;
    Ok(plan.plan.smallest(|sizes| plan.power(difference, sizes)))
}

/// The smallest difference of means, in the unit of the metric, that so many visitors find with the plan's
/// power.
/// # Errors
/// [`StatsError::NoTrials`].
pub fn means_detectable_difference(plan: MeansPlan, sizes: SampleSizes) -> Result<f64, StatsError> {
    if sizes.control == 0 || sizes.treatment == 0 {
        return Err(StatsError::NoTrials);
    }
    // In standard errors the answer lies between 0 and z(significance/2) + 40.
    let quantile = plan.plan.quantile;
    let missing = |distance: f64| two_sided_power(quantile, distance, 1.0, 1.0) - plan.plan.power;
    Ok(plan.error(sizes) * rising_root_without_slope(0.0, quantile + 40.0, quantile, (1.0, 1e-14), missing))
}
