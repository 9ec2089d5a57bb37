//! Questions about proportions: how sure is a rate, do two rates differ, what difference could have been
//! seen.
//!
//! A trial is whatever the caller counts once (a visitor, a message); trials must be independent of each
//! other, which page views or clicks of one person are not.

mod detectable;
mod fisher;
mod lift;
mod newcombe;
mod recommended;
mod two_sample;
mod wilson;

pub use detectable::detectable_difference;
pub use fisher::fisher_exact_p_value;
pub use lift::{fieller_lift, log_ratio_lift};
pub use newcombe::newcombe_interval;
pub use recommended::{RecommendedTest, SMALLEST_EXPECTED_COUNT, TestMethod, recommended_test};
pub use two_sample::{TwoProportionTest, two_proportion_test};
pub use wilson::wilson_interval;

use crate::StatsError;
use crate::rounding::count;

/// A number of successes among a number of independent trials: at least one trial, at most as many successes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proportion {
    successes: u64,
    trials: u64,
}

impl Proportion {
    /// Checks and keeps the counts.
    /// # Errors
    /// [`StatsError::NoTrials`] or [`StatsError::SuccessesExceedTrials`].
    pub fn new(successes: u64, trials: u64) -> Result<Self, StatsError> {
        if trials == 0 {
            Err(StatsError::NoTrials)
        } else if successes > trials {
            Err(StatsError::SuccessesExceedTrials { successes, trials })
        } else {
            Ok(Self { successes, trials })
        }
    }

    /// Number of successes.
    pub fn successes(self) -> u64 {
        self.successes
    }

    /// Number of trials, at least 1.
    pub fn trials(self) -> u64 {
        self.trials
    }

    /// Successes per trial, from 0 to 1.
    pub fn rate(self) -> f64 {
        count(self.successes) / count(self.trials)
    }

    /// Trials without success.
    fn failures(self) -> u64 {
        self.trials.saturating_sub(self.successes)
    }
}
