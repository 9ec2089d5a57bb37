//! The standard normal distribution.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use crate::StatsError;
use crate::error::strictly_between_zero_and_one;
use crate::special::{erfc, exp_minus_half_square, scaled_erfc};

/// Probability that a standard normal variable exceeds `z`.
///
/// Relative error below 1e-14 while the result is a normal number (z < 37.5), 0 from z = 38.6 on. NaN only
/// for NaN.
pub fn survival(z: f64) -> f64 {
    let x = z * FRAC_1_SQRT_2;
    if x < 0.5 {
        0.5 * erfc(x)
    } else {
        // Not 0.5 * erfc(x): rounding x by one part in 2^53 moves erfc(26) by 676 times as much.
        0.5 * exp_minus_half_square(z) * scaled_erfc(x)
    }
}

/// Probability that a standard normal variable is further from zero than `z`, on either side.
///
/// Relative error below 1e-14; 0 from |z| = 38.6 on.
pub fn two_sided_p_value(z: f64) -> f64 {
    (2.0 * survival(z.abs())).min(1.0)
}

/// Density at `z`.
pub fn density(z: f64) -> f64 {
    exp_minus_half_square(z) / (2.0 * PI).sqrt()
}

/// The value that a standard normal variable stays below with `probability`.
///
/// Absolute error below 1e-14. For a small upper tail use [`upper_quantile`], because `1 - tail` has no
/// digits.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`].
pub fn quantile(probability: f64) -> Result<f64, StatsError> {
    strictly_between_zero_and_one("probability", probability)?;
    // 1 - p is exact for p >= 1/2.
    Ok(if probability < 0.5 { -upper(probability) } else { upper(1.0 - probability) })
}

/// The value that a standard normal variable exceeds with probability `tail`: the inverse of [`survival`].
///
/// Relative error below 1e-14 for tails between 1e-300 and 0.4; absolute error below 1e-14 around 0.5.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`].
pub fn upper_quantile(tail: f64) -> Result<f64, StatsError> {
    strictly_between_zero_and_one("tail", tail)?;
    Ok(if tail > 0.5 { -upper(1.0 - tail) } else { upper(tail) })
}

/// Inverse of the survival function for 0 < tail <= 1/2.
///
/// Starts from the rational approximation 26.2.23 of Abramowitz and Stegun (*Handbook of Mathematical
/// Functions*, 1964; error below 4.5e-4) and takes Halley's steps (cubic convergence: the second already
/// reaches 53 bits).
fn upper(tail: f64) -> f64 {
    if tail >= 0.5 {
        return 0.0;
    }
    let t = (-2.0 * tail.ln()).sqrt();
    let start = t
        - (2.515_517 + t * (0.802_853 + t * 0.010_328))
            / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)));
    (0..3).fold(start, |z, _| {
        let density = density(z);
        if density < f64::MIN_POSITIVE {
            return z;
        }
        let newton = (survival(z) - tail) / density;
        z + newton / (1.0 - 0.5 * z * newton)
    })
}
