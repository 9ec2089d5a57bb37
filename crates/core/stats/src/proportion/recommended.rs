//! Which test of two proportions to show.

use super::{Proportion, fisher_exact_p_value, two_proportion_test};
use crate::StatsError;
use crate::rounding::wide_count;

/// Expected count below which a cell is too small for the normal approximation (W. G. Cochran, *Biometrics*
/// 10, 1954).
pub const SMALLEST_EXPECTED_COUNT: f64 = 5.0;

/// A test of two proportions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestMethod {
    /// [`two_proportion_test`]: normal approximation with pooled variance.
    Pooled,
    /// [`fisher_exact_p_value`].
    FisherExact,
}

/// A p-value and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecommendedTest {
    /// The test chosen.
    pub method: TestMethod,
    /// Its two-sided p-value.
    pub p_value: f64,
}

/// Fisher's exact test where an expected count of the 2×2 table is below [`SMALLEST_EXPECTED_COUNT`], else
/// the z-test.
///
/// The expected counts depend on the margins only, not on which variant is ahead, so choosing the test this
/// way does not favour a result.
/// # Errors
/// None in practice: tables with so small an expected count are never too large for the exact test, unless
/// more than 2^64 trials are given; then the z-test is taken.
pub fn recommended_test(control: Proportion, treatment: Proportion) -> Result<RecommendedTest, StatsError> {
    let sum = |one: u64, other: u64| wide_count(u128::from(one) + u128::from(other));
    let hits = sum(control.successes, treatment.successes);
    let misses = sum(control.failures(), treatment.failures());
    let trials = sum(control.trials, treatment.trials);
    let smaller_arm = wide_count(u128::from(control.trials.min(treatment.trials)));
    if smaller_arm * (hits.min(misses) / trials) < SMALLEST_EXPECTED_COUNT {
        match fisher_exact_p_value(control, treatment) {
            Ok(p_value) => return Ok(RecommendedTest { method: TestMethod::FisherExact, p_value }),
            Err(StatsError::TooLarge { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    let p_value = two_proportion_test(control, treatment)?.p_value;
    Ok(RecommendedTest { method: TestMethod::Pooled, p_value })
}
