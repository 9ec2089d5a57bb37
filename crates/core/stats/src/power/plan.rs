//! What every plan has: the level, the power wanted and the split.

use crate::error::{positive, strictly_between_zero_and_one};
use crate::rounding::count;
use crate::{StatsError, normal};

/// Level, power and split of a planned test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    pub(super) quantile: f64,
    pub(super) power: f64,
    pub(super) ratio: f64,
}

/// Visitors needed in each variant, at least 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleSizes {
    /// In the control.
    pub control: u64,
    /// In the treatment.
    pub treatment: u64,
}

/// More visitors than this are not planned for: differences that need them are lost in the rounding of a
/// rate.
pub(super) const MOST_VISITORS: u64 = 1_000_000_000_000_000;

impl Plan {
    /// `significance` is the two-sided level (0.05), `power` the probability of finding the effect (0.8),
    /// both strictly between 0 and 1 and power above the level; `treatment_per_control` the visitors in the
    /// treatment for each one in the control (1 for an equal split), from 1e-6 to 1e6.
    /// # Errors
    /// [`StatsError::NotStrictlyBetweenZeroAndOne`], [`StatsError::NotPositive`], [`StatsError::TooLarge`] or
    /// [`StatsError::TooSmall`] (also for a power not above the level).
    pub fn new(significance: f64, power: f64, treatment_per_control: f64) -> Result<Self, StatsError> {
        let significance = strictly_between_zero_and_one("significance", significance)?;
        let power = strictly_between_zero_and_one("power", power)?;
        if power <= significance {
            return Err(StatsError::TooSmall { name: "power", value: power, smallest: significance });
        }
        let name = "number of treatment visitors per control visitor";
        let ratio = positive(name, treatment_per_control)?;
        if ratio > 1e6 {
            return Err(StatsError::TooLarge { name, value: ratio, largest: 1e6 });
        }
        if ratio < 1e-6 {
            return Err(StatsError::TooSmall { name, value: ratio, smallest: 1e-6 });
        }
        Ok(Self { quantile: normal::upper_quantile(0.5 * significance)?, power, ratio })
    }

    /// Visitors in the treatment for so many in the control, rounded up, at least 2.
    fn sizes(self, control: u64) -> SampleSizes {
        SampleSizes { control, treatment: ceiling(count(control) * self.ratio).max(2) }
    }

    /// The smallest control group whose power is at least the one wanted; None above 10^15 visitors.
    pub(super) fn smallest(self, power: impl Fn(SampleSizes) -> f64) -> Option<SampleSizes> {
        let mut high = 2;
        while power(self.sizes(high)) < self.power {
            if high >= MOST_VISITORS {
                return None;
            }
            high = high.saturating_mul(2);
        }
        let mut low = 2;
        while low < high {
            let middle = low.midpoint(high);
            if power(self.sizes(middle)) >= self.power {
                high = middle;
            } else {
                low = middle.saturating_add(1);
            }
        }
        Some(self.sizes(high))
    }
}

/// Power of a two-sided test at normal quantile `quantile`: probability that a normal estimate with mean
/// `effect` and deviation `error` lies beyond `quantile · null_error` on either side.
pub(super) fn two_sided_power(quantile: f64, effect: f64, null_error: f64, error: f64) -> f64 {
    let bound = quantile * null_error;
    if error <= 0.0 {
        return if effect.abs() > bound { 1.0 } else { 0.0 };
    }
    let beyond = |distance: f64| normal::survival((distance / error).clamp(-f64::MAX, f64::MAX));
    (beyond(bound - effect) + beyond(bound + effect)).min(1.0)
}

/// The next whole number, for values from 0 to 10^21; saturates.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturating conversion of a number checked to be positive; there is no TryFrom<f64> for u64"
)]
fn ceiling(value: f64) -> u64 {
    // A product such as 100 · 1.1 may come out one rounding above the whole number.
    (value * (1.0 - 4.0 * f64::EPSILON)).ceil() as u64
}
