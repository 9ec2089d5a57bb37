//! Fieller's confidence set of a ratio.

use super::{Estimate, welch_degrees_of_freedom};
use crate::error::strictly_between_zero_and_one;
use crate::{Interval, StatsError, student_t};

/// The lifts that Fieller's test would not reject; not always an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FiellerSet {
    /// All lifts between two ends: the control is clearly different from 0.
    Between(Interval),
    /// All lifts except those between two ends: the control may be 0, the treatment is not.
    Outside(Interval),
    /// Every lift: both may be 0.
    Everything,
}

impl FiellerSet {
    /// Whether the set contains this lift (ends included).
    pub fn contains(&self, lift: f64) -> bool {
        match self {
            Self::Between(ends) => ends.contains(lift),
            Self::Outside(ends) => lift <= ends.low || lift >= ends.high,
            Self::Everything => true,
        }
    }
}

/// The lifts `r - 1` for which `m₂ - r·m₁` is within t standard errors of 0: the roots of
/// `(m₂ - r m₁)² = t² (s₂² + r² s₁²)`.
///
/// Contains the lift 0 exactly when Welch's interval of the difference contains 0 (same quantile), needs no
/// linearisation, and says so when the control cannot be told from 0. Not what the product shows, because a
/// reader cannot be shown two rays; use it to check [`log_ratio_lift`](super::log_ratio_lift) at small
/// counts. E. C. Fieller,
/// *Journal of the Royal Statistical Society B* 16, 1954.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`].
pub fn fieller_lift(
    control: Estimate,
    treatment: Estimate,
    confidence: f64,
) -> Result<FiellerSet, StatsError> {
    let confidence = strictly_between_zero_and_one("confidence", confidence)?;
    let degrees_of_freedom = welch_degrees_of_freedom(
        control.standard_error,
        control.degrees_of_freedom,
        treatment.standard_error,
        treatment.degrees_of_freedom,
    );
    let quantile = student_t::upper_quantile(0.5 * (1.0 - confidence), degrees_of_freedom)?;
    Ok(fieller_set(
        (control.value, quantile * control.standard_error),
        (treatment.value, quantile * treatment.standard_error),
    ))
}

/// The set for (value, half width of its interval) of control and treatment.
pub(crate) fn fieller_set(control: (f64, f64), treatment: (f64, f64)) -> FiellerSet {
    // A common factor changes no ratio and keeps squares within the floating point numbers.
    let scale = control.0.abs().max(control.1).max(treatment.0.abs()).max(treatment.1);
    if !scale.is_finite() || scale <= 0.0 {
        return FiellerSet::Everything;
    }
    let (below, below_half) = (control.0 / scale, control.1 / scale);
    let (above, above_half) = (treatment.0 / scale, treatment.1 / scale);
    // a r² - 2 b r + c <= 0, with a and c as products: the difference of squares would cancel.
    let a = (below - below_half) * (below + below_half);
    let b = below * above;
    let c = (above - above_half) * (above + above_half);
    // b² - a c = (m₂ h₁)² + a h₂² for the half widths h, without the cancellation of m₁² m₂².
    let rest = (above * below_half) * (above * below_half) + a * above_half * above_half;
    if rest < 0.0 {
        return FiellerSet::Everything;
    }
    let far = if b < 0.0 { b - rest.sqrt() } else { b + rest.sqrt() };
    let roots = if far.abs() > 0.0 { (far / a, c / far) } else { (0.0, 0.0) };
    if !(roots.0.is_finite() && roots.1.is_finite()) {
        return FiellerSet::Everything;
    }
    let ends = Interval { low: roots.0.min(roots.1) - 1.0, high: roots.0.max(roots.1) - 1.0 };
    if a > 0.0 { FiellerSet::Between(ends) } else { FiellerSet::Outside(ends) }
}
