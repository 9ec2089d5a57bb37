//! Credible interval of the relative lift of two rates.

use super::BetaPosterior;
use super::rates::{Pair, Side};
use crate::error::strictly_between_zero_and_one;
use crate::roots::rising_root_without_slope;
use crate::{Interval, StatsError};

/// Logarithm of the ratio beyond which no end is looked for: e^700 = 1e304.
const LARGEST_LOGARITHM: f64 = 700.0;

/// The relative lift `p₂/p₁ - 1` lies in this interval with probability `confidence`, and with equal
/// probability below and above it.
///
/// Exact quantiles of the ratio of two beta variables, found on the scale of its logarithm; error below 1e-9
/// of the ratio's distance from 1 or of its deviation, whichever is larger. Always finite, because a
/// posterior never gives the control a rate of exactly 0; without any converter in the control the upper end
/// is huge and reflects the prior.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`].
pub fn lift_interval(
    control: BetaPosterior,
    treatment: BetaPosterior,
    confidence: f64,
) -> Result<Interval, StatsError> {
    let confidence = strictly_between_zero_and_one("confidence", confidence)?;
    let tail = (0.5 * (1.0 - confidence)).ln();
    let start = treatment.mean().ln() - control.mean().ln();
    let width = (control.b / (control.a + control.b) / control.a
        + treatment.b / (treatment.a + treatment.b) / treatment.a)
        .sqrt();
    let chance = |logarithm: f64, side: Side| Pair::scaled(control, treatment, logarithm).ln_chance(side);
    let root = |start: f64, f: &dyn Fn(f64) -> f64| {
        rising_root_without_slope(-LARGEST_LOGARITHM, LARGEST_LOGARITHM, start, (width, 1e-12 * width), f)
    };
    let low = root(start - 2.0 * width, &|at| chance(at, Side::TreatmentBelow) - tail);
    let high = root(start + 2.0 * width, &|at| tail - chance(at, Side::TreatmentAbove));
    Ok(Interval { low: low.exp_m1(), high: high.exp_m1().max(low.exp_m1()) })
}
