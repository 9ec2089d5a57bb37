//! What an operator may set.

use serde::{Deserialize, Serialize};

/// Probability of ever calling a good canary bad for its errors.
pub const ERROR_ALPHA: f64 = 0.0485;
/// The same for its durations, over all histograms together.
pub const LATENCY_ALPHA: f64 = 0.0005;
/// The same for restarts where stable's pods restart, too. Together five percent. Restarts where stable has none, and
/// memory, have rules whose error rates `make bench ONLY=canary` shows under models of healthy pods.
pub const RESTART_ALPHA: f64 = 0.001;

/// The same for the conversions of all guardrails together; taken from [`ERROR_ALPHA`] where there are any, so that it is
/// five percent all the same.
pub const GUARDRAIL_ALPHA: f64 = 0.01;

/// When the judge may promote, and what it calls bad without a probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Requests of the canary, and of stable, before a promotion.
    pub least_requests: u64,
    /// Looks with traffic of the canary before a promotion.
    pub least_looks: u64,
    /// Seconds between the canary's first request and a promotion.
    pub least_seconds: f64,
    /// Seconds after the first request of a new process of the canary whose durations do not count: it is slower at first.
    pub warm_up_seconds: f64,
    /// By how much the canary's error rate may at most exceed stable's, as far as the data can exclude, for a promotion:
    /// 0.02 is two points of a hundred.
    pub error_margin: f64,
    /// Restarts of the canary's pods that are called bad.
    pub bad_restarts: u64,
    /// Looks in a row in which no pod of the canary answers while stable's do, that are called bad.
    pub bad_unreachable_looks: u64,
    /// Growth of the canary's memory beside that of stable that is called bad: 1.5 is half as much again.
    pub bad_memory_growth: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            least_requests: 500,
            least_looks: 12,
            least_seconds: 120.0,
            warm_up_seconds: 30.0,
            error_margin: 0.02,
            bad_restarts: 2,
            bad_unreachable_looks: 6,
            bad_memory_growth: 1.5,
        }
    }
}
