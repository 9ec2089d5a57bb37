//! Whether more visitors do something: compared as the target event is.

use super::Finding;
use super::cohorts::{MetricCells, MetricCohorts};
use crate::InOrder;
use crate::definitions::Experiment;
use crate::ingest::{Draws, Evidence, Question};
use crate::results::inference::compare as compare_conversions;
use dashly_kernel::Timestamp;
use std::sync::Arc;

/// Compares each variant with the control.
///
/// With a window the visitors of a day enter together once all their windows have closed, and evidence is looked at once
/// for each day. Without one it is looked at now, and nothing is remembered of earlier looks.
pub(super) fn compare(
    experiment: &Experiment,
    kept: &Evidence,
    cohorts: &MetricCohorts,
    now: Timestamp,
) -> InOrder<Finding> {
    let mut evidence = Evidence::default();
    let mut days = cohorts.days.iter().peekable();
    while let Some((moment, cells)) = days.next() {
        evidence.add(kept, draws(cells));
        let is_last = days.peek().is_none();
        if !cohorts.is_windowed && !is_last {
            continue;
        }
        let at = if cohorts.is_windowed { *moment } else { now };
        if let Err(error) = evidence.look_at_conversions(experiment, None, at) {
            tracing::error!(%error, test_id = %experiment.test_id, "evidence could not be computed");
        }
    }
    let control = &experiment.control_variant().key;
    compare_conversions(experiment, &evidence)
        .iter()
        .map(|(variant, comparison)| {
            let question = Question::Conversion { control: Arc::clone(control), variant: variant.into() };
            let peak = evidence.peaks.get(&question);
            let finding = Finding {
                lift: comparison.lift,
                lift_interval: comparison.lift_interval,
                difference: comparison.difference,
                difference_interval: comparison.difference_interval,
                p_value: comparison.p_value,
                is_more: peak.is_some_and(|peak| peak.favours.as_deref() == Some(variant)),
                reached_at: peak.map(|peak| peak.reached_at),
            };
            (variant, finding)
        })
        .collect()
}

fn draws(cells: &MetricCells) -> impl Iterator<Item = ((Arc<str>, Arc<str>), Draws)> + '_ {
    cells.iter().map(|(label, cell)| {
        // The share belongs to the epoch, not to its days.
        let draws = Draws { share: 0.0, exposures: cell.visitors, converters: cell.sums.converters };
        (label.clone(), draws)
    })
}
