//! From totals to results.

use super::cache::{Signals, read_version};
use super::inference::infer;
use super::metrics::{MetricsOfExperiment, harmed, metrics_of};
use super::model::{
    ExperimentHealth, ExperimentResults, Interval, Timeline, TimelineCounts, TimelineGrain, TimelinePoint,
    VariantResults,
};
use super::totals::{HourCounts, TestTotals, Totals};
use super::totals_store::read_totals;
use crate::InOrder;
use crate::definitions::{DefinitionFault, Experiment, Phase, read_definitions};
use crate::ingest::{Evidence, EvidenceOfTests, read_evidence, signal};
use crate::life::list_changes_in_force;
use dashly_db::{Db, DbError};
use dashly_kernel::Timestamp;
use dashly_stats::proportion::wilson_interval;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

/// Longer histories are shown by day.
const MAX_HOURLY_POINTS: i64 = 72;
const MICROS_PER_HOUR: i64 = 3_600_000_000;
const CONFIDENCE: f64 = 0.95;

/// Why results could not be read without a server.
#[derive(Debug, thiserror::Error)]
pub enum ReadResultsError {
    /// The file of experiments cannot be used.
    #[error("the file of experiments cannot be used: {0}")]
    Definitions(String),
    /// The database cannot be read.
    #[error("the results cannot be read from the database")]
    Database(#[from] DbError),
}

impl ReadResultsError {
    /// What is wrong with the file, in one line.
    pub(crate) fn from_faults(faults: Vec<DefinitionFault>) -> Self {
        Self::Definitions(faults.into_iter().map(|fault| fault.detail).collect::<Vec<_>>().join("; "))
    }
}

/// Which experiments are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultsScope {
    /// All that are in sight.
    WithoutArchived,
    /// Archived ones too.
    All,
}

/// The results of the experiments in `tests_file`, read from `db` at `now`, without a server.
///
/// # Errors
/// [`ReadResultsError`].
pub async fn read_results_of(
    db: &Db,
    tests_file: &Path,
    now: Timestamp,
) -> Result<Vec<ExperimentResults>, ReadResultsError> {
    let declared = read_definitions(tests_file).map_err(ReadResultsError::from_faults)?;
    let (definitions, _) = declared.with_changes(&list_changes_in_force(db).await?);
    let signals = read_version(db).await?.signals;
    let totals = read_totals(db).await?;
    let evidence = read_evidence(db).await?;
    let stored = StoredResults { totals: &totals, evidence: &evidence, signals: &signals };
    let in_sight = definitions.all().iter().filter(|experiment| experiment.phase(now) != Phase::Archived);
    Ok(in_sight.map(|experiment| experiment_results(experiment, &stored, now)).collect())
}

/// What results are made of.
#[derive(Debug)]
pub(crate) struct StoredResults<'a> {
    pub(crate) totals: &'a Totals,
    pub(crate) evidence: &'a EvidenceOfTests,
    pub(crate) signals: &'a Signals,
}

static NO_EVIDENCE: LazyLock<Evidence> = LazyLock::new(Evidence::default);
static NO_TOTALS: LazyLock<TestTotals> = LazyLock::new(TestTotals::default);

impl StoredResults<'_> {
    /// Evidence and totals of one experiment; empty when nothing was counted.
    pub(crate) fn of(&self, test_id: &str) -> (&Evidence, &TestTotals) {
        let evidence = self.evidence.get(test_id).unwrap_or(&NO_EVIDENCE);
        (evidence, self.totals.of(test_id).unwrap_or(&NO_TOTALS))
    }

    /// Exposures of all experiments, whether still in the file or not.
    pub(crate) fn total_exposures(&self) -> i64 {
        self.totals.all().flat_map(TestTotals::by_variant).map(|(_, counts)| counts.exposures).sum()
    }

    /// Events of the installation, whatever they counted for.
    pub(crate) fn total_events(&self) -> i64 {
        signal_count(self, signal::INSTALLATION, signal::EVENT_ROWS)
    }
}

fn signal_count(stored: &StoredResults<'_>, test_id: &str, name: &str) -> i64 {
    stored.signals.get(test_id).and_then(|signals| signals.get(name)).copied().unwrap_or(0)
}

/// The results of one experiment.
pub(crate) fn experiment_results(
    experiment: &Experiment,
    stored: &StoredResults<'_>,
    now: Timestamp,
) -> ExperimentResults {
    let test_id = &*experiment.test_id;
    let (evidence, totals) = stored.of(test_id);
    let by_variant = totals.by_variant();
    let results = experiment
        .variants
        .iter()
        .map(|variant| {
            let counts = by_variant.get(&*variant.key).copied().unwrap_or_default();
            (&variant.key, variant_results(counts))
        })
        .collect();
    let cohorts = &totals.cohorts();
    let MetricsOfExperiment { metrics, guardrails } =
        metrics_of(experiment, evidence, cohorts, stored.totals.metrics(), now);
    let mut inference = infer(experiment, evidence, cohorts, now);
    inference.verdict.guardrails_harmed = harmed(&guardrails);
    ExperimentResults {
        test_id: test_id.to_owned(),
        description: experiment.description.clone(),
        target_event: experiment.target_event.clone(),
        status: experiment.phase(now),
        control: experiment.control_variant().key.to_string(),
        variants: experiment.variants.iter().map(|variant| (&variant.key, variant.label.clone())).collect(),
        shares: experiment.shares().into_iter().collect(),
        results,
        timeline: timeline(experiment, &totals.hours()),
        inference,
        metrics,
        guardrails,
        health: ExperimentHealth {
            false_variants: signal_count(stored, test_id, signal::FALSE_VARIANTS),
            early_events: signal_count(stored, test_id, signal::EARLY_EVENTS),
            several_variants: signal_count(stored, test_id, signal::SEVERAL_VARIANTS),
            stopped_events: signal_count(stored, test_id, signal::STOPPED_EVENTS),
            late_events: signal_count(stored, test_id, signal::LATE_EVENTS),
            unknown_events: signal_count(stored, test_id, signal::UNKNOWN_EVENTS),
            bots: signal_count(stored, test_id, signal::BOTS),
            joined_visitors: signal_count(stored, test_id, signal::JOINED_VISITORS),
        },
    }
}

fn variant_results(counts: TimelineCounts) -> VariantResults {
    let exposures = u64::try_from(counts.exposures).unwrap_or(0);
    let converters = u64::try_from(counts.converters).unwrap_or(0);
    VariantResults {
        exposures: counts.exposures,
        events: counts.events,
        conversion_rate: rate(counts.events, counts.exposures),
        converters: counts.converters,
        unique_conversion_rate: rate(counts.converters, counts.exposures),
        // No interval without exposures.
        unique_conversion_rate_interval: wilson_interval(converters, exposures, CONFIDENCE)
            .ok()
            .map(|interval| Interval { low: interval.low, high: interval.high }),
    }
}

/// 0 when nothing was counted, as in the original.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "counts stay far below 2^53")]
fn rate(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn timeline(experiment: &Experiment, hours: &BTreeMap<Timestamp, HourCounts>) -> Timeline {
    let span = match (hours.keys().next(), hours.keys().next_back()) {
        (Some(first), Some(last)) => (last.unix_micros() - first.unix_micros()) / MICROS_PER_HOUR,
        _ => 0,
    };
    let grain = if span < MAX_HOURLY_POINTS { TimelineGrain::Hour } else { TimelineGrain::Day };
    let mut running: InOrder<TimelineCounts> =
        experiment.variants.iter().map(|variant| (&variant.key, TimelineCounts::default())).collect();
    let mut points: Vec<TimelinePoint> = Vec::new();
    for (hour, counts) in hours {
        for (variant, added) in counts {
            // Variants that the file no longer has are not shown.
            if let Some(sum) = running.get_mut(variant) {
                sum.exposures += added.exposures;
                sum.events += added.events;
                sum.converters += added.converters;
            }
        }
        let at = match grain {
            TimelineGrain::Hour => *hour,
            TimelineGrain::Day => hour.start_of_day(),
        };
        match points.last_mut() {
            Some(point) if point.at == at => point.variants.clone_from(&running),
            _ => points.push(TimelinePoint { at, variants: running.clone() }),
        }
    }
    Timeline { grain, points }
}
