//! What is known of one rate.

use crate::beta;
use crate::error::{positive, strictly_between_zero_and_one};
use crate::proportion::Proportion;
use crate::rounding::count;
use crate::{Interval, StatsError};

/// The smallest shape of a prior; smaller ones put nearly everything on 0 and 1.
pub const SMALLEST_PRIOR_SHAPE: f64 = 0.1;

/// The largest shape of a prior, which then weighs as much as that many visitors.
pub const LARGEST_PRIOR_SHAPE: f64 = 1e12;

/// What is believed of a rate before the data: a beta distribution, as if `successes` and `failures` less one
/// each had been seen before. The default is uniform, Beta(1, 1): every rate is as probable as any other (T.
/// Bayes, 1763).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaPrior {
    successes: f64,
    failures: f64,
}

impl Default for BetaPrior {
    fn default() -> Self {
        Self { successes: 1.0, failures: 1.0 }
    }
}

impl BetaPrior {
    /// Checks and keeps both shapes; (1/2, 1/2) is Jeffreys' prior.
    /// # Errors
    /// [`StatsError::NotPositive`], [`StatsError::TooSmall`] or [`StatsError::TooLarge`] outside
    /// [`SMALLEST_PRIOR_SHAPE`] to [`LARGEST_PRIOR_SHAPE`].
    pub fn new(successes: f64, failures: f64) -> Result<Self, StatsError> {
        let check = |value: f64| {
            let value = positive("shape of the prior", value)?;
            if value < SMALLEST_PRIOR_SHAPE {
                let smallest = SMALLEST_PRIOR_SHAPE;
                return Err(StatsError::TooSmall { name: "shape of the prior", value, smallest });
            }
            if value > LARGEST_PRIOR_SHAPE {
                let largest = LARGEST_PRIOR_SHAPE;
                return Err(StatsError::TooLarge { name: "shape of the prior", value, largest });
            }
            Ok(value)
        };
        Ok(Self { successes: check(successes)?, failures: check(failures)? })
    }
}

/// What is known of a rate after the data: a beta distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaPosterior {
    pub(super) a: f64,
    pub(super) b: f64,
}

impl BetaPosterior {
    /// Prior and data together: the shapes are prior plus successes and prior plus failures.
    pub fn new(proportion: Proportion, prior: BetaPrior) -> Self {
        let failures = proportion.trials().saturating_sub(proportion.successes());
        Self { a: prior.successes + count(proportion.successes()), b: prior.failures + count(failures) }
    }

    /// Mean of the posterior, strictly between 0 and 1 up to rounding.
    pub fn mean(self) -> f64 {
        self.a / (self.a + self.b)
    }

    /// The rate lies in this interval with probability `confidence`, and with equal probability below and
    /// above it. Relative error of the ends below 1e-12.
    /// # Errors
    /// [`StatsError::NotStrictlyBetweenZeroAndOne`].
    pub fn credible_interval(self, confidence: f64) -> Result<Interval, StatsError> {
        let confidence = strictly_between_zero_and_one("confidence", confidence)?;
        let tail = 0.5 * (1.0 - confidence);
        let low = beta::quantile(tail, self.a, self.b)?;
        let high = beta::upper_quantile(tail, self.a, self.b)?;
        Ok(Interval { low, high: high.max(low) })
    }

    /// Deviation on the scale of the logit, up to a constant for small shapes.
    pub(super) fn logit_width(self) -> f64 {
        (1.0 / self.a + 1.0 / self.b).sqrt()
    }
}
