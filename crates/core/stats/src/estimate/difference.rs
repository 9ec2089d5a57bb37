//! Welch's test of the difference of two estimates.

use super::{Estimate, welch_degrees_of_freedom};
use crate::error::strictly_between_zero_and_one;
use crate::{Interval, StatsError, student_t};

/// What Welch's test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DifferenceTest {
    /// Treatment minus control, in the unit of the metric.
    pub difference: f64,
    /// Standard error of the difference.
    pub standard_error: f64,
    /// Difference in standard errors; positive when the treatment is higher.
    pub t: f64,
    /// Degrees of freedom after Welch and Satterthwaite; not whole.
    pub degrees_of_freedom: f64,
    /// Probability of a difference at least as large, in either direction, if nothing differs.
    pub p_value: f64,
    /// Confidence interval of the difference.
    pub interval: Interval,
}

/// Two-sided test, with unequal variances, that control and treatment estimate the same quantity, and the
/// interval of the difference at `confidence` (strictly between 0 and 1).
///
/// The interval excludes 0 exactly when the p-value is below `1 - confidence`. B. L. Welch, *Biometrika* 34,
/// 1947. With no spread and no difference t = 0 and p = 1.
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`]; [`StatsError::NoSpread`] when neither side varies but they
/// differ.
pub fn difference_test(
    control: Estimate,
    treatment: Estimate,
    confidence: f64,
) -> Result<DifferenceTest, StatsError> {
    let confidence = strictly_between_zero_and_one("confidence", confidence)?;
    let difference = treatment.value - control.value;
    let standard_error = treatment.standard_error.hypot(control.standard_error);
    let degrees_of_freedom = welch_degrees_of_freedom(
        control.standard_error,
        control.degrees_of_freedom,
        treatment.standard_error,
        treatment.degrees_of_freedom,
    );
    let t = if standard_error > 0.0 {
        (difference / standard_error).clamp(-f64::MAX, f64::MAX)
    } else if difference.abs() > 0.0 {
        return Err(StatsError::NoSpread { difference });
    } else {
        0.0
    };
    let p_value = student_t::two_sided_p_value(t, degrees_of_freedom)?;
    let quantile = student_t::upper_quantile(0.5 * (1.0 - confidence), degrees_of_freedom)?;
    let half = (quantile * standard_error).min(0.5 * f64::MAX);
    let interval = Interval { low: difference - half, high: difference + half };
    Ok(DifferenceTest { difference, standard_error, t, degrees_of_freedom, p_value, interval })
}
