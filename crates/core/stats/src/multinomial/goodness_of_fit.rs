//! Goodness of fit of observed counts to expected shares.

use crate::error::positive;
use crate::rounding::{count, wide_count};
use crate::{StatsError, chi_squared};

/// How far the sum of the expected shares may be from 1: shares such as 1/3 written with ten digits pass.
pub const SHARES_TOLERANCE: f64 = 1e-9;

/// What the chi-square test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquareTest {
    /// Pearson's statistic, `Σ (observed - expected)² / expected`; finite, at least 0.
    pub statistic: f64,
    /// Number of categories minus one.
    pub degrees_of_freedom: u32,
    /// Probability of a statistic at least as large if the shares are true. 0 means below about 1e-308.
    pub p_value: f64,
}

/// Pearson's chi-square test that `observed` counts were drawn with `expected_shares`.
///
/// Shares are positive and add up to 1 within [`SHARES_TOLERANCE`] (what is missing is spread in proportion).
/// Leave a category with share 0 out: a count in it needs no test. The approximation wants an expected count
/// of about five in every category. K. Pearson, *Philosophical Magazine* 50, 1900.
/// # Errors
/// [`StatsError::LengthsDiffer`], [`StatsError::TooFewCategories`], [`StatsError::NotPositive`] for a share,
/// [`StatsError::SharesDoNotAddUp`], [`StatsError::NoTrials`] when all counts are 0, [`StatsError::TooLarge`]
/// for more than two million categories.
pub fn chi_square_test(observed: &[u64], expected_shares: &[f64]) -> Result<ChiSquareTest, StatsError> {
    if observed.len() != expected_shares.len() {
        return Err(StatsError::LengthsDiffer { observed: observed.len(), expected: expected_shares.len() });
    }
    if observed.len() < 2 {
        return Err(StatsError::TooFewCategories { found: observed.len() });
    }
    let mut sum = 0.0;
    for share in expected_shares {
        sum += positive("expected share", *share)?;
    }
    if !(sum - 1.0).abs().le(&SHARES_TOLERANCE) {
        return Err(StatsError::SharesDoNotAddUp { sum });
    }
    let total = observed.iter().map(|observed| u128::from(*observed)).sum::<u128>();
    if total == 0 {
        return Err(StatsError::NoTrials);
    }
    let scale = wide_count(total) / sum;
    let statistic: f64 = observed
        .iter()
        .zip(expected_shares)
        .map(|(observed, share)| {
            let expected = (share * scale).max(f64::MIN_POSITIVE);
            let distance = count(*observed) - expected;
            distance * (distance / expected)
        })
        .sum();
    // A count where next to nothing was expected can pass the largest number; the p-value is 0 long before.
    let statistic = statistic.min(f64::MAX);
    let degrees_of_freedom = u32::try_from(observed.len() - 1).unwrap_or(u32::MAX);
    let p_value = chi_squared::survival(statistic, degrees_of_freedom)?;
    Ok(ChiSquareTest { statistic, degrees_of_freedom, p_value })
}
