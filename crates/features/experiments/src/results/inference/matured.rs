//! Visitors whose conversion window has closed.

use crate::definitions::Experiment;
use crate::ingest::{Evidence, Question};
use crate::results::store::Cohorts;
use dashly_kernel::Timestamp;

const SECONDS_PER_DAY: i64 = 86_400;

/// The visitors of each day by the moment at which the window of the last of them closed, if that has passed at
/// `now`; none for an experiment without a window.
pub(crate) fn matured_cohorts(experiment: &Experiment, days: &Cohorts, now: Timestamp) -> Option<Cohorts> {
    let window = experiment.conversion_window_seconds?;
    let closed_at = |day: &Timestamp| day.plus_seconds(SECONDS_PER_DAY + window);
    Some(
        days.iter()
            .map(|(day, cells)| (closed_at(day), cells.clone()))
            .take_while(|(closed_at, _)| *closed_at <= now)
            .collect(),
    )
}

/// The evidence that an experiment's comparisons are made of.
///
/// Without a window it is what the writer keeps. With one, the visitors of a day enter together once the window of the
/// last of them has closed, and never change again: so no visitor's entry depends on when others convert. Evidence is
/// then looked at once for each day.
pub(super) fn matured_evidence(
    experiment: &Experiment,
    kept: &Evidence,
    days: &Cohorts,
    now: Timestamp,
) -> Evidence {
    let Some(cohorts) = matured_cohorts(experiment, days, now) else { return kept.clone() };
    let mut matured = Evidence::default();
    if let Some(peak) = kept.peaks.get(&Question::SampleRatio) {
        matured.peaks.insert(Question::SampleRatio, peak.clone());
    }
    for (closed_at, cells) in cohorts {
        matured.add(kept, cells);
        if let Err(error) = matured.look_at_conversions(experiment, None, closed_at) {
            tracing::error!(%error, test_id = %experiment.test_id, "evidence could not be computed");
        }
    }
    matured
}
