//! Logarithm of the gamma function.
//!
//! - around 2, the Taylor series `ln Γ(2 + z) = (1 - γ) z + Σ (-1)^k (ζ(k) - 1) z^k / k` (Abramowitz and
//!   Stegun, *Handbook of Mathematical Functions*, 1964, formula 6.1.33), which keeps all digits at the zeros
//!   1 and 2;
//! - below 16, the recurrence `Γ(x + 1) = x Γ(x)` down to it;
//! - from 16 on, Stirling's series (formula 6.1.41).

use std::f64::consts::{LN_2, PI};

use crate::StatsError;
use crate::error::positive;

/// The largest argument: above it `x ln x` leaves the floating point numbers.
pub const LARGEST_GAMMA_ARGUMENT: f64 = 1e300;

/// From this argument on Stirling's series with six terms is exact to 53 bits.
pub(super) const STIRLING_FROM: f64 = 16.0;

/// `1 - γ` with Euler's constant γ.
const ONE_MINUS_EULER: f64 = 0.422_784_335_098_467_14;

/// `ζ(k) - 1` of Riemann's zeta function for k = 2, 3, …, 30.
#[expect(
    clippy::unreadable_literal,
    reason = "digits as printed by mpmath, so that they can be searched for"
)]
const ZETA_MINUS_ONE: [f64; 29] = [
    0.6449340668482264,
    0.2020569031595943,
    0.08232323371113819,
    0.03692775514336993,
    0.01734306198444914,
    0.008349277381922827,
    0.00407735619794434,
    0.0020083928260822143,
    0.0009945751278180853,
    0.0004941886041194645,
    0.0002460865533080483,
    0.00012271334757848915,
    6.124813505870483e-05,
    3.058823630702049e-05,
    1.528225940865187e-05,
    7.637197637899763e-06,
    3.81729326499984e-06,
    1.908212716553939e-06,
    9.539620338727962e-07,
    4.769329867878064e-07,
    2.38450502727733e-07,
    1.1921992596531106e-07,
    5.960818905125948e-08,
    2.980350351465228e-08,
    1.4901554828365043e-08,
    7.45071178983543e-09,
    3.725334024788457e-09,
    1.862659723513049e-09,
    9.313274324196682e-10,
];

/// `ln Γ(x)` for `x > 0`.
///
/// Relative error below 1e-14, also next to the zeros at 1 and 2.
/// # Errors
/// [`StatsError::NotPositive`], or [`StatsError::TooLarge`] above [`LARGEST_GAMMA_ARGUMENT`].
pub fn ln_gamma(x: f64) -> Result<f64, StatsError> {
    let x = positive("argument of the gamma function", x)?;
    if x > LARGEST_GAMMA_ARGUMENT {
        let name = "argument of the gamma function";
        return Err(StatsError::TooLarge { name, value: x, largest: LARGEST_GAMMA_ARGUMENT });
    }
    Ok(if x < 0.5 {
        around_two(x) - x.ln_1p() - x.ln()
    } else if x < 1.5 {
        around_two(x - 1.0) - (x - 1.0).ln_1p()
    } else if x < STIRLING_FROM {
        let mut lowered = x;
        let mut product = 1.0;
        while lowered > 2.5 {
            lowered -= 1.0;
            product *= lowered;
        }
        around_two(lowered - 2.0) + product.ln()
    } else {
        (x - 0.5) * (x.ln() - 1.0) + 0.5 * ((2.0 * PI).ln() - 1.0) + stirling_rest(x)
    })
}

/// `ln Γ(2 + z)` for |z| <= 1/2.
fn around_two(z: f64) -> f64 {
    let (sum, _) = ZETA_MINUS_ONE
        .iter()
        .rev()
        .fold((0.0, 30.0), |(sum, degree), zeta| (zeta / degree - z * sum, degree - 1.0));
    z * (ONE_MINUS_EULER + z * sum)
}

/// `ln Γ(x) - [(x - 1/2) ln x - x + ln √(2π)]` for every x > 0: what Stirling's formula leaves.
///
/// Absolute error below 1e-15 from x = 1/2 on.
pub(crate) fn stirling_rest(x: f64) -> f64 {
    let mut raised = x;
    let mut rest = 0.0;
    while raised < STIRLING_FROM {
        // rest(x) = rest(x + 1) + (x + 1/2) ln(1 + 1/x) - 1
        rest += stirling_step(raised);
        raised += 1.0;
    }
    let inverse = 1.0 / raised;
    let square = inverse * inverse;
    let terms = [-691.0 / 360_360.0, 1.0 / 1188.0, -1.0 / 1680.0, 1.0 / 1260.0, -1.0 / 360.0, 1.0 / 12.0];
    rest + terms.iter().fold(0.0, |sum, term| sum * square + term) * inverse
}

/// `(x + 1/2) ln(1 + 1/x) - 1`, by its series in `1 / (2x + 1)` where the terms would cancel.
fn stirling_step(x: f64) -> f64 {
    if x < 1.0 {
        return (x + 0.5) * ((1.0 + x).ln() - x.ln()) - 1.0;
    }
    let square = 1.0 / ((2.0 * x + 1.0) * (2.0 * x + 1.0));
    // atanh(v)/v - 1 = v²/3 + v⁴/5 + …; v <= 1/3, so eighteen terms reach 53 bits.
    (1..=18_u8).rev().fold(0.0, |sum, k| square * (sum + 1.0 / (2.0 * f64::from(k) + 1.0)))
}

/// `ln n!` without its leading part `n ln n - n`: 0 for n = 0, else `ln √(2πn)` plus the rest of Stirling's
/// series.
pub(crate) fn ln_factorial_rest(n: f64) -> f64 {
    if n < 0.5 { 0.0 } else { 0.5 * (n.ln() + PI.ln() + LN_2) + stirling_rest(n) }
}
