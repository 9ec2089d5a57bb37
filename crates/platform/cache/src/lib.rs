//! Rate limits over memory or Redis: "at most so many of these per key in any stretch of this length"; and budgets over
//! a state file or Redis: "at most so much under this name"; and values remembered for a while.
//!
//! This crate must never know what is limited (sign-ins, events, model calls) nor what a key means; callers hand it a
//! [`Rule`] or a [`Budget`] and an opaque key. It is the only user of the Redis client.
//!
//! Start reading at [`RateLimiter`]; the arithmetic of the sliding window is in `window.rs` and once more, for Redis,
//! in `window.lua`. A test runs the two side by side. [`Budgets`] are beside it: unlike rate limits, which go on without
//! Redis, they refuse what they cannot check.

mod budgets;
mod digest;
mod limiter;
mod link;
mod memory;
mod rule;
mod shared;
mod store;
mod window;

pub use budgets::{Budget, Budgets, Reservation, ReserveError, Spending, StateFileError};
pub use limiter::{Clock, RateLimiter, RedisUrlError, Status};
pub use rule::{Decision, Rule};
pub use store::Store;

/// The Redis that tests use.
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests get their services through the environment")]
fn test_redis_url() -> String {
    std::env::var("DASHLY_TEST_REDIS_URL")
        .expect("no DASHLY_TEST_REDIS_URL: run through scripts/with-test-services")
}
