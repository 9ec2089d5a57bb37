//! What is kept of two values per visitor.

use super::Sample;
use super::sample::{LARGEST_VALUE, ROUNDING, enough};
use crate::StatsError;
use crate::error::bounded;
use crate::rounding::count;

/// Totals over visitors of two values each, as a database adds them up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PairedSums {
    /// Number of visitors.
    pub visitors: u64,
    /// Sum of the first values.
    pub first: f64,
    /// Sum of the second values.
    pub second: f64,
    /// Sum of the squares of the first values.
    pub first_squares: f64,
    /// Sum of the squares of the second values.
    pub second_squares: f64,
    /// Sum of the products of both values.
    pub products: f64,
}

/// Number, means, spreads and covariance of two values per visitor.
///
/// The two are numerator and denominator of a [`ratio`](crate::ratio), or the outcome and its value before
/// the experiment for [`cuped`](crate::cuped). Kept around the means like [`Sample`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PairedSample {
    first: Sample,
    second: Sample,
    products: f64,
}

impl PairedSample {
    /// A sample from stored totals; digits are lost as with [`Sample::from_sums`].
    /// # Errors
    /// As [`Sample::from_sums`]; [`StatsError::ImpossibleSum`] for products that no values with these squares
    /// have.
    pub fn from_sums(sums: PairedSums) -> Result<Self, StatsError> {
        let first = Sample::from_sums(sums.visitors, sums.first, sums.first_squares)?;
        let second = Sample::from_sums(sums.visitors, sums.second, sums.second_squares)?;
        if !sums.products.is_finite() {
            return Err(StatsError::NotFinite { name: "sum of products", value: sums.products });
        }
        let products = (-first.mean()).mul_add(sums.second, sums.products);
        // Cauchy and Schwarz: no covariance is larger than both deviations allow.
        let greatest = (first.squares() * second.squares()).sqrt();
        let size = (sums.first_squares.sqrt() * sums.second_squares.sqrt()).min(f64::MAX);
        if products.abs() > greatest + ROUNDING * size + f64::MIN_POSITIVE {
            return Err(StatsError::ImpossibleSum { name: "sum of products", value: sums.products });
        }
        Ok(Self { first, second, products: products.clamp(-greatest, greatest) })
    }

    /// The sample with one visitor more.
    /// # Errors
    /// [`StatsError::NotFinite`], [`StatsError::TooLarge`] above [`LARGEST_VALUE`].
    pub fn with(self, first: f64, second: f64) -> Result<Self, StatsError> {
        bounded("value", first, LARGEST_VALUE)?;
        bounded("value", second, LARGEST_VALUE)?;
        let one = Self {
            first: Sample::default().with(first)?,
            second: Sample::default().with(second)?,
            products: 0.0,
        };
        Ok(self.merged(one))
    }

    /// Both samples as one.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let first = self.first.merged(other.first);
        let second = self.second.merged(other.second);
        let share = count(other.visitors()) / count(first.visitors().max(1));
        let distances = (other.first.mean() - self.first.mean()) * (other.second.mean() - self.second.mean());
        let between = distances * share * count(self.visitors());
        Self { first, second, products: self.products + other.products + between }
    }

    /// Number of visitors.
    pub fn visitors(self) -> u64 {
        self.first.visitors()
    }

    /// The first values alone.
    pub fn first(self) -> Sample {
        self.first
    }

    /// The second values alone.
    pub fn second(self) -> Sample {
        self.second
    }

    /// Covariance of both values, divided by n - 1.
    /// # Errors
    /// [`StatsError::TooFewValues`] below two visitors.
    pub fn covariance(self) -> Result<f64, StatsError> {
        Ok(self.products / enough(self.visitors())?)
    }

    /// Sum of the products of the distances from both means.
    pub(crate) fn products(self) -> f64 {
        self.products
    }

    /// Variance, divided by n - 1, of `first - slope · second`.
    pub(crate) fn variance_of_residual(self, slope: f64) -> Result<f64, StatsError> {
        let freedom = enough(self.visitors())?;
        let (first, second) = (self.first.squares(), self.second.squares());
        let residual = slope.mul_add(slope.mul_add(second, -2.0 * self.products), first);
        Ok(residual.max(0.0) / freedom)
    }
}
