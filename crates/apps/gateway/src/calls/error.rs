//! Why a call is not made, or has no answer.

use crate::callers::{BudgetError, InvalidWorkspace, LimitReached, Unauthenticated};
use crate::metering::Unbounded;
use crate::upstream::SendError;
use std::time::Duration;

/// Why a call is not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AdmissionError {
    #[error(transparent)]
    Unauthenticated(#[from] Unauthenticated),
    #[error(transparent)]
    Workspace(#[from] InvalidWorkspace),
    #[error(transparent)]
    Limit(#[from] LimitReached),
    #[error(transparent)]
    Unbounded(#[from] Unbounded),
    #[error("budgets cannot be checked at the moment, so that nothing is spent")]
    BudgetsAway,
    #[error("the gateway has as many calls in progress as it may have")]
    Full,
}

impl From<BudgetError> for AdmissionError {
    fn from(cause: BudgetError) -> Self {
        match cause {
            BudgetError::Reached(limit) => Self::Limit(limit),
            BudgetError::Unavailable => Self::BudgetsAway,
        }
    }
}

/// Why the provider gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// It said so within a stream of which nothing was passed on.
    #[error("the model provider is overloaded")]
    Overloaded,
    #[error("every model of this alias keeps failing and is left alone for a moment")]
    AllFailing,
    #[error(transparent)]
    Send(#[from] SendError),
}

impl CallError {
    /// The stable word of the kind.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Overloaded => "provider-overloaded",
            Self::AllFailing => "models-failing",
            Self::Send(SendError::NoKey) => "ai-not-configured",
            Self::Send(SendError::Connect) => "provider-unreachable",
            Self::Send(SendError::Broken) => "provider-broke-off",
            Self::Send(SendError::TooSlow) => "provider-too-slow",
        }
    }

    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::Overloaded => 529,
            Self::AllFailing | Self::Send(SendError::NoKey) => 503,
            Self::Send(SendError::Connect | SendError::Broken) => 502,
            Self::Send(SendError::TooSlow) => 504,
        }
    }

    /// When another try could succeed; none when not soon.
    pub(crate) const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Send(SendError::TooSlow | SendError::NoKey) => None,
            Self::AllFailing => Some(Duration::from_secs(2)),
            Self::Overloaded | Self::Send(SendError::Connect | SendError::Broken) => {
                Some(Duration::from_secs(1))
            }
        }
    }

    /// Whether the provider may have read the call before it failed.
    pub(crate) const fn was_sent(self) -> bool {
        matches!(self, Self::Overloaded | Self::Send(SendError::Broken | SendError::TooSlow))
    }
}

/// Rounded up, at least 1.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0 || wait.is_zero())
}
