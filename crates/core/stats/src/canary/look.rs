//! What one look brings.

use crate::StatsError;

/// Requests of one version between two looks, and how many of them are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArmCount {
    /// All requests.
    pub requests: u64,
    /// Those that failed, or were slower than an edge.
    pub marked: u64,
}

impl ArmCount {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            marked: self.marked.saturating_add(other.marked),
        }
    }
}

/// Both versions between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// The version in service.
    pub stable: ArmCount,
    /// The new one.
    pub canary: ArmCount,
}

/// The largest number of requests of a look: far below where sums of two could overflow.
const MOST_REQUESTS: u64 = 1 << 52;

impl Look {
    /// # Errors
    /// [`StatsError::SuccessesExceedTrials`], [`StatsError::TooLarge`].
    pub(super) fn checked(self) -> Result<Self, StatsError> {
        for arm in [self.stable, self.canary] {
            if arm.marked > arm.requests {
                return Err(StatsError::SuccessesExceedTrials {
                    successes: arm.marked,
                    trials: arm.requests,
                });
            }
            if arm.requests > MOST_REQUESTS {
                return Err(StatsError::TooLarge {
                    name: "number of requests",
                    value: crate::rounding::count(arm.requests),
                    largest: crate::rounding::count(MOST_REQUESTS),
                });
            }
        }
        Ok(self)
    }

    pub(super) fn marked(self) -> u64 {
        self.stable.marked + self.canary.marked
    }

    /// Whether the marks could have fallen otherwise.
    pub(super) fn is_informative(self) -> bool {
        let requests = self.stable.requests + self.canary.requests;
        self.stable.requests > 0 && self.canary.requests > 0 && self.marked() > 0 && self.marked() < requests
    }
}
