//! From totals to results.

use super::cache::{AllResults, read_version};
use super::inference::infer;
use super::metrics::{MetricsOfExperiment, harmed, metrics_of};
use super::model::{
    ExperimentHealth, ExperimentResults, Interval, Timeline, TimelineCounts, TimelineGrain, TimelinePoint,
    VariantResults,
};
use super::store::{Cohorts, HourCounts, StoredResults, read_stored};
use crate::InOrder;
use crate::definitions::{DefinitionFault, Definitions, Experiment, Phase, read_definitions};
use crate::ingest::{Evidence, signal};
use crate::life::list_changes_in_force;
use dashly_db::{Db, DbError};
use dashly_kernel::Timestamp;
use dashly_stats::proportion::wilson_interval;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

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
    let stored = read_stored(db, read_version(db).await?.signals).await?;
    let mut experiments = read_results(&definitions, &stored, now).experiments;
    experiments.retain(|experiment| experiment.status != Phase::Archived);
    Ok(experiments)
}

/// The totals over all experiments and the results of those in the file, in file order, archived ones included.
pub(crate) fn read_results(definitions: &Definitions, stored: &StoredResults, now: Timestamp) -> AllResults {
    let total_exposures =
        stored.totals.values().flat_map(HashMap::values).map(|counts| counts.exposures).sum();
    let total_events = signal_count(stored, signal::INSTALLATION, signal::EVENT_ROWS);
    let experiments =
        definitions.all().iter().map(|experiment| experiment_results(experiment, stored, now)).collect();
    AllResults { total_exposures, total_events, experiments }
}

fn signal_count(stored: &StoredResults, test_id: &str, name: &str) -> i64 {
    stored.signals.get(test_id).and_then(|signals| signals.get(name)).copied().unwrap_or(0)
}

fn experiment_results(experiment: &Experiment, stored: &StoredResults, now: Timestamp) -> ExperimentResults {
    let test_id = &*experiment.test_id;
    let totals = stored.totals.get(test_id);
    let results = experiment
        .variants
        .iter()
        .map(|variant| {
            let counts = totals.and_then(|totals| totals.get(&*variant.key)).copied().unwrap_or_default();
            (&variant.key, variant_results(counts))
        })
        .collect();
    let (nothing, nobody) = (Evidence::default(), Cohorts::new());
    let evidence = stored.evidence.get(test_id).unwrap_or(&nothing);
    let cohorts = stored.cohorts.get(test_id).unwrap_or(&nobody);
    let MetricsOfExperiment { metrics, guardrails } =
        metrics_of(experiment, evidence, cohorts, &stored.metrics, now);
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
        timeline: stored
            .timeline
            .get(test_id)
            .map_or(Timeline { grain: TimelineGrain::Hour, points: Vec::new() }, |hours| {
                timeline(experiment, hours)
            }),
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
