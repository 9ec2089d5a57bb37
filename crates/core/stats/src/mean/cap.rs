//! Capping of a value: one enormous order must not decide an experiment.

use crate::StatsError;
use crate::error::positive;

/// A fixed largest value, stated before the experiment and the same for every variant.
///
/// Values above it count as the cap itself (one-sided winsorising at an absolute bound, GrowthBook's
/// "absolute capping"); smaller and negative values stay. It is a constant and not a percentile of the data,
/// because a bound that depends on the data of both arms makes visitors dependent on each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cap(f64);

impl Cap {
    /// Checks and keeps the largest value, in the unit of the metric.
    /// # Errors
    /// [`StatsError::NotPositive`].
    pub fn new(largest: f64) -> Result<Self, StatsError> {
        Ok(Self(positive("cap", largest)?))
    }

    /// The cap itself.
    pub fn largest(self) -> f64 {
        self.0
    }

    /// The value, or the cap where the value is above it. NaN gives the cap.
    pub fn apply(self, value: f64) -> f64 {
        value.min(self.0)
    }
}
