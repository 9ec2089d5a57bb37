//! How many requests may be sent again, so that retries never double the load of backends in trouble.

use std::sync::atomic::{AtomicI64, Ordering};

/// Retries saved up at most, in thousandths: what dies with one backend may be sent again at once.
const MOST: i64 = 500_000;
/// What each request adds: one retry for five requests in the long run.
const PER_REQUEST: i64 = 200;
const PER_RETRY: i64 = 1_000;

/// Retries that are left.
#[derive(Debug)]
pub(crate) struct RetryBudget(AtomicI64);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicI64::new(MOST))
    }
}

impl RetryBudget {
    /// A new request came.
    pub(crate) fn add(&self) {
        if self.0.load(Ordering::Relaxed) < MOST {
            self.0.fetch_add(PER_REQUEST, Ordering::Relaxed);
        }
    }

    /// Takes one retry; says whether there was one.
    pub(crate) fn take(&self) -> bool {
        let take = |left: i64| (left >= PER_RETRY).then(|| left - PER_RETRY);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::RetryBudget;

    #[test]
    fn retries_are_a_fifth_of_the_requests_in_the_long_run() {
        let budget = RetryBudget::default();
        assert_eq!((0..1_000).filter(|_| budget.take()).count(), 500);
        (0..100).for_each(|_| budget.add());
        assert_eq!((0..100).filter(|_| budget.take()).count(), 20);
    }
}
