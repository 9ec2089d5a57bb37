//! The planning calculator: how many visitors, for how small a lift, for how long.

use super::inference::{ALPHA, counts_of, visitors_per_day};
use super::store::StoredHistory;
use crate::definitions::Experiment;
use dashly_kernel::{FieldError, Problem, Timestamp};
use dashly_stats::StatsError;
use dashly_stats::sequential::{SequentialPlan, detectable_lift, visitors_to_decision};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is to be planned. Give a lift and get visitors, or give visitors and get a lift.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExperimentPlanRequest)]
pub struct PlanRequest {
    /// Relative lift to be found, such as 0.1 for 10 % more conversions; not 0, above -1.
    pub relative_lift: Option<f64>,
    /// Visitors to be taken, all variants together.
    pub visitors: Option<f64>,
    /// Rate of the control, between 0 and 1; default: the one observed so far.
    pub base_rate: Option<f64>,
    /// How sure to find it, between 0 and 1; default 0.8.
    pub power: Option<f64>,
}

/// The plan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentPlan)]
pub struct Plan {
    /// Always true.
    pub success: bool,
    /// Rate of the control that the plan is made for.
    pub base_rate: f64,
    /// How sure to find the lift.
    pub power: f64,
    /// The lift: as asked, or the smallest that is found; null when not even the largest possible one is.
    pub relative_lift: Option<f64>,
    /// Visitors, all variants together: as asked, or as many as are needed when one looks all the time.
    pub visitors: f64,
    /// Of these visitors, the ones in the smallest variant of the comparison.
    pub visitors_in_smallest_variant: f64,
    /// Days at the present traffic; null before the first full day.
    pub days: Option<f64>,
}

/// Plans the first variant beside the control, at the level that all of them together need.
pub(crate) fn plan(
    experiment: &Experiment,
    stored: &StoredHistory,
    request: PlanRequest,
    now: Timestamp,
) -> Result<Plan, Problem> {
    let control = &experiment.control_variant().key;
    let observed = counts_of(&stored.evidence.epochs, control);
    let base_rate = match request.base_rate {
        Some(rate) => rate,
        None if observed.converters > 0 => rate(observed.converters, observed.exposures),
        None => {
            return Err(refuse("/base_rate", "is needed: the control has no conversions yet"));
        }
    };
    let power = request.power.unwrap_or(0.8);
    let shares = experiment.shares();
    let share = |key: &str| shares.iter().find(|(known, _)| **known == *key).map_or(0.0, |(_, share)| *share);
    let treatments: Vec<f64> = shares
        .iter()
        .filter(|(key, share)| key != control && *share > 0.0)
        .map(|(_, share)| *share)
        .collect();
    // The smallest variant is the last to decide.
    let Some(treatment) = treatments.iter().copied().min_by(f64::total_cmp) else {
        return Err(refuse("/", "no variant but the control has a share of the visitors"));
    };
    let pair = share(control) + treatment;
    let alpha = ALPHA / count(treatments.len());
    let sequential = SequentialPlan {
        base_rate,
        relative_lift: request.relative_lift.unwrap_or(0.1),
        treatment_share: treatment / pair,
        alpha,
    };
    let (relative_lift, visitors) = match (request.relative_lift, request.visitors) {
        (Some(lift), None) => {
            (Some(lift), visitors_to_decision(sequential, power).map_err(|e| explain(&e))? / pair)
        }
        (None, Some(visitors)) => {
            (detectable_lift(sequential, visitors * pair, power).map_err(|e| explain(&e))?, visitors)
        }
        _ => return Err(refuse("/relative_lift", "give either `relative_lift` or `visitors`, not both")),
    };
    let visitors = visitors.ceil();
    let days = visitors_per_day(&stored.days, now).filter(|per_day| *per_day > 0.0);
    Ok(Plan {
        success: true,
        base_rate,
        power,
        relative_lift,
        visitors,
        visitors_in_smallest_variant: (visitors * share(control).min(treatment)).ceil(),
        days: days.map(|per_day| visitors / per_day),
    })
}

fn refuse(pointer: &'static str, detail: &str) -> Problem {
    let field = pointer.trim_start_matches('/');
    let problem = Problem::unprocessable("invalid-plan", format!("`{field}`: {detail}"));
    problem.with_error(FieldError::new(pointer, "invalid", detail))
}

fn explain(error: &StatsError) -> Problem {
    Problem::unprocessable("invalid-plan", error.to_string())
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "counts stay far below 2^53")]
fn rate(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "at most 20 variants")]
fn count(variants: usize) -> f64 {
    variants as f64
}
