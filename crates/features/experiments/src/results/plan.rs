//! The planning calculator: how many visitors, for how small a lift, for how long.

use super::inference::{counts_of, pair_plan, visitors_per_day};
use super::read::StoredResults;
use crate::definitions::Experiment;
use dashly_kernel::{FieldError, Problem, Timestamp};
use dashly_stats::StatsError;
use dashly_stats::proportion::Proportion;
use dashly_stats::sequential::{detectable_lift, visitors_to_decision};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The usual choice: four of five true effects are found.
const DEFAULT_POWER: f64 = 0.8;

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
    stored: &StoredResults<'_>,
    request: PlanRequest,
    now: Timestamp,
) -> Result<Plan, Problem> {
    let control = &experiment.control_variant().key;
    let (evidence, totals) = stored.of(&experiment.test_id);
    let observed = counts_of(&evidence.epochs, control);
    let base_rate = match request.base_rate {
        Some(rate) => rate,
        None => Proportion::new(observed.converters, observed.exposures)
            .ok()
            .map(Proportion::rate)
            .filter(|rate| *rate > 0.0)
            .ok_or_else(|| refuse("/base_rate", "is needed: the control has no conversions yet"))?,
    };
    let power = request.power.unwrap_or(DEFAULT_POWER);
    // The smallest variant is the last to decide.
    let smallest = experiment
        .shares()
        .into_iter()
        .filter(|(key, share)| key != control && *share > 0.0)
        .min_by(|(_, one), (_, other)| one.total_cmp(other));
    let Some((treatment, _)) = smallest else {
        return Err(refuse("/", "no variant but the control has a share of the visitors"));
    };
    let with_lift = |lift| pair_plan(experiment, &treatment, base_rate, lift);
    let (relative_lift, visitors, sequential, pair) = match (request.relative_lift, request.visitors) {
        (Some(lift), None) => {
            let (sequential, pair) = with_lift(lift);
            let visitors = visitors_to_decision(sequential, power).map_err(|error| explain(&error))? / pair;
            (Some(lift), visitors, sequential, pair)
        }
        (None, Some(visitors)) => {
            let (sequential, pair) = with_lift(0.0);
            let lift =
                detectable_lift(sequential, visitors * pair, power).map_err(|error| explain(&error))?;
            (lift, visitors, sequential, pair)
        }
        _ => return Err(refuse("/relative_lift", "give either `relative_lift` or `visitors`, not both")),
    };
    let visitors = visitors.ceil();
    let smaller_share = pair * sequential.treatment_share.min(1.0 - sequential.treatment_share);
    let days = visitors_per_day(&totals.cohorts(), now).filter(|per_day| *per_day > 0.0);
    Ok(Plan {
        success: true,
        base_rate,
        power,
        relative_lift,
        visitors,
        visitors_in_smallest_variant: (visitors * smaller_share).ceil(),
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
