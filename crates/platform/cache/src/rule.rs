//! What is limited, and the answer.

use std::time::Duration;

use crate::digest::Digest;

/// Into how many slots a window is cut. A hit is forgotten between one window and one window plus one slot after it
/// happened, so 32 slots hold it at most 3.2 % too long while a counter stays below 600 bytes.
pub(crate) const SLOTS: u64 = 32;

/// The longest window that is kept as asked, in milliseconds (about 34 years): Lua counts exactly only up to 2^53.
const LONGEST_WINDOW_MS: u64 = 1 << 40;

/// "At most `limit` per `window`", counted apart for each key.
///
/// Two rules of one name and window share their counters; a rule whose window is changed starts from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Names the counters; stands in Redis keys in clear, so it must not contain anything personal.
    pub name: &'static str,
    /// The most that is allowed in any stretch of `window`; 0 allows nothing.
    pub limit: u32,
    /// The length of the sliding window. Windows below 32 ms count as 32 ms.
    pub window: Duration,
}

impl Rule {
    /// Width of one slot in milliseconds, at least 1, rounded up so that the slots together never span less than
    /// the window.
    pub(crate) fn slot_ms(&self) -> u64 {
        let window_ms = u64::try_from(self.window.as_micros().div_ceil(1000)).unwrap_or(LONGEST_WINDOW_MS);
        window_ms.min(LONGEST_WINDOW_MS).div_ceil(SLOTS).max(1)
    }

    /// How long a caller waits when no amount of waiting would help, or when nothing is known about older hits.
    pub(crate) fn whole_window_ms(&self) -> u64 {
        self.slot_ms().saturating_mul(SLOTS + 1)
    }
}

/// The answer of a [`RateLimiter`](crate::RateLimiter).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go ahead.
    Allowed {
        /// How much of the limit is left after this call.
        remaining: u32,
    },
    /// Refuse.
    Limited {
        /// After this time the same call is allowed, if nothing else is counted meanwhile. Never zero.
        retry_after: Duration,
    },
}

impl Decision {
    /// Whether the caller may go ahead.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }
}

/// What is done to a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Count `cost` if it still fits.
    Check { cost: u32 },
    /// Count nothing; would one more fit?
    Peek,
    /// Count `cost` whether it fits or not; would one more fit afterwards?
    Record { cost: u32 },
    /// Take back `cost` that was counted before; would one more fit afterwards?
    Refund { cost: u32 },
    /// Forget everything counted so far.
    Reset,
}

/// One call: what is done to which counter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) key: Digest,
    pub(crate) operation: Operation,
}
