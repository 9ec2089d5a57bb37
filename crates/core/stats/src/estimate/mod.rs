//! Questions about two estimates with standard errors: do they differ, and by how much of the control.
//!
//! Means, ratios and adjusted means all end here: each gives an [`Estimate`], the comparison is one.

mod difference;
mod fieller;
mod lift;

pub use difference::{DifferenceTest, difference_test};
pub use fieller::{FiellerSet, fieller_lift};
pub use lift::{Lift, delta_lift, log_ratio_lift};

pub(crate) use fieller::fieller_set;
pub(crate) use lift::{delta_lift_against, lift_from_logarithm};

use crate::StatsError;
use crate::error::{bounded, not_negative, positive};

/// The largest value and standard error accepted, so that squares and their sums stay finite.
pub const LARGEST_ESTIMATE: f64 = 1e100;

/// An estimated quantity, its standard error and how well that error is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    value: f64,
    standard_error: f64,
    degrees_of_freedom: f64,
}

impl Estimate {
    /// Checks and keeps the three numbers.
    ///
    /// The standard error is that of the estimate (spread divided by the root of the number of visitors), not
    /// the spread of single visitors; 0 is allowed. Degrees of freedom: number of visitors minus one.
    /// # Errors
    /// [`StatsError::NotFinite`], [`StatsError::TooLarge`] above [`LARGEST_ESTIMATE`],
    /// [`StatsError::Negative`] or [`StatsError::NotPositive`].
    pub fn new(value: f64, standard_error: f64, degrees_of_freedom: f64) -> Result<Self, StatsError> {
        let value = bounded("value", value, LARGEST_ESTIMATE)?;
        let standard_error = not_negative("standard error", standard_error)?;
        let standard_error = bounded("standard error", standard_error, LARGEST_ESTIMATE)?;
        let degrees_of_freedom = positive("number of degrees of freedom", degrees_of_freedom)?;
        Ok(Self { value, standard_error, degrees_of_freedom })
    }

    /// The estimated quantity.
    pub fn value(self) -> f64 {
        self.value
    }

    /// Its standard error, at least 0.
    pub fn standard_error(self) -> f64 {
        self.standard_error
    }

    /// Degrees of freedom of the standard error.
    pub fn degrees_of_freedom(self) -> f64 {
        self.degrees_of_freedom
    }
}

/// Degrees of freedom of a sum of two errors after B. L. Welch (*Biometrika* 34, 1947) and F. E.
/// Satterthwaite (*Biometrics Bulletin* 2, 1946): between the smaller of both and their sum.
fn welch_degrees_of_freedom(one_error: f64, one: f64, other_error: f64, other: f64) -> f64 {
    let total = one_error.hypot(other_error);
    if total <= 0.0 {
        return one + other;
    }
    // As shares of the whole: the fourth powers of the textbook formula leave the floating point numbers.
    let share = (one_error / total) * (one_error / total);
    let rest = (other_error / total) * (other_error / total);
    1.0 / (share * share / one + rest * rest / other)
}
