//! Planning a comparison of two rates.

use super::plan::{Plan, SampleSizes, two_sided_power};
use crate::StatsError;
use crate::error::strictly_between_zero_and_one;
use crate::roots::rising_root_without_slope;
use crate::rounding::count;

/// Probability that [`two_proportion_test`](crate::proportion::two_proportion_test) finds the difference
/// between these true rates, given the visitors of both variants; the plan's own power and split are not
/// used.
///
/// Pooled variance in the test, unpooled variance of the estimate:
/// `Q((z √(p̄ q̄ (1/n + 1/m)) - d) / √(p₁q₁/n + p₂q₂/m))` plus the same with `+ d`, the other side (J. L.
/// Fleiss, B. Levin and M. C. Paik, *Statistical Methods for Rates and Proportions*, third edition, 2003,
/// formula 4.15; statsmodels `power_proportions_2indep`). Not the arcsine formula of statsmodels'
/// `NormalIndPower` with `proportion_effectsize`, which describes a test nobody runs.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`] for a rate, [`StatsError::NoTrials`] for an empty variant.
pub fn proportions_power(
    plan: Plan,
    control_rate: f64,
    treatment_rate: f64,
    sizes: SampleSizes,
) -> Result<f64, StatsError> {
    rates(control_rate, treatment_rate)?;
    if sizes.control == 0 || sizes.treatment == 0 {
        return Err(StatsError::NoTrials);
    }
    Ok(power(plan, control_rate, treatment_rate, count(sizes.control), count(sizes.treatment)))
}

/// The fewest visitors with which these true rates are told apart with the plan's power; None above 10^15.
///
/// By the formula of [`proportions_power`], so the power with these sizes is at least the one wanted and with
/// one control visitor fewer it is not.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`] for a rate.
pub fn proportions_sample_size(
    plan: Plan,
    control_rate: f64,
    treatment_rate: f64,
) -> Result<Option<SampleSizes>, StatsError> {
    rates(control_rate, treatment_rate)?;
    Ok(plan.smallest(|sizes| {
        power(plan, control_rate, treatment_rate, count(sizes.control), count(sizes.treatment))
    }))
}

/// The smallest *rise* of the control's rate that so many visitors find with the plan's power; None when not
/// even a rise to 1 is found.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`] for the rate, [`StatsError::NoTrials`] for an empty variant.
pub fn proportions_detectable_difference(
    plan: Plan,
    control_rate: f64,
    sizes: SampleSizes,
) -> Result<Option<f64>, StatsError> {
    strictly_between_zero_and_one("rate", control_rate)?;
    if sizes.control == 0 || sizes.treatment == 0 {
        return Err(StatsError::NoTrials);
    }
    let (control, treatment) = (count(sizes.control), count(sizes.treatment));
    let missing = |rise: f64| {
        power(plan, control_rate, (control_rate + rise).min(1.0), control, treatment) - plan.power
    };
    let most = 1.0 - control_rate;
    if missing(most) < 0.0 {
        return Ok(None);
    }
    let error = (control_rate * (1.0 - control_rate) * (1.0 / control + 1.0 / treatment)).sqrt();
    let start = (plan.quantile * error).min(0.5 * most);
    Ok(Some(rising_root_without_slope(0.0, most, start, (start, 1e-13 * start), missing)))
}

fn rates(control_rate: f64, treatment_rate: f64) -> Result<(), StatsError> {
    strictly_between_zero_and_one("rate", control_rate)?;
    strictly_between_zero_and_one("rate", treatment_rate)?;
    Ok(())
}

fn power(plan: Plan, one: f64, other: f64, control: f64, treatment: f64) -> f64 {
    let share = treatment / (control + treatment);
    let pooled = one + share * (other - one);
    let null = (pooled * (1.0 - pooled) * (1.0 / control + 1.0 / treatment)).sqrt();
    let error = (one * (1.0 - one) / control + other * (1.0 - other) / treatment).sqrt();
    two_sided_power(plan.quantile, other - one, null, error)
}
