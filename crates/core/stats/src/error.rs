//! The one error type of the crate: every way in which an input can be outside the range of a function.

use thiserror::Error;

/// Why a statistic could not be computed: always the fault of an argument, never of the arithmetic.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum StatsError {
    /// A rate of nothing is undefined.
    #[error("there are no trials, so there is no rate")]
    NoTrials,
    /// More successes than trials.
    #[error("{successes} successes in only {trials} trials")]
    SuccessesExceedTrials {
        /// Successes given.
        successes: u64,
        /// Trials given.
        trials: u64,
    },
    /// A confidence, significance, power or probability outside the open interval from 0 to 1.
    #[error("a {name} must lie strictly between 0 and 1, found {value}")]
    NotStrictlyBetweenZeroAndOne {
        /// Which argument.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// An argument that must be a finite number of at least zero is not.
    #[error("a {name} must be finite and not negative, found {value}")]
    Negative {
        /// Which argument.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// An argument that must be a finite number above zero is not.
    #[error("a {name} must be finite and positive, found {value}")]
    NotPositive {
        /// Which argument.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// The argument has a value for which the computation would take too long.
    #[error("a {name} of {value} is above the largest supported, {largest}")]
    TooLarge {
        /// Which argument.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The largest value that is accepted.
        largest: f64,
    },
    /// Observed counts and expected shares are not lists of one length.
    #[error("{observed} observed counts but {expected} expected shares")]
    LengthsDiffer {
        /// Number of observed counts.
        observed: usize,
        /// Number of expected shares.
        expected: usize,
    },
    /// One category alone always agrees with its expectation.
    #[error("a test of shares needs at least two categories, found {found}")]
    TooFewCategories {
        /// Number of categories given.
        found: usize,
    },
    /// The expected shares are not the parts of a whole.
    #[error("the expected shares must add up to 1, found {sum}")]
    SharesDoNotAddUp {
        /// Their sum.
        sum: f64,
    },
}

/// Gives `value` back if it lies strictly between 0 and 1.
pub(crate) fn strictly_between_zero_and_one(name: &'static str, value: f64) -> Result<f64, StatsError> {
    if value > 0.0 && value < 1.0 {
        Ok(value)
    } else {
        Err(StatsError::NotStrictlyBetweenZeroAndOne { name, value })
    }
}

/// Gives `value` back if it is finite and not negative.
pub(crate) fn not_negative(name: &'static str, value: f64) -> Result<f64, StatsError> {
    if value.is_finite() && value >= 0.0 { Ok(value) } else { Err(StatsError::Negative { name, value }) }
}

/// Gives `value` back if it is finite and above zero.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64, StatsError> {
    if value.is_finite() && value > 0.0 { Ok(value) } else { Err(StatsError::NotPositive { name, value }) }
}
