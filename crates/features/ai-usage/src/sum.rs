//! Amounts of calls, with how these ended: pure.

use crate::delta::Amounts;
use crate::quantile::quantile_ms;
use crate::report::UsageTotals;
use crate::store::HourRow;
use dashly_kernel::Timestamp;
use std::collections::BTreeMap;

/// Sums up while rows come in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sum {
    amounts: Amounts,
    answered: u64,
    refused: u64,
    failed: u64,
    left: u64,
}

impl Sum {
    fn add(&mut self, row: &HourRow) {
        self.amounts.add(&row.amounts);
        let ending = match row.kind.outcome.as_str() {
            "answered" => &mut self.answered,
            "refused" => &mut self.refused,
            "left" => &mut self.left,
            _ => &mut self.failed,
        };
        *ending += row.amounts.calls;
    }

    fn merge(&mut self, other: &Self) {
        self.amounts.add(&other.amounts);
        self.answered += other.answered;
        self.refused += other.refused;
        self.failed += other.failed;
        self.left += other.left;
    }

    pub(crate) fn totals(&self) -> UsageTotals {
        let amounts = &self.amounts;
        UsageTotals {
            calls: amounts.calls,
            answered: self.answered,
            refused: self.refused,
            failed: self.failed,
            left: self.left,
            input_tokens: amounts.input_tokens,
            output_tokens: amounts.output_tokens,
            cache_read_tokens: amounts.cache_read_tokens,
            cache_write_tokens: amounts.cache_write_tokens,
            estimated_tokens: amounts.estimated_tokens,
            all_tokens: amounts.all_tokens(),
            cost_micros: amounts.cost_micros,
            calls_without_price: amounts.calls_without_price,
            p50_ms: quantile_ms(&amounts.duration_counts, 0.5),
            p95_ms: quantile_ms(&amounts.duration_counts, 0.95),
        }
    }
}

/// Sums by the beginning of the interval; intervals without calls are absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(BTreeMap<Timestamp, Sum>);

impl Line {
    pub(crate) fn add(&mut self, start: Timestamp, row: &HourRow) {
        self.0.entry(start).or_default().add(row);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (start, sum) in &other.0 {
            self.0.entry(*start).or_default().merge(sum);
        }
    }

    /// Of the interval that begins at `start`.
    pub(crate) fn at(&self, start: Timestamp) -> UsageTotals {
        self.0.get(&start).map_or_else(UsageTotals::default, Sum::totals)
    }

    /// Of all intervals together.
    pub(crate) fn totals(&self) -> UsageTotals {
        let mut all = Sum::default();
        for sum in self.0.values() {
            all.merge(sum);
        }
        all.totals()
    }
}
