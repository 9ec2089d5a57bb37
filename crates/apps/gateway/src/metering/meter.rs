//! The counters.

use super::call::{CallEnd, Outcome};
use super::otlp::Exporter;
use super::published::Published;
use super::{Cost, Usage};
use dashly_kernel::{Clock, Timestamp};
use hdrhistogram::Histogram;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows of counters at most; what would be one more is counted under `(others)`.
const MOST_ROWS: usize = 10_000;
const OTHERS: &str = "(others)";
/// Durations are kept to the hour, with two digits.
const LONGEST_MICROS: u64 = 3_600_000_000;

/// Upper bounds of the classes of durations, in milliseconds: those that OpenTelemetry proposes for model calls, with one
/// between each two.
pub(crate) const DURATION_BOUNDS_MS: [u64; 27] = [
    10, 14, 20, 28, 40, 57, 80, 113, 160, 226, 320, 453, 640, 905, 1_280, 1_810, 2_560, 3_620, 5_120, 7_241,
    10_240, 14_482, 20_480, 28_963, 40_960, 57_926, 81_920,
];

/// Counts calls by task, model, workspace, caller and status.
pub(crate) struct Meter {
    started_at: Timestamp,
    clock: Arc<dyn Clock>,
    rows: Mutex<BTreeMap<RowKey, Row>>,
    exporter: Option<Exporter>,
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Meter")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RowKey {
    task: &'static str,
    model: Arc<str>,
    workspace: Arc<str>,
    caller: Arc<str>,
    status: u16,
    outcome: Outcome,
}

#[derive(Debug)]
struct Row {
    calls: u64,
    usage: Usage,
    estimated_usage: Usage,
    cost: Cost,
    calls_without_price: u64,
    total_micros: u64,
    duration_micros: Histogram<u64>,
    duration_counts: [u64; DURATION_BOUNDS_MS.len() + 1],
    published: Published,
}

/// Everything that was counted since the start.
#[derive(Debug, Serialize)]
pub(crate) struct MeterReport {
    /// Changes with every start: counters then begin again.
    pub(crate) started_at: Timestamp,
    /// Since then.
    pub(crate) uptime_ms: u64,
    pub(crate) rows: Vec<ReportRow>,
}

/// The calls of one kind.
#[derive(Debug, Serialize)]
pub(crate) struct ReportRow {
    pub(crate) task: &'static str,
    pub(crate) model: Arc<str>,
    pub(crate) workspace: Arc<str>,
    pub(crate) caller: Arc<str>,
    pub(crate) status: u16,
    pub(crate) outcome: &'static str,
    pub(crate) calls: u64,
    /// As the provider reported it.
    pub(crate) usage: Usage,
    /// Of calls that were cut before the provider reported.
    pub(crate) estimated_usage: Usage,
    /// Millionths of a US dollar, estimates included.
    pub(crate) cost_micros: u64,
    /// Calls of models whose price is not known; they are not in the cost.
    pub(crate) calls_without_price: u64,
    pub(crate) total_duration_ms: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    /// Calls by duration, see [`DURATION_BOUNDS_MS`]; one more class than bounds.
    pub(crate) duration_counts: Vec<u64>,
}

impl Meter {
    /// Counts nothing yet. What is counted goes to `exporter`, too, if there is one.
    pub(crate) fn new(clock: Arc<dyn Clock>, exporter: Option<Exporter>) -> Self {
        Self { started_at: clock.now(), clock, rows: Mutex::default(), exporter }
    }

    /// Counts a call, and writes its line for the audit: who, for what, how much, how it ended; nothing of its content.
    pub(crate) fn book(&self, end: &CallEnd) {
        audit(end);
        if let Some(exporter) = &self.exporter {
            exporter.add(end);
        }
        let subject = &end.subject;
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = RowKey {
            task: subject.task,
            model: Arc::clone(&subject.model),
            workspace: Arc::clone(&subject.workspace),
            caller: Arc::clone(&subject.caller),
            status: end.status,
            outcome: end.outcome,
        };
        if rows.len() >= MOST_ROWS && !rows.contains_key(&key) {
            (key.model, key.workspace) = (Arc::from(OTHERS), Arc::from(OTHERS));
        }
        rows.entry(key).or_insert_with_key(Row::new).add(end);
    }

    pub(crate) fn report(&self) -> MeterReport {
        let now = self.clock.now();
        let passed = (now.unix_micros() - self.started_at.unix_micros()) / 1_000;
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        MeterReport {
            started_at: self.started_at,
            uptime_ms: u64::try_from(passed).unwrap_or(0),
            rows: rows.iter().map(|(key, row)| row.report(key)).collect(),
        }
    }
}

/// The line of a call. What is nothing is left out.
fn audit(end: &CallEnd) {
    let CallEnd { subject, usage, .. } = end;
    let some = |tokens: u64| (tokens > 0).then_some(tokens);
    let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    tracing::info!(
        task = subject.task,
        model = &*subject.model,
        caller = &*subject.caller,
        workspace = &*subject.workspace,
        status = end.status,
        outcome = end.outcome.name(),
        input_tokens = usage.input_tokens,
        output_tokens = usage.output_tokens,
        cache_read_tokens = some(usage.cache_read_tokens),
        cache_write_tokens = some(usage.cache_write_5m_tokens + usage.cache_write_1h_tokens),
        estimated_tokens = some(end.estimated_usage.all_tokens()),
        cost_micros = end.cost.map(Cost::micros),
        guard = told(&end.guard),
        source = (end.source != "model").then_some(end.source),
        duration_ms = u64::try_from(end.duration.as_millis()).unwrap_or(u64::MAX),
        request_id = &*subject.request_id,
        caller_request_id = told(&end.caller_request_id),
        "call"
    );
}

impl Row {
    #[expect(clippy::expect_used, reason = "constant and valid bounds")]
    fn new(key: &RowKey) -> Self {
        Self {
            published: Published::new(key.task, &key.model, key.outcome),
            calls: 0,
            usage: Usage::default(),
            estimated_usage: Usage::default(),
            cost: Cost::default(),
            calls_without_price: 0,
            total_micros: 0,
            duration_micros: Histogram::new_with_bounds(1, LONGEST_MICROS, 2)
                .expect("these bounds are allowed"),
            duration_counts: [0; DURATION_BOUNDS_MS.len() + 1],
        }
    }

    fn add(&mut self, end: &CallEnd) {
        self.published.add(end);
        self.calls += 1;
        self.usage += end.usage;
        self.estimated_usage += end.estimated_usage;
        match end.cost {
            Some(cost) => self.cost += cost,
            None => self.calls_without_price += 1,
        }
        let micros = u64::try_from(end.duration.as_micros()).unwrap_or(LONGEST_MICROS);
        self.total_micros = self.total_micros.saturating_add(micros);
        self.duration_micros.saturating_record(micros);
        let class = DURATION_BOUNDS_MS.partition_point(|bound| bound * 1_000 < micros);
        if let Some(count) = self.duration_counts.get_mut(class) {
            *count += 1;
        }
    }

    #[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "durations for display")]
    fn report(&self, key: &RowKey) -> ReportRow {
        let at = |quantile: f64| self.duration_micros.value_at_quantile(quantile) as f64 / 1_000.0;
        ReportRow {
            task: key.task,
            model: Arc::clone(&key.model),
            workspace: Arc::clone(&key.workspace),
            caller: Arc::clone(&key.caller),
            status: key.status,
            outcome: key.outcome.name(),
            calls: self.calls,
            usage: self.usage,
            estimated_usage: self.estimated_usage,
            cost_micros: self.cost.micros(),
            calls_without_price: self.calls_without_price,
            total_duration_ms: self.total_micros as f64 / 1_000.0,
            p50_ms: at(0.5),
            p95_ms: at(0.95),
            p99_ms: at(0.99),
            duration_counts: self.duration_counts.to_vec(),
        }
    }
}
