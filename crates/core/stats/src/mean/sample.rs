//! What is kept of the values of many visitors.

use crate::StatsError;
use crate::error::{bounded, not_negative};
use crate::estimate::Estimate;
use crate::rounding::count;

/// The largest value of a visitor, so that sums of squares stay finite at any count.
pub const LARGEST_VALUE: f64 = 1e90;

/// How far rounding may push a sum of squares below what its sum demands, as part of it.
pub(super) const ROUNDING: f64 = 1e-9;

/// Number, mean and spread of values, one value a visitor.
///
/// Kept as mean and sum of squared distances from it, so that adding and merging lose no digits however far
/// the mean is from 0 (B. P. Welford, *Technometrics* 4, 1962; T. F. Chan, G. H. Golub and R. J. LeVeque,
/// *The American Statistician* 37, 1983).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sample {
    visitors: u64,
    mean: f64,
    squares: f64,
}

impl Sample {
    /// A sample from stored totals: number of values, their sum and the sum of their squares.
    ///
    /// Subtracting `sum²/n` loses digits when the mean is large against the spread (half of them at a mean of
    /// 10^8 deviations); what rounding makes negative becomes 0.
    /// # Errors
    /// [`StatsError::NotFinite`] or [`StatsError::TooLarge`] for a mean above [`LARGEST_VALUE`],
    /// [`StatsError::Negative`] for the sum of squares, [`StatsError::ImpossibleSum`] when it is too small
    /// for the sum, or anything but 0 for no values.
    pub fn from_sums(visitors: u64, sum: f64, sum_of_squares: f64) -> Result<Self, StatsError> {
        let sum_of_squares = not_negative("sum of squares", sum_of_squares)?;
        let mean = bounded("mean", sum / count(visitors.max(1)), LARGEST_VALUE)?;
        bounded("mean square", sum_of_squares / count(visitors.max(1)), LARGEST_VALUE * LARGEST_VALUE)?;
        if visitors == 0 && (sum.abs() > 0.0 || sum_of_squares > 0.0) {
            return Err(StatsError::ImpossibleSum { name: "sum of squares", value: sum_of_squares });
        }
        let squares = (-mean).mul_add(sum, sum_of_squares);
        if squares < -ROUNDING * sum_of_squares - f64::MIN_POSITIVE {
            return Err(StatsError::ImpossibleSum { name: "sum of squares", value: sum_of_squares });
        }
        Ok(Self { visitors, mean, squares: squares.max(0.0) })
    }

    /// A sample from its number of values, mean and variance (divided by n - 1).
    /// # Errors
    /// [`StatsError::TooFewValues`] below two values, [`StatsError::NotFinite`], [`StatsError::TooLarge`],
    /// [`StatsError::Negative`].
    pub fn from_mean_and_variance(visitors: u64, mean: f64, variance: f64) -> Result<Self, StatsError> {
        enough(visitors)?;
        let mean = bounded("mean", mean, LARGEST_VALUE)?;
        let variance = not_negative("variance", variance)?;
        let variance = bounded("variance", variance, LARGEST_VALUE * LARGEST_VALUE)?;
        Ok(Self { visitors, mean, squares: variance * (count(visitors) - 1.0) })
    }

    /// The sample with one value more.
    /// # Errors
    /// [`StatsError::NotFinite`], [`StatsError::TooLarge`] above [`LARGEST_VALUE`].
    pub fn with(self, value: f64) -> Result<Self, StatsError> {
        let value = bounded("value", value, LARGEST_VALUE)?;
        Ok(self.merged(Self { visitors: 1, mean: value, squares: 0.0 }))
    }

    /// Both samples as one. More than 2^64 values count as 2^64 - 1.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let visitors = self.visitors.saturating_add(other.visitors);
        if visitors == 0 {
            return self;
        }
        let share = count(other.visitors) / count(visitors);
        let distance = other.mean - self.mean;
        Self {
            visitors,
            mean: share.mul_add(distance, self.mean),
            squares: self.squares + other.squares + distance * distance * share * count(self.visitors),
        }
    }

    /// Number of values.
    pub fn visitors(self) -> u64 {
        self.visitors
    }

    /// Mean of the values; 0 for none.
    pub fn mean(self) -> f64 {
        self.mean
    }

    /// Sum of the squared distances from the mean.
    pub(crate) fn squares(self) -> f64 {
        self.squares
    }

    /// Variance of the values, divided by n - 1.
    /// # Errors
    /// [`StatsError::TooFewValues`] below two values.
    pub fn variance(self) -> Result<f64, StatsError> {
        Ok(self.squares / enough(self.visitors)?)
    }

    /// The mean with its standard error and n - 1 degrees of freedom.
    /// # Errors
    /// [`StatsError::TooFewValues`] below two values.
    pub fn estimate(self) -> Result<Estimate, StatsError> {
        let error = (self.variance()? / count(self.visitors)).sqrt();
        Estimate::new(self.mean, error, count(self.visitors) - 1.0)
    }
}

/// Number of values minus one, if there are two.
pub(super) fn enough(visitors: u64) -> Result<f64, StatsError> {
    if visitors < 2 {
        return Err(StatsError::TooFewValues { found: visitors, needed: 2 });
    }
    Ok(count(visitors) - 1.0)
}
