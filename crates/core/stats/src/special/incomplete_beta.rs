//! Regularised incomplete beta function, both tails.
//!
//! The side of the mean decides which tail is computed, the other is its complement: the smaller of both is
//! never the result of a subtraction (shapes below 1/2 excepted). Continued fraction of A. R. DiDonato and A.
//! H. Morris (*ACM Transactions on Mathematical Software* 18, 1992, equation 9) while one shape is moderate;
//! from [`QUADRATURE_FROM`] on Gauss's quadrature of the density around the bound, whose cost does not grow
//! with the shapes. The mass in front of both is written around the mean (C. Loader, *Fast and Accurate
//! Computation of Binomial Probabilities*, 2000), and a point is kept as its *offset* from the mean, so that
//! a distribution of 10^12 trials keeps its digits.

use std::f64::consts::PI;

use super::deviance::log_deviance;
use super::gamma::stirling_rest;
use super::quadrature::gauss_legendre;
use crate::StatsError;
use crate::error::positive;

/// The largest shape accepted.
pub const LARGEST_BETA_SHAPE: f64 = 1e30;

/// Both shapes above this: the continued fraction would need too many terms.
const QUADRATURE_FROM: f64 = 1000.0;

/// Many more terms than the fraction ever needs; only there so that no loop can run for ever.
const MOST_TERMS: u32 = 100_000;

/// Stands for zero in a denominator of the continued fraction.
const TINY: f64 = 1e-300;

/// What is left out of an integral: e^-42 = 6e-19 of its greatest value.
const NEGLIGIBLE: f64 = 42.0;

/// `I_x(a, b)`, the probability that a beta variable with shapes `a` and `b` is at most `x` (0 <= x <= 1).
///
/// Relative error below 1e-12 for shapes from 1/2 to 1e6, also in the far tail (tested down to 1e-300). For
/// larger shapes the rounding of `x` itself costs digits: 1e-16 times the square root of the shape.
/// # Errors
/// [`StatsError::NotPositive`] or [`StatsError::TooLarge`] for a shape, [`StatsError::NotBetweenZeroAndOne`]
/// for the bound.
pub fn lower_regularised_beta(a: f64, b: f64, x: f64) -> Result<f64, StatsError> {
    Ok(BetaPoint::new(a, b, x)?.ln_tails().lower.exp())
}

/// `1 - I_x(a, b)`, computed as a tail: the probability that a beta variable exceeds `x`.
///
/// Accuracy as [`lower_regularised_beta`].
/// # Errors
/// As [`lower_regularised_beta`].
pub fn upper_regularised_beta(a: f64, b: f64, x: f64) -> Result<f64, StatsError> {
    Ok(BetaPoint::new(a, b, x)?.ln_tails().upper.exp())
}

/// Gives the shape back if it is within the accepted range.
pub(crate) fn beta_shape(name: &'static str, value: f64) -> Result<f64, StatsError> {
    let value = positive(name, value)?;
    if value > LARGEST_BETA_SHAPE {
        return Err(StatsError::TooLarge { name, value, largest: LARGEST_BETA_SHAPE });
    }
    Ok(value)
}

/// A beta distribution and a value of its variable, kept so that nothing cancels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BetaPoint {
    /// First shape.
    pub(crate) a: f64,
    /// Second shape.
    pub(crate) b: f64,
    /// The value.
    pub(crate) x: f64,
    /// One minus the value.
    pub(crate) y: f64,
    /// `x(a + b) - a`: distance of the value from the mean, times the sum of the shapes.
    pub(crate) offset: f64,
}

/// Natural logarithms of both tails; minus infinity for 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LnTails {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

impl BetaPoint {
    /// The point of a plain value.
    pub(crate) fn new(a: f64, b: f64, x: f64) -> Result<Self, StatsError> {
        let a = beta_shape("shape", a)?;
        let b = beta_shape("shape", b)?;
        if !(0.0..=1.0).contains(&x) {
            return Err(StatsError::NotBetweenZeroAndOne { name: "bound", value: x });
        }
        let y = 1.0 - x;
        let both = a + b;
        // The smaller of x and y has the digits; one rounding each.
        let offset = if x <= 0.5 { x.mul_add(both, -a) } else { -y.mul_add(both, -b) };
        Ok(Self { a, b, x, y, offset })
    }

    fn mirrored(self) -> Self {
        Self { a: self.b, b: self.a, x: self.y, y: self.x, offset: -self.offset }
    }

    /// `ln [x^a (1-x)^b / B(a, b)]`: the density on the scale of the logit.
    pub(crate) fn ln_mass(self) -> f64 {
        if self.x <= 0.0 || self.y <= 0.0 {
            return f64::NEG_INFINITY;
        }
        let Self { a, b, x, y, offset } = self;
        let both = a + b;
        let deviance = scaled_deviance(a, offset, x, both) + scaled_deviance(b, -offset, y, both);
        let scale = 0.5 * ((a / both) * (b / (2.0 * PI))).ln();
        scale - deviance + (stirling_rest(both) - stirling_rest(a) - stirling_rest(b))
    }

    /// Logarithms of the probabilities below and above the value.
    pub(crate) fn ln_tails(self) -> LnTails {
        if self.offset > 0.0 {
            let LnTails { lower, upper } = self.mirrored().ln_tails_below_the_mean();
            LnTails { lower: upper, upper: lower }
        } else {
            self.ln_tails_below_the_mean()
        }
    }

    fn ln_tails_below_the_mean(self) -> LnTails {
        let mass = self.ln_mass();
        if mass < -f64::MAX {
            return LnTails { lower: f64::NEG_INFINITY, upper: 0.0 };
        }
        let lower = (mass + self.factor_below().ln()).min(0.0);
        LnTails { lower, upper: ln_of_complement(lower) }
    }

    /// Logarithms of the mean distances `E (X - x)⁺` above and `E (x - X)⁺` below the value.
    ///
    /// `E (X - x)⁺ = [x^a y^b / B(a, b) - offset · P(X > x)] / (a + b)`: integration by parts;
    pub(crate) fn ln_mean_distances(self) -> LnTails {
        if self.offset > 0.0 {
            let LnTails { lower, upper } = self.mirrored().ln_mean_distances();
            return LnTails { lower: upper, upper: lower };
        }
        let mass = self.ln_mass();
        if mass < -f64::MAX {
            let ln_distance = if self.offset < 0.0 { (-self.offset).ln() } else { f64::NEG_INFINITY };
            return LnTails { lower: f64::NEG_INFINITY, upper: ln_distance - (self.a + self.b).ln() };
        }
        let both = (self.a + self.b).ln();
        let factor = self.factor_below();
        let below = if self.x * (self.a + self.b) * factor < 1.0 {
            // Far below the mean that formula cancels; this one, from both shapes a and a + 1, does not.
            let raised = Self { a: self.a + 1.0, offset: self.offset - self.y, ..self };
            mass + (self.x * (factor - raised.factor_below())).max(0.0).ln()
        } else {
            mass + self.offset.mul_add(factor, 1.0).max(0.0).ln() - both
        };
        let upper = ln_of_complement((mass + factor.ln()).min(0.0));
        let above = if self.offset < 0.0 { ln_sum(mass, (-self.offset).ln() + upper) } else { mass };
        LnTails { lower: below, upper: above - both }
    }

    /// The lower tail divided by the mass, for a value not above the mean.
    fn factor_below(self) -> f64 {
        if self.a.min(self.b) > QUADRATURE_FROM { self.factor_by_quadrature() } else { 1.0 / self.fraction() }
    }

    /// `b0 + a1/(b1 + a2/(b2 + …))`, evaluated forwards after W. J. Lentz (*Applied Optics* 15, 1976).
    fn fraction(self) -> f64 {
        let nonzero = |value: f64| if value.abs() < TINY { TINY } else { value };
        let Self { a, b, x, offset, .. } = self;
        let mut fraction = nonzero(a * (1.0 - offset) / (a + 1.0));
        let mut ratio = fraction;
        let mut inverse = 0.0;
        for step in 1..MOST_TERMS {
            let m = f64::from(step);
            let before = a + 2.0 * m - 1.0;
            let product = m * (b - m) * x / before;
            let numerator = product * ((a + m - 1.0) / before) * ((a + b + m - 1.0) * x);
            let linear = m + product + (a + m) * (m.mul_add(2.0 - x, 1.0) - offset) / (before + 2.0);
            inverse = 1.0 / nonzero(numerator.mul_add(inverse, linear));
            ratio = nonzero(linear + numerator / ratio);
            let change = inverse * ratio;
            fraction *= change;
            if (change - 1.0).abs() < f64::EPSILON {
                break;
            }
        }
        fraction
    }

    /// Integral of the density below the value, divided by the mass, both shapes being large.
    fn factor_by_quadrature(self) -> f64 {
        let Self { a, b, x, y, offset } = self;
        let both = a + b;
        let (below, above) = (x * both, y * both);
        // How much less the logarithm of the density is at a depth below the value. All terms are positive, so that nothing
        // cancels, however far below the mean the value lies and however large the shapes are.
        let slope = (-offset / below) * (both / above);
        let fall =
            |depth: f64| depth * slope + a * log_deviance(-depth / below) + b * log_deviance(depth / above);
        let deviation = (a / both * b).sqrt();
        let distance = (-offset / deviation).max(0.0);
        // sqrt(d² + 2·42) - d without its cancellation
        let mut length =
            deviation * 2.0 * NEGLIGIBLE / (distance + distance.hypot((2.0 * NEGLIGIBLE).sqrt()));
        // Far below the mean the density falls faster still, and the points would miss it.
        if slope > 0.0 {
            length = length.min(NEGLIGIBLE / slope);
        }
        while length < below && fall(length) < NEGLIGIBLE {
            length *= 1.1;
        }
        gauss_legendre(length.min(below), |depth| {
            (-fall(depth)).exp() / ((below - depth) * ((above + depth) / both))
        })
    }
}

/// `shape · [d - ln(1 + d)]` with `d = offset / shape`, where `1 + d` is also `x · both / shape`.
fn scaled_deviance(shape: f64, offset: f64, x: f64, both: f64) -> f64 {
    let d = offset / shape;
    if d.abs() <= 0.3 {
        return shape * log_deviance(d);
    }
    // Near x = 0 only x itself knows how far it is from 0.
    let ratio = x * (both / shape);
    let logarithm =
        if ratio.is_finite() && ratio > 0.0 { ratio.ln() } else { x.ln() + both.ln() - shape.ln() };
    offset - shape * logarithm
}

/// `ln(1 - e^value)` for value <= 0.
pub(crate) fn ln_of_complement(value: f64) -> f64 {
    if value > -std::f64::consts::LN_2 { (-value.exp_m1()).ln() } else { (-value.exp()).ln_1p() }
}

/// `ln(e^one + e^other)`.
fn ln_sum(one: f64, other: f64) -> f64 {
    let (low, high) = if one < other { (one, other) } else { (other, one) };
    if low < -f64::MAX { high } else { high + (low - high).exp().ln_1p() }
}
