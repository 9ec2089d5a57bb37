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
    /// An argument or a result that must be a finite number is not.
    #[error("a {name} must be finite, found {value}")]
    NotFinite {
        /// Which one.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// There is nothing to be found between equal rates.
    #[error("a plan needs a difference to be found, the rates are equal")]
    NoDifference,
    /// A visitor carries a label that could not be drawn.
    #[error("{visitors} visitors where the designed share is 0")]
    CountWithoutShare {
        /// Visitors given.
        visitors: u64,
    },
    /// A probability or a value of a variable that is one, outside 0 to 1 (both included).
    #[error("a {name} must lie between 0 and 1, found {value}")]
    NotBetweenZeroAndOne {
        /// Which argument.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// The argument is so small that the computation would take too long.
    #[error("a {name} of {value} is below the smallest supported, {smallest}")]
    TooSmall {
        /// Which argument.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The smallest value that is accepted.
        smallest: f64,
    },
    /// A spread cannot be estimated from so few values.
    #[error("at least {needed} values are needed to estimate a spread, found {found}")]
    TooFewValues {
        /// Number of values given.
        found: u64,
        /// Number of values needed.
        needed: u64,
    },
    /// Neither side varies, yet they differ: no probability can be given to that.
    #[error("neither side has any spread, so their difference of {difference} cannot be tested")]
    NoSpread {
        /// The difference found.
        difference: f64,
    },
    /// Sums of squares or products that no values can have.
    #[error("no values have this {name}, {value}, beside the given sums")]
    ImpossibleSum {
        /// Which sum.
        name: &'static str,
        /// Its value.
        value: f64,
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

/// Gives `value` back if it is finite and at most `largest` on either side of zero.
pub(crate) fn bounded(name: &'static str, value: f64, largest: f64) -> Result<f64, StatsError> {
    if !value.is_finite() {
        Err(StatsError::NotFinite { name, value })
    } else if value.abs() > largest {
        Err(StatsError::TooLarge { name, value, largest })
    } else {
        Ok(value)
    }
}
