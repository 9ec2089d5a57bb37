//! Exact test of two proportions for small counts.

use super::Proportion;
use crate::StatsError;
use crate::hypergeometric::Hypergeometric;
use crate::rounding::{count, wide_count};

/// Fisher's exact two-sided p-value that control and treatment have the same rate.
///
/// The sum of the probabilities of all tables with the same margins that are at most as probable as the one
/// seen (as `fisher.test` of R and `fisher_exact` of SciPy; see [`Hypergeometric::two_sided_p_value`] for
/// ties). Right at any count, but conservative: at small counts it rejects equal rates less often than it
/// says. R. A. Fisher, *Journal of the Royal Statistical Society* 98, 1935. Relative error below 1e-11. Time
/// grows with the square root of the counts.
/// # Errors
/// [`StatsError::TooLarge`] for tables beyond
/// [`LARGEST_DEVIATION`](crate::hypergeometric::LARGEST_DEVIATION), about 10^13 trials, where the z-test is
/// exact enough.
pub fn fisher_exact_p_value(control: Proportion, treatment: Proportion) -> Result<f64, StatsError> {
    let hits = u128::from(control.successes) + u128::from(treatment.successes);
    let misses = u128::from(control.failures()) + u128::from(treatment.failures());
    let narrow = |value: u128| {
        u64::try_from(value).map_err(|_| StatsError::TooLarge {
            name: "population",
            value: wide_count(value),
            largest: count(u64::MAX),
        })
    };
    let tables = Hypergeometric::new(narrow(hits)?, narrow(misses)?, control.trials)?;
    Ok(tables.two_sided_p_value(control.successes))
}
