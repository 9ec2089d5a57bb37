//! What metrics and guardrails say: each variant against the control, by drawn label.
//!
//! Conversions are compared as the target event is, exactly. Counts and values are means over visitors whose window has
//! closed, compared by an asymptotic confidence sequence. All of it is a pure function of the totals.

mod cohorts;
mod conversion;
mod mean;
mod model;
mod store;

use super::inference::{ALPHA, Decision};
use super::store::Cohorts;
use crate::InOrder;
use crate::definitions::{Experiment, Metric, MetricDirection, MetricKind, MetricRole};
use crate::ingest::Evidence;
use cohorts::{MetricCohorts, metric_cohorts};
use dashly_kernel::Timestamp;
use dashly_stats::multiple::benjamini_yekutieli;
pub use model::{MetricArm, MetricComparison, MetricResults};
pub(crate) use store::{StoredMetrics, read_counted_from, read_metric_days, read_metrics};

/// What is known of one comparison, before it is held against its peers.
struct Finding {
    lift: Option<f64>,
    lift_interval: Option<super::OpenInterval>,
    difference: Option<f64>,
    difference_interval: Option<super::Interval>,
    p_value: f64,
    /// Whether the variant had more when the evidence was strongest.
    is_more: bool,
    reached_at: Option<Timestamp>,
}

/// The metrics and the guardrails of one experiment, each in file order.
pub(super) struct MetricsOfExperiment {
    pub metrics: Vec<MetricResults>,
    pub guardrails: Vec<MetricResults>,
}

/// What the metrics of `experiment` say at `now`.
pub(super) fn metrics_of(
    experiment: &Experiment,
    kept: &Evidence,
    exposed: &Cohorts,
    stored: &StoredMetrics,
    now: Timestamp,
) -> MetricsOfExperiment {
    let of_role = |role| {
        let metrics: Vec<&Metric> = experiment.metrics.iter().filter(|metric| metric.role == role).collect();
        let cohorts: Vec<MetricCohorts> = metrics
            .iter()
            .map(|metric| metric_cohorts(&experiment.test_id, metric, exposed, stored, now))
            .collect();
        let findings: Vec<InOrder<Finding>> = metrics
            .iter()
            .zip(&cohorts)
            .map(|(metric, cohorts)| match metric.kind {
                MetricKind::Conversion => conversion::compare(experiment, kept, cohorts, now),
                MetricKind::Count | MetricKind::Value => mean::compare(experiment, kept, cohorts),
            })
            .collect();
        let adjusted = adjust(role, &findings);
        let mut adjusted = adjusted.into_iter();
        metrics
            .into_iter()
            .zip(cohorts)
            .zip(findings)
            .map(|((metric, cohorts), findings)| {
                results(experiment, metric, &cohorts, &findings, &mut adjusted)
            })
            .collect()
    };
    MetricsOfExperiment {
        metrics: of_role(MetricRole::Secondary),
        guardrails: of_role(MetricRole::Guardrail),
    }
}

/// One for each comparison of all metrics together; none for guardrails: a correction would hide harm.
fn adjust(role: MetricRole, findings: &[InOrder<Finding>]) -> Vec<Option<f64>> {
    let p_values: Vec<f64> =
        findings.iter().flat_map(InOrder::iter).map(|(_, finding)| finding.p_value).collect();
    match role {
        MetricRole::Guardrail => vec![None; p_values.len()],
        // Each p-value is from 0 to 1, so that the only error is that there are none.
        MetricRole::Secondary => {
            benjamini_yekutieli(&p_values).unwrap_or_default().into_iter().map(Some).collect()
        }
    }
}

fn results(
    experiment: &Experiment,
    metric: &Metric,
    cohorts: &MetricCohorts,
    findings: &InOrder<Finding>,
    adjusted: &mut impl Iterator<Item = Option<f64>>,
) -> MetricResults {
    let comparisons = findings
        .iter()
        .map(|(variant, finding)| {
            (variant, comparison(experiment, metric, finding, adjusted.next().flatten()))
        })
        .collect();
    MetricResults {
        name: metric.name.clone(),
        event: metric.event.clone(),
        kind: metric.kind,
        direction: metric.direction,
        cap: metric.cap,
        window_seconds: metric.window_seconds,
        counted_from: cohorts.counted_from,
        exact: metric.kind == MetricKind::Conversion,
        variants: experiment
            .variants
            .iter()
            .map(|variant| (&variant.key, mean::arm(experiment, metric, cohorts, &variant.key)))
            .collect(),
        comparisons,
    }
}

fn comparison(
    experiment: &Experiment,
    metric: &Metric,
    finding: &Finding,
    adjusted_p_value: Option<f64>,
) -> MetricComparison {
    let is_decided = adjusted_p_value.unwrap_or(finding.p_value) <= ALPHA;
    let is_good = finding.is_more == (metric.direction == MetricDirection::Increase);
    let margin = experiment.practical_margin;
    let decision = match finding.lift_interval {
        _ if is_decided && is_good => Decision::Better,
        _ if is_decided => Decision::Worse,
        Some(super::OpenInterval { low: Some(low), high: Some(high) }) if low > -margin && high < margin => {
            Decision::NoPracticalDifference
        }
        _ => Decision::KeepRunning,
    };
    MetricComparison {
        decision,
        decided_at: finding.reached_at.filter(|_| is_decided),
        lift: finding.lift,
        lift_interval: finding.lift_interval,
        difference: finding.difference,
        difference_interval: finding.difference_interval,
        p_value: finding.p_value,
        adjusted_p_value,
    }
}

/// Names of the guardrails that got worse in some variant, in file order.
pub(super) fn harmed(guardrails: &[MetricResults]) -> Vec<String> {
    let is_harmed = |metric: &&MetricResults| {
        metric.comparisons.iter().any(|(_, comparison)| comparison.decision == Decision::Worse)
    };
    guardrails.iter().filter(is_harmed).map(|metric| metric.name.clone()).collect()
}
