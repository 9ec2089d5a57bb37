//! Adds up what all visitors were told.

use std::collections::{BTreeMap, BTreeSet};

use super::visitor::{Outcome, Visitors};
use crate::failures::{Failure, FailureKind, FailureLog};

/// Sums over visitors.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) requests: u64,
    pub(super) failed_requests: u64,
    pub(super) failures: FailureLog,
    /// Visitors with an acknowledged exposure.
    pub(super) exposed: Visitors,
    /// Visitors with an acknowledged target event.
    pub(super) converted: Visitors,
    /// Visitors who saw both views and take part in a test, but got no acknowledgement of its exposure; by
    /// test.
    unacknowledged: BTreeMap<String, u64>,
}

impl Tally {
    pub(super) fn add(&mut self, outcome: Outcome) {
        self.requests += outcome.requests;
        self.failed_requests += outcome.failed_requests;
        for failure in outcome.failures {
            self.failures.add(failure);
        }
        if outcome.saw_all_views {
            for test_id in outcome.enrolled {
                if !outcome.exposed.contains_key(&test_id) {
                    *self.unacknowledged.entry(test_id).or_default() += 1;
                }
            }
        }
        for (test_id, variant) in outcome.exposed {
            if outcome.converted.contains(&test_id) {
                *self.converted.entry((test_id.clone(), variant.clone())).or_default() += 1;
            }
            *self.exposed.entry((test_id, variant)).or_default() += 1;
        }
    }

    /// Turns exposures that no answer acknowledged into failures.
    ///
    /// A test that exposes nobody may belong to a view that this simulation does not open; a test that
    /// exposes some visitors must expose all who take part. A run in which nobody is exposed has measured
    /// nothing.
    pub(super) fn look_for_missing_exposures(&mut self) {
        let kind = FailureKind::ExposureNotAcknowledged;
        if self.exposed.is_empty() {
            let message = "no view acknowledged any exposure: nothing was measured".to_owned();
            self.failures.add(Failure { kind, message });
            return;
        }
        let exposing: BTreeSet<&String> = self.exposed.keys().map(|(test_id, _)| test_id).collect();
        for (test_id, visitors) in &self.unacknowledged {
            if exposing.contains(test_id) {
                let message = format!(
                    "{test_id}: {visitors} visitors take part, were shown the views, and are not exposed"
                );
                self.failures.add(Failure { kind, message });
            }
        }
    }
}
