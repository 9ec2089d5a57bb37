//! Each variant against the control.

use super::ALPHA;
use super::model::{Bayesian, ComparedCounts, Comparison, Decision, OpenInterval};
use crate::InOrder;
use crate::definitions::Experiment;
use crate::ingest::{Epochs, Evidence, Peak, Question, converters_of};
use crate::results::Interval;
use dashly_stats::bayes::{self, BetaPosterior, BetaPrior};
use dashly_stats::multiple::holm;
use dashly_stats::proportion::Proportion;
use dashly_stats::sequential::{
    anytime_p_value, rate_difference_confidence_sequence, relative_rate_interval,
};
use std::sync::Arc;

/// Where the interval of the difference is narrowest when the file plans no number.
pub(crate) const TYPICAL_VISITORS: u64 = 10_000;
const CREDIBILITY: f64 = 0.95;

/// One variant against the control, as far as the evidence goes.
pub(crate) struct LiftTest<'a> {
    /// The strongest evidence; none before the first converter.
    pub(super) peak: Option<&'a Peak>,
    /// As in the results.
    pub(crate) lift: Option<f64>,
    /// As in the results.
    pub(crate) lift_interval: Option<OpenInterval>,
    /// As in the results.
    pub(super) p_value: f64,
    /// As in the results.
    pub(crate) adjusted_p_value: f64,
}

/// Tests every variant against the control, in file order. 10 µs each, where a [`Comparison`] takes milliseconds.
pub(crate) fn test_lifts<'a>(
    experiment: &'a Experiment,
    evidence: &'a Evidence,
) -> Vec<(&'a Arc<str>, LiftTest<'a>)> {
    let control = &experiment.control_variant().key;
    let treatments: Vec<_> =
        experiment.variants.iter().map(|variant| &variant.key).filter(|key| *key != control).collect();
    let peaks: Vec<Option<&Peak>> = treatments
        .iter()
        .map(|variant| {
            let question =
                Question::Conversion { control: Arc::clone(control), variant: Arc::clone(variant) };
            evidence.peaks.get(&question)
        })
        .collect();
    let p_values: Vec<f64> =
        peaks.iter().map(|peak| peak.map_or(1.0, |peak| anytime_p_value(peak.log_evidence))).collect();
    // One p-value at least, each from 0 to 1, so that there is no error.
    let adjusted = holm(&p_values).unwrap_or_else(|_| vec![1.0; p_values.len()]);
    // All intervals of an experiment hold together.
    let alpha = ALPHA / treatment_count(experiment);
    treatments
        .into_iter()
        .zip(peaks)
        .zip(p_values.into_iter().zip(adjusted))
        .map(|((variant, peak), (p_value, adjusted_p_value))| {
            let lift = lift(&evidence.epochs, control, variant);
            let lift_interval = lift_interval(&evidence.epochs, control, variant, alpha);
            (variant, LiftTest { peak, lift, lift_interval, p_value, adjusted_p_value })
        })
        .collect()
}

/// Compares every variant with the control, in file order.
pub(crate) fn compare(experiment: &Experiment, evidence: &Evidence) -> InOrder<Comparison> {
    let control = &experiment.control_variant().key;
    let alpha = ALPHA / treatment_count(experiment);
    test_lifts(experiment, evidence)
        .into_iter()
        .map(|(variant, test)| {
            let is_decided = test.adjusted_p_value <= ALPHA;
            let decision = match test.peak {
                Some(peak) if is_decided && peak.favours.as_ref() == Some(variant) => Decision::Better,
                Some(_) if is_decided => Decision::Worse,
                _ if lies_inside(test.lift_interval, experiment.practical_margin) => {
                    Decision::NoPracticalDifference
                }
                _ => Decision::KeepRunning,
            };
            let arms = arms(&evidence.epochs, control, variant);
            let comparison = Comparison {
                decision,
                decided_at: test.peak.filter(|_| is_decided).map(|peak| peak.reached_at),
                lift: test.lift,
                lift_interval: test.lift_interval,
                p_value: test.p_value,
                adjusted_p_value: test.adjusted_p_value,
                difference: arms.map(|[control, treatment]| treatment.rate() - control.rate()),
                difference_interval: arms.and_then(|arms| difference_interval(arms, alpha, experiment)),
                bayesian: arms.and_then(bayesian),
            };
            (variant, comparison)
        })
        .collect()
}

/// Number of variants beside the control, at least 1.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "at most 20 variants")]
pub(crate) fn treatment_count(experiment: &Experiment) -> f64 {
    (experiment.variants.len() - 1) as f64
}

/// Visitors and converters of one label over all epochs.
pub(crate) fn counts_of(epochs: &Epochs, label: &str) -> ComparedCounts {
    let mut sum = ComparedCounts::default();
    for draws in epochs.values().filter_map(|epoch| epoch.get(label)) {
        sum.exposures += draws.exposures;
        sum.converters += draws.converters;
    }
    sum
}

/// Both as proportions; none while one of them has no visitors.
fn arms(epochs: &Epochs, control: &str, variant: &str) -> Option<[Proportion; 2]> {
    let arm = |label| {
        let counts = counts_of(epochs, label);
        Proportion::new(counts.converters, counts.exposures).ok()
    };
    Some([arm(control)?, arm(variant)?])
}

fn bayesian([control, treatment]: [Proportion; 2]) -> Option<Bayesian> {
    let posterior = |arm| BetaPosterior::new(arm, BetaPrior::default());
    let (control, treatment) = (posterior(control), posterior(treatment));
    let found = bayes::compare_rates(control, treatment);
    let interval = bayes::lift_interval(control, treatment, CREDIBILITY).ok()?;
    Some(Bayesian {
        chance_to_beat_control: found.chance_to_beat_control,
        expected_loss: found.expected_loss_of_treatment,
        lift_interval: Interval { low: interval.low, high: interval.high },
    })
}

fn difference_interval(
    [control, treatment]: [Proportion; 2],
    alpha: f64,
    experiment: &Experiment,
) -> Option<Interval> {
    let planned = experiment.planned_visitors.unwrap_or(TYPICAL_VISITORS);
    let interval = rate_difference_confidence_sequence(control, treatment, alpha, planned).ok()?;
    Some(Interval { low: interval.low, high: interval.high })
}

fn lift_interval(epochs: &Epochs, control: &str, variant: &str, alpha: f64) -> Option<OpenInterval> {
    let pair = converters_of(epochs, control, variant);
    if pair.iter().all(|epoch| epoch.control == 0 && epoch.treatment == 0) {
        return None;
    }
    let ratio = relative_rate_interval(&pair, alpha).ok()?;
    Some(OpenInterval { low: Some(ratio.low - 1.0), high: ratio.high.map(|high| high - 1.0) })
}

fn lies_inside(interval: Option<OpenInterval>, margin: f64) -> bool {
    match interval {
        Some(OpenInterval { low: Some(low), high: Some(high) }) => low > -margin && high < margin,
        _ => false,
    }
}

/// Mantel-Haenszel estimate of the relative rate, minus 1: with one epoch simply the ratio of the two rates; with
/// several it does not mistake a change of the traffic for an effect (Mantel and Haenszel, *Journal of the National
/// Cancer Institute* 22, 1959; Nurminen, *Biometrika* 68, 1981).
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "an estimate for display")]
fn lift(epochs: &Epochs, control: &str, variant: &str) -> Option<f64> {
    let (mut above, mut below) = (0.0, 0.0);
    for epoch in epochs.values() {
        let (Some(control), Some(variant)) = (epoch.get(control), epoch.get(variant)) else { continue };
        let both = (control.exposures + variant.exposures) as f64;
        if both > 0.0 {
            above += variant.converters as f64 * (control.exposures as f64 / both);
            below += control.converters as f64 * (variant.exposures as f64 / both);
        }
    }
    (below > 0.0).then(|| above / below - 1.0)
}
