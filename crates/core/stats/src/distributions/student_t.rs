//! Student's t distribution.

use super::normal;
use crate::StatsError;
use crate::error::{positive, strictly_between_zero_and_one};
use crate::roots::rising_root;
use crate::special::BetaPoint;

/// From this many degrees of freedom on the normal distribution is meant: they differ by less than 1e-14 of
/// the tail.
const NORMAL_FROM: f64 = 1e20;

/// Beyond this multiple of √(degrees of freedom) the tail is a plain power.
const POWER_FROM: f64 = 1e150;

/// Probability that a t variable with `degrees_of_freedom` (need not be whole) exceeds `t`.
///
/// Relative error below 1e-12, also in the far tail. With x = ν / (ν + t²) it is `I_x(ν/2, 1/2) / 2` for t >
/// 0 (Abramowitz and Stegun, *Handbook of Mathematical Functions*, 1964, formula 26.7.1).
/// # Errors
/// [`StatsError::NotPositive`] for the degrees of freedom, [`StatsError::NotFinite`] for t.
pub fn survival(t: f64, degrees_of_freedom: f64) -> Result<f64, StatsError> {
    let degrees_of_freedom = positive("number of degrees of freedom", degrees_of_freedom)?;
    if !t.is_finite() {
        return Err(StatsError::NotFinite { name: "t statistic", value: t });
    }
    let tail = 0.5 * both_tails(t, degrees_of_freedom);
    Ok(if t < 0.0 { 1.0 - tail } else { tail })
}

/// Probability that a t variable is further from zero than `t`, on either side. Accuracy and errors as
/// [`survival`].
/// # Errors
/// As [`survival`].
pub fn two_sided_p_value(t: f64, degrees_of_freedom: f64) -> Result<f64, StatsError> {
    Ok((2.0 * survival(t.abs(), degrees_of_freedom)?).min(1.0))
}

/// The value that a t variable exceeds with probability `tail`: the inverse of [`survival`].
///
/// Relative error below 1e-12 for tails up to 0.4, absolute below 1e-14 around 0.5. With few degrees of
/// freedom a tiny tail lies beyond the largest floating point number, which is then given.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`] for the tail, [`StatsError::NotPositive`] for the degrees of
/// freedom.
pub fn upper_quantile(tail: f64, degrees_of_freedom: f64) -> Result<f64, StatsError> {
    let tail = strictly_between_zero_and_one("tail", tail)?;
    let degrees_of_freedom = positive("number of degrees of freedom", degrees_of_freedom)?;
    Ok(if tail > 0.5 { -upper(1.0 - tail, degrees_of_freedom)? } else { upper(tail, degrees_of_freedom)? })
}

/// The value that a t variable stays below with `probability`. For a small upper tail use [`upper_quantile`].
/// # Errors
/// As [`upper_quantile`].
pub fn quantile(probability: f64, degrees_of_freedom: f64) -> Result<f64, StatsError> {
    Ok(-upper_quantile(probability, degrees_of_freedom)?)
}

/// The point of the beta distribution with shapes ν/2 and 1/2 whose lower tail is P(|T| > t).
fn beta_point(t: f64, degrees_of_freedom: f64) -> BetaPoint {
    let ratio = t.abs() / degrees_of_freedom.sqrt();
    let (x, y) = if ratio <= 1.0 {
        let square = ratio * ratio;
        (1.0 / (1.0 + square), square / (1.0 + square))
    } else {
        let square = (1.0 / ratio) * (1.0 / ratio);
        (square / (1.0 + square), 1.0 / (1.0 + square))
    };
    let half = 0.5 * degrees_of_freedom;
    BetaPoint { a: half, b: 0.5, x, y, offset: x.mul_add(0.5, -(half * y)) }
}

/// P(|T| > |t|) for finite t.
fn both_tails(t: f64, degrees_of_freedom: f64) -> f64 {
    if degrees_of_freedom >= NORMAL_FROM {
        return normal::two_sided_p_value(t);
    }
    let scale = degrees_of_freedom.sqrt();
    let edge = POWER_FROM * scale;
    if t.abs() > edge {
        let at_edge = beta_point(edge, degrees_of_freedom).ln_tails().lower;
        return (at_edge - degrees_of_freedom * (t.abs() / edge).ln()).exp();
    }
    beta_point(t, degrees_of_freedom).ln_tails().lower.exp()
}

/// Density at t.
fn density(t: f64, degrees_of_freedom: f64) -> f64 {
    // The mass of the beta point is the density times |t|, up to the factor 2 of both sides and of x in t².
    let at = t.abs();
    if at > 1e-100 {
        beta_point(at, degrees_of_freedom).ln_mass().exp() / at
    } else {
        let centre = beta_point(1e-3, degrees_of_freedom).ln_mass() + 1e3_f64.ln();
        // From t = 0.001 back to 0 the density changes by the factor (1 + t²/ν)^((ν+1)/2).
        (centre + 0.5 * (degrees_of_freedom + 1.0) * (1e-6 / degrees_of_freedom).ln_1p()).exp()
    }
}

/// Inverse of the survival function for 0 < tail <= 1/2.
fn upper(tail: f64, degrees_of_freedom: f64) -> Result<f64, StatsError> {
    let from_normal = normal::upper_quantile(tail)?;
    if degrees_of_freedom >= NORMAL_FROM || tail >= 0.5 {
        return Ok(from_normal);
    }
    if tail > 0.25 {
        // The tail is nearly straight here.
        return Ok(rising_root(0.0, 1e300, from_normal, |t| {
            (tail - 0.5 * both_tails(t, degrees_of_freedom), density(t, degrees_of_freedom))
        }));
    }
    // The t quantile is never nearer than the normal one; in logarithms of both the tail is concave.
    let (low, high) = (from_normal.ln(), f64::MAX.ln());
    let logarithm = rising_root(low, high, low, |logarithm| {
        let t = logarithm.exp().min(f64::MAX);
        let reached = 0.5 * both_tails(t, degrees_of_freedom);
        if reached < f64::MIN_POSITIVE {
            return (f64::INFINITY, 1.0);
        }
        (tail.ln() - reached.ln(), density(t, degrees_of_freedom) * t / reached)
    });
    Ok(logarithm.exp().min(f64::MAX))
}
