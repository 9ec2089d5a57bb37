//! Relative lift of the treatment's rate over the control's.

use super::Proportion;
use super::two_sample::rate_difference;
use crate::error::strictly_between_zero_and_one;
use crate::estimate::{FiellerSet, Lift, fieller_set, lift_from_logarithm};
use crate::rounding::count;
use crate::{StatsError, normal};

/// Lift `p₂/p₁ - 1` of the rates with the interval of the logarithm of their ratio:
/// `exp(ln(p₂/p₁) ± z · √(1/x₁ - 1/n₁ + 1/x₂ - 1/n₂)) - 1` (D. Katz, J. Baptista, S. P. Azen and M. C. Pike,
/// *Biometrics* 34, 1978).
///
/// The product shows this one: never below -100 %, always an interval, and exchanging the variants turns the
/// ratio's ends into their reciprocals. The plain delta method ([`delta_lift`](crate::estimate::delta_lift))
/// has neither property at small counts; [`fieller_lift`] may be two rays or everything, which cannot be
/// drawn. The p-value beside it is that of the difference, so at the very threshold one may exclude 0 and the
/// other not.
///
/// Where a rate is 0 or 1 the logarithm or its error degenerates. Then every cell of the table gets one half
/// more (J. B. S. Haldane, *Annals of Human Genetics* 20, 1956) for the ends, never for the estimate, and
/// what the data cannot bound stays open: no converter in the control leaves no estimate and no upper end;
/// none in the treatment gives -1 as estimate and lower end.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`].
pub fn log_ratio_lift(
    control: Proportion,
    treatment: Proportion,
    confidence: f64,
) -> Result<Lift, StatsError> {
    let confidence = strictly_between_zero_and_one("confidence", confidence)?;
    let z = normal::upper_quantile(0.5 * (1.0 - confidence))?;
    let degenerate = [control, treatment].iter().any(|arm| arm.successes == 0 || arm.failures() == 0);
    let added = if degenerate { 0.5 } else { 0.0 };
    let cells = |arm: Proportion| (count(arm.successes) + added, count(arm.failures()) + added);
    let ((hits, misses), (treated_hits, treated_misses)) = (cells(control), cells(treatment));
    let (all, treated_all) = (hits + misses, treated_hits + treated_misses);
    // 1/x - 1/n as one quotient: the difference would cancel for rates near 1.
    let variance = misses / (hits * all) + treated_misses / (treated_hits * treated_all);
    let difference = rate_difference(control, treatment);
    let estimate = if control.successes == 0 { None } else { Some((difference / control.rate()).max(-1.0)) };
    let logarithm = match estimate {
        Some(lift) if !degenerate && lift.abs() < 0.5 => lift.ln_1p(),
        _ => (treated_hits / hits).ln() - (treated_all / all).ln(),
    };
    let ends = lift_from_logarithm(logarithm, z * variance.sqrt());
    let widened = |end: Option<f64>, choose: fn(f64, f64) -> f64| match (end, estimate) {
        (Some(end), Some(estimate)) => Some(choose(end, estimate)),
        _ => end,
    };
    Ok(Lift {
        estimate,
        low: if treatment.successes == 0 { Some(-1.0) } else { widened(ends.low, f64::min) },
        high: if control.successes == 0 { None } else { widened(ends.high, f64::max) },
    })
}

/// Fieller's set of the lift of two rates, with their unpooled variances `p(1-p)/n` and the normal quantile.
///
/// For checking [`log_ratio_lift`], not for display; see [`crate::estimate::fieller_lift`]. Where no or every
/// trial of an arm succeeded its variance counts as 0, so the set is too narrow there: with both rates at 0
/// or 1 it is a point, with no success in the control it is everything.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`].
pub fn fieller_lift(
    control: Proportion,
    treatment: Proportion,
    confidence: f64,
) -> Result<FiellerSet, StatsError> {
    let confidence = strictly_between_zero_and_one("confidence", confidence)?;
    let z = normal::upper_quantile(0.5 * (1.0 - confidence))?;
    if control.successes == 0 {
        return Ok(FiellerSet::Everything);
    }
    let arm = |arm: Proportion| {
        let trials = count(arm.trials);
        (arm.rate(), z * (arm.rate() * (count(arm.failures()) / trials) / trials).sqrt())
    };
    Ok(fieller_set(arm(control), arm(treatment)))
}
