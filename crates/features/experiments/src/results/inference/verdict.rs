//! One answer for one experiment, the reason first.

use super::model::{Comparison, Decision, OpenInterval, SampleRatio, SampleRatioStatus, Verdict};
use crate::InOrder;
use crate::definitions::{Experiment, Phase};

/// Takes the comparisons together. A broken draw comes before everything; then the best of the variants that are
/// better; then the rest.
pub(super) fn decide(
    experiment: &Experiment,
    comparisons: &InOrder<Comparison>,
    sample_ratio: &SampleRatio,
    phase: Phase,
) -> Verdict {
    if sample_ratio.status == SampleRatioStatus::Mismatch {
        return Verdict {
            decision: Decision::Broken,
            variant: None,
            decided_at: sample_ratio.found_at,
            sentence: "Visitors did not come to the variants in the designed shares, so the rates cannot be \
                       compared. Find out what loses or repeats visitors of one variant before reading on."
                .to_owned(),
            guardrails_harmed: Vec::new(),
        };
    }
    let of = |decision: Decision| comparisons.iter().filter(move |(_, one)| one.decision == decision);
    let best = of(Decision::Better).max_by(|(_, one), (_, other)| {
        one.lift.unwrap_or(f64::NEG_INFINITY).total_cmp(&other.lift.unwrap_or(f64::NEG_INFINITY))
    });
    let all = |decision: Decision| comparisons.iter().all(|(_, one)| one.decision == decision);
    let (decision, subject) = match best {
        Some(best) => (Decision::Better, Some(best)),
        None if all(Decision::Worse) => (Decision::Worse, of(Decision::Worse).next()),
        None if comparisons
            .iter()
            .all(|(_, one)| matches!(one.decision, Decision::Worse | Decision::NoPracticalDifference)) =>
        {
            (Decision::NoPracticalDifference, of(Decision::NoPracticalDifference).next())
        }
        None => (Decision::KeepRunning, None),
    };
    let sentence = match subject {
        Some((variant, comparison)) => decided(experiment, decision, variant, comparison),
        None => undecided(experiment, comparisons, phase),
    };
    Verdict {
        decision,
        variant: subject.map(|(variant, _)| variant.to_owned()),
        decided_at: subject.and_then(|(_, comparison)| comparison.decided_at),
        sentence,
        guardrails_harmed: Vec::new(),
    }
}

fn decided(experiment: &Experiment, decision: Decision, variant: &str, comparison: &Comparison) -> String {
    let control = &experiment.control_variant().key;
    let range = range(comparison.lift_interval);
    match decision {
        Decision::Better => format!("Variant {variant} converts more visitors than {control}: {range}."),
        Decision::Worse => format!("Variant {variant} converts fewer visitors than {control}: {range}."),
        _ => format!(
            "Variants {variant} and {control} are as good as equal: {range}, which is within ±{}.",
            percent(experiment.practical_margin)
        ),
    }
}

fn undecided(experiment: &Experiment, comparisons: &InOrder<Comparison>, phase: Phase) -> String {
    let advice = match phase {
        Phase::Draft => "It has not started.",
        Phase::Running => "Keep running.",
        Phase::Stopped | Phase::Archived => "It stopped before there was an answer.",
    };
    let control = &experiment.control_variant().key;
    let known = comparisons.iter().find(|(_, one)| {
        matches!(one.lift_interval, Some(OpenInterval { high: Some(_), .. })) && one.lift.is_some()
    });
    match known {
        None => format!("Too few conversions to tell the variants apart. {advice}"),
        Some((variant, comparison)) => format!(
            "The difference can still be chance: {variant} against {control}, {}. {advice}",
            range(comparison.lift_interval)
        ),
    }
}

/// Such as "the lift is between −2.1% and +18.4%".
fn range(interval: Option<OpenInterval>) -> String {
    match interval {
        Some(OpenInterval { low: Some(low), high: Some(high) }) => {
            format!("the lift is between {} and {}", signed_percent(low), signed_percent(high))
        }
        Some(OpenInterval { low: Some(low), .. }) => format!("the lift is above {}", signed_percent(low)),
        _ => "the size of the lift is not known yet".to_owned(),
    }
}

fn signed_percent(share: f64) -> String {
    let sign = if share < 0.0 { '−' } else { '+' };
    format!("{sign}{}", percent(share.abs()))
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}
