//! What metrics count: a pure function of the order in which events were stored.
//!
//! Sums are kept as doubles, and a sum of doubles depends on the order of its parts. So each event is added to the sum as
//! it stands in the database, one after the other: a recount that takes the events in the same order gives the same
//! number to the last bit, whatever was committed together.

use crate::definitions::{Metric, MetricKind};
use dashly_kernel::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// An event that a metric takes, of a visitor who counts.
#[derive(Clone, Debug)]
pub(crate) struct MetricEvent {
    /// Who.
    pub visitor: Arc<str>,
    /// Of which experiment.
    pub test_id: Arc<str>,
    /// Measured by.
    pub metric: Metric,
    /// The drawing epoch of the first exposure.
    pub epoch: Arc<str>,
    /// The label drawn in it.
    pub drawn_variant: Arc<str>,
    /// The UTC day of the first exposure.
    pub day: Timestamp,
    /// The value that came with the event.
    pub value: Option<f64>,
}

/// A metric of an experiment: identifier and fingerprint.
pub(crate) type MetricKey = (Arc<str>, Arc<str>);

/// A visitor's amount: visitor, experiment, metric.
pub(crate) type AmountKey = (Arc<str>, Arc<str>, Arc<str>);

/// A cell of the totals. Ordered, so that every process takes the rows' locks in the same order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MetricCell {
    pub test_id: Arc<str>,
    pub metric: Arc<str>,
    pub epoch: Arc<str>,
    pub drawn_variant: Arc<str>,
    pub day: Timestamp,
}

/// Sums over the visitors of one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct MetricTotal {
    /// Visitors with at least one event.
    pub converters: i64,
    /// Sum of their capped amounts; 0 for a conversion.
    pub total: f64,
    /// Sum of the squares of those.
    pub total_of_squares: f64,
}

impl MetricEvent {
    /// The cell that it is added to.
    pub(crate) fn cell(&self) -> MetricCell {
        MetricCell {
            test_id: Arc::clone(&self.test_id),
            metric: Arc::clone(&self.metric.key),
            epoch: Arc::clone(&self.epoch),
            drawn_variant: Arc::clone(&self.drawn_variant),
            day: self.day,
        }
    }

    /// The visitor's amount that it is added to.
    pub(crate) fn amount_key(&self) -> AmountKey {
        (Arc::clone(&self.visitor), Arc::clone(&self.test_id), Arc::clone(&self.metric.key))
    }

    /// What it adds to the visitor's amount.
    fn addition(&self) -> f64 {
        match self.metric.kind {
            MetricKind::Conversion => 0.0,
            MetricKind::Count => 1.0,
            MetricKind::Value => self.value.unwrap_or(0.0),
        }
    }
}

/// Amounts and totals, changed event by event.
#[derive(Debug, Default)]
pub(crate) struct MetricLedger {
    /// Of visitors with at least one event.
    pub amounts: HashMap<AmountKey, f64>,
    /// Of the cells that were read or changed.
    pub totals: BTreeMap<MetricCell, MetricTotal>,
}

impl MetricLedger {
    /// Adds one event.
    pub(crate) fn take(&mut self, event: &MetricEvent) {
        let total = self.totals.entry(event.cell()).or_default();
        let known = self.amounts.get(&event.amount_key()).copied();
        if known.is_none() {
            total.converters += 1;
        }
        let before = known.unwrap_or(0.0);
        let amount = before + event.addition();
        if event.metric.kind != MetricKind::Conversion {
            let (old, new) = (event.metric.capped(before), event.metric.capped(amount));
            total.total += new - old;
            total.total_of_squares += new * new - old * old;
        }
        self.amounts.insert(event.amount_key(), amount);
    }
}
