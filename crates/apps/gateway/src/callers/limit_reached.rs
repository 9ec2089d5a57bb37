//! How a limit refuses.

use dashly_cache::Spending;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

/// Which limit was reached, and when the same call fits again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LimitReached {
    pub(crate) what: Limited,
    /// `address`, `key` or `workspace`.
    pub(crate) whose: &'static str,
    pub(crate) limit: u64,
    pub(crate) retry_after: Duration,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limited {
    /// Per minute.
    Requests,
    /// Per minute.
    Tokens,
    /// Millionths of a dollar, per `day` or `month`.
    Money { period: &'static str, spending: Spending },
}

impl LimitReached {
    /// For programs: which limit, whose, of which size.
    pub(crate) fn describe(&self) -> Value {
        let Self { what, whose, limit, .. } = *self;
        match what {
            Limited::Requests => json!({ "of": whose, "what": "requests", "per": "minute", "limit": limit }),
            Limited::Tokens => json!({ "of": whose, "what": "tokens", "per": "minute", "limit": limit }),
            Limited::Money { period, spending } => json!({
                "of": whose,
                "what": "money",
                "per": period,
                "limitUsd": dollars(limit),
                "spentUsd": dollars(spending.spent),
                "reservedUsd": dollars(spending.reserved)
            }),
        }
    }

    /// How long to wait, in milliseconds.
    pub(crate) fn retry_after_millis(&self) -> u64 {
        u64::try_from(self.retry_after.as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether the same call fits so soon that a client may wait for it.
    pub(crate) fn is_soon_over(&self) -> bool {
        self.retry_after <= Duration::from_mins(2)
    }
}

impl fmt::Display for LimitReached {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, whose, limit, .. } = *self;
        match what {
            Limited::Requests => write!(formatter, "more than {limit} requests per minute of this {whose}"),
            Limited::Tokens => write!(formatter, "more than {limit} tokens per minute of this {whose}"),
            Limited::Money { period, spending } => write!(
                formatter,
                "the budget of this {whose} per {period}, ${:.2}, does not allow this call: ${:.2} are spent and \
                 ${:.2} are reserved for calls in progress",
                dollars(limit),
                dollars(spending.spent),
                dollars(spending.reserved)
            ),
        }
    }
}

impl std::error::Error for LimitReached {}

/// From millionths.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "amounts stay below 2^53 millionths of a dollar"
)]
fn dollars(micros: u64) -> f64 {
    micros as f64 / 1e6
}
