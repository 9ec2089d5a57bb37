//! Adds up requests, latencies and acknowledged rows of all workers.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::rows::RowCounts;
use crate::failures::{Failure, FailureGroup, FailureKind, FailureLog};
use crate::site::Route;

/// Latencies of requests, in microseconds. Quantiles are exact to three digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// Half of the requests were faster.
    pub p50_us: u64,
    /// 95 of 100 were faster.
    pub p95_us: u64,
    /// 99 of 100 were faster.
    pub p99_us: u64,
    /// The slowest.
    pub max_us: u64,
}

/// Far beyond the time-out of a request. Bounds are fixed since a histogram that grows does so only in calls that can
/// fail, and cuts values off in the one that cannot.
const LONGEST_MICROSECONDS: u64 = 120_000_000;

/// Requests to one route, or to all.
#[derive(Debug, Default)]
pub(super) struct Requests {
    pub(super) count: u64,
    pub(super) failed: u64,
    /// Microseconds. Requests that found no server are not in it: a refused connection is fast and no
    /// latency.
    latencies: Option<Histogram<u64>>,
}

impl Requests {
    fn add(&mut self, elapsed: Duration, failure: Option<FailureKind>) {
        self.count += 1;
        self.failed += u64::from(failure.is_some());
        if failure == Some(FailureKind::CannotConnect) {
            return;
        }
        if self.latencies.is_none() {
            self.latencies = Histogram::new_with_bounds(1, LONGEST_MICROSECONDS, 3).ok();
        }
        let microseconds = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        if let Some(latencies) = &mut self.latencies {
            latencies.saturating_record(microseconds);
        }
    }

    pub(super) fn latency(&self) -> Latency {
        self.latencies.as_ref().map_or_else(Latency::default, |latencies| Latency {
            p50_us: latencies.value_at_quantile(0.5),
            p95_us: latencies.value_at_quantile(0.95),
            p99_us: latencies.value_at_quantile(0.99),
            max_us: latencies.max(),
        })
    }
}

/// Sums over all workers.
#[derive(Debug, Default)]
pub(super) struct Tally {
    sums: Mutex<Sums>,
}

#[derive(Debug, Default)]
struct Sums {
    routes: BTreeMap<Route, Requests>,
    all: Requests,
    failures: FailureLog,
    acknowledged: RowCounts,
}

impl Tally {
    /// A sum is never left half-done, so it stays usable after a panic elsewhere.
    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request; gives the reply if there was one.
    pub(super) fn request_done<T>(
        &self,
        route: Route,
        elapsed: Duration,
        result: Result<T, Failure>,
    ) -> Option<T> {
        let mut sums = self.sums();
        let kind = result.as_ref().err().map(|failure| failure.kind);
        sums.routes.entry(route).or_default().add(elapsed, kind);
        sums.all.add(elapsed, kind);
        match result {
            Ok(reply) => Some(reply),
            Err(failure) => {
                sums.failures.add(failure);
                None
            }
        }
    }

    pub(super) fn failed(&self, failure: Failure) {
        self.sums().failures.add(failure);
    }

    /// One (visitor, test, variant) more whose exposure is acknowledged.
    pub(super) fn exposure_acknowledged(&self) {
        self.sums().acknowledged.exposures += 1;
    }

    pub(super) fn events_acknowledged(&self, rows: u64) {
        let mut sums = self.sums();
        sums.acknowledged.events = sums.acknowledged.events.saturating_add(rows);
    }

    pub(super) fn acknowledged(&self) -> RowCounts {
        self.sums().acknowledged
    }

    /// Looks at every route in its order, then at all requests together.
    pub(super) fn visit_requests(&self, mut visit: impl FnMut(Option<Route>, &Requests)) {
        let sums = self.sums();
        for (route, requests) in &sums.routes {
            visit(Some(*route), requests);
        }
        visit(None, &sums.all);
    }

    pub(super) fn take_failures(&self) -> Vec<FailureGroup> {
        std::mem::take(&mut self.sums().failures).into_groups()
    }
}

#[cfg(test)]
mod tests {
    use super::Requests;
    use std::time::Duration;

    #[test]
    fn slow_requests_are_shown_as_slow() {
        let mut requests = Requests::default();
        for milliseconds in 1..=1_000 {
            requests.add(Duration::from_millis(milliseconds), None);
        }
        let latency = requests.latency();
        let within = |found: u64, expected: u64| found.abs_diff(expected) * 1_000 <= expected;
        assert!(within(latency.p50_us, 500_000), "{latency:?}");
        assert!(within(latency.p99_us, 990_000), "{latency:?}");
        assert!(within(latency.max_us, 1_000_000), "{latency:?}");
    }
}
