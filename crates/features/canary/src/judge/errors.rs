//! Does the canary fail more often?

use super::{Criterion, CriterionState, number, percent};
use crate::{Limits, LookRecord};
use dashly_stats::canary::{ArmCount, ErrorFinding, Look};
use dashly_stats::proportion::Proportion;
use dashly_stats::sequential::rate_difference_confidence_sequence;

/// Probability that the excluded difference is ever excluded wrongly, in both directions together.
const MARGIN_ALPHA: f64 = 0.05;

/// Requests of both versions for which the confidence sequence is sharpest.
const PLANNED_REQUESTS: u64 = 4_000;

/// A look as the statistics want it.
pub(super) fn counts(look: &LookRecord) -> Look {
    Look {
        stable: ArmCount { requests: look.stable.requests, marked: look.stable.errors },
        canary: ArmCount { requests: look.canary.requests, marked: look.canary.errors },
    }
}

pub(super) fn judge(limits: &Limits, looks: &[LookRecord], finding: ErrorFinding) -> Criterion {
    // Only while both serve: what was seen of stable before teaches about bursts, not about the difference.
    let both = looks.iter().filter(|look| look.canary.requests > 0 && look.stable.requests > 0);
    let total = both.fold(Look::default(), |mut total, look| {
        let look = counts(look);
        total.stable.requests += look.stable.requests;
        total.stable.marked += look.stable.marked;
        total.canary.requests += look.canary.requests;
        total.canary.marked += look.canary.marked;
        total
    });
    let upper = largest_difference(total, finding.design_effect);
    let rates = format!(
        "the canary fails in {} of {} requests, stable in {} of {}",
        percent(total.canary.marked, total.canary.requests),
        total.canary.requests,
        percent(total.stable.marked, total.stable.requests),
        total.stable.requests
    );
    let (state, reason) = match upper {
        _ if finding.is_worse => (CriterionState::Bad, format!("{rates}: more often, at five percent")),
        Some(upper) if upper <= limits.error_margin => {
            let reason = format!("{rates}: {:.2} points more at the most", 100.0 * upper);
            (CriterionState::Good, reason)
        }
        Some(upper) => {
            let reason = format!(
                "{rates}: up to {:.2} points more cannot be excluded yet, {:.2} may remain",
                100.0 * upper,
                100.0 * limits.error_margin
            );
            (CriterionState::Open, reason)
        }
        None => (CriterionState::Open, "there are no requests of both versions to compare".to_owned()),
    };
    let mut criterion = Criterion::new("errors", state, reason)
        .with("errors of the canary", number(total.canary.marked), "")
        .with("errors expected of it", finding.expected_errors, "");
    if let Some(alarm_at) = finding.alarm_at {
        criterion = criterion.with("errors that are an alarm", alarm_at.ceil(), "");
    }
    if let Some(upper) = upper {
        criterion = criterion.with("largest difference not excluded", 100.0 * upper, "points");
    }
    criterion.with("evidence (log)", finding.log_evidence, "").with(
        "design effect",
        finding.design_effect,
        "",
    )
}

/// Upper end of the confidence sequence of the canary's rate minus stable's, with as many requests as the bursts leave.
fn largest_difference(total: Look, design_effect: f64) -> Option<f64> {
    let stable = effective(total.stable, design_effect)?;
    let canary = effective(total.canary, design_effect)?;
    let interval =
        rate_difference_confidence_sequence(stable, canary, MARGIN_ALPHA, PLANNED_REQUESTS).ok()?;
    Some(interval.high)
}

fn effective(arm: ArmCount, design_effect: f64) -> Option<Proportion> {
    let shrunk = |count: u64| whole(number(count) / design_effect);
    let trials = shrunk(arm.requests);
    Proportion::new(shrunk(arm.marked).min(trials), trials).ok()
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float to integer cast saturates"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}
