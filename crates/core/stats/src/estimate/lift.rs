//! Relative lift of treatment over control: how much more, as part of the control.

use super::{Estimate, welch_degrees_of_freedom};
use crate::error::{positive, strictly_between_zero_and_one};
use crate::{StatsError, student_t};

/// A relative lift, `treatment / control - 1`: 0.1 means ten per cent more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lift {
    /// The estimate. None when the control has nothing to compare with.
    pub estimate: Option<f64>,
    /// Lower end of the confidence interval. None when the data do not bound it.
    pub low: Option<f64>,
    /// Upper end of the confidence interval. None when the data do not bound it.
    pub high: Option<f64>,
}

/// Lift and its interval from the logarithm of the ratio: `exp(ln(m₂/m₁) ± t · √(s₁²/m₁² + s₂²/m₂²)) - 1`.
///
/// The product shows this one for positive means. The interval never falls below -100 %, and exchanging
/// control and treatment turns the ratio's ends into their reciprocals, which the plain delta method
/// ([`delta_lift`]) does not; both agree for large samples. It is always an interval, which
/// [`fieller_lift`](super::fieller_lift) is not. The price: it may exclude 0 where the test of the difference
/// just does not, or the other way round. Degrees of freedom after Welch, of the relative errors. D. V.
/// Hinkley, *Biometrika* 56, 1969 treats the ratio; for the logarithm see D. Katz et al., *Biometrics* 34,
/// 1978.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`]; [`StatsError::NotPositive`] for a mean.
pub fn log_ratio_lift(control: Estimate, treatment: Estimate, confidence: f64) -> Result<Lift, StatsError> {
    let confidence = strictly_between_zero_and_one("confidence", confidence)?;
    let below = positive("control", control.value)?;
    let above = positive("treatment", treatment.value)?;
    let (one, other) = (control.standard_error / below, treatment.standard_error / above);
    if !(one.is_finite() && other.is_finite()) {
        let estimate = Some((above - below) / below).filter(|lift| lift.is_finite());
        return Ok(Lift { estimate, low: Some(-1.0), high: None });
    }
    let degrees_of_freedom =
        welch_degrees_of_freedom(one, control.degrees_of_freedom, other, treatment.degrees_of_freedom);
    let quantile = student_t::upper_quantile(0.5 * (1.0 - confidence), degrees_of_freedom)?;
    let logarithm = if (0.5..2.0).contains(&(above / below)) {
        ((above - below) / below).ln_1p()
    } else {
        above.ln() - below.ln()
    };
    let mut lift = lift_from_logarithm(logarithm, quantile * one.hypot(other));
    lift.estimate = Some((above - below) / below).filter(|lift| lift.is_finite());
    Ok(lift)
}

/// The lift whose logarithm of the ratio is `logarithm` with ends `half` away.
pub(crate) fn lift_from_logarithm(logarithm: f64, half: f64) -> Lift {
    let end = |logarithm: f64| Some(logarithm.exp_m1()).filter(|lift| lift.is_finite());
    Lift { estimate: end(logarithm), low: end(logarithm - half), high: end(logarithm + half) }
}

/// Lift and its symmetric interval by the plain delta method:
/// `(m₂ - m₁)/m₁ ± t · √(s₂²/m₁² + s₁² m₂²/m₁⁴)`.
///
/// GrowthBook's default (gbstats, `difference_type = "relative"`), with its degrees of freedom (Welch, of the
/// absolute errors). Here for comparison and for metrics that may be negative or 0 in the treatment; at small
/// counts its lower end may lie below -100 %.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`]; [`StatsError::NotPositive`] for the control.
pub fn delta_lift(control: Estimate, treatment: Estimate, confidence: f64) -> Result<Lift, StatsError> {
    delta_lift_against(control, treatment, (control.value, treatment.value), confidence)
}

/// [`delta_lift`] with other values in the derivatives and below the line: the unadjusted means of CUPED.
pub(crate) fn delta_lift_against(
    control: Estimate,
    treatment: Estimate,
    unadjusted: (f64, f64),
    confidence: f64,
) -> Result<Lift, StatsError> {
    let confidence = strictly_between_zero_and_one("confidence", confidence)?;
    let base = positive("control", unadjusted.0)?;
    let degrees_of_freedom = welch_degrees_of_freedom(
        control.standard_error,
        control.degrees_of_freedom,
        treatment.standard_error,
        treatment.degrees_of_freedom,
    );
    let quantile = student_t::upper_quantile(0.5 * (1.0 - confidence), degrees_of_freedom)?;
    let estimate = (treatment.value - control.value) / base;
    let error =
        (treatment.standard_error / base).hypot(control.standard_error / base * (unadjusted.1 / base));
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    let half = quantile * error;
    Ok(Lift { estimate: finite(estimate), low: finite(estimate - half), high: finite(estimate + half) })
}
