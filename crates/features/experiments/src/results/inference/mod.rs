//! From counts to what they mean: comparisons, the sample ratio, and one verdict.
//!
//! Everything here is a pure function of what the writer keeps, so that results are the same on every replica and
//! after a recount. `docs/experiments.md` says what each number means and when it may be trusted.

mod comparison;
mod matured;
mod model;
mod progress;
mod sample_ratio;
mod verdict;

use super::store::Cohorts;
use crate::InOrder;
use crate::definitions::Experiment;
use crate::ingest::Evidence;
pub(crate) use comparison::{TYPICAL_VISITORS, compare, counts_of, test_lifts, treatment_count};
use dashly_kernel::Timestamp;
pub(crate) use matured::matured_cohorts;
pub use model::{
    Bayesian, ComparedCounts, Comparison, Decision, Inference, OpenInterval, Progress, SampleRatio,
    SampleRatioStatus, Verdict,
};
pub(crate) use progress::{pair_plan, visitors_per_day};

/// Chance of a wrong decision in an experiment in which no variant changes anything, however often one looks.
pub(crate) const ALPHA: f64 = 0.05;

/// What the counts of one experiment mean at `now`.
pub(crate) fn infer(
    experiment: &Experiment,
    kept: &Evidence,
    cohorts: &Cohorts,
    now: Timestamp,
) -> Inference {
    let evidence = matured::matured_evidence(experiment, kept, cohorts, now);
    let comparisons = compare(experiment, &evidence);
    let sample_ratio = sample_ratio::check(experiment, kept);
    let progress = progress::progress(experiment, &comparisons, &evidence, cohorts, now);
    let verdict = verdict::decide(experiment, &comparisons, &sample_ratio, experiment.phase(now));
    let compared: InOrder<ComparedCounts> = experiment
        .variants
        .iter()
        .map(|variant| (&variant.key, counts_of(&evidence.epochs, &variant.key)))
        .collect();
    Inference {
        verdict,
        comparisons,
        sample_ratio,
        progress,
        compared,
        practical_margin: experiment.practical_margin,
        conversion_window_seconds: experiment.conversion_window_seconds,
    }
}
