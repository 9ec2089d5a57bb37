//! The beta distribution: what is known of a rate.

use crate::StatsError;
use crate::error::strictly_between_zero_and_one;
use crate::roots::rising_root;
use crate::special::{BetaPoint, beta_shape, lower_regularised_beta, upper_regularised_beta};

/// Probability that a beta variable with shapes `a` and `b` is at most `x`.
///
/// Accuracy and range as [`lower_regularised_beta`].
/// # Errors
/// As [`lower_regularised_beta`].
pub fn cdf(x: f64, a: f64, b: f64) -> Result<f64, StatsError> {
    lower_regularised_beta(a, b, x)
}

/// Probability that a beta variable with shapes `a` and `b` exceeds `x`.
///
/// Accuracy and range as [`upper_regularised_beta`].
/// # Errors
/// As [`upper_regularised_beta`].
pub fn survival(x: f64, a: f64, b: f64) -> Result<f64, StatsError> {
    upper_regularised_beta(a, b, x)
}

/// The value that a beta variable stays below with `probability`.
///
/// Relative error below 1e-12 while the result is below 1/2, absolute error below 1e-15 above it.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`], [`StatsError::NotPositive`] or [`StatsError::TooLarge`].
pub fn quantile(probability: f64, a: f64, b: f64) -> Result<f64, StatsError> {
    strictly_between_zero_and_one("probability", probability)?;
    Ok(invert(beta_shape("shape", a)?, beta_shape("shape", b)?, probability, true))
}

/// The value that a beta variable exceeds with probability `tail`. Accuracy and errors as [`quantile`].
/// # Errors
/// As [`quantile`].
pub fn upper_quantile(tail: f64, a: f64, b: f64) -> Result<f64, StatsError> {
    strictly_between_zero_and_one("tail", tail)?;
    Ok(invert(beta_shape("shape", a)?, beta_shape("shape", b)?, tail, false))
}

/// Newton's method for the logarithm of the tail as function of the logit, where both tails are log-concave.
fn invert(a: f64, b: f64, tail: f64, lower: bool) -> f64 {
    let wanted = tail.ln();
    // Beyond these logits the value is 0 or 1 to the last bit.
    let middle = (a / b).ln();
    let logit = rising_root(-745.0, 745.0, middle, |logit| {
        let point = at_logit(a, b, logit);
        let (tails, mass) = (point.ln_tails(), point.ln_mass());
        let (sign, reached) = if lower { (1.0, tails.lower) } else { (-1.0, tails.upper) };
        (sign * (reached - wanted), (mass - reached).exp())
    });
    at_logit(a, b, logit).x
}

/// The point whose value has this logit, `ln x - ln(1 - x)`.
fn at_logit(a: f64, b: f64, logit: f64) -> BetaPoint {
    let x = 1.0 / (1.0 + (-logit).exp());
    let y = 1.0 / (1.0 + logit.exp());
    let offset = if x <= 0.5 { x.mul_add(a + b, -a) } else { -y.mul_add(a + b, -b) };
    BetaPoint { a, b, x, y, offset }
}
