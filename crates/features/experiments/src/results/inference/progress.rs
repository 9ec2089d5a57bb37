//! How many visitors come, and how many are needed.

use super::ALPHA;
use super::comparison::{counts_of, treatment_count};
use super::model::{Comparison, Progress};
use crate::InOrder;
use crate::definitions::Experiment;
use crate::ingest::Evidence;
use crate::results::store::Cohorts;
use dashly_kernel::Timestamp;
use dashly_stats::proportion::Proportion;
use dashly_stats::sequential::{SequentialPlan, visitors_to_decision};

const SECONDS_PER_DAY: i64 = 86_400;
/// Days that the traffic is averaged over: a whole week, so that weekends count as they come.
const TRAFFIC_DAYS: i64 = 7;

/// How far `experiment` is at `now`.
pub(super) fn progress(
    experiment: &Experiment,
    comparisons: &InOrder<Comparison>,
    evidence: &Evidence,
    cohorts: &Cohorts,
    now: Timestamp,
) -> Progress {
    let visitors_per_day = visitors_per_day(cohorts, now);
    let needed_visitors = needed_visitors(experiment, comparisons, evidence);
    let exposed = exposed(evidence);
    let days_to_decision = match (needed_visitors, visitors_per_day) {
        (Some(needed), Some(per_day)) if per_day > 0.0 => Some((needed - exposed).max(0.0) / per_day),
        _ => None,
    };
    Progress {
        visitors_per_day,
        planned_visitors: experiment.planned_visitors,
        needed_visitors,
        days_to_decision,
    }
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "an estimate for display")]
fn exposed(evidence: &Evidence) -> f64 {
    evidence.epochs.values().flat_map(|epoch| epoch.values()).map(|draws| draws.exposures as f64).sum()
}

/// Over the full days before today that have passed since the first visitor, seven at most.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "an estimate for display")]
pub(crate) fn visitors_per_day(cohorts: &Cohorts, now: Timestamp) -> Option<f64> {
    let today = now.start_of_day();
    let first = *cohorts.keys().next()?;
    let full_days = (today.unix_seconds() - first.unix_seconds()) / SECONDS_PER_DAY;
    if full_days < 1 {
        return None;
    }
    let days = full_days.min(TRAFFIC_DAYS);
    let from = today.plus_seconds(-days * SECONDS_PER_DAY);
    let visitors: u64 =
        cohorts.range(from..today).flat_map(|(_, cells)| cells.values()).map(|counts| counts.exposures).sum();
    Some(visitors as f64 / days as f64)
}

/// All variants together, if the leading variant's present rate and lift were the true ones.
fn needed_visitors(
    experiment: &Experiment,
    comparisons: &InOrder<Comparison>,
    evidence: &Evidence,
) -> Option<f64> {
    let (leading, lift) = comparisons
        .iter()
        .filter_map(|(variant, comparison)| comparison.lift.map(|lift| (variant, lift)))
        .filter(|(_, lift)| lift.abs() >= experiment.practical_margin)
        .max_by(|(_, one), (_, other)| one.abs().total_cmp(&other.abs()))?;
    let control = counts_of(&evidence.epochs, &experiment.control_variant().key);
    let base_rate = Proportion::new(control.converters, control.exposures).ok()?.rate();
    let (plan, share) = pair_plan(experiment, leading, base_rate, lift);
    // No answer where such a lift cannot be: a rate above 1, or more visitors than there are people.
    visitors_to_decision(plan, 0.5).ok().map(|visitors| (visitors / share).ceil())
}

/// The plan of comparing the control with `treatment`, at the level that all comparisons together need, and the share of
/// all visitors who are of the two.
pub(crate) fn pair_plan(
    experiment: &Experiment,
    treatment: &str,
    base_rate: f64,
    relative_lift: f64,
) -> (SequentialPlan, f64) {
    let shares = experiment.shares();
    let share = |key: &str| shares.iter().find(|(known, _)| **known == *key).map_or(0.0, |(_, share)| *share);
    let treatment = share(treatment);
    let pair = share(&experiment.control_variant().key) + treatment;
    let alpha = ALPHA / treatment_count(experiment);
    (SequentialPlan { base_rate, relative_lift, treatment_share: treatment / pair, alpha }, pair)
}
