//! Many tests at once: p-values adjusted so that one bound holds for all of them.
//!
//! Both answers stand in the order of the input, lie between 0 and 1 and are never below the p-value they
//! adjust. Compare them with the level wanted.

use crate::StatsError;
use crate::rounding::count;

/// Holm's step-down adjusted p-values: rejecting those below α keeps the probability of *any* false rejection
/// below α, however the tests depend on each other.
///
/// With p-values in rising order, `max over j <= i of (m - j + 1) p_j`. S. Holm, *Scandinavian Journal of
/// Statistics* 6, 1979. For the few metrics that decide.
/// # Errors
/// [`StatsError::NotBetweenZeroAndOne`].
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    let sorted = in_rising_order(p_values)?;
    let mut remaining = size(p_values);
    let mut greatest: f64 = 0.0;
    let adjusted = sorted.into_iter().map(|(place, p_value)| {
        greatest = greatest.max(remaining * p_value).min(1.0);
        remaining -= 1.0;
        (place, greatest)
    });
    Ok(in_order_of_input(adjusted.collect()))
}

/// Adjusted p-values of Benjamini and Yekutieli: rejecting those below q keeps the expected share of false
/// ones among all rejections below q, however the tests depend on each other.
///
/// With p-values in rising order, `min over j >= i of (m · H_m / j) p_j`, where `H_m = 1 + 1/2 + … + 1/m` is
/// the price of dependence. Y. Benjamini and D. Yekutieli, *The Annals of Statistics* 29, 2001, theorem 1.3.
/// For the many metrics that one only browses.
/// # Errors
/// [`StatsError::NotBetweenZeroAndOne`].
pub fn benjamini_yekutieli(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    let sorted = in_rising_order(p_values)?;
    let tests = size(p_values);
    let mut harmonic = 0.0;
    let mut rank = tests;
    while rank >= 1.0 {
        harmonic += 1.0 / rank;
        rank -= 1.0;
    }
    let mut rank = tests;
    let mut smallest: f64 = 1.0;
    let adjusted = sorted.into_iter().rev().map(|(place, p_value)| {
        smallest = smallest.min(tests * harmonic / rank * p_value);
        rank -= 1.0;
        (place, smallest)
    });
    Ok(in_order_of_input(adjusted.collect()))
}

fn size(p_values: &[f64]) -> f64 {
    count(u64::try_from(p_values.len()).unwrap_or(u64::MAX))
}

/// The p-values with their places, smallest first.
fn in_rising_order(p_values: &[f64]) -> Result<Vec<(usize, f64)>, StatsError> {
    if let Some(value) = p_values.iter().find(|p_value| !(0.0..=1.0).contains(*p_value)) {
        return Err(StatsError::NotBetweenZeroAndOne { name: "p-value", value: *value });
    }
    let mut sorted: Vec<(usize, f64)> = p_values.iter().copied().enumerate().collect();
    sorted.sort_by(|one, other| one.1.total_cmp(&other.1));
    Ok(sorted)
}

fn in_order_of_input(mut adjusted: Vec<(usize, f64)>) -> Vec<f64> {
    adjusted.sort_by_key(|(place, _)| *place);
    adjusted.into_iter().map(|(_, p_value)| p_value).collect()
}
