//! How the answer of one experiment came about: rates and intervals as they were at each step.

use super::inference::{
    ALPHA, ComparedCounts, OpenInterval, TYPICAL_VISITORS, counts_of, matured_cohorts, test_lifts,
};
use super::model::Interval;
use super::read::StoredResults;
use super::store::Cohorts;
use crate::InOrder;
use crate::definitions::Experiment;
use crate::ingest::{Evidence, Question};
use dashly_kernel::Timestamp;
use dashly_stats::proportion::Proportion;
use dashly_stats::sequential::rate_confidence_sequence;
use serde::Serialize;
use utoipa::ToSchema;

const MICROS_PER_HOUR: i64 = 3_600_000_000;
const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;
/// Longer histories are shown by day.
const MOST_HOURS: i64 = 72;
/// Longer histories are shown by week: each step costs the computation of an interval.
const MOST_DAYS: i64 = 100;

/// The history of one experiment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExperimentHistory)]
pub struct History {
    /// Always true.
    pub success: bool,
    /// The experiment.
    pub test_id: String,
    /// Length of each step.
    pub grain: HistoryGrain,
    /// Ascending; empty when nothing was counted yet.
    pub points: Vec<HistoryPoint>,
}

/// Length of a step of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryGrain {
    /// One UTC hour.
    Hour,
    /// One UTC day.
    Day,
    /// Seven UTC days.
    Week,
}

/// What was known at the end of one step.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryPoint {
    /// Beginning of the step. With a conversion window: of the step in which the last windows closed.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Each variant by drawn label, from the beginning of the experiment.
    #[schema(value_type = BTreeMap<String, HistoryRate>)]
    pub variants: InOrder<HistoryRate>,
    /// Each variant but the control.
    #[schema(value_type = BTreeMap<String, HistoryComparison>)]
    pub comparisons: InOrder<HistoryComparison>,
}

/// The rate of one variant at one moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryRate {
    /// Visitors exposed.
    pub exposures: u64,
    /// Of them, converted.
    pub converters: u64,
    /// `converters` ÷ `exposures`; null without visitors.
    pub unique_conversion_rate: Option<f64>,
    /// 95 % confidence sequence of the rate (asymptotic); null without visitors.
    pub interval: Option<Interval>,
}

/// A comparison at one moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryComparison {
    /// As in the results.
    pub lift: Option<f64>,
    /// As in the results.
    pub lift_interval: Option<OpenInterval>,
    /// Anytime p-value, corrected for the number of variants: from the strongest evidence until then.
    pub adjusted_p_value: f64,
}

/// The history of `experiment` at `now`, from what happened in each hour or, with a conversion window, from the visitors
/// of each day.
pub(crate) fn history(experiment: &Experiment, stored: &StoredResults<'_>, now: Timestamp) -> History {
    let (kept, totals) = stored.of(&experiment.test_id);
    let steps = matured_cohorts(experiment, &totals.cohorts(), now).unwrap_or_else(|| totals.steps());
    let grain = grain_of(&steps);
    let mut points = Vec::new();
    let mut sums = Evidence::default();
    let mut steps = steps.into_iter().peekable();
    while let Some((moment, cells)) = steps.next() {
        sums.add(kept, cells);
        let at = beginning(moment, grain);
        if steps.peek().is_some_and(|(next, _)| beginning(*next, grain) == at) {
            continue;
        }
        if let Err(error) = sums.look_at_conversions(experiment, None, moment) {
            tracing::error!(%error, test_id = %experiment.test_id, "evidence could not be computed");
        }
        if experiment.conversion_window_seconds.is_none() {
            // Longer histories are read by day.
            let length = if grain == HistoryGrain::Hour { MICROS_PER_HOUR } else { MICROS_PER_DAY };
            adopt_peaks(&mut sums, kept, moment.unix_micros().saturating_add(length));
        }
        points.push(point(experiment, &sums, at));
    }
    History { success: true, test_id: experiment.test_id.to_string(), grain, points }
}

/// What the writer saw between the looks, before `end` (micros), counts too, from the step in which it was seen.
fn adopt_peaks(sums: &mut Evidence, kept: &Evidence, end: i64) {
    for (question, peak) in &kept.peaks {
        let is_higher = sums.peaks.get(question).is_none_or(|known| known.log_evidence < peak.log_evidence);
        if matches!(question, Question::Conversion { .. }) && peak.reached_at.unix_micros() < end && is_higher
        {
            sums.peaks.insert(question.clone(), peak.clone());
        }
    }
}

fn grain_of(steps: &Cohorts) -> HistoryGrain {
    let span = match (steps.keys().next(), steps.keys().next_back()) {
        (Some(first), Some(last)) => last.unix_micros().saturating_sub(first.unix_micros()),
        _ => 0,
    };
    if span < MOST_HOURS * MICROS_PER_HOUR {
        HistoryGrain::Hour
    } else if span < MOST_DAYS * MICROS_PER_DAY {
        HistoryGrain::Day
    } else {
        HistoryGrain::Week
    }
}

fn beginning(moment: Timestamp, grain: HistoryGrain) -> Timestamp {
    match grain {
        HistoryGrain::Hour => moment.start_of_hour(),
        HistoryGrain::Day => moment.start_of_day(),
        HistoryGrain::Week => {
            let week = 7 * MICROS_PER_DAY;
            Timestamp::from_unix_micros(moment.unix_micros().div_euclid(week).saturating_mul(week))
        }
    }
}

fn point(experiment: &Experiment, evidence: &Evidence, at: Timestamp) -> HistoryPoint {
    let planned = experiment.planned_visitors.unwrap_or(TYPICAL_VISITORS);
    let rate = |label: &str| {
        let ComparedCounts { exposures, converters } = counts_of(&evidence.epochs, label);
        let arm = Proportion::new(converters, exposures).ok();
        let interval = arm.and_then(|arm| rate_confidence_sequence(arm, ALPHA, planned).ok());
        HistoryRate {
            exposures,
            converters,
            unique_conversion_rate: arm.map(Proportion::rate),
            interval: interval.map(|interval| Interval { low: interval.low, high: interval.high }),
        }
    };
    HistoryPoint {
        at,
        variants: experiment.variants.iter().map(|variant| (&variant.key, rate(&variant.key))).collect(),
        comparisons: test_lifts(experiment, evidence)
            .into_iter()
            .map(|(variant, test)| {
                let comparison = HistoryComparison {
                    lift: test.lift,
                    lift_interval: test.lift_interval,
                    adjusted_p_value: test.adjusted_p_value,
                };
                (variant, comparison)
            })
            .collect(),
    }
}
