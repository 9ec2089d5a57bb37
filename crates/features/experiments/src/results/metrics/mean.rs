//! Means over visitors: events or values of each, cut at the cap.

use super::Finding;
use super::cohorts::{MetricCell, MetricCells, MetricCohorts};
use super::model::MetricArm;
use crate::InOrder;
use crate::definitions::{Experiment, Metric, MetricKind};
use crate::ingest::Evidence;
use crate::results::inference::{ALPHA, TYPICAL_VISITORS, treatment_count};
use crate::results::{Interval, OpenInterval};
use dashly_kernel::Timestamp;
use dashly_stats::mean::Sample;
use dashly_stats::proportion::Proportion;
use dashly_stats::sequential::{
    NormalEstimate, anytime_p_value, asymptotic_confidence_sequence, asymptotic_log_evidence,
    rate_confidence_sequence,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A mean and its error, weighted over drawing epochs.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    value: f64,
    variance: f64,
}

/// Control and treatment over the epochs that drew both, with the same weights for both: a change of the shares in a
/// busy week is then no difference.
#[derive(Clone, Copy, Debug)]
struct Pair {
    control: Mean,
    treatment: Mean,
    visitors: u64,
}

/// Compares each variant with the control, looking once for each day whose windows have closed.
pub(super) fn compare(experiment: &Experiment, kept: &Evidence, cohorts: &MetricCohorts) -> InOrder<Finding> {
    let control = &experiment.control_variant().key;
    let alpha = ALPHA / treatment_count(experiment);
    let planned = experiment.planned_visitors.unwrap_or(TYPICAL_VISITORS);
    let treatments = experiment.variants.iter().map(|variant| &variant.key).filter(|key| *key != control);
    treatments
        .map(|variant| {
            let mut cells = MetricCells::new();
            let mut peak: Option<(f64, Timestamp, bool)> = None;
            for (closed_at, added) in &cohorts.days {
                for (label, cell) in
                    added.iter().filter(|((_, label), _)| label == control || label == variant)
                {
                    cells.entry(label.clone()).or_default().add(*cell);
                }
                let Some(pair) = pair(kept, &cells, control, variant) else { continue };
                let evidence = asymptotic_log_evidence(pair.difference(), ALPHA, planned).unwrap_or(0.0);
                if evidence > peak.map_or(0.0, |(highest, _, _)| highest) {
                    peak = Some((evidence, *closed_at, pair.difference().estimate > 0.0));
                }
            }
            let last = pair(kept, &cells, control, variant);
            let finding = Finding {
                lift: last.and_then(Pair::lift),
                lift_interval: last.and_then(|pair| pair.lift_interval(alpha, planned)),
                difference: last.map(|pair| pair.difference().estimate),
                difference_interval: last.and_then(|pair| interval(pair.difference(), alpha, planned)),
                p_value: peak.map_or(1.0, |(highest, _, _)| anytime_p_value(highest)),
                is_more: peak.is_some_and(|(_, _, is_more)| is_more),
                reached_at: peak.map(|(_, reached_at, _)| reached_at),
            };
            (variant, finding)
        })
        .collect()
}

/// What is known of one variant by itself.
pub(super) fn arm(
    experiment: &Experiment,
    metric: &Metric,
    cohorts: &MetricCohorts,
    variant: &str,
) -> MetricArm {
    let mut sum = MetricCell::default();
    for cells in cohorts.days.values() {
        cells.iter().filter(|((_, label), _)| **label == *variant).for_each(|(_, cell)| sum.add(*cell));
    }
    let planned = experiment.planned_visitors.unwrap_or(TYPICAL_VISITORS);
    let (visitors, converters) = (sum.visitors, sum.sums.converters);
    if metric.kind == MetricKind::Conversion {
        let rate = Proportion::new(converters, visitors).ok();
        let interval = rate.and_then(|rate| rate_confidence_sequence(rate, ALPHA, planned).ok());
        return MetricArm {
            visitors,
            converters,
            total: amount(converters),
            mean: rate.map(Proportion::rate),
            interval: interval.map(|interval| Interval { low: interval.low, high: interval.high }),
        };
    }
    let sample = sample(sum);
    let interval = sample.and_then(|sample| {
        let variance = sample.variance().ok()? / amount(visitors);
        let found = NormalEstimate {
            estimate: sample.mean(),
            standard_error: variance.sqrt(),
            observations: visitors,
        };
        interval(found, ALPHA, planned)
    });
    let mean = sample.filter(|_| visitors > 0).map(Sample::mean);
    MetricArm { visitors, converters, total: sum.sums.total, mean, interval }
}

/// Weights are those of the most exact combination of the epochs' differences if all visitors vary alike:
/// `n₁ n₂ / (n₁ + n₂)`. None before there are two visitors of each in some epoch.
fn pair(kept: &Evidence, cells: &MetricCells, control: &Arc<str>, treatment: &Arc<str>) -> Option<Pair> {
    let (mut weights, mut one, mut other, mut visitors) = (0.0, Mean::default(), Mean::default(), 0);
    let epochs: BTreeSet<&Arc<str>> = cells.keys().map(|(epoch, _)| epoch).collect();
    for epoch in epochs.into_iter().filter(|epoch| kept.epochs.contains_key(*epoch)) {
        let of = |label: &Arc<str>| {
            let sample = sample(*cells.get(&(Arc::clone(epoch), Arc::clone(label)))?)?;
            Some((sample, sample.variance().ok()? / amount(sample.visitors())))
        };
        let (Some((control, control_variance)), Some((treatment, treatment_variance))) =
            (of(control), of(treatment))
        else {
            continue;
        };
        let (few, many) = (amount(control.visitors()), amount(treatment.visitors()));
        let weight = few * (many / (few + many));
        weights += weight;
        one.add(weight, control.mean(), control_variance);
        other.add(weight, treatment.mean(), treatment_variance);
        visitors += control.visitors() + treatment.visitors();
    }
    (weights > 0.0).then(|| Pair {
        control: one.divided(weights),
        treatment: other.divided(weights),
        visitors,
    })
}

impl Mean {
    fn add(&mut self, weight: f64, value: f64, variance: f64) {
        self.value += weight * value;
        self.variance += weight * weight * variance;
    }

    fn divided(self, weights: f64) -> Self {
        Self { value: self.value / weights, variance: self.variance / (weights * weights) }
    }
}

impl Pair {
    fn difference(self) -> NormalEstimate {
        NormalEstimate {
            estimate: self.treatment.value - self.control.value,
            standard_error: (self.control.variance + self.treatment.variance).sqrt(),
            observations: self.visitors,
        }
    }

    fn lift(self) -> Option<f64> {
        let lift = self.difference().estimate / self.control.value;
        (self.control.value > 0.0 && lift.is_finite()).then_some(lift)
    }

    /// By the logarithm of the ratio, as `dashly_stats::estimate::log_ratio_lift`, with the width of the sequence.
    fn lift_interval(self, alpha: f64, planned: u64) -> Option<OpenInterval> {
        if self.control.value <= 0.0 || self.treatment.value <= 0.0 {
            return None;
        }
        let relative = |mean: Mean| mean.variance / (mean.value * mean.value);
        let found = NormalEstimate {
            estimate: self.treatment.value.ln() - self.control.value.ln(),
            standard_error: (relative(self.control) + relative(self.treatment)).sqrt(),
            observations: self.visitors,
        };
        let interval = interval(found, alpha, planned)?;
        let end = |logarithm: f64| Some(logarithm.exp_m1()).filter(|lift| lift.is_finite());
        Some(OpenInterval { low: end(interval.low), high: end(interval.high) })
    }
}

fn interval(found: NormalEstimate, alpha: f64, planned: u64) -> Option<Interval> {
    let interval = asymptotic_confidence_sequence(found, alpha, planned).ok()?;
    Some(Interval { low: interval.low, high: interval.high })
}

/// None for sums that no visitors can have.
fn sample(cell: MetricCell) -> Option<Sample> {
    Sample::from_sums(cell.visitors, cell.sums.total, cell.sums.total_of_squares.max(0.0)).ok()
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "counts stay far below 2^53")]
fn amount(count: u64) -> f64 {
    count as f64
}
