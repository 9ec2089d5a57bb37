//! Test of two proportions against each other.

use super::Proportion;
use crate::rounding::wide_count;
use crate::{StatsError, normal};

/// What the pooled test of two proportions found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoProportionTest {
    /// Rate of the treatment minus rate of the control, from -1 to 1.
    pub difference: f64,
    /// The difference in pooled standard errors; positive when the treatment is higher.
    pub z: f64,
    /// Probability of a difference at least as large, in either direction, if the true rates are equal. 0
    /// means below the smallest floating point number, about 1e-308.
    pub p_value: f64,
}

/// Two-sided z-test, with pooled variance, that control and treatment have the same rate.
///
/// Where every trial or no trial of both succeeded nothing differs: z = 0, p = 1. The difference is exact
/// integer arithmetic before its one rounding, so equal rates give exactly 0 at any size. The normal
/// approximation wants about five successes and five failures on each side; below that read the p-value as
/// rough. The square of z is the chi-squared statistic of the 2×2 table: K. Pearson, *Philosophical Magazine*
/// 50, 1900; Fleiss, Levin and Paik, *Statistical Methods for Rates and Proportions*, third edition, 2003,
/// chapter 3.
/// # Errors
/// None today; the [`Result`] leaves room for refusing counts where the approximation does not hold.
pub fn two_proportion_test(
    control: Proportion,
    treatment: Proportion,
) -> Result<TwoProportionTest, StatsError> {
    let (cross, trials_product) = cross_products(control, treatment);
    let sum = |one: u64, other: u64| wide_count(u128::from(one) + u128::from(other));
    let successes = sum(control.successes, treatment.successes);
    let failures = sum(control.failures(), treatment.failures());
    let trials = sum(control.trials, treatment.trials);
    // z = (rate difference) / √(p(1-p)(1/n + 1/m)) with both sides multiplied by n·m.
    let scale = (successes * (failures / trials) * trials_product).sqrt();
    let z = if scale > 0.0 { cross / scale } else { 0.0 };
    Ok(TwoProportionTest { difference: cross / trials_product, z, p_value: normal::two_sided_p_value(z) })
}

/// Rate of the treatment minus rate of the control, with one rounding.
pub(super) fn rate_difference(control: Proportion, treatment: Proportion) -> f64 {
    let (cross, trials_product) = cross_products(control, treatment);
    cross / trials_product
}

/// The difference of rates times both numbers of trials, and the product of the trials.
fn cross_products(control: Proportion, treatment: Proportion) -> (f64, f64) {
    let product = |one: u64, other: u64| u128::from(one) * u128::from(other);
    let upper = product(treatment.successes, control.trials);
    let lower = product(control.successes, treatment.trials);
    let distance = wide_count(upper.abs_diff(lower));
    let cross = if upper < lower { -distance } else { distance };
    (cross, wide_count(product(control.trials, treatment.trials)))
}
