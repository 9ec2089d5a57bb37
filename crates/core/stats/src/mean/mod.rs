//! Questions about means: how large is the mean of a value per visitor, do two means differ.
//!
//! Each visitor is one value (a visitor without an order has the value 0). A [`Sample`] holds what is needed
//! of all values and can be merged; [`Sample::estimate`] leads to the tests of [`estimate`](crate::estimate).

mod cap;
mod paired;
mod sample;

pub use cap::Cap;
pub use paired::{PairedSample, PairedSums};
pub use sample::{LARGEST_VALUE, Sample};

use crate::StatsError;
use crate::estimate::{DifferenceTest, difference_test};

/// Welch's two-sided t-test that control and treatment have the same mean, with the interval of the
/// difference.
///
/// See [`difference_test`].
/// # Errors
/// [`StatsError::TooFewValues`] below two visitors on a side, [`StatsError::NoSpread`],
/// [`StatsError::NotStrictlyBetweenZeroAndOne`].
pub fn welch_test(control: Sample, treatment: Sample, confidence: f64) -> Result<DifferenceTest, StatsError> {
    difference_test(control.estimate()?, treatment.estimate()?, confidence)
}
