//! The visitors that a metric rests on, a day at a time.

use super::store::{StoredMetrics, StoredTotal};
use crate::definitions::Metric;
use crate::results::store::Cohorts;
use dashly_kernel::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

const SECONDS_PER_DAY: i64 = 86_400;

/// Visitors of one epoch and label with what they did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MetricCell {
    pub visitors: u64,
    pub sums: StoredTotal,
}

impl MetricCell {
    pub(super) fn add(&mut self, other: Self) {
        self.visitors += other.visitors;
        self.sums.converters += other.sums.converters;
        self.sums.total += other.sums.total;
        self.sums.total_of_squares += other.sums.total_of_squares;
    }
}

/// Cells by epoch and label.
pub(super) type MetricCells = BTreeMap<(Arc<str>, Arc<str>), MetricCell>;

/// What one metric rests on.
#[derive(Debug)]
pub(super) struct MetricCohorts {
    /// Set when the metric came after the first visitors.
    pub counted_from: Option<Timestamp>,
    /// Whether visitors enter once their windows have closed.
    pub is_windowed: bool,
    /// By the moment at which the cells became final: with a window, when the last of them closed; else the day.
    pub days: BTreeMap<Timestamp, MetricCells>,
}

/// The visitors of `exposed` that `metric` counts at `now`. A metric that no visitor has met yet counts nobody.
pub(super) fn metric_cohorts(
    test_id: &str,
    metric: &Metric,
    exposed: &Cohorts,
    stored: &StoredMetrics,
    now: Timestamp,
) -> MetricCohorts {
    let key = (test_id.to_owned(), metric.key.to_string());
    let is_windowed = metric.window_seconds.is_some();
    let Some(&counted_from) = stored.counted_from.get(&key) else {
        return MetricCohorts { counted_from: None, is_windowed, days: BTreeMap::new() };
    };
    let totals = stored.totals.get(&key);
    let mut days = BTreeMap::new();
    for (day, visitors) in exposed {
        // It begins with a whole day, or with the first visitor.
        if counted_from.is_some_and(|from| *day < from) {
            continue;
        }
        let final_at = match metric.window_seconds {
            Some(window) => day.plus_seconds(SECONDS_PER_DAY.saturating_add(window)),
            None => *day,
        };
        if final_at > now {
            break;
        }
        let sums = totals.and_then(|totals| totals.get(day));
        let cells: MetricCells = visitors
            .iter()
            .map(|(label, draws)| {
                let sums = sums.and_then(|sums| sums.get(label)).copied().unwrap_or_default();
                (label.clone(), MetricCell { visitors: draws.exposures, sums })
            })
            .collect();
        days.insert(final_at, cells);
    }
    MetricCohorts { counted_from, is_windowed, days }
}
