//! What the results of one experiment are worth telling.

use super::model::{NewNotice, NoticeKind};
use crate::results::{Decision, ExperimentResults};

/// All that could be told now, whether somebody was told before or not.
pub(super) fn notices_of(experiment: &ExperimentResults) -> Vec<NewNotice> {
    let verdict = &experiment.inference.verdict;
    let notice = |kind, subject: &str, decision, sentence| NewNotice {
        test_id: experiment.test_id.clone(),
        kind,
        subject: subject.to_owned(),
        decision,
        sentence,
    };
    let subject = verdict.variant.as_deref().unwrap_or_default();
    let sentence = || verdict.sentence.clone();
    let mut found = Vec::new();
    match verdict.decision {
        Decision::KeepRunning => {}
        Decision::Broken => {
            found.push(notice(NoticeKind::SampleRatioMismatch, subject, "broken", sentence()));
        }
        Decision::Better => found.push(notice(NoticeKind::Decided, subject, "better", sentence())),
        Decision::Worse => found.push(notice(NoticeKind::Decided, subject, "worse", sentence())),
        Decision::NoPracticalDifference => {
            found.push(notice(NoticeKind::Decided, subject, "no_practical_difference", sentence()));
        }
    }
    for name in &verdict.guardrails_harmed {
        let sentence = format!("The guardrail {name} got worse. Look at it before you choose a variant.");
        found.push(notice(NoticeKind::GuardrailHarmed, name, "worse", sentence));
    }
    found
}
