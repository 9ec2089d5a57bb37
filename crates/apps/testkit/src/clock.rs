//! Time that stands still until it is told to move.

use dashly_kernel::{Clock, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// 2026-11-22T19:00:00.25Z: an ordinary hour, and no round number of seconds.
const START_MICROS: i64 = 1_795_374_000_250_000;

/// A clock that only moves when told.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(START_MICROS))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst))
    }
}

impl TestClock {
    /// Moves on.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }

    /// Moves on by whole seconds; back by negative ones.
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Jumps to a moment such as `2026-11-22T19:00:00Z`, forwards or backwards.
    pub fn set(&self, moment: &str) {
        let moment = Timestamp::parse_rfc3339(moment).expect("a moment in RFC 3339");
        self.0.store(moment.unix_micros(), Ordering::SeqCst);
    }
}
