//! Regularised incomplete gamma function.
//!
//! Series below the peak of the integrand, continued fraction above it (Abramowitz and Stegun, *Handbook of
//! Mathematical Functions*, 1964, formulas 6.5.29 and 6.5.31; the fraction is evaluated forwards after W. J.
//! Lentz, *Applied Optics* 15, 1976). The density in front of both is written around its peak, so that large
//! shapes do not lose digits in the difference of large logarithms (C. Loader, *Fast and Accurate Computation
//! of Binomial Probabilities*, 2000).

use std::f64::consts::{E, PI};

use super::gamma::{STIRLING_FROM, stirling_rest};
use crate::StatsError;
use crate::error::{not_negative, positive};

/// The largest shape accepted: a chi-squared test of two million categories. Time grows with its square root.
pub const LARGEST_SHAPE: f64 = 1e6;

/// Many more terms than any accepted shape needs; only there so that no loop can run for ever.
const MOST_TERMS: u32 = 1_000_000;

/// Stands for zero in a denominator of the continued fraction.
const TINY: f64 = 1e-300;

/// `Q(shape, x) = Γ(shape, x) / Γ(shape)`, between 1 (at x = 0) and 0; the upper tail of the gamma
/// distribution.
///
/// Relative error below 1e-12 for shapes from 1/2 (one degree of freedom) to 1e4, also in the far tail (tested
/// down to 1e-300); smaller shapes lose digits where the result is small and x below shape + 1.
/// # Errors
/// [`StatsError::NotPositive`] or [`StatsError::TooLarge`] for the shape, [`StatsError::Negative`] for x.
pub fn upper_regularised_gamma(shape: f64, x: f64) -> Result<f64, StatsError> {
    let shape = positive("shape", shape)?;
    let x = not_negative("bound", x)?;
    if shape > LARGEST_SHAPE {
        return Err(StatsError::TooLarge { name: "shape", value: shape, largest: LARGEST_SHAPE });
    }
    let tail = if x < shape + 1.0 {
        1.0 - density_times_x(shape, x) * lower_series(shape, x)
    } else {
        density_times_x(shape, x) * upper_fraction(shape, x)
    };
    Ok(tail.clamp(0.0, 1.0))
}

/// `Σ xⁿ / (shape · (shape + 1) ⋯ (shape + n))`, all terms positive.
fn lower_series(shape: f64, x: f64) -> f64 {
    let mut term = 1.0 / shape;
    let mut sum = term;
    let mut divisor = shape;
    for _ in 0..MOST_TERMS {
        divisor += 1.0;
        term *= x / divisor;
        sum += term;
        if term < sum * f64::EPSILON / 4.0 {
            break;
        }
    }
    sum
}

/// `1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - …)))` with a = shape, for x > a + 1.
fn upper_fraction(shape: f64, x: f64) -> f64 {
    let nonzero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut linear = x + 1.0 - shape;
    let mut ratio = 1.0 / TINY;
    let mut inverse = 1.0 / nonzero(linear);
    let mut fraction = inverse;
    for step in 1..MOST_TERMS {
        let step = f64::from(step);
        let numerator = step * (shape - step);
        linear += 2.0;
        inverse = 1.0 / nonzero(numerator * inverse + linear);
        ratio = nonzero(linear + numerator / ratio);
        let change = inverse * ratio;
        fraction *= change;
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

/// `x^shape · e^(-x) / Γ(shape)`.
fn density_times_x(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if shape >= STIRLING_FROM {
        let offset = (x - shape) / shape;
        return (shape / (2.0 * PI)).sqrt()
            * (-shape * (offset - offset.ln_1p()) - stirling_rest(shape)).exp();
    }
    let gamma = small_gamma(shape);
    // e^(-x) alone leaves the normal numbers at 708; the logarithm costs a digit, so only where it must be.
    if x < 700.0 { x.powf(shape) * (-x).exp() / gamma } else { (shape * x.ln() - x - gamma.ln()).exp() }
}

/// `Γ(shape)` for 0 < shape < 16, from Stirling's series at an argument raised above 16.
fn small_gamma(shape: f64) -> f64 {
    let mut raised = shape;
    let mut product = 1.0;
    while raised < STIRLING_FROM {
        product *= raised;
        raised += 1.0;
    }
    (2.0 * PI / raised).sqrt() * (raised / E).powf(raised) * stirling_rest(raised).exp() / product
}
